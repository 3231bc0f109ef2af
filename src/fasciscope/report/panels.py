"""The pictures of the signal, one function a picture: axes and numbers in, nothing out.

Colours are Okabe and Ito's, which stay apart for colour-blind eyes; what is left out is told apart
by its hatching and its words as well, and no colour says good or bad.

References
----------
Okabe & Ito, Color Universal Design (2008).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fasciscope.analysis import Analysis
from fasciscope.detection import ranges
from fasciscope.events import Events, Kind, of_kind
from fasciscope.recording import Recording
from fasciscope.report import shape
from fasciscope.report.words import clip, plural

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, SOFT, BLUE, LIGHT, GREY = "#1a1a1a", "#50555b", "#0072B2", "#9ecae1", "#8c8c8c"
FAMILY_COLOURS = ("#0072B2", "#E69F00", "#CC79A7", "#56B4E9", "#000000", "#A6761D")
CHANNELS_DRAWN = 16
NAME_MOST = 20
"""Letters of a channel's name that a picture has room for."""
_COLUMNS = 1500
STRETCHES = {
    Kind.CONTRACTION: ("contraction", "#E69F00", "///"),
    Kind.CRAMP: ("cramp", "#CC79A7", "\\\\\\"),
    Kind.ARTIFACT: ("artefact", "#999999", "...."),
    Kind.GAP: ("gap: samples lost", "#56B4E9", "xxx"),
}
"""Word, colour and hatching of each kind of time that is left out."""
PALE = {"#E69F00": "#f7e2b3", "#CC79A7": "#f0d7e5", "#999999": "#e0e0e0", "#56B4E9": "#cce9f8"}
"""The ground of each hatching: its colour, three tenths of it on white, so that both are seen."""


def clock(duration_s: float) -> tuple[float, str]:
    """Return the unit of a time axis: seconds in it, and its name."""
    if duration_s <= 180:
        return 1.0, "s"
    return (60.0, "min") if duration_s <= 3 * 3600 else (3600.0, "h")


def drawn_channels(analysis: Analysis, most: int = CHANNELS_DRAWN) -> list[int]:
    """Return the channels that are drawn: those with most twitches, in the file's order."""
    n = analysis.info.n_channels
    counts = [len(shape.twitches(analysis, i)) for i in range(n)]
    busiest = sorted(range(n), key=lambda i: (-counts[i], i))[:most]
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
            _apart(found["peak"][mine], recording.n_samples) / (analysis.info.fs_hz * unit_s),
            high + 0.03 * height,
            high + 0.13 * height,
            color=colour,
            linewidth=0.7 if len(found) < 400 else 0.3,
            rasterized=True,
        )
    ax.set_ylim(low - 0.01 * height, high + 0.15 * height)
    ax.set_ylabel("µV")
    name = clip(analysis.info.channels[channel].name, NAME_MOST)
    ax.set_title(f"{name}: {plural(int(here.sum()), 'twitch', 'twitches')}", loc="left")
    ax.set_xlabel(unit)


def _apart(peaks: NDArray[np.int64], n_samples: int) -> NDArray[np.int64]:
    """Return those of `peaks` that stand in a column of their own, where there are many."""
    if len(peaks) <= _COLUMNS:
        return peaks
    _, first = np.unique(peaks * _COLUMNS // n_samples, return_index=True)
    return peaks[first]


def further_channels(analysis: Analysis) -> list[int]:
    """Return the channels that are drawn among the details: all but the first page's."""
    first = drawn_channels(analysis, 1)
    return [channel for channel in drawn_channels(analysis) if channel not in first]


def first_overview(ax: Axes, recording: Recording, analysis: Analysis, channel: int) -> None:
    """Draw the channel that stands for all, with the legend."""
    overview(ax, recording, analysis, channel)
    n = analysis.info.n_channels
    if n > 1:
        name, count = ax.get_title(loc="left").rsplit(": ", 1)
        ax.set_title(f"{name} (of {n} channels): {count}", loc="left")
    legend(ax, analysis)


def shade(ax: Axes, events: Events, channel: int, per_unit: float) -> None:
    """Hatch what is left out, on `channel` or on all; name each kind once where it is widest."""
    low, high = ax.get_xlim()
    for kind, (word, colour, hatch) in STRETCHES.items():
        mine = of_kind(events, kind)
        mine = mine[(mine["channel"] == channel) | (mine["channel"] < 0)]
        edges = np.clip(np.stack([mine["start"], mine["stop"]], axis=1) / per_unit, low, high)
        spans = np.stack([edges[:, 0], edges[:, 1] - edges[:, 0]], axis=1)
        spans = spans[spans[:, 1] > 0]  # what is not in the picture has no name in it
        if len(spans) == 0:
            continue
        ax.broken_barh(
            [(start, length) for start, length in spans.tolist()],
            (0.0, 1.0),
            transform=ax.get_xaxis_transform(),
            facecolor=PALE[colour],
            edgecolor=colour,
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
    seen = steady[np.isfinite(steady) & ~(out & ~out.all())]  # of what is usable, if anything is
    low, high = (float(seen.min()), float(seen.max())) if len(seen) else (-1.0, 1.0)
    height = max(high - low, 1e-3)
    low, high = low - 0.06 * height, high + 0.06 * height
    cut = np.clip(steady, low, high)
    wide = out | np.append(out[1:], False)
    ax.plot(time, np.where(wide, cut, np.nan), color=GREY, linewidth=0.6)
    ax.plot(time, np.where(out, np.nan, cut), color=INK, linewidth=0.6)
    ax.set_xlim(time[0], max(time[-1], time[0] + 1 / fs_hz))
    shade(ax, analysis.events, channel, fs_hz)
    row = high + 0.08 * height  # marks stand above the signal, wherever its peak points
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
            ax.text(at, row + 0.09 * height, str(family), ha=side, va="bottom", fontsize=7)
        last_at, last_family = at, family
    ax.set_ylim(low, high + 0.42 * height)
    ax.set_ylabel("µV")
    ax.set_xlabel("s")
    name = clip(analysis.info.channels[channel].name, NAME_MOST)
    what = "triangles: twitches, with family number" if len(found) else "no twitch in it"
    if (found["channel"] != channel).any():
        what += "; hollow: larger on another channel"
    ax.set_title(f"{(stop - start) / fs_hz:.1f} s of {name} close up ({what})", loc="left")


def colour_of(family: int) -> str:
    """Return the colour of a family, grey for twitches that belong to none."""
    return FAMILY_COLOURS[(family - 1) % len(FAMILY_COLOURS)] if family > 0 else GREY


def legend(ax: Axes, analysis: Analysis) -> None:
    """Explain marks and hatchings that occur, under an overview."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Line2D | Patch] = []
    if len(shape.twitches(analysis)):
        tick: Any = {"marker": "|", "linestyle": "none", "markersize": 7}
        handles.append(Line2D([], [], color=BLUE, label="twitch", **tick))
        if analysis.info.n_channels > 1:
            label = "larger on another channel"
            handles.append(Line2D([], [], color=LIGHT, label=label, **tick))
    for kind, (word, colour, hatch) in STRETCHES.items():
        if len(of_kind(analysis.events, kind)):
            patch = Patch(facecolor=PALE[colour], edgecolor=colour, hatch=hatch, label=word)
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
