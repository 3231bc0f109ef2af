"""The report in words: plain sentences out of the figures, and what every page must say.

Rules for words: what was measured and over how much time; never what it might mean. No rate is
called normal or not, high or low.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fasciscope.analysis import Analysis
from fasciscope.events import Kind
from fasciscope.report.trains import Trains

DISCLAIMER = (
    "Research and education software. Not a medical device. It counts electrical events at one "
    "skin site; it cannot diagnose, rule out or monitor a disease."
)
SEE_A_DOCTOR = (
    "If you notice weakness, a muscle getting thinner, numbness, or trouble with speaking, "
    "swallowing or breathing, see a doctor, whatever the count says."
)
SAME_PLACE = (
    "Electrodes that were taken off and put back change the rate: compare only sessions with the "
    "same placement."
)
NOTHING_TO_MIND = "Nothing was found in the signal that stands in the way of the count."
WHAT_IT_IS_NOT = (
    "It is not a diagnosis, and no part of one: it cannot find, rule out or follow a disease.",
    "It is not the number of twitches in a body, nor in a muscle: electrodes on the skin see one "
    "site, and mostly what lies close under it.",
    "A family is not a motor unit: one pair of electrodes cannot tell most units apart.",
    f"It is no yardstick between people or placements. {SAME_PLACE}",
    "It is not the work of a person: a program found the events. It misses some, and counts some "
    "that are none.",
)


KIND_NAMES = {
    Kind.FASCICULATION: "twitch",
    Kind.CONTRACTION: "contraction",
    Kind.CRAMP: "cramp",
    Kind.ARTIFACT: "artefact",
    Kind.CARDIAC: "heartbeat",
    Kind.GAP: "gap",
}
"""What people call each kind of event."""


def number(value: Any, digits: int = 1) -> str:
    """Return a figure for people, an en dash where there is none."""
    if not isinstance(value, (int, float)) or value != value:
        return "–"
    return f"{value:,.{digits}f}"


def one_line(text: str) -> str:
    """Return `text` in one line, with a space for what cannot be printed."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def clip(text: str, most: int) -> str:
    """Return `text` in at most `most` characters, its end replaced by an ellipsis."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def span(seconds: float) -> str:
    """Return a length of time for people: ``42 s``, ``9 min 30 s``, ``8 h 2 min``."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def plural(count: int, one: str, many: str) -> str:
    """Return ``1 cramp``, ``2 cramps``, ``no cramps``."""
    return f"{count:,} {one}" if count == 1 else f"{count or 'no':{',' if count else ''}} {many}"


def interval(summary: Mapping[str, Any]) -> tuple[float, float] | None:
    """Return the 95 % interval, None where there is none."""
    limits = summary.get("twitches_per_minute_ci95")
    if not isinstance(limits, (list, tuple)) or len(limits) != 2:
        return None
    low, high = limits
    if not all(isinstance(x, (int, float)) and x == x for x in limits):
        return None
    return float(low), float(high)


def has_rate(summary: Mapping[str, Any]) -> bool:
    """Return whether the summary states a rate a minute; it does from ``rates.LEAST_S`` on."""
    rate = summary.get("twitches_per_minute")
    return isinstance(rate, (int, float)) and rate == rate


def headline(summary: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return the number, what it counts, and its certainty with the time it rests on."""
    count, usable_s = int(summary["fasciculations"]), float(summary["analysable_s"])
    if usable_s <= 0:
        return "–", "no rate", "no part of the recording could be analysed"
    if not has_rate(summary):
        unit = "twitch" if count == 1 else "twitches"
        return str(count), f"{unit} in {span(usable_s)}", "too little analysable time for a rate"
    rests_on = f"{plural(count, 'twitch', 'twitches')} in {span(usable_s)} of analysable time"
    limits = interval(summary)
    certainty = f"95 % interval {number(limits[0])} to {number(limits[1])}" if limits else ""
    return (
        number(summary["twitches_per_minute"]),
        "twitches a minute",
        "; ".join(part for part in (certainty, rests_on) if part),
    )


def in_words(analysis: Analysis) -> list[str]:
    """Return the summary as sentences; what to mind in reading it, `quality` says."""
    summary = analysis.summary
    duration_s, usable_s = float(summary["duration_s"]), float(summary["analysable_s"])
    count = int(summary["fasciculations"])
    share = 100 * usable_s / duration_s if duration_s else 0.0
    if usable_s <= 0:
        sentences = [f"None of the {span(duration_s)} could be analysed."]
    elif share >= 99.95:
        sentences = [f"The whole recording could be analysed, {span(duration_s)}."]
    else:
        sentences = [f"Of {span(duration_s)}, {span(usable_s)} could be analysed ({share:.0f} %)."]
    if has_rate(summary):
        limits = interval(summary)
        rate = f"{number(summary['twitches_per_minute'])} a minute"
        if limits:
            rate += f" (95 % interval {number(limits[0])} to {number(limits[1])})"
        sentences.append(
            f"In that time {plural(count, 'twitch was', 'twitches were')} counted: {rate}."
        )
    elif usable_s > 0:
        sentences.append(
            f"In that time {plural(count, 'twitch was', 'twitches were')} counted; it is too "
            "little time to state a rate."
        )
    sentences.append(_families(analysis))
    left_out = [
        plural(int(summary[key]), *forms)
        for key, forms in (
            ("contractions", ("contraction", "contractions")),
            ("cramps", ("cramp", "cramps")),
            ("artifacts", ("artefact", "artefacts")),
        )
    ]
    sentences.append(f"Seen besides: {left_out[0]}, {left_out[1]} and {left_out[2]}.")
    noise = summary.get("noise_uv")
    if isinstance(noise, (int, float)) and noise == noise:
        sentences.append(f"Noise: {number(noise)} µV (root mean square).")
    return sentences


def _families(analysis: Analysis) -> str:
    families = analysis.families
    if not families:
        return "No families of waveforms were told apart."
    amplitudes = [family.amplitude_uv for family in families]
    text = f"{plural(len(families), 'family', 'families')} of waveforms"
    low, high = min(amplitudes), max(amplitudes)
    size = f"{low:.0f} µV" if round(low) == round(high) else f"{low:.0f} to {high:.0f} µV"
    return f"They show {text}, {size} peak to peak; a family is not a motor unit."


def in_company(found: Sequence[Trains]) -> str:
    """Return the doublets and runs as a sentence; empty without families."""
    if not found:
        return ""
    doublets, runs = sum(one.doublets for one in found), sum(one.runs for one in found)
    text = (
        f"Within families, {plural(doublets, 'doublet', 'doublets')} and "
        f"{plural(runs, 'run', 'runs')} were seen"
    )
    if not doublets and not runs:
        return f"{text}."
    chance = (
        by_chance(sum(one.doublets_by_chance for one in found)),
        by_chance(sum(one.runs_by_chance for one in found)),
    )
    return f"{text}; at this rate {chance[0]} and {chance[1]} would come by chance."


def by_chance(expected: float) -> str:
    """Return an expected number for people."""
    return number(expected) if expected >= 0.05 else "< 0.1"
