"""The pictures of the report, one function a picture: axes and numbers in, nothing out.

Colours are Okabe and Ito's, which stay apart for colour-blind eyes; what is left out is told apart
by its hatching and its words as well, and no colour says good or bad.

References
----------
Okabe & Ito, Color Universal Design (2008).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fasciscope.analysis import Analysis
from fasciscope.detection import ranges
from fasciscope.events import Events, Kind, of_kind
from fasciscope.recording import Recording
from fasciscope.report import shape
from fasciscope.report.words import has_rate, interval, plural, span

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, BLUE, LIGHT, GREY = "#1a1a1a", "#0072B2", "#9ecae1", "#8c8c8c"
FAMILY_COLOURS = ("#0072B2", "#E69F00", "#CC79A7", "#56B4E9", "#000000", "#A6761D")
FAMILIES_DRAWN = 6
CHANNELS_DRAWN = 4
_COLUMNS = 1500
_CENTRED: Any = {"ha": "center", "va": "center", "color": "#333333"}
STRETCHES = {
    Kind.CONTRACTION: ("contraction", "#E69F00", "///"),
    Kind.CRAMP: ("cramp", "#CC79A7", "\\\\\\"),
    Kind.ARTIFACT: ("artefact", "#999999", "...."),
    Kind.GAP: ("gap: samples lost", "#56B4E9", "xxx"),
}
"""Word, colour and hatching of each kind of time that is left out."""


def clock(duration_s: float) -> tuple[float, str]:
    """Return the unit of a time axis: seconds in it, and its name."""
    if duration_s <= 180:
        return 1.0, "s"
    return (60.0, "min") if duration_s <= 3 * 3600 else (3600.0, "h")


def drawn_channels(analysis: Analysis) -> list[int]:
    """Return the channels that are drawn: those with most twitches, in the file's order."""
    n = analysis.info.n_channels
    counts = [len(shape.twitches(analysis, i)) for i in range(n)]
    busiest = sorted(range(n), key=lambda i: (-counts[i], i))[:CHANNELS_DRAWN]
    return sorted(busiest)


def overview(ax: Axes, recording: Recording, analysis: Analysis, channel: int) -> None:
    """Draw one channel over its whole length, with what was found in it."""
    unit_s, unit = clock(recording.duration_s)
    outline = shape.envelope(recording, channel, _COLUMNS)
    low, high = shape.limits_uv(outline, analysis, channel)
    height = high - low
    time = outline.time_s / unit_s
    thick = 0.001 * height  # a silent stretch still shows as a line
    bottom = np.clip(outline.low_uv, low, high) - thick
    top = np.clip(outline.high_uv, low, high) + thick
    columns = (outline.time_s * analysis.info.fs_hz).astype(np.int64)
    out = ranges.inside(columns, analysis.left_out)
    for where, colour in ((out, GREY), (~out, INK)):
        # a column more on both sides, or the two would not touch
        wide = where | np.append(where[1:], False) | np.append(False, where[:-1])
        low_uv, high_uv = np.where(wide, bottom, np.nan), np.where(wide, top, np.nan)
        ax.fill_between(time, low_uv, high_uv, color=colour, linewidth=0.3, rasterized=True)
    ax.set_xlim(0, recording.duration_s / unit_s)
    shade(ax, analysis.events, channel, analysis.info.fs_hz * unit_s)
    found = shape.twitches(analysis)
    here = found["channel"] == channel
    for mine, colour in ((~here, LIGHT), (here, BLUE)):
        ax.vlines(
            found["peak"][mine] / (analysis.info.fs_hz * unit_s),
            high + 0.03 * height,
            high + 0.13 * height,
            color=colour,
            linewidth=0.7 if len(found) < 400 else 0.3,
            rasterized=True,
        )
    ax.set_ylim(low - 0.01 * height, high + 0.15 * height)
    ax.set_ylabel("µV")
    name = analysis.info.channels[channel].name
    ax.set_title(f"{name}: {plural(int(here.sum()), 'twitch', 'twitches')}", loc="left")
    ax.set_xlabel(unit)


