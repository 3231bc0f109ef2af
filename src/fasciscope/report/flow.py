"""Sheets that follow each other, each begun when the one before is full.

Text, tables and pictures in, `Sheet`s out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fasciscope.report import letters, words
from fasciscope.report.panels import SOFT
from fasciscope.report.sheets import (
    HIGH_MM,
    LINE,
    MARGIN_MM,
    MM,
    SPACING,
    Sheet,
    new_sheet,
    row_mm,
    table_mm,
)
from fasciscope.report.tables import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BOTTOM_MM = 14.0
COLUMN_MM = 88.0
"""Width of a table that has another one beside it."""
_BETWEEN_MM = 3.5
_SIZE, _HEADING = 7.5, 9.0
_END_MM = HIGH_MM - BOTTOM_MM


@dataclass(slots=True)
class Flow:
    """The sheets that are filled one after the other.

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
        sheet.at_mm = _END_MM + 1.5
        number = f"page {self.first + len(self.sheets)}"
        sheet.text(f"{words.clip(self.title, 90)}, {number}", 6.2, colour=SOFT, most=1)
        sheet.text(self.foot, 6.2, colour=SOFT, most=1)
        sheet.at_mm = MARGIN_MM
        self.sheets.append(sheet)
        return sheet

    def need(self, height_mm: float) -> Sheet:
        """Return a sheet with that much room left, a new one if there is not."""
        if self.sheet.at_mm + height_mm > _END_MM:
            self.turn()
        return self.sheet

    def paragraph(self, text: str, size: float = _SIZE) -> None:
        """Write a paragraph; it is not parted."""
        lines = letters.wrap(text, size, LINE * MM)
        self.need((len(lines) + 0.3) * size * SPACING / MM).text(text, size)

    def heading(self, text: str, size: float = _HEADING) -> None:
        """Write a heading, with room for something under it."""
        self.need(18.0).at_mm += _BETWEEN_MM
        self.sheet.heading(text, size)

    def picture(self, draw: Callable[[Sequence[Axes]], None], height_mm: float) -> None:
        """Draw a picture over the whole width."""
        self.need(height_mm).picture(draw, height_mm)

    def tables(self, tables: Iterable[Table]) -> None:
        """Write tables in two columns; one that is too wide or too long gets the whole width."""
        ends = [self.sheet.at_mm] * 2
        for table in tables:
            wide_mm, high_mm = table_mm(table, _SIZE, _HEADING, COLUMN_MM)
            if wide_mm > COLUMN_MM or high_mm > _END_MM - MARGIN_MM:
                self.sheet.at_mm = max(ends)
                self.table(table)
                ends = [self.sheet.at_mm] * 2
                continue
            side = int(ends[1] < ends[0])
            if ends[side] + _BETWEEN_MM + high_mm > _END_MM:
                ends = [self.turn().at_mm] * 2
                side = 0
            self.sheet.at_mm = ends[side] + _BETWEEN_MM
            left_mm = MARGIN_MM + side * (LINE - COLUMN_MM)
            self.sheet.table(
                table, left_mm=left_mm, width_mm=COLUMN_MM, size=_SIZE, heading=_HEADING
            )
            ends[side] = self.sheet.at_mm
        self.sheet.at_mm = max(ends)

    def table(self, table: Table) -> None:
        """Write a table over the whole width, and over as many sheets as it takes."""
        step_mm = row_mm(_SIZE)
        start = 0
        while True:
            rest = len(table.rows) - start
            self.need(14.0 + step_mm * min(rest, 4)).at_mm += _BETWEEN_MM
            room_mm = _END_MM - self.sheet.at_mm - 16.0
            stop = min(start + max(int(room_mm / step_mm), 1), len(table.rows))
            self.sheet.table(table, size=_SIZE, heading=_HEADING, rows=slice(start, stop))
            start = stop
            if start >= len(table.rows):
                return
