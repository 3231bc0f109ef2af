"""Time-stamped annotation lists (TALs): the text that travels inside the data records of EDF+.

Annotations in, bytes of one record's annotation signal out, and back. Times are whole
microseconds from the start second in the file's header, so that nothing is lost to rounding.

Four texts are the machine's own. They carry a duration, which a person's marker never does, so
nobody can type one by accident:

``Gap: 120 samples lost, from sample 5000``
    Samples 5000 to 5119 are filler. The reader gives them back as a gap.
``Padding: filler from sample 9500 on``
    The recording ended with sample 9499; the rest only completes the last data record.
``Info: {"note": "left calf"}``
    What has no room in the header, or is not ASCII. JSON; a file of ours begins with one.
``text that goes on… ``, ``…and ends``
    A text too long for one annotation, in parts that share one onset.

References
----------
EDF+ specification, Kemp and Olivan, Clin Neurophysiol 2003;114:1755, sections 2.2.1 to 2.2.4.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

US = 1_000_000
TEXT_BYTES_MAX = 240
"""Longest text of one annotation, in UTF-8 bytes; what is longer is written in parts."""
_MORE = "…"
# some programs write a binary fraction out to its last place: +0.30000000000000004
_NUMBER = re.compile(rb"[+-]\d{1,15}(?:\.\d{0,30})?")
_DURATION = re.compile(rb"\d{1,15}(?:\.\d{0,30})?")
_GAP = re.compile(r"Gap: (\d{1,15}) samples lost, from sample (\d{1,15})")
_PADDING = re.compile(r"Padding: filler from sample (\d{1,15}) on")
_INFO = "Info: "


@dataclass(frozen=True, slots=True)
class Annotation:
    """One annotation: when (µs from the header's start second), which words, how long (µs)."""

    onset_us: int
    text: str
    duration_us: int | None = None

    def to_bytes(self) -> bytes:
        """Return the annotation as one TAL, its closing zero byte included."""
        duration = "" if self.duration_us is None else f"\x15{_seconds(self.duration_us)}"
        sign = "-" if self.onset_us < 0 else "+"
        stamp = f"{sign}{_seconds(abs(self.onset_us))}{duration}"
        return stamp.encode() + b"\x14" + self.text.encode(errors="replace") + b"\x14\x00"


def _seconds(us: int) -> str:
    whole, part = divmod(us, US)
    return f"{whole}.{part:06d}".rstrip("0") if part else str(whole)


def timekeeping(onset_us: int) -> bytes:
    """Return the TAL that each data record begins with: its own start, and an empty text."""
    return Annotation(onset_us, "").to_bytes()


def plain(text: str) -> str:
    """Return a person's text without control characters, or "mark" where nothing is left."""
    printable = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(printable.split()) or "mark"


def gap_text(first: int, count: int) -> str:
    """Return the text that says which samples are missing."""
    return f"Gap: {count} samples lost, from sample {first}"


def padding_text(first: int) -> str:
    """Return the text that says where the recording ends inside its last data record."""
    return f"Padding: filler from sample {first} on"


def info_text(facts: dict[str, Any]) -> str:
    """Return the text that carries facts which the header has no room for."""
    return _INFO + json.dumps(facts, ensure_ascii=False)


def parse_gap(annotation: Annotation) -> tuple[int, int] | None:
    """Return ``(first, stop)`` of a gap annotation of ours, None for any other."""
    found = _GAP.fullmatch(annotation.text) if annotation.duration_us is not None else None
    return (int(found[2]), int(found[2]) + int(found[1])) if found else None


def parse_padding(annotation: Annotation) -> int | None:
    """Return the first padding sample of a padding annotation of ours, None for any other."""
    found = _PADDING.fullmatch(annotation.text) if annotation.duration_us is not None else None
    return int(found[1]) if found else None


def parse_info(annotation: Annotation) -> dict[str, Any] | None:
    """Return the facts of an info annotation of ours, None for any other."""
    if annotation.duration_us is None or not annotation.text.startswith(_INFO):
        return None
    try:
        facts = json.loads(annotation.text.removeprefix(_INFO))
    except (ValueError, RecursionError):
        return None
    return facts if isinstance(facts, dict) else None


def in_parts(annotation: Annotation) -> list[Annotation]:
    """Return the annotation in parts that each have a text of at most `TEXT_BYTES_MAX` bytes."""
    room = TEXT_BYTES_MAX - 2 * len(_MORE.encode())
    if len(annotation.text.encode(errors="replace")) <= TEXT_BYTES_MAX:
        return [annotation]
    parts, part, size = [], "", 0
    for character in annotation.text:
        width = len(character.encode(errors="replace"))
        if size + width > room:
            parts.append(part)
            part, size = "", 0
        part, size = part + character, size + width
    parts.append(part)
    last = len(parts) - 1
    return [
        replace(annotation, text=f"{_MORE * (i > 0)}{text}{_MORE * (i < last)}")
        for i, text in enumerate(parts)
    ]


def joined(annotations: Iterable[Annotation]) -> list[Annotation]:
    """Put the parts made by `in_parts` together again."""
    whole: list[Annotation] = []
    going_on: dict[tuple[int, int | None], int] = {}  # others may stand between two parts
    for annotation in annotations:
        key = (annotation.onset_us, annotation.duration_us)
        at = going_on.pop(key, None) if annotation.text.startswith(_MORE) else None
        if at is None:
            at = len(whole)
            whole.append(annotation)
        else:
            text = whole[at].text[:-1] + annotation.text[1:]
            whole[at] = replace(annotation, text=text)
        if whole[at].text.endswith(_MORE):
            going_on[key] = at
    return whole


def parse_record(raw: bytes) -> tuple[int | None, list[Annotation]]:
    """Read the annotation signal of one data record; what is damaged is passed over.

    Returns
    -------
    start_us : int or None
        The record's own start (µs), None if its first TAL is not a time-keeping one.
    annotations : list of Annotation
        All others, empty texts left out.
    """
    start_us: int | None = None
    annotations: list[Annotation] = []
    for n, tal in enumerate(raw.rstrip(b"\x00").split(b"\x00")):
        stamp, *texts = tal.split(b"\x14")
        onset, _, duration = stamp.partition(b"\x15")
        # a TAL ends in 0x14: after the split, its last piece is empty
        if len(texts) < 2 or texts[-1] or not _NUMBER.fullmatch(onset):
            continue
        onset_us = _microseconds(onset)
        duration_us = _microseconds(duration) if _DURATION.fullmatch(duration) else None
        if n == 0 and not texts[0]:
            start_us = onset_us
        annotations += [
            Annotation(onset_us, text.decode("utf-8", "replace"), duration_us)
            for text in texts[:-1]
            if text
        ]
    return start_us, annotations


def _microseconds(number: bytes) -> int:
    return round(Decimal(number.decode()) * US)
