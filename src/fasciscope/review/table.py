"""The table of a review: events as ``events.tsv`` has them, and what was said of each.

A `Review` in and text out; text in, checked line by line, for a person may have edited it, and
arrays out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fasciscope import events as ev
from fasciscope.errors import RecordingError
from fasciscope.events import NOT_APPLICABLE, Kind
from fasciscope.review.anew import Kept
from fasciscope.review.edits import Review
from fasciscope.review.states import LAST_FAMILY, Status

REJECTED = "rejected"
COLUMNS = {
    "review": {
        "Description": "What a person said of the event",
        "Levels": {
            "unseen": "nothing",
            "accepted": "it is what it was found to be",
            "rejected": "it is nothing; trial_type is 'rejected' then",
            "relabelled": "it is something else, or of another family",
            "added": "it was not found, a person added it",
        },
    },
    "found_as": {"Description": "trial_type before the review; n/a if a person added it"},
    "found_family": {"Description": "family before the review"},
}
_NEEDED = ("onset", "duration", "trial_type", "review", "found_as", "found_family")
_NAMES = {int(kind): kind.name.lower() for kind in Kind}


def to_table(review: Review, channel_names: Sequence[str]) -> str:
    """Return the table of a review; see `COLUMNS` for what is added to ``events.tsv``."""
    events = review.events
    rows = ev.to_tsv(events, review.fs_hz, channel_names).splitlines()
    more = len(events) - len(review.found)
    as_found = [_NAMES[kind] for kind in review.found["kind"].tolist()] + [NOT_APPLICABLE] * more
    families = [
        str(family) if family > 0 else NOT_APPLICABLE
        for family in [*review.found["family"].tolist(), *[0] * more]
    ]
    said = [Status(status).name.lower() for status in range(len(Status))]
    out = [f"{rows[0]}\treview\tfound_as\tfound_family"]
    for row, now, status, found, family in zip(
        rows[1:], events["kind"].tolist(), review.status.tolist(), as_found, families, strict=True
    ):
        word = said[status]
        if status == Status.REJECTED:
            onset, duration, name, rest = row.split("\t", 3)
            row = f"{onset}\t{duration}\t{REJECTED}\t{rest}"
            # one that had been relabelled, or added, keeps what it was called
            word = word if name == found else f"{word} {_NAMES[now]}"
        out.append(f"{row}\t{word}\t{found}\t{family}")
    return "\n".join(out) + "\n"


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a table is held against.

    Parameters
    ----------
    fs_hz : float
    channel_names : sequence of str
    first, last : int
        Half-open range of samples in which events lie.
    """

    fs_hz: float
    channel_names: Sequence[str]
    first: int
    last: int


def from_table(text: str, bounds: Bounds, name: str) -> Kept:
    """Read the table of a review; blank lines are passed over.

    A row whose kind or family was changed by hand is taken as relabelled. Scores are not in a
    table; they are NaN.

    Parameters
    ----------
    text : str
    bounds : Bounds
        Of the recording.
    name : str
        What to call it in messages.

    Raises
    ------
    RecordingError
        If a column is missing, or a line cannot be or lies outside the recording; it is named.
    """
    lines = [line.rstrip("\r") for line in text.split("\n")]
    head = lines[0].split("\t")
    missing = [column for column in _NEEDED if column not in head]
    if missing:
        raise RecordingError(
            f"{name} has no column {', '.join(missing)}. It is left as it is; move it away to "
            "begin a new review."
        )
    rows = []
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        try:
            rows.append(_row(dict(zip(head, line.split("\t"), strict=False)), bounds))
        except (KeyError, ValueError, OverflowError) as error:
            why = str(error) if isinstance(error, _LineError) else "it cannot be read."
            raise RecordingError(
                f"{name}, line {number}: {why} The table is left as it is; mend the line, or move "
                "the table away to begin a new review."
            ) from None
    rows.sort(key=lambda row: row[2] is None)  # what was added comes last, as in a `Review`
    now = ev.empty(len(rows))
    for key, values in zip(_KEYS, zip(*(row[0] for row in rows), strict=True), strict=False):
        now[key] = values
    found = now[: sum(row[2] is not None for row in rows)].copy()
    found["kind"] = [row[2] for row in rows[: len(found)]]
    found["family"] = [row[3] for row in rows[: len(found)]]
    return Kept(found, now, np.array([row[1] for row in rows], dtype=np.uint8))


