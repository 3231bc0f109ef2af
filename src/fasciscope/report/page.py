"""Page one as a drawing: a single A4 sheet with what a reader needs first.

`Recording`, `Analysis` and `Content` in, a matplotlib figure out; no pyplot, so nothing global is
touched.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from fasciscope.analysis import Analysis
from fasciscope.recording import Recording
from fasciscope.report import charts, panels, shape, words
from fasciscope.report.content import Content
from fasciscope.report.sheets import LINE, MARGIN_MM, Sheet, new_sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PNG_DPI = 150
FOOT_MM = 277.5
"""Where the lines begin that every page one carries."""
LAST_MM, FLAT_MM = 49.0, 28.0
"""How high the row above them is, with and without the intervals."""
RIGHT_MM = 108.0
"""Where the right column begins, from the margin."""
Draw = Callable[[Sequence["Axes"]], None]
_STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 7.5,
    "axes.titlesize": 8,
    "axes.titleweight": "bold",
    "axes.labelsize": 7,
    "axes.labelpad": 1.5,
    "axes.titlepad": 3.5,
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
    "text.color": panels.INK,
    "axes.edgecolor": panels.INK,
    "axes.labelcolor": panels.INK,
    "xtick.color": panels.INK,
    "ytick.color": panels.INK,
    "svg.fonttype": "path",
    "svg.hashsalt": "fasciscope",  # the same figure has the same ids
}


@contextlib.contextmanager
def style() -> Iterator[None]:
    """Set the page's style for as long as it is drawn, and pass over letters no font here has."""
    import matplotlib

    with matplotlib.rc_context(_STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


def as_png(figure: Figure) -> bytes:
    """Return a sheet as PNG; no time of writing in it, so the same input gives the same bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=PNG_DPI, metadata={"Software": None})
    return buffer.getvalue()


def draw(recording: Recording, analysis: Analysis, said: Content) -> Figure:
    """Return page one as a figure; to be called, and saved, inside `style`."""
    sheet = new_sheet()
    _head(sheet, said)
    below_mm = _texts(sheet, said)
    _pictures(sheet, recording, analysis, said, below_mm + 1.5)
    _last_row(sheet, analysis, said)
    sheet.line(FOOT_MM, weight=1.2)
    sheet.at_mm = FOOT_MM + 1.5
    sheet.text(f"{words.DISCLAIMER} {words.SEE_A_DOCTOR}", 6.8)
    sheet.text(words.SAME_PLACE, 6.0, colour=panels.SOFT)
    return sheet.figure


def _head(sheet: Sheet, said: Content) -> None:
    kind = "TWITCH REPORT, IN BRIEF" if said.low_detail else "TWITCH REPORT"
    sheet.at_mm = 12.0
    sheet.text(kind, 6.5, colour=panels.SOFT)
    sheet.text(said.title, 15, bold=True, most=1)
    sheet.at_mm += 1.0
    sheet.line(sheet.at_mm)
    _facts(sheet, said.facts)
    sheet.line(sheet.at_mm)
    sheet.at_mm += 2.0
    rate, what, certainty = said.headline
    right = sheet.word(rate, 30, MARGIN_MM, sheet.at_mm + 5.6, bold=True, colour=panels.BLUE)
    sheet.word(what, 11, right + 4, sheet.at_mm + 3.4, bold=True)
    sheet.word(certainty, 8.5, right + 4, sheet.at_mm + 8.6)
    sheet.at_mm += 13.0


def _facts(sheet: Sheet, facts: tuple[tuple[str, str], ...]) -> None:
    """Write label over value, side by side, in as many rows as that takes."""
    sheet.at_mm += 1.2
    left_mm = MARGIN_MM
    for label, value in facts:
        width_mm = max(sheet.width_mm(label, 6.5), sheet.width_mm(value, 8.2, bold=True))
        if left_mm > MARGIN_MM and left_mm + width_mm > MARGIN_MM + LINE:
            left_mm = MARGIN_MM
            sheet.at_mm += 8.6
        sheet.word(label, 6.5, left_mm, sheet.at_mm + 1.6, colour=panels.SOFT)
        sheet.word(value, 8.2, left_mm, sheet.at_mm + 5.4, bold=True)
        left_mm += width_mm + 7.0
    sheet.at_mm += 8.6


def _texts(sheet: Sheet, said: Content) -> float:
    """Write the words in two columns; return where the longer one ends."""
    top_mm = sheet.at_mm
    sheet.heading("In words", 8.5)
    sheet.text(" ".join(said.sentences), 7.5, width_mm=RIGHT_MM - 6)
    if said.note:
        sheet.text(f"Note: {said.note_first}", 7.5, width_mm=RIGHT_MM - 6)
    left_mm, sheet.at_mm = sheet.at_mm, top_mm
    sheet.heading("What to mind", 8.5, left_mm=MARGIN_MM + RIGHT_MM)
    lines = [f"· {sentence}" for sentence in said.minded_first] or [words.NOTHING_TO_MIND]
    for line in lines:
        sheet.text(line, 7.5, left_mm=MARGIN_MM + RIGHT_MM, width_mm=LINE - RIGHT_MM)
    return max(left_mm, sheet.at_mm)


def _pictures(
    sheet: Sheet, recording: Recording, analysis: Analysis, said: Content, top_mm: float
) -> None:
    """Draw the pictures into what is left above the last row, by their shares of it."""
    first = panels.drawn_channels(analysis, 1)[0]
    pictures: list[tuple[float, Draw]] = []
    if not said.low_detail:
        pictures = [
            (36.0, lambda axes: panels.first_overview(axes[0], recording, analysis, first)),
            (30.0, lambda axes: charts.rate(axes[0], analysis)),
        ]
    pictures.append((33.0, lambda axes: panels.closer(axes[0], recording, analysis)))
    last_mm = FLAT_MM if _flat(analysis, said) else LAST_MM
    heights = [height for height, _ in pictures] + [34.0] * bool(analysis.families)
    scale = min((FOOT_MM - last_mm - 3.0 - top_mm) / sum(heights), 2.3)
    sheet.at_mm = top_mm
    for height_mm, draw_one in pictures:
        sheet.picture(draw_one, scale * height_mm)
    if analysis.families:
        sheet.picture(
            lambda axes: charts.families(axes, analysis),
            scale * heights[-1],
            top_mm=8.6,
            columns=charts.family_columns(analysis),
        )


def _last_row(sheet: Sheet, analysis: Analysis, said: Content) -> None:
    """Draw the intervals, where there are any to show, and the two small tables beside them."""
    side_by_side = _flat(analysis, said)
    top_mm = FOOT_MM - (FLAT_MM if side_by_side else LAST_MM)
    if not side_by_side:
        sheet.at_mm = top_mm - 1.0
        sheet.picture(lambda axes: charts.intervals(axes[0], analysis), LAST_MM - 2, width_mm=98)
    right_mm = MARGIN_MM + RIGHT_MM
    sheet.at_mm = top_mm
    small: Any = {"width_mm": LINE - RIGHT_MM, "size": 6.8, "heading": 8.0}
    sheet.table(said.left_out, left_mm=MARGIN_MM if side_by_side else right_mm, **small)
    sheet.at_mm = top_mm if side_by_side else sheet.at_mm + 1.0
    sheet.table(said.company, left_mm=right_mm, **small)


def _flat(analysis: Analysis, said: Content) -> bool:
    """Return whether the last row has no picture of the intervals."""
    return said.low_detail or len(shape.intervals_s(analysis)) < charts.INTERVALS_LEAST
