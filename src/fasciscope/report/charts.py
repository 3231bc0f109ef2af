"""The pictures of what was counted: rate over time, waveforms, intervals.

One function a picture: axes and numbers in, nothing out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fasciscope.analysis import Analysis
from fasciscope.report import shape
from fasciscope.report.panels import BLUE, FAMILY_COLOURS, GREY, INK, clock, colour_of
from fasciscope.report.words import clip, has_rate, interval, span

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FAMILIES_DRAWN = 6
INTERVALS_LEAST = 3
"""Fewer intervals are not drawn."""
_CENTRED: Any = {"ha": "center", "va": "center", "color": "#333333"}


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
    where = (
        f", {clip(analysis.info.channels[one.channel].name, 8)}"
        if analysis.info.n_channels > 1
        else ""
    )
    ax.set_title(
        f"Family {one.number}{where}\nn = {one.count:,}, {one.amplitude_uv:.0f} µV", fontsize=7
    )
    ax.set_xlabel("ms")


def family_columns(analysis: Analysis) -> int:
    """Return how many pictures stand side by side in `families`."""
    return max(3, len(analysis.families[:FAMILIES_DRAWN]))


def families(axes: Sequence[Axes], analysis: Analysis) -> None:
    """Draw the waveforms of the largest families side by side."""
    shown = analysis.families[:FAMILIES_DRAWN]
    for i, ax in enumerate(axes):
        if i < len(shown):
            family(ax, analysis, i)
        else:
            ax.set_axis_off()
    axes[0].set_ylabel("µV, average ± spread")
    more = len(analysis.families) - len(shown)
    if more:
        axes[len(shown) - 1].set_xlabel(f"ms  (and {more} more)")


def apart(columns: int) -> float:
    """Return the room between pictures side by side, in widths of one."""
    return 0.34 if columns < 5 else 0.5


def intervals(ax: Axes, analysis: Analysis) -> None:
    """Draw how long it is from one twitch to the next."""
    steps = shape.intervals_s(analysis)
    if len(steps) < INTERVALS_LEAST:
        ax.set_title("From one twitch to the next", loc="left")
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
    ax.set_title("From one twitch to the next", loc="left")
    ax.set_xlabel(f"s  (dashed: median {np.median(steps):.2g} s; shaded: 10 to 110 ms)", loc="left")
    ax.set_ylabel("count")


def empty(ax: Axes, text: str) -> None:
    """Say in words why a picture is empty."""
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_visible(False)
    ax.text(0.5, 0.5, text, transform=ax.transAxes, **_CENTRED)
