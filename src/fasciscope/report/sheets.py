"""One A4 sheet that is filled from the top: words, tables and pictures, each where it is put.

Text and tables in, a matplotlib figure out. Places are in millimetres from the sheet's upper left
corner, letters in points.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fasciscope.report import letters
from fasciscope.report.charts import apart
from fasciscope.report.panels import INK, SOFT
from fasciscope.report.tables import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDE_MM, HIGH_MM = 210.0, 297.0
MARGIN_MM = 14.0
LINE = WIDE_MM - 2 * MARGIN_MM
MM = 72 / 25.4
"""Points in a millimetre."""
RULE = "#c9c7c2"
SPACING = 1.36
"""Height of a line, in sizes of its letters."""


def new_sheet() -> Sheet:
    """Return an empty A4 sheet."""
    from matplotlib.figure import Figure

    return Sheet(Figure(figsize=(WIDE_MM / 25.4, HIGH_MM / 25.4)))


@dataclass(slots=True)
class Sheet:
    """One A4 sheet.

    Parameters
    ----------
    figure : Figure
    at_mm : float
        Where the next thing begins.
    """

    figure: Figure
    at_mm: float = 12.0

    @staticmethod
    def width_mm(text: str, size: float, *, bold: bool = False) -> float:
        """Return how wide a line of text is."""
        return letters.width_pt(text, size, bold=bold) / MM

    def word(
        self,
        text: str,
        size: float,
        left_mm: float,
        middle_mm: float,
        *,
        bold: bool = False,
        colour: str = INK,
    ) -> float:
        """Write one line around the height `middle_mm`, cut at the margin; return where it ends."""
        room_mm = WIDE_MM - MARGIN_MM - left_mm
        text = letters.fitted(text, size, room_mm * MM, bold=bold)
        self.figure.text(
            left_mm / WIDE_MM,
            1 - middle_mm / HIGH_MM,
            text,
            fontsize=size,
            color=colour,
            weight="bold" if bold else "normal",
            va="center_baseline",
        )
        return left_mm + self.width_mm(text, size, bold=bold)

    def text(
        self,
        text: str,
        size: float,
        *,
        left_mm: float = MARGIN_MM,
        width_mm: float = LINE,
        bold: bool = False,
        colour: str = INK,
        most: int = 1000,
    ) -> None:
        """Write a paragraph, in at most `most` lines."""
        room_pt = width_mm * MM
        lines = [text] if most == 1 else letters.wrap(text, size, room_pt)
        if len(lines) > most:
            lines = [*lines[: most - 1], " ".join(lines[most - 1 :])]
        step_mm = size * SPACING / MM
        for line in lines:
            fitted = letters.fitted(line, size, room_pt, bold=bold)
            self.word(fitted, size, left_mm, self.at_mm + step_mm / 2, bold=bold, colour=colour)
            self.at_mm += step_mm
        self.at_mm += 0.3 * step_mm

    def heading(self, text: str, size: float, *, left_mm: float = MARGIN_MM) -> None:
        """Write a heading."""
        width_mm = WIDE_MM - MARGIN_MM - left_mm
        self.text(text, size, left_mm=left_mm, width_mm=width_mm, bold=True, most=1)

    def line(
        self,
        at_mm: float,
        *,
        left_mm: float = MARGIN_MM,
        width_mm: float = LINE,
        weight: float = 0.6,
    ) -> None:
        """Draw a line across."""
        from matplotlib.lines import Line2D

        y = 1 - at_mm / HIGH_MM
        x = [left_mm / WIDE_MM, (left_mm + width_mm) / WIDE_MM]
        colour = INK if weight > 1 else RULE
        self.figure.add_artist(
            Line2D(x, [y, y], color=colour, linewidth=weight, transform=self.figure.transFigure)
        )

    def picture(
        self,
        draw: Callable[[Sequence[Axes]], None],
        height_mm: float,
        *,
        width_mm: float = LINE,
        top_mm: float = 5.2,
        columns: int = 1,
    ) -> None:
        """Draw into a strip of the sheet, its axes in line with those above and below."""
        grid = self.figure.add_gridspec(
            1,
            columns,
            left=(MARGIN_MM + 12) / WIDE_MM,
            right=(MARGIN_MM + width_mm - 1) / WIDE_MM,
            top=1 - (self.at_mm + top_mm) / HIGH_MM,
            bottom=1 - (self.at_mm + height_mm - 8) / HIGH_MM,
            wspace=apart(columns),
        )
        draw([self.figure.add_subplot(grid[k]) for k in range(columns)])
        self.at_mm += height_mm

    def table(
        self,
        table: Table,
        *,
        left_mm: float = MARGIN_MM,
        width_mm: float = LINE,
        size: float = 7.5,
        heading: float = 9.0,
        rows: slice = slice(None),
    ) -> None:
        """Write a table, or the rows of it that are asked for."""
        first = not rows.start
        title = table.title if first else f"{table.title} (continued)"
        self.heading(title, heading, left_mm=left_mm)
        if not table.rows:
            self.text(table.empty, size, left_mm=left_mm, width_mm=width_mm)
            return
        columns = _columns(table, size, width_mm)
        if any(table.head):
            self._row(table.head, columns, size - 0.5, left_mm, SOFT)
        for row in table.rows[rows]:
            self._row(row, columns, size, left_mm, INK)
        if table.note and (rows.stop is None or rows.stop >= len(table.rows)):
            self.at_mm += 0.6
            self.text(table.note, size - 1.0, left_mm=left_mm, width_mm=width_mm, colour=SOFT)

    def _row(
        self, cells: tuple[str, ...], columns: list[float], size: float, left_mm: float, colour: str
    ) -> None:
        step_mm = row_mm(size)
        place_mm = left_mm
        for cell, column_mm in zip(cells, columns, strict=True):
            fitted = letters.fitted(cell, size, (column_mm - 1) * MM)
            self.word(fitted, size, place_mm, self.at_mm + step_mm / 2, colour=colour)
            place_mm += column_mm
        self.at_mm += step_mm
        self.line(self.at_mm, left_mm=left_mm, width_mm=sum(columns) - 3, weight=0.4)


def table_mm(table: Table, size: float, heading: float, width_mm: float) -> tuple[float, float]:
    """Return how wide and how high a table is with its heading, if it may be `width_mm` wide."""
    step_mm = size * SPACING / MM
    high_mm = 1.3 * heading * SPACING / MM
    if not table.rows:
        return 0.0, high_mm + (len(letters.wrap(table.empty, size, width_mm * MM)) + 0.3) * step_mm
    high_mm += len(table.rows) * row_mm(size) + row_mm(size - 0.5) * any(table.head)
    if table.note:
        lines = len(letters.wrap(table.note, size - 1.0, width_mm * MM))
        high_mm += 0.6 + (lines + 0.3) * (size - 1.0) * SPACING / MM
    return sum(_wanted(table, size)) - 4.0, high_mm


def row_mm(size: float) -> float:
    """Return how high a row of a table is."""
    return size * 1.45 / MM


def _columns(table: Table, size: float, width_mm: float) -> list[float]:
    """Return how wide each column is: as its widest cell, less where all would not fit."""
    wanted = _wanted(table, size)
    while sum(wanted) > width_mm + 3.0:
        widest = max(wanted)
        wanted[wanted.index(widest)] = max(widest - (sum(wanted) - width_mm - 3.0), 0.8 * widest)
    return wanted


def _wanted(table: Table, size: float) -> list[float]:
    return [
        max(letters.width_pt(cell, size) for cell in cells) / MM + 4.0
        for cells in zip(table.head, *table.rows, strict=True)
    ]
