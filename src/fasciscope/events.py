"""Events: one structured dtype for everything that is found, and its BIDS ``events.tsv`` form.

Truth from the simulator, findings of the detector and corrections by a person all share it. An
empty result is an array of length zero, never None.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from enum import IntEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fasciscope.errors import OutputError, RecordingError


class Kind(IntEnum):
    """What an event is; the lower-case name is its ``trial_type``."""

    FASCICULATION = 0
    CONTRACTION = 1
    CRAMP = 2
    ARTIFACT = 3
    CARDIAC = 4
    GAP = 5


EVENT_DTYPE = np.dtype(
    [
        ("start", "<i8"),  # first sample
        ("stop", "<i8"),  # one past the last sample
        ("peak", "<i8"),  # sample of the largest deflection; -1 where there is none
        ("kind", "u1"),  # Kind
        ("channel", "<i2"),  # index of the channel, -1 = the whole recording
        ("family", "<i2"),  # 1, 2, … waveform family; 0 = none or not grouped
        ("amplitude_uv", "<f4"),  # peak to peak, µV; NaN where there is none
        ("score", "<f4"),  # how far it stands out of the noise, in noise sigmas; NaN = none
    ]
)
"""One event. Half-open sample ranges on the recording's own count."""

TSV_COLUMNS = ("onset", "duration", "trial_type", "channel", "peak_time", "amplitude_uv", "family")
NOT_APPLICABLE = "n/a"

Events = NDArray[np.void]


def empty(n: int = 0) -> Events:
    """Return `n` blank events: no peak, no family, the whole recording, NaN amplitudes."""
    events = np.zeros(n, dtype=EVENT_DTYPE)
    events["peak"] = -1
    events["channel"] = -1
    events["amplitude_uv"] = np.nan
    events["score"] = np.nan
    return events


def intervals(kind: Kind, ranges: NDArray[np.int64], channel: int = -1) -> Events:
    """Return one event of `kind` for each half-open sample range in `ranges`, shape (n, 2)."""
    events = empty(len(ranges))
    events["kind"] = kind
    events["start"] = ranges[:, 0]
    events["stop"] = ranges[:, 1]
    events["channel"] = channel
    return events


def merge(*parts: Events) -> Events:
    """Return all events of `parts` in one array, ordered by start, then channel, then kind."""
    joined = np.concatenate([empty(), *parts])
    return joined[np.lexsort((joined["kind"], joined["channel"], joined["start"]))]


def of_kind(events: Events, *kinds: Kind) -> Events:
    """Return the events whose kind is one of `kinds`, order kept."""
    return events[np.isin(events["kind"], [int(kind) for kind in kinds])]


def _number(value: float, digits: int) -> str:
    return NOT_APPLICABLE if math.isnan(value) else f"{value:.{digits}f}"


def to_tsv(events: Events, fs_hz: float, channel_names: Sequence[str]) -> str:
    """Return `events` as the text of a BIDS ``events.tsv``, times in seconds from sample 0.

    Parameters
    ----------
    events : ndarray of EVENT_DTYPE
    fs_hz : float
        Sampling rate, Hz.
    channel_names : sequence of str
        Name of each channel index; channel -1 is written ``n/a``.

    References
    ----------
    BIDS specification 1.11, "Events".
    """
    rows = ["\t".join(TSV_COLUMNS)]
    kinds = {int(kind): kind.name.lower() for kind in Kind}
    columns = ("start", "stop", "peak", "kind", "channel", "family", "amplitude_uv")
    # lists, for a structured array taken row by row is some five times slower
    for start, stop, peak, kind, channel, family, amplitude_uv in zip(
        *(events[column].tolist() for column in columns), strict=True
    ):
        rows.append(
            "\t".join(
                (
                    f"{start / fs_hz:.6f}",
                    f"{(stop - start) / fs_hz:.6f}",
                    kinds[kind],
                    channel_names[channel] if channel >= 0 else NOT_APPLICABLE,
                    f"{peak / fs_hz:.6f}" if peak >= 0 else NOT_APPLICABLE,
                    _number(amplitude_uv, 2),
                    str(family) if family > 0 else NOT_APPLICABLE,
                )
            )
        )
    return "\n".join(rows) + "\n"


