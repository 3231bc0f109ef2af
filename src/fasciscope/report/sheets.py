"""A4 sheets that are filled from the top: words, tables and pictures, a new sheet when one is full.

Text and tables in, matplotlib figures out. Places are in millimetres from the sheet's upper left
corner, letters in points.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fasciscope.report import letters, words
from fasciscope.report.charts import apart
from fasciscope.report.panels import INK, SOFT
from fasciscope.report.tables import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDE_MM, HIGH_MM = 210.0, 297.0
MARGIN_MM, BOTTOM_MM = 14.0, 14.0
LINE = WIDE_MM - 2 * MARGIN_MM
MM = 72 / 25.4
"""Points in a millimetre."""
RULE = "#c9c7c2"
_SPACING = 1.36


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
        step_mm = size * _SPACING / MM
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


def row_mm(size: float) -> float:
    """Return how high a row of a table is."""
    return size * 1.45 / MM


def _columns(table: Table, size: float, width_mm: float) -> list[float]:
    """Return how wide each column is: as its widest cell, less where all would not fit."""
    wanted = [
        max(letters.width_pt(cell, size) for cell in cells) / MM + 4.0
        for cells in zip(table.head, *table.rows, strict=True)
    ]
    while sum(wanted) > width_mm + 3.0:
        widest = max(wanted)
        wanted[wanted.index(widest)] = max(widest - (sum(wanted) - width_mm - 3.0), 0.8 * widest)
    return wanted


@dataclass(slots=True)
class Flow:
    """Sheets that follow each other, each begun when the one before is full.

    Parameters
    ----------
    title, foot : str
        What stands at the foot of each: the title with the page's number, and a line.
    first : int, default 2
        Number of the first sheet.
    """

    title: str
    foot: str
    first: int = 2
    sheets: list[Sheet] = field(default_factory=list)

    @property
    def sheet(self) -> Sheet:
        """The sheet that is being filled."""
        return self.sheets[-1] if self.sheets else self.turn()

    def turn(self) -> Sheet:
        """Begin a new sheet."""
        sheet = new_sheet()
        sheet.at_mm = HIGH_MM - BOTTOM_MM + 1.5
        number = f"page {self.first + len(self.sheets)}"
        sheet.text(f"{words.clip(self.title, 90)}, {number}", 6.2, colour=SOFT, most=1)
        sheet.text(self.foot, 6.2, colour=SOFT, most=1)
        sheet.at_mm = MARGIN_MM
        self.sheets.append(sheet)
        return sheet

    def need(self, height_mm: float) -> Sheet:
        """Return a sheet with that much room left, a new one if there is not."""
        if self.sheet.at_mm + height_mm > HIGH_MM - BOTTOM_MM:
            self.turn()
        return self.sheet

    def paragraph(self, text: str, size: float = 7.5) -> None:
        """Write a paragraph; it is not parted."""
        lines = letters.wrap(text, size, LINE * MM)
        self.need((len(lines) + 0.3) * size * _SPACING / MM).text(text, size)

    def heading(self, text: str, size: float = 9.0) -> None:
        """Write a heading, with room for something under it."""
        self.need(18.0).at_mm += 3.0
        self.sheet.heading(text, size)

    def picture(self, draw: Callable[[Sequence[Axes]], None], height_mm: float) -> None:
        """Draw a picture over the whole width."""
        self.need(height_mm).picture(draw, height_mm)

    def table(self, table: Table) -> None:
        """Write a table over as many sheets as it takes."""
        size, step_mm = 7.5, row_mm(7.5)
        start = 0
        while True:
            self.need(14.0 + step_mm * min(len(table.rows) - start, 4)).at_mm += 3.0
            room_mm = HIGH_MM - BOTTOM_MM - self.sheet.at_mm - 16.0
            stop = min(start + max(int(room_mm / step_mm), 1), len(table.rows))
            self.sheet.table(table, size=size, rows=slice(start, stop))
            start = stop
            if start >= len(table.rows):
                return