def shade(ax: Axes, events: Events, channel: int, per_unit: float) -> None:
    """Hatch what is left out, on `channel` or on all; name each kind once where it is widest."""
    low, high = ax.get_xlim()
    for kind, (word, colour, hatch) in STRETCHES.items():
        mine = of_kind(events, kind)
        mine = mine[(mine["channel"] == channel) | (mine["channel"] < 0)]
        if len(mine) == 0:
            continue
        spans = np.stack([mine["start"], mine["stop"] - mine["start"]], axis=1) / per_unit
        ax.broken_barh(
            [(start, length) for start, length in spans.tolist()],
            (0.0, 1.0),
            transform=ax.get_xaxis_transform(),
            facecolor=colour,
            edgecolor=colour,
            alpha=0.35,
            hatch=hatch,
            linewidth=0.4,
            zorder=0.5,
            rasterized=True,
        )
        start, length = spans[int(np.argmax(spans[:, 1]))]
        if length > 0.09 * (high - low):
            ax.text(
                start + length / 2,
                0.06,
                word,
                transform=ax.get_xaxis_transform(),
                ha="center",
                va="bottom",
                fontsize=6.5,
                bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.8},
                clip_on=True,
            )


def closer(ax: Axes, recording: Recording, analysis: Analysis) -> None:
    """Draw a stretch close up, each twitch marked with its family's number."""
    channel, start, stop = shape.example(analysis)
    fs_hz = recording.info.fs_hz
    steady = shape.without_drift(recording, channel, start, stop)
    time = np.arange(start, stop) / fs_hz
    found = shape.twitches(analysis)
    found = found[(found["peak"] >= start) & (found["peak"] < stop)]
    out = ranges.inside(np.arange(start, stop), analysis.left_out)
    seen = steady[np.isfinite(steady) & ~out]
    low, high = (float(seen.min()), float(seen.max())) if len(seen) else (-1.0, 1.0)
    height = max(high - low, 1e-3)
    low, high = low - 0.06 * height, high + 0.06 * height
    cut = np.clip(steady, low, high)
    wide = out | np.append(out[1:], False)
    ax.plot(time, np.where(wide, cut, np.nan), color=GREY, linewidth=0.6)
    ax.plot(time, np.where(out, np.nan, cut), color=INK, linewidth=0.6)
    ax.set_xlim(time[0], max(time[-1], time[0] + 1 / fs_hz))
    shade(ax, analysis.events, channel, fs_hz)
    row = high + 0.06 * height  # marks stand above the signal, wherever its peak points
    beside = 0.012 * len(time) / fs_hz  # closer numbers would stand over each other
    last_at, last_family = -np.inf, 0
    for event in found:
        family = int(event["family"])
        at = event["peak"] / fs_hz
        ax.axvspan(event["start"] / fs_hz, event["stop"] / fs_hz, color=BLUE, alpha=0.1, lw=0)
        if int(event["channel"]) != channel:
            ax.plot(at, row, marker="v", markersize=4.5, color="none", markeredgecolor=GREY)
            continue
        ax.plot(at, row, marker="v", markersize=5, color=colour_of(family), markeredgewidth=0)
        close = at - last_at < beside
        if family > 0 and len(found) <= 30 and not (close and family == last_family):
            side = "left" if close else "center"
            ax.text(at, row + 0.06 * height, str(family), ha=side, va="bottom", fontsize=7)
        last_at, last_family = at, family
    ax.set_ylim(low, high + 0.26 * height)
    ax.set_ylabel("µV")
    ax.set_xlabel("s")
    name = analysis.info.channels[channel].name
    what = "triangles: twitches, with family number" if len(found) else "no twitch in it"
    if (found["channel"] != channel).any():
        what += "; hollow: larger on another channel"
    ax.set_title(f"{(stop - start) / fs_hz:.1f} s of {name} close up ({what})", loc="left")


def colour_of(family: int) -> str:
    """Return the colour of a family, grey for twitches that belong to none."""
    return FAMILY_COLOURS[(family - 1) % len(FAMILY_COLOURS)] if family > 0 else GREY


def rate(ax: Axes, analysis: Analysis) -> None:
    """Draw the rate over time, the rate of the whole with its interval, and what is left out."""
    over_time = shape.rate(analysis)
    duration_s = analysis.n_samples / analysis.info.fs_hz
    unit_s, unit = clock(duration_s)
    edges = over_time.edges_s / unit_s
    known = np.isfinite(over_time.per_minute) & has_rate(analysis.summary)
    ax.bar(
        edges[:-1][known],
        over_time.per_minute[known],
        width=np.diff(edges)[known],
        align="edge",
        color=BLUE,
        alpha=0.85,
        edgecolor="white",
        linewidth=0.4 if len(edges) < 200 else 0.0,
    )
    limits: tuple[float, ...] = ()
    if has_rate(analysis.summary):
        whole = float(analysis.summary["twitches_per_minute"])
        ax.axhline(whole, color=INK, linewidth=0.9, linestyle="--")
        limits = interval(analysis.summary) or ()
        if limits:
            ax.axhspan(*limits, color=INK, alpha=0.12, linewidth=0)
    out = analysis.left_out / (analysis.info.fs_hz * unit_s)
    ax.broken_barh(
        [(start, stop - start) for start, stop in out.tolist()],
        (0.0, 1.0),
        transform=ax.get_xaxis_transform(),
        facecolor="#d9d9d9",
        edgecolor=GREY,
        hatch="////",
        linewidth=0.3,
        alpha=0.6,
        zorder=0.4,
        rasterized=True,
    )
    if not known.any():
        ax.set_yticks([])
        ax.text(0.5, 0.5, "too little time for a rate", transform=ax.transAxes, **_CENTRED)
    ax.set_xlim(0, duration_s / unit_s)
    tops = [*over_time.per_minute[known].tolist(), *limits]
    ax.set_ylim(0, 1.15 * max(tops, default=0.0) or 1.0)
    length = "minute" if over_time.bin_s == 60 else span(over_time.bin_s)
    ax.set_title(
        f"Twitches a minute, by the {length} (dashed: all, with 95 % band; hatched: left out)",
        loc="left",
    )
    ax.set_xlabel(unit)
    ax.set_ylabel("per minute")


