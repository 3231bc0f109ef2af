"""One A4 page: the number first, then the signal, then what is in it.

`Recording` and `Analysis` in, a matplotlib figure out; no pyplot, so nothing global is touched.
"""

from __future__ import annotations

import contextlib
import textwrap
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from fasciscope.analysis import Analysis
from fasciscope.recording import Recording
from fasciscope.report import panels, words

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.gridspec import GridSpec

A4_INCHES = (8.27, 11.69)
SMALLER = (1.0, 0.94, 0.88, 0.82, 0.76, 0.7)
"""Sizes of the words, tried until all that is to be said fits; 5 points can still be read."""
_STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 7.5,
    "axes.titlesize": 8,
    "axes.titleweight": "bold",
    "axes.labelsize": 7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "legend.fontsize": 6.5,
    "hatch.linewidth": 0.5,
    "text.parse_math": False,  # a file may be named "$1_000$"
    "svg.fonttype": "path",
}


@contextlib.contextmanager
def style() -> Iterator[None]:
    """Set the page's style for as long as it is drawn, and pass over letters no font here has."""
    import matplotlib

    with matplotlib.rc_context(_STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


def draw(recording: Recording, analysis: Analysis) -> Figure:
    """Return the page as a figure; to be called, and saved, inside `style`."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=A4_INCHES)
    channels = panels.drawn_channels(analysis)
    grid = figure.add_gridspec(
        5,
        1,
        height_ratios=[2.6 + 0.9 * (len(channels) - 1), 1.9, 1.5, 1.5, 2.1],
        left=0.085,
        right=0.965,
        top=0.865,
        bottom=0.108,
        hspace=0.48,
    )
    _head(figure, recording, analysis)
    _overviews(figure, grid, recording, analysis, channels)
    panels.closer(figure.add_subplot(grid[1]), recording, analysis)
    panels.rate(figure.add_subplot(grid[2]), analysis)
    _families(figure, grid, analysis)
    figure.align_ylabels()
    foot = grid[4].subgridspec(1, 2, width_ratios=[1.0, 1.15], wspace=0.12)
    panels.intervals(figure.add_subplot(foot[0]), analysis)
    _words(figure, foot, recording, analysis)
    figure.text(
        0.085,
        0.016,
        "\n".join(textwrap.wrap(f"{words.DISCLAIMER} {words.SEE_A_DOCTOR}", 160)),
        fontsize=6.6,
        va="bottom",
        color="#1a1a1a",
    )
    small = [words.SAME_PLACE, words.clip(words.settings(analysis.summary), 175)]
    figure.text(0.085, 0.044, "\n".join(small), fontsize=5.8, va="bottom", color="#555555")
    return figure


def _head(figure: Figure, recording: Recording, analysis: Analysis) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    rate, what, certainty = words.headline(analysis.summary)
    name = words.clip(recording.name, 60)
    figure.text(0.085, 0.968, name, fontsize=13, weight="bold", va="center")
    about = words.clip(words.subtitle(recording, analysis.summary), 130)
    figure.text(0.085, 0.950, about, fontsize=7.5, color="#444444")
    number = figure.text(
        0.085, 0.912, rate, fontsize=30, weight="bold", color=panels.BLUE, va="center"
    )
    # the words stand beside the number, however wide it is
    renderer = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
    box = number.get_window_extent(renderer)
    right = 0.085 + box.width / figure.bbox.width + 0.02
    figure.text(right, 0.920, what, fontsize=11, weight="bold", va="center")
    figure.text(right, 0.902, certainty, fontsize=8.5, va="center", color="#222222")


def _overviews(
    figure: Figure, grid: GridSpec, recording: Recording, analysis: Analysis, channels: list[int]
) -> None:
    rows = grid[0].subgridspec(len(channels), 1, hspace=0.45)
    for row, channel in enumerate(channels):
        ax = figure.add_subplot(rows[row])
        panels.overview(ax, recording, analysis, channel)
        if row == 0:
            panels.legend(ax, analysis)
        if row < len(channels) - 1:
            ax.set_xlabel("")
            ax.tick_params(labelbottom=False)
    rest = [channel.name for i, channel in enumerate(analysis.info.channels) if i not in channels]
    if rest:
        names = words.clip(", ".join(rest), 100)
        ax.set_xlabel(f"{ax.get_xlabel()}     (not drawn: {names})")


def _families(figure: Figure, grid: GridSpec, analysis: Analysis) -> None:
    shown = analysis.families[: panels.FAMILIES_DRAWN]
    if not shown:
        ax = figure.add_subplot(grid[3])
        ax.set_title("Average waveforms", loc="left")
        panels.empty(ax, "no waveform came back often enough to make a family")
        return
    # the upper row is empty: room for titles of two lines
    columns = grid[3].subgridspec(
        2, max(3, len(shown)), wspace=0.42, hspace=0.0, height_ratios=[0.14, 1.0]
    )
    for i in range(len(shown)):
        ax = figure.add_subplot(columns[1, i])
        panels.family(ax, analysis, i)
        if i == 0:
            ax.set_ylabel("µV, average ± spread")
    more = len(analysis.families) - len(shown)
    if more:
        ax.set_xlabel(f"ms  (and {more} more)")


def _words(figure: Figure, foot: Any, recording: Recording, analysis: Analysis) -> None:
    ax = figure.add_subplot(foot[1])
    ax.set_axis_off()
    ax.set_title("In words", loc="left")
    quality = [str(sentence) for sentence in analysis.summary.get("quality") or []]
    paragraphs = [
        (" ".join(words.in_words(analysis)), 7.2),
        (" ".join(["Quality:", *quality]) if quality else "", 6.8),
        (f"Note: {recording.info.note}" if recording.info.note else "", 6.8),
    ]
    height_pt = ax.get_position().height * figure.get_figheight() * 72
    room_pt = 0.98 * height_pt
    for smaller in SMALLER:  # until all of it fits
        sized = [(text, size * smaller) for text, size in paragraphs if text]
        if sum(_height_pt(_lines(text, size), size) for text, size in sized) <= room_pt:
            break
    for text, size in sized:
        room = int(room_pt / (1.42 * size))
        if room < 1:
            break
        lines = _lines(text, size, max_lines=room, placeholder=" …")
        y = room_pt / height_pt
        ax.text(0.0, y, "\n".join(lines), fontsize=size, color="#1a1a1a", va="top", linespacing=1.3)
        room_pt -= _height_pt(lines, size)


def _lines(text: str, size: float, **limits: Any) -> list[str]:
    return textwrap.wrap(text, round(66 * 7.2 / size), break_long_words=True, **limits)


def _height_pt(lines: list[str], size: float) -> float:
    return len(lines) * size * 1.42 + 4.0
