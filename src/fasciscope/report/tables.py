"""The tables of the report: figures as text, cell by cell.

An `Analysis` in, a `Table` out. What is not known is an en dash; an empty table says why.
"""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np

from fasciscope.analysis import Analysis
from fasciscope.detection import ranges
from fasciscope.events import Events, Kind, of_kind
from fasciscope.recording import Recording
from fasciscope.report import shape, words
from fasciscope.report.trains import DOUBLET_S, RUN_LEAST, RUN_STEP_S, Trains

EVENTS_LISTED = 2000
STRETCHES_LISTED = 200
RATE_ROWS = 48


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its heading; `empty` is said in its place where there are no rows."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    empty: str = ""


def rate(analysis: Analysis) -> Table:
    """Return the rate over time in at most `RATE_ROWS` lines."""
    over_time = shape.rate(analysis, RATE_ROWS)
    rows = tuple(
        (
            f"{clock(start)} to {clock(stop)}",
            f"{usable:.0f} s",
            f"{count:,}",
            words.number(per_minute) if words.has_rate(analysis.summary) else "–",
        )
        for start, stop, usable, count, per_minute in zip(
            over_time.edges_s[:-1],
            over_time.edges_s[1:],
            over_time.usable_s,
            over_time.counts,
            over_time.per_minute.tolist(),
            strict=True,
        )
    )
    return Table(
        "Rate over time",
        ("time from the start", "usable", "twitches", "a minute"),
        rows,
        note="A dash stands where too little time could be used to state a rate.",
    )


def intervals(analysis: Analysis) -> Table:
    """Return how long it is from one twitch to the next."""
    steps = shape.intervals_s(analysis)
    head = ("from one twitch to the next", "time")
    if len(steps) < 3:
        return Table("Intervals", head, (), empty="There are too few twitches for intervals.")
    quarters = np.percentile(steps, [0, 25, 50, 75, 100])
    names = ("shortest", "a quarter are shorter than", "half are shorter than (median)",
             "three quarters are shorter than", "longest")  # fmt: skip
    rows = [(name, f"{value:.3g} s") for name, value in zip(names, quarters.tolist(), strict=True)]
    low, high = DOUBLET_S
    near = float(((steps >= low) & (steps <= high)).mean())
    rows.append((f"{low * 1e3:.0f} to {high * 1e3:.0f} ms apart", f"{100 * near:.0f} % of all"))
    note = f"{len(steps):,} intervals, of all families together; none across time left out."
    return Table("Intervals", head, tuple(rows), note=note)


def families(analysis: Analysis) -> Table:
    """Return what is known of each family."""
    found = shape.twitches(analysis)
    rows = tuple(
        (
            str(one.number),
            analysis.info.channels[one.channel].name,
            f"{one.count:,}",
            f"{100 * one.count / max(len(found), 1):.0f} %",
            f"{one.amplitude_uv:.0f} µV",
        )
        for one in analysis.families
    )
    alone = int((found["family"] <= 0).sum())
    note = "A family is twitches of one waveform on one channel; it is not a motor unit."
    if alone and rows:
        note += f" {words.plural(alone, 'twitch belongs', 'twitches belong')} to none."
    return Table(
        "Families of waveforms",
        ("family", "channel", "twitches", "of all", "peak to peak"),
        rows,
        note=note,
        empty="No waveform came back often enough to make a family.",
    )


_COMPANY = (
    f"Doublet: two of one family {DOUBLET_S[0] * 1e3:.0f} to {DOUBLET_S[1] * 1e3:.0f} ms apart. "
    f"Run: {RUN_LEAST} or more, each within {RUN_STEP_S:g} s of the one before."
)
_NO_COMPANY = "Without families there are no doublets or runs to tell of."


def company(found: Sequence[Trains]) -> Table:
    """Return doublets and runs of all families together."""
    rows = tuple(
        (name, f"{sum(seen):,}", words.by_chance(sum(chance)))
        for name, seen, chance in (
            (
                "doublets",
                [one.doublets for one in found],
                [one.doublets_by_chance for one in found],
            ),
            ("runs", [one.runs for one in found], [one.runs_by_chance for one in found]),
        )
    )
    return Table(
        "Doublets and runs",
        ("", "seen", "by chance"),
        rows if found else (),
        note=_COMPANY,
        empty=_NO_COMPANY,
    )


def company_by_family(found: Sequence[Trains]) -> Table:
    """Return doublets and runs, family by family."""
    rows = tuple(
        (
            str(one.family),
            f"{one.twitches:,}",
            f"{one.doublets:,}",
            words.by_chance(one.doublets_by_chance),
            f"{one.runs:,}",
            words.by_chance(one.runs_by_chance),
            str(one.longest) if one.longest else "–",
        )
        for one in found
    )
    return Table(
        "Doublets and runs by family",
        ("family", "twitches", "doublets", "by chance", "runs", "by chance", "longest"),
        rows,
        note=f"{_COMPANY} By chance: expected if twitches of this rate knew nothing of each other. "
        "Longest: twitches in the longest run.",
        empty=_NO_COMPANY,
    )


def left_out(analysis: Analysis) -> Table:
    """Return what took time away from the count: how often, and how much of it."""
    fs_hz = analysis.info.fs_hz
    rows = []
    for kind, name in (
        (Kind.CONTRACTION, "contractions"),
        (Kind.CRAMP, "cramps"),
        (Kind.ARTIFACT, "artefacts"),
        (Kind.GAP, "gaps (samples lost)"),
    ):
        mine = of_kind(analysis.events, kind)
        spans = ranges.union(np.stack([mine["start"], mine["stop"]], axis=1))
        seconds = ranges.length(spans) / fs_hz
        rows.append((name, f"{len(mine):,}", words.span(seconds) if len(mine) else "–"))
    total_s = ranges.length(analysis.left_out) / fs_hz
    note = f"In all, {words.span(total_s)} could not be used." if total_s else ""
    return Table("Contractions and cramps", ("", "seen", "time"), tuple(rows), note=note)