def family(ax: Axes, analysis: Analysis, index: int) -> None:
    """Draw the average waveform of a family, with the spread around it."""
    one = analysis.families[index]
    time = (np.arange(len(one.waveform_uv)) - one.peak_offset) * 1e3 / analysis.info.fs_hz
    colour = colour_of(one.number)
    ax.axhline(0.0, color=GREY, linewidth=0.4)
    low, high = one.waveform_uv - one.spread_uv, one.waveform_uv + one.spread_uv
    ax.fill_between(time, low, high, color=colour, alpha=0.3, linewidth=0)
    ax.plot(time, one.waveform_uv, color=colour, linewidth=1.3)
    ax.set_xlim(time[0], time[-1])
    where = f", {analysis.info.channels[one.channel].name}" if analysis.info.n_channels > 1 else ""
    ax.set_title(
        f"Family {one.number}{where}\nn = {one.count:,}, {one.amplitude_uv:.0f} µV", fontsize=7
    )
    ax.set_xlabel("ms")


def intervals(ax: Axes, analysis: Analysis) -> None:
    """Draw how long it is from one twitch to the next."""
    steps = shape.intervals_s(analysis)
    ax.set_title("From one twitch to the next", loc="left")
    if len(steps) < 3:
        empty(ax, "too few twitches for intervals")
        return
    from matplotlib.ticker import MaxNLocator

    ax.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    low, high = min(0.01, float(steps.min())), max(10.0, float(steps.max()))
    bins = np.geomspace(low, high * 1.001, 36).tolist()
    ax.axvspan(0.010, 0.110, color=FAMILY_COLOURS[1], alpha=0.18, linewidth=0)
    ax.hist(steps, bins=bins, color=BLUE, alpha=0.85, edgecolor="white", linewidth=0.3)
    ax.axvline(float(np.median(steps)), color=INK, linestyle="--", linewidth=0.9)
    ax.set_xscale("log")
    ax.set_xlim(low, high)
    ticks = [t for t in (0.001, 0.01, 0.1, 1.0, 10.0, 100.0, 1000.0) if low <= t <= high]
    ax.set_xticks(ticks, [f"{t:g}" for t in ticks])
    ax.minorticks_off()
    ax.set_xlabel(
        f"s  (dashed: median {np.median(steps):.2g} s; shaded: 10–110 ms, doublets, echoes)",
        loc="left",
    )
    ax.set_ylabel("count")


def empty(ax: Axes, text: str) -> None:
    """Say in words why a picture is empty."""
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_visible(False)
    ax.text(0.5, 0.5, text, transform=ax.transAxes, **_CENTRED)


def legend(ax: Axes, analysis: Analysis) -> None:
    """Explain marks and hatchings that occur, under an overview."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Line2D | Patch] = []
    if len(shape.twitches(analysis)):
        tick: Any = {"marker": "|", "linestyle": "none", "markersize": 7}
        handles.append(Line2D([], [], color=BLUE, label="twitch", **tick))
        if analysis.info.n_channels > 1:
            label = "twitch, larger on another channel"
            handles.append(Line2D([], [], color=LIGHT, label=label, **tick))
    for kind, (word, colour, hatch) in STRETCHES.items():
        if len(of_kind(analysis.events, kind)):
            patch = Patch(facecolor=colour, edgecolor=colour, alpha=0.5, hatch=hatch, label=word)
            handles.append(patch)
    if handles:
        ax.legend(
            handles=handles,
            loc="lower right",
            bbox_to_anchor=(1.0, 1.0),
            ncols=len(handles),
            frameon=False,
            borderaxespad=0.1,
            handletextpad=0.4,
            columnspacing=1.2,
        )