_KEYS = ("start", "stop", "peak", "kind", "channel", "family", "amplitude_uv")
_Row = tuple[tuple[int, int, int, int, int, int, float], Status, Kind | None, int]


class _LineError(ValueError):
    """What is wrong with a line, in words."""


def _row(cells: dict[str, str], bounds: Bounds) -> _Row:
    """Return the fields of the event, what was said, what it was found as, and of which family."""
    word, _, was = cells["review"].partition(" ")
    status = Status[word.upper()]
    found = None if cells["found_as"] == NOT_APPLICABLE else Kind[cells["found_as"].upper()]
    name = cells["trial_type"]
    if status == Status.REJECTED and name == REJECTED:
        name = was or cells["found_as"]
    kind = Kind[name.upper()]
    family, found_family = _family(cells, "family"), _family(cells, "found_family")
    if (found is None) != (status == Status.ADDED) and status != Status.REJECTED:
        raise _LineError("what was added was not found, and what was found was not added.")
    if Kind.GAP in (kind, found) and not (kind == found and status == Status.UNSEEN):
        raise _LineError("where samples are missing is not up to a review.")
    if status in (Status.UNSEEN, Status.ACCEPTED) and (kind, family) != (found, found_family):
        status = Status.RELABELLED
    channel = cells.get("channel") or NOT_APPLICABLE
    if channel != NOT_APPLICABLE and channel not in bounds.channel_names:
        raise _LineError(f"the recording has no channel {channel[:40]}.")
    index = -1 if channel == NOT_APPLICABLE else list(bounds.channel_names).index(channel)
    start, stop, peak = _places(cells, bounds)
    amplitude_uv = _number(cells, "amplitude_uv")
    return (start, stop, peak, int(kind), index, family, amplitude_uv), status, found, found_family


def _places(cells: dict[str, str], bounds: Bounds) -> tuple[int, int, int]:
    onset, duration, peak = (_number(cells, key) for key in ("onset", "duration", "peak_time"))
    duration = 0.0 if math.isnan(duration) else duration
    if not (math.isfinite(onset) and math.isfinite(duration) and not math.isinf(peak)):
        raise _LineError("onset, duration and peak_time are numbers of seconds.")
    start, stop = round(onset * bounds.fs_hz), round((onset + duration) * bounds.fs_hz)
    at = -1 if math.isnan(peak) else round(peak * bounds.fs_hz)
    if duration < 0:
        raise _LineError(f"a duration is not less than 0, as {duration:g} s is.")
    if not (bounds.first <= start and stop <= bounds.last and at < bounds.last):
        last_s = bounds.last / bounds.fs_hz
        raise _LineError(
            f"an event lies between 0 and {last_s:.6f} s, where the recording ends; this one is "
            f"at {onset:g} to {onset + duration:g} s."
        )
    if not math.isnan(peak) and not start <= at <= stop:
        raise _LineError("the peak of an event lies in it.")
    return start, stop, at


def _family(cells: dict[str, str], column: str) -> int:
    text = cells.get(column) or NOT_APPLICABLE
    family = 0 if text == NOT_APPLICABLE else int(text)
    if not 0 <= family <= LAST_FAMILY:
        raise _LineError(f"{column} is 1 to {LAST_FAMILY} or n/a, not {family}.")
    return family


def _number(cells: dict[str, str], column: str) -> float:
    text = cells.get(column) or NOT_APPLICABLE
    return math.nan if text == NOT_APPLICABLE else float(text)
