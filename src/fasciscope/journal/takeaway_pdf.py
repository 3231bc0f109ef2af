"""The record to take along as a PDF: two A4 pages, and a page for each report that is appended.

`Takeaway` in, bytes out; matplotlib without pyplot, so nothing global is touched.
"""

from __future__ import annotations

import contextlib
import io
import math
import textwrap
import warnings
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from fasciscope.journal import body
from fasciscope.journal.muscles import site
from fasciscope.journal.takeaway_words import Section, Takeaway
from fasciscope.journal.trends import SiteTrend

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

A4_INCHES = (8.27, 11.69)
LEFT, RIGHT = 0.065, 0.945
INK, GREY, BLUE, ORANGE = "#1a1a1a", "#555555", "#0072B2", "#E69F00"
SITES_DRAWN = 4
ADVICE_LINES = 16
REST = "… the rest is in the journal's export."
CAPTION = (
    "Each point is a week (in longer records a month or a quarter) with its 95 % interval. Dashed: "
    "where the later period begins."
)
_STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 7.5,
    "axes.titlesize": 8,
    "axes.titleweight": "bold",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "text.parse_math": False,  # a note may say "$5"
}


@contextlib.contextmanager
def style() -> Iterator[None]:
    """Set the pages' style while they are drawn; pass over letters that no font here has."""
    import matplotlib

    with matplotlib.rc_context(_STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


def document(words: Takeaway, pictures: Sequence[tuple[str, bytes]]) -> bytes:
    """Return the whole PDF; `pictures` are names and PNGs of reports to append."""
    from matplotlib.backends.backend_pdf import PdfPages

    out = io.BytesIO()
    with style(), PdfPages(out, metadata={"Title": words.title, "CreationDate": None}) as pages:
        pages.savefig(_first(words))
        pages.savefig(_second(words))
        for _, png in pictures:
            pages.savefig(_appended(png))
    return out.getvalue()


def trend_picture(words: Takeaway) -> bytes | None:
    """Return the course over time as a PNG; None where there is nothing to draw."""
    from matplotlib.figure import Figure

    if words.trends is None:
        return None
    with style():
        n = min(SITES_DRAWN, len(words.trends.sites))
        figure = Figure(figsize=(8.6, 1.9 * math.ceil(n / 2)), layout="constrained")
        _trends(words, [figure.add_subplot(math.ceil(n / 2), 2, k + 1) for k in range(n)])
        out = io.BytesIO()
        figure.savefig(out, format="png", dpi=170, metadata={"Software": None})
    return out.getvalue()


def _first(words: Takeaway) -> Figure:
    from matplotlib.figure import Figure

    figure = Figure(figsize=A4_INCHES)
    figure.text(LEFT, 0.962, words.title, fontsize=15, weight="bold", va="center")
    figure.text(LEFT, 0.944, words.about, fontsize=7.5, color=GREY, va="center")
    top = _advice(figure, words.advice)
    rows = 0 if words.trends is None else math.ceil(min(SITES_DRAWN, len(words.trends.sites)) / 2)
    bottom = 0.095 + 0.15 * rows + (0.03 if rows else 0)
    _map(figure, words, bottom, top)
    _column(figure, [Section("In short", words.facts)], (0.47, RIGHT), (bottom, top))
    if words.trends is not None:
        grid = figure.add_gridspec(
            rows, 2, left=LEFT + 0.03, right=RIGHT, bottom=0.105, top=bottom - 0.042, hspace=0.55,
            wspace=0.16,
        )  # fmt: skip
        figure.text(LEFT, bottom - 0.008, "Over time", fontsize=8.5, weight="bold", va="center")
        figure.text(LEFT + 0.085, bottom - 0.008, CAPTION, fontsize=6.4, color=GREY, va="center")
        shown = min(SITES_DRAWN, len(words.trends.sites))
        _trends(words, [figure.add_subplot(grid[k // 2, k % 2]) for k in range(shown)])
    _foot(figure, words)
    return figure


def _advice(figure: Figure, advice: str) -> float:
    """Draw the sentence about a doctor in a frame; return where the page goes on below it."""
    if not advice:
        return 0.925
    lines = textwrap.wrap(advice, 122, max_lines=ADVICE_LINES, placeholder=" …")
    height = (len(lines) * 8 * 1.45 + 12) / 72 / A4_INCHES[1]
    from matplotlib.patches import FancyBboxPatch

    figure.add_artist(
        FancyBboxPatch(
            (LEFT, 0.93 - height), RIGHT - LEFT, height, boxstyle="round,pad=0,rounding_size=0.006",
            transform=figure.transFigure, facecolor="none", edgecolor=INK, linewidth=1.2,
        )
    )  # fmt: skip
    figure.text(
        LEFT + 0.012, 0.93 - 6 / 72 / A4_INCHES[1], "\n".join(lines), fontsize=8, va="top",
        linespacing=1.4,
    )  # fmt: skip
    return 0.918 - height


def _map(figure: Figure, words: Takeaway, bottom: float, top: float) -> None:
    ax = figure.add_axes((LEFT - 0.015, bottom + 0.02, 0.40, top - bottom - 0.025))
    draw_map(ax, words.marks)
    legend = "number: sessions (darker: more);  dot: felt"
    figure.text(LEFT + 0.185, bottom + 0.008, legend, fontsize=6.2, color=GREY, ha="center")


def draw_map(ax: Axes, known: dict[body.Site, body.Mark]) -> None:
    """Draw the body map into `ax`, from the same curves as `body.svg`."""
    ax.set_axis_off()
    ax.set_xlim(0, body.WIDTH)
    ax.set_ylim(body.HEIGHT, 0)
    ax.set_aspect("equal")
    for view in body.VIEWS:
        ax.add_patch(_patch(*body.outline(view), body.SKIN, 0.8))
        out = 0.72 * body.midline("front")
        sides = ("right", "left") if view == "front" else ("left", "right")
        places = (-out, 0.0, out)
        for text, x in zip((sides[0], view, sides[1]), places, strict=True):
            ax.text(body.midline(view) + x, 8, text, fontsize=6.5, color=GREY, ha="center")
    for region in body.regions():
        mark = body.of_region(region, known)
        ax.add_patch(_patch(region.start, region.segments, body.shade(mark.sessions), 0.5))
        if mark.sessions:
            ink = "white" if mark.sessions >= body.STEPS[2] else INK
            size = 0.72 * body.number_size(region)
            ax.text(*region.centre, str(mark.sessions), fontsize=size, color=ink, ha="center",
                    va="center")  # fmt: skip
        if mark.felt:
            ax.plot(*body.felt_at(region, mark), "o", color=body.FELT, markersize=3.2,
                    markeredgecolor="white", markeredgewidth=0.4)  # fmt: skip


def _patch(start: body.Point, segments: tuple[body.Segment, ...], fill: str, line: float) -> Any:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    vertices, codes = [start], [Path.MOVETO]
    for segment in segments:
        vertices += segment
        codes += [Path.CURVE4] * 3
    return PathPatch(Path(vertices, codes), facecolor=fill, edgecolor=body.EDGE, linewidth=line)


def _trends(words: Takeaway, axes: Sequence[Axes]) -> None:
    if words.trends is None:
        return
    for ax, one in zip(axes, words.trends.sites, strict=False):
        trend_panel(ax, one, words.trends.now.start, words.changes)


def trend_panel(
    ax: Axes, one: SiteTrend, split: date, changes: Sequence[tuple[date, str]] = ()
) -> None:
    """Draw twitches a minute over time at one site, with intervals, the split and changes."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    days = [b.start + (b.stop - b.start) / 2 for b in one.rates]
    values = [b.value for b in one.rates]
    low = [max(0.0, b.value - b.low) for b in one.rates]
    high = [max(0.0, b.high - b.value) for b in one.rates]
    x: Any = days
    ax.errorbar(x, values, yerr=[low, high], fmt="o", color=BLUE, ecolor="#9ecae1", markersize=3,
                elinewidth=1.4, capsize=0)  # fmt: skip
    # an interval from one session may be as tall as the sky
    tallest = sorted(b.high for b in one.rates)[int(0.9 * (len(one.rates) - 1))]
    top = 1.12 * max(tallest, *values, 1e-3)
    ax.set_ylim(0, top)
    first, last = one.rates[0].start, one.rates[-1].stop
    ends: Any = (first - timedelta(days=1), last + timedelta(days=1))
    ax.set_xlim(*ends)
    place: Any = split
    ax.axvline(place, color=GREY, linewidth=0.7, linestyle=(0, (4, 3)))
    for day, what in changes:
        if first <= day <= last:
            at: Any = day
            ax.axvline(at, color=ORANGE, linewidth=0.9)
            ax.text(at, top, f" {textwrap.shorten(what, 32, placeholder=' …')}", fontsize=5.8,
                    color="#8a5a00", va="top")  # fmt: skip
    ax.set_title(f"{site(one.muscle, one.side)}: twitches a minute", loc="left")
    locator = AutoDateLocator(maxticks=7)  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_locator(locator)
    formatter = ConciseDateFormatter(locator)  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_formatter(formatter)


def _second(words: Takeaway) -> Figure:
    from matplotlib.figure import Figure

    figure = Figure(figsize=A4_INCHES)
    figure.text(LEFT, 0.962, words.title, fontsize=11, weight="bold", va="center")
    figure.text(LEFT, 0.948, words.about, fontsize=7, color=GREY, va="center")
    symptoms, sites, goes_with, notes, sessions, felt = words.sections
    y = _column(figure, [symptoms, sites], (LEFT, RIGHT), (0.60, 0.932))
    low = _column(figure, [goes_with], (LEFT, 0.49), (0.36, y))
    right = _column(figure, [notes, felt], (0.52, RIGHT), (0.36, y))
    _column(figure, [sessions], (LEFT, RIGHT), (0.075, min(low, right)))
    _foot(figure, words)
    return figure


def _foot(figure: Figure, words: Takeaway) -> None:
    from matplotlib.lines import Line2D

    figure.add_artist(Line2D([LEFT, RIGHT], [0.066, 0.066], color=INK, linewidth=0.8))
    lines = [line for text in words.foot for line in textwrap.wrap(text, 152)]
    figure.text(LEFT, 0.061, "\n".join(lines), fontsize=6.4, va="top", linespacing=1.35)


def _column(
    figure: Figure,
    sections: Sequence[Section],
    x: tuple[float, float],
    y: tuple[float, float],
) -> float:
    """Write sections into a column, from the top down as far as there is room; return the end."""
    height, width = A4_INCHES[1] * 72, A4_INCHES[0] * 72
    size = 7.0
    letters = int((x[1] - x[0]) * width / (0.535 * size))
    step, at = 1.38 * size / height, y[1]
    for section in sections:
        if at - 3 * step < y[0]:
            break
        at -= 0.9 * step
        figure.text(x[0], at, section.heading, fontsize=8.5, weight="bold", va="center")
        at -= 1.25 * step
        for text in section.lines:
            wrapped = textwrap.wrap(text, letters) or [""]
            if len(wrapped) > int((at - y[0]) / step) - 1:
                figure.text(x[0], at, REST, fontsize=6.2, color=GREY, va="center")
                return at - step
            top = at + 0.5 * step
            figure.text(x[0], top, "\n".join(wrapped), fontsize=size, va="top", linespacing=1.3)
            at -= step * (len(wrapped) + 0.25)
        if section.rows:
            shown = max(0, min(len(section.rows), int((at - y[0]) / step) - 2))
            at = _table(figure, section, shown, x, at, step)
            if more := section.more(shown):
                figure.text(x[0], at, more, fontsize=6.2, color=GREY, va="center")
                at -= step
        at -= 0.5 * step
    return at


def _table(
    figure: Figure, section: Section, shown: int, x: tuple[float, float], at: float, step: float
) -> float:
    """Write rows under their heads, each column as wide as its longest cell, ends cut to fit."""
    rows = [section.head, *section.rows[:shown]]
    longest = [min(34, max(len(row[k]) for row in rows) + 2) for k in range(len(section.head))]
    letters = int((x[1] - x[0]) * A4_INCHES[0] * 72 / (0.56 * 7))
    longest[-1] = max(4, min(longest[-1], letters - sum(longest[:-1])))
    share = (x[1] - x[0]) / max(sum(longest), letters)
    for number, row in enumerate(rows):
        place = x[0]
        for cell, width in zip(row, longest, strict=True):
            short = cell if len(cell) < width else f"{cell[: width - 2]}…"
            figure.text(place, at, short, fontsize=6.8, va="center",
                        color=GREY if number == 0 else INK)  # fmt: skip
            place += width * share
        at -= step
    return at


def _appended(png: bytes) -> Figure:
    from matplotlib.figure import Figure
    from matplotlib.image import imread

    figure = Figure(figsize=A4_INCHES)
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set_axis_off()
    ax.imshow(imread(io.BytesIO(png), format="png"), aspect="equal")
    return figure