def sustained(analysis: Analysis, *, low_detail: bool) -> Table:
    """Return every contraction and cramp; without times of day for a calm report."""
    mine = of_kind(analysis.events, Kind.CONTRACTION, Kind.CRAMP)
    names = [channel.name for channel in analysis.info.channels]
    columns: list[tuple[str, list[str]]] = [
        ("what", [words.KIND_NAMES[Kind(int(event["kind"]))] for event in mine]),
        ("begins at", [clock(event["start"] / analysis.info.fs_hz, 1) for event in mine]),
        (
            "length",
            [words.span((event["stop"] - event["start"]) / analysis.info.fs_hz) for event in mine],
        ),
        (
            "channel",
            [names[event["channel"]] if event["channel"] >= 0 else "all" for event in mine],
        ),
    ]
    columns += _evidence(mine)
    if low_detail:
        columns = [column for column in columns if column[0] != "begins at"]
    rows = tuple(zip(*(cells[:STRETCHES_LISTED] for _, cells in columns), strict=True))
    more = len(mine) - len(rows)
    return Table(
        "Contractions and cramps, one by one",
        tuple(head for head, _ in columns),
        rows,
        note=f"The first {STRETCHES_LISTED} of {len(mine):,}." if more else "",
        empty="None were found.",
    )


def _evidence(events: Events) -> list[tuple[str, list[str]]]:
    """Return the columns for what the events hold of size and certainty, where any holds it."""
    out = []
    for field, head, unit in (
        ("amplitude_uv", "peak to peak", " µV"),
        ("score", "size over noise", " ×"),
    ):
        values = events[field].astype(np.float64)
        if np.isfinite(values).any():
            cells = [
                f"{value:.0f}{unit}" if np.isfinite(value) else "–" for value in values.tolist()
            ]
            out.append((head, cells))
    return out


def channels(analysis: Analysis) -> Table:
    """Return how many twitches each channel has; each is counted where it is largest."""
    rows = tuple(
        (
            channel.name,
            " ".join(part for part in (channel.side, channel.muscle) if part) or "–",
            f"{len(shape.twitches(analysis, i)):,}",
            str(sum(one.channel == i for one in analysis.families)),
        )
        for i, channel in enumerate(analysis.info.channels)
    )
    note = "A twitch that several channels see is counted once, where it is clearest."
    return Table("Channels", ("channel", "where", "twitches", "families"), rows, note=note)


def settings(recording: Recording, analysis: Analysis) -> Table:
    """Return what is needed to make the same figures again."""
    summary, info = analysis.summary, recording.info
    noise = words.number(summary.get("noise_uv"), 2)
    counts = {channel.uv_per_count for channel in info.channels}
    rows = [
        ("file", words.one_line(recording.name)),
        ("device", words.one_line(info.device) or "not stated"),
        ("sampling", f"{info.fs_hz:g} Hz, {words.plural(info.n_channels, 'channel', 'channels')}"),
        ("samples", f"{recording.n_samples:,} a channel, {recording.lost_samples:,} lost"),
        ("one count", ", ".join(f"{uv:.4g} µV" for uv in sorted(counts)[:4])),
        ("noise", f"{noise} µV root mean square"),
        ("software", f"fasciscope {summary.get('software_version', '')}"),
        *((str(key), str(value)) for key, value in dict(summary["settings"]).items()),
        ("Python", platform.python_version()),
        *((name, version(name)) for name in ("numpy", "scipy", "numba")),
        ("again with", f"fasciscope detect {words.one_line(recording.name)}"),
    ]
    return Table("Settings and versions", ("", ""), tuple(rows))


def events(analysis: Analysis) -> Table:
    """Return every event, up to `EVENTS_LISTED`."""
    fs_hz, names = analysis.info.fs_hz, [c.name for c in analysis.info.channels]
    rows = []
    for event in analysis.events[:EVENTS_LISTED]:
        channel, family, amplitude = event["channel"], event["family"], float(event["amplitude_uv"])
        peak = int(event["peak"])
        rows.append(
            (
                f"{(peak if peak >= 0 else int(event['start'])) / fs_hz:.3f}",
                f"{(event['stop'] - event['start']) / fs_hz:.3f}",
                words.KIND_NAMES[Kind(int(event["kind"]))],
                names[channel] if channel >= 0 else "all",
                f"{amplitude:.1f}" if amplitude == amplitude else "–",
                str(family) if family > 0 else "–",
            )
        )
    n = len(analysis.events)
    head = ("time, s", "length, s", "what", "channel", "peak to peak, µV", "family")
    note = f"The first {EVENTS_LISTED:,} of {n:,}." if n > EVENTS_LISTED else ""
    return Table(f"All {n:,} events", head, tuple(rows), note=note, empty="Nothing was found.")


def clock(seconds: float, digits: int = 0) -> str:
    """Return a time since the start: ``2:05``, ``1:02:05``, with digits ``2:05.3``."""
    scale = 10**digits
    whole, part = divmod(round(seconds * scale), scale)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    tail = f".{part:0{digits}d}" if digits else ""
    text = f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
    return text + tail
