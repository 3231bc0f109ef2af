"""What the pages say where it is more than a label: one place to read aloud and translate."""

from __future__ import annotations

from typing import Any

from fasciscope.recording import Recording
from fasciscope.report import tables
from fasciscope.report.words import DISCLAIMER, KIND_NAMES, number, plural, span

__all__ = [
    "DISCLAIMER",
    "KIND_NAMES",
    "SAFETY",
    "clock",
    "health",
    "number",
    "plural",
    "rate",
    "span",
    "subtitle",
    "usable",
]

SAFETY = "With electrodes on the skin, run the computer on battery or use a USB isolator. Always."
RELAX = "Lie or sit so that the muscle has nothing to do, and let it go quite loose."


def rate(per_minute: float | None, low: float | None, high: float | None) -> str:
    """Return ``12.3 a minute (9.8 to 15.1)``, or that it cannot be stated yet."""
    if per_minute is None or low is None or high is None:
        return "too little time for a rate"
    if any(value != value for value in (per_minute, low, high)):
        return "too little time for a rate"
    return f"{number(per_minute)} a minute (95 % interval {number(low)} to {number(high)})"


def usable(usable_s: float, whole_s: float) -> str:
    """Return how much of the time could be used."""
    return f"{span(usable_s)} of {span(whole_s)}"


def health(lost: int, gaps: int, waiting_s: float | None, silent_s: float) -> str:
    """Return how the line to the board is, "" if there is nothing to say."""
    if waiting_s is not None:
        return (
            f"The board is away since {waiting_s:.0f} s. What was recorded is safe; plug it in "
            "again and the recording goes on by itself."
        )
    if silent_s > 3:
        return f"No sample has come for {silent_s:.0f} s. What was recorded is safe."
    if lost:
        return (
            f"{plural(lost, 'sample', 'samples')} of each channel lost in "
            f"{plural(gaps, 'gap', 'gaps')}; they are marked in the file."
        )
    return ""


def subtitle(recording: Recording, summary: dict[str, Any]) -> str:
    """Return where, when and how long, as far as it is known."""
    info = recording.info
    sites = dict.fromkeys(f"{one.side} {one.muscle}".strip() for one in info.channels)
    parts = [", ".join(site for site in sites if site)]
    if info.start is not None:
        parts.append(f"{info.start.day} {info.start:%B %Y, %H:%M}")
    parts.append(f"{span(float(summary['duration_s']))} recorded")
    parts.append(f"{span(float(summary['analysable_s']))} analysable")
    return "  ·  ".join(part for part in parts if part)


def clock(seconds: float) -> str:
    """Return ``1:02:03.45`` from the start of the recording."""
    return tables.clock(seconds, 2)
