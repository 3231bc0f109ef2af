"""A review beside its recording: ``NAME_desc-reviewed_events.tsv`` and its ``.json``.

The table holds every event, the rejected ones too, with what it was found as; the automatic table
is never touched. The JSON says who, when, with which settings, and what the columns mean (BIDS).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np

from fasciscope.analysis import Analysis
from fasciscope.errors import OutputError, RecordingError
from fasciscope.events import NOT_APPLICABLE, Events
from fasciscope.formats import beside
from fasciscope.formats.whole_file import write_whole
from fasciscope.review.anew import Kept, meet
from fasciscope.review.edits import Review
from fasciscope.review.figures import unsearched
from fasciscope.review.states import Status
from fasciscope.review.table import COLUMNS, Bounds, from_table, to_table


@dataclass(frozen=True, slots=True)
class Reviewed:
    """Who reviewed a recording, and when."""

    reviewer: str
    at: datetime

    def __str__(self) -> str:
        who = f" by {self.reviewer}" if self.reviewer else ""
        return f"Reviewed{who} on {self.at.day} {self.at:%B %Y, %H:%M}"


class Saved(NamedTuple):
    """Where a review was written, and the `review_stamp` of its table."""

    table: Path
    about: Path
    stamp: str


class ReviewedElsewhereError(OutputError):
    """The review beside the recording is not the one that was read or written last."""


def remark(automatic: Analysis, review: Review, by: Reviewed | None) -> str:
    """Return sentences on a review for the report, "" where nothing was said."""
    if not review.is_changed:
        return ""
    counts = review.counts()
    parts = [
        f"{counts[status]:,} {status.name.lower()}"
        for status in Status
        if status != Status.UNSEEN and counts[status]
    ]
    who = str(by) if by is not None else "Reviewed by hand"
    words = f"{who}: {', '.join(parts)}. The figures follow that."
    if count := unsearched(automatic, review):
        stays = "1 stretch stays" if count == 1 else f"{count:,} stretches stay"
        words += (
            f" {stays} out of the usable time, not searched for twitches, though no longer held "
            "for a contraction, cramp or artefact."
        )
    new = review.unseen_anew
    if new:
        events = "1 event has" if new == 1 else f"{new:,} events have"
        words += f" Found anew since the review: {events} not been judged."
    return words


def review_paths(recording: str | Path) -> tuple[Path, Path]:
    """Return where the review of a recording is kept: its table and its description."""
    return (
        beside(recording, "desc-reviewed_events.tsv"),
        beside(recording, "desc-reviewed_events.json"),
    )


def review_stamp(recording: str | Path) -> str:
    """Return what tells the table beside a recording from any other; "" where there is none.

    Raises
    ------
    OutputError
        If there is one that cannot be read.
    """
    table, _ = review_paths(recording)
    try:
        return hashlib.sha256(table.read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise OutputError(
            f"The review {table.name} cannot be read: {error.strerror}. It is left as it is."
        ) from error


def save_review(
    recording: str | Path,
    review: Review,
    automatic: Analysis,
    by: Reviewed,
    over: str | None = None,
) -> Saved:
    """Write a review beside its recording, over an earlier one of its own.

    Parameters
    ----------
    recording : str or Path
    review : Review
    automatic : Analysis
    by : Reviewed
    over : str or None, default None
        `review_stamp` of the only table that may be replaced, as it was last read or written;
        None replaces any.

    Raises
    ------
    ReviewedElsewhereError
        If there is another table by now; nothing is written.
    OutputError
        If it cannot be written; an earlier review stays whole then.
    """
    table, about = review_paths(recording)
    if over is not None and review_stamp(recording) != over:
        raise ReviewedElsewhereError(
            f"{table.name} beside the recording was changed by somebody else, another window or "
            "program. Nothing was written over it; your changes are kept in memory as long as the "
            "app runs. Take the review from the disk, or keep yours in its place."
        )
    text = to_table(review, [channel.name for channel in automatic.info.channels])
    facts = {
        "Description": "Events as a person reviewed them; not a medical finding",
        "Sources": [Path(recording).name],
        "Reviewer": by.reviewer or NOT_APPLICABLE,
        "ReviewedAt": by.at.isoformat(timespec="seconds"),
        "n_samples": review.n_samples,
        "found_sha256": _fingerprint(review.found),
        "software_version": automatic.summary["software_version"],
        "settings": automatic.summary["settings"],
        **COLUMNS,
    }
    try:
        write_whole(table, text)
        write_whole(about, json.dumps(facts, indent=2, ensure_ascii=False) + "\n")
    except OSError as error:
        raise OutputError(
            f"The review cannot be written to {table}: {error.strerror}. The recording and what "
            "was found by itself are untouched."
        ) from error
    return Saved(table, about, hashlib.sha256(text.encode()).hexdigest())


def load_review(recording: str | Path, automatic: Analysis) -> tuple[Review, Reviewed | None]:
    """Return the review kept beside a recording, or a fresh one.

    Where the automatic events have changed since (a recording that has grown, another version,
    other settings), what was judged stays as judged, and the rest is as it is found now; see
    `anew.meet`.

    Returns
    -------
    Review
    Reviewed or None
        Who and when; None if there was no review yet.

    Raises
    ------
    RecordingError
        If there is one that cannot be read.
    """
    info = automatic.info
    table, about = review_paths(recording)
    if not table.exists():
        return Review(automatic.events, info.fs_hz, automatic.n_samples), None
    try:
        text = table.read_text(encoding="utf-8-sig")
        facts = json.loads(about.read_text(encoding="utf-8-sig")) if about.exists() else {}
        by = Reviewed(
            str(facts.get("Reviewer", "")).replace(NOT_APPLICABLE, ""),
            datetime.fromisoformat(facts.get("ReviewedAt", "1970-01-01T00:00:00+00:00")),
        )
    except (OSError, ValueError, RecursionError, AttributeError, TypeError) as error:
        raise RecordingError(
            f"The review {table.name} cannot be read ({error}). It is left as it is; move it away "
            "to begin a new one."
        ) from None
    read = from_table(text, _bounds(automatic), table.name)
    found, now, status = read.found, read.now, read.status
    n = len(automatic.events)
    if _fingerprint(found[:n]) == _fingerprint(automatic.events):
        found[:n] = automatic.events  # with the scores, which a table does not hold
        now["score"][:n] = found["score"][:n]
        now["amplitude_uv"][:n] = found["amplitude_uv"][:n]
        kept, new = Kept(found, now, status), np.empty(0, dtype=np.int64)
    else:
        kept, new = meet(Kept(found, now, status), automatic.events, info.fs_hz)
    review = Review(kept.found, info.fs_hz, automatic.n_samples)
    review.restore(kept.status, kept.now, new)
    return review, by


def _bounds(automatic: Analysis) -> Bounds:
    """Return what a table is held against; nothing the detector itself gives is out of bounds."""
    events = automatic.events
    return Bounds(
        automatic.info.fs_hz,
        [channel.name for channel in automatic.info.channels],
        int(min(events["start"].min(initial=0), 0)),
        int(max(events["stop"].max(initial=0), automatic.n_samples)),
    )


def _fingerprint(events: Events) -> str:
    """Return a checksum of events by what a table says of them."""
    plain = np.stack(
        [events[key].astype(np.int64) for key in ("start", "stop", "peak", "kind", "family")]
    )
    return hashlib.sha256(plain.tobytes()).hexdigest()