def write_tsv(path: Path, events: Events, fs_hz: float, channel_names: Sequence[str]) -> None:
    """Write `events` to `path`, replacing it.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    try:
        path.write_text(to_tsv(events, fs_hz, channel_names), encoding="utf-8")
    except OSError as error:
        raise OutputError(f"Cannot write {path}: {error.strerror}.") from error


def from_tsv(text: str, fs_hz: float, channel_names: Sequence[str], name: str = "events") -> Events:
    """Read events from the text of an ``events.tsv``.

    Only ``onset`` and ``duration`` must be there. A ``trial_type`` that is none of ours, or
    missing, is taken as a fasciculation where the column is missing, and left out where it says
    something else. Columns that are not ours are passed over.

    Parameters
    ----------
    text : str
    fs_hz : float
        Sampling rate that turns seconds into samples.
    channel_names : sequence of str
        Known channels; a name that is not among them becomes -1.
    name : str, default "events"
        What to call the text in messages.

    Raises
    ------
    RecordingError
        If a needed column is missing or a number cannot be read; the text names the line.
    """
    reader = csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE)
    try:
        columns = reader.fieldnames or []
    except csv.Error as error:
        raise RecordingError(f"{name}, line 1: {error}.") from None
    missing = [column for column in ("onset", "duration") if column not in columns]
    if missing:
        raise RecordingError(f"{name} has no column named {' or '.join(missing)}.")
    rows = []
    line = 1
    while (row := _next_row(reader, name, line)) is not None:
        line += 1
        trial_type = (row.get("trial_type") or "").lower() if "trial_type" in columns else None
        if trial_type is not None and trial_type.upper() not in Kind.__members__:
            continue
        try:
            rows.append(_row(row, trial_type, fs_hz, channel_names))
        except (TypeError, ValueError, OverflowError):
            raise RecordingError(f"{name}, line {line}: a number cannot be read.") from None
    return np.concatenate([empty(), *rows])


def _next_row(reader: csv.DictReader[str], name: str, line: int) -> dict[str, str] | None:
    try:
        return next(reader, None)
    except csv.Error as error:  # a field without end
        raise RecordingError(f"{name}, line {line + 1}: {error}.") from None


def _row(
    row: dict[str, str], trial_type: str | None, fs_hz: float, channel_names: Sequence[str]
) -> Events:
    def value(column: str) -> float:
        text = row.get(column)
        return math.nan if text in (None, "", NOT_APPLICABLE) else float(text)

    event = empty(1)
    event["kind"] = Kind.FASCICULATION if trial_type is None else Kind[trial_type.upper()]
    onset, duration = value("onset"), value("duration")
    duration = 0.0 if math.isnan(duration) else duration
    event["start"] = round(onset * fs_hz)
    event["stop"] = round((onset + duration) * fs_hz)
    peak = value("peak_time")
    event["peak"] = -1 if math.isnan(peak) else round(peak * fs_hz)
    channel = row.get("channel") or NOT_APPLICABLE
    event["channel"] = list(channel_names).index(channel) if channel in channel_names else -1
    family = value("family")
    event["family"] = 0 if math.isnan(family) else int(family)
    event["amplitude_uv"] = value("amplitude_uv")
    return event


def read_tsv(path: Path, fs_hz: float, channel_names: Sequence[str]) -> Events:
    """Read the ``events.tsv`` at `path`; see `from_tsv`.

    Raises
    ------
    RecordingError
        If the file cannot be read or is not such a table.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecordingError(f"Cannot read {path}: {error}.") from error
    return from_tsv(text, fs_hz, channel_names, name=path.name)
