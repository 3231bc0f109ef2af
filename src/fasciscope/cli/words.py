"""Figures in words: lengths of time, rates with their interval, the table of a summary."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

Summary = dict[str, Any]


def length(seconds: float) -> str:
    """Return a length of time as a person says it: "12.3 s", "4 min 5 s", "1 h 2 min 3 s"."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, rest = divmod(rest, 60)
    parts = [f"{hours} h"] if hours else []
    return " ".join([*parts, f"{minutes} min", f"{rest} s"])


def clock(seconds: float) -> str:
    """Return a running time as mm:ss, or h:mm:ss from one hour on."""
    hours, rest = divmod(int(seconds), 3600)
    minutes, rest = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes:02d}:{rest:02d}"


def count(number: int, one: str, many: str = "") -> str:
    """Return "1 twitch", "2 twitches"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def rate(summary: Summary) -> str:
    """Return the twitches a minute with their interval, or that there was too little time."""
    per_minute = summary["twitches_per_minute"]
    if per_minute is None or not math.isfinite(per_minute):
        return "no rate, since there was too little analysable time"
    interval = summary["twitches_per_minute_ci95"]
    if not interval or None in interval:
        return f"{per_minute:.1f} a minute"
    low, high = interval
    return f"{per_minute:.1f} a minute (95 % interval {low:.1f} to {high:.1f})"


def noise(summary: Summary) -> str:
    """Return the noise floor in µV, one figure or one a channel, "unknown" where there is none."""
    value = summary["noise_uv"]
    values = value if isinstance(value, (list, tuple)) else [value]
    known = [v for v in values if v is not None and math.isfinite(v)]
    if not known:
        return "unknown"
    if len(known) > 4:
        return f"{min(known):.1f} to {max(known):.1f} µV"
    return ", ".join(f"{v:.1f}" for v in known) + " µV"


def table(name: str, summary: Summary) -> str:
    """Return the summary of one recording as a short table, one figure a line."""
    families = summary["families"]
    rows = [
        ("twitches", f"{summary['fasciculations']:,}: {rate(summary)}"),
        (
            "analysable",
            f"{length(summary['analysable_s'])} of {length(summary['duration_s'])}",
        ),
        ("families", _families(families)),
        ("noise", noise(summary)),
        (
            "left out",
            f"{count(summary['contractions'], 'contraction')}, "
            f"{count(summary['cramps'], 'cramp')}, {count(summary['artifacts'], 'artefact')}, "
            f"{count(summary['lost_samples'], 'lost sample')}",
        ),
        *(("quality", sentence) for sentence in _sentences(summary["quality"])),
    ]
    return "\n".join([name, *(f"  {label:<11} {text}" for label, text in rows)])


def _families(families: Sequence[Summary]) -> str:
    if not families:
        return "none"
    shown = ", ".join(
        f"{family['fasciculations']} × {family['amplitude_uv']:.0f} µV" for family in families[:6]
    )
    return f"{len(families)}: {shown}{' …' if len(families) > 6 else ''}"


def _sentences(quality: str | Sequence[str]) -> list[str]:
    return [quality] if isinstance(quality, str) else list(quality)
