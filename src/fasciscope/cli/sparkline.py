"""A signal in a few rows of characters: braille dots where the terminal has them, else ASCII.

Least and greatest value of many narrow bins in, rows of text out. No spike disappears: every column
of dots reaches from the least to the greatest value that fell into it.

References
----------
Unicode 16, "Braille Patterns": bit 0 to 7 of a character are dots 1 to 8.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BITS = np.array([[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]], dtype=np.int64)
_LEAST_UV = 1.0


def draw(
    low: NDArray[np.floating], high: NDArray[np.floating], width: int, rows: int
) -> tuple[list[str], str]:
    """Return `rows` rows of braille, and the height of the picture in words.

    Parameters
    ----------
    low, high : ndarray, shape (n,), µV
        NaN where there is nothing; the newest last.
    width, rows : int
        Size of the picture, characters.
    """
    tops, bottoms, label = _columns(low, high, 2 * width, 4 * rows)
    cells = np.zeros((rows, width), dtype=np.int64)
    for x in np.flatnonzero(tops >= 0):
        for y in range(bottoms[x], tops[x] + 1):  # from below
            row, dot = divmod(4 * rows - 1 - y, 4)
            cells[row, x // 2] |= _BITS[x % 2, dot]
    return ["".join(chr(0x2800 + cell) for cell in row) for row in cells], label


def plain(
    low: NDArray[np.floating], high: NDArray[np.floating], width: int, rows: int
) -> tuple[list[str], str]:
    """Return the same in ASCII, for a terminal that has nothing else."""
    tops, bottoms, label = _columns(low, high, width, rows)
    cells = [[" "] * width for _ in range(rows)]
    for x in np.flatnonzero(tops >= 0):
        for y in range(bottoms[x], tops[x] + 1):
            cells[rows - 1 - y][x] = "|" if tops[x] > bottoms[x] else "-"
    return ["".join(row) for row in cells], label


def _columns(
    low: NDArray[np.floating], high: NDArray[np.floating], columns: int, height: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], str]:
    """Return the highest and lowest dot of each column (-1 where there is none), and the scale."""
    n = len(low)
    edges = np.unique(np.linspace(0, n, min(columns, n) + 1).astype(np.int64))
    least = np.fmin.reduceat(low, edges[:-1])
    most = np.fmax.reduceat(high, edges[:-1])
    tops = np.full(columns, -1, dtype=np.int64)
    bottoms = np.zeros(columns, dtype=np.int64)
    known = np.isfinite(least) & np.isfinite(most)
    if not known.any():
        return tops, bottoms, ""
    middle = float(np.median((least[known] + most[known]) / 2))
    reach = max(float(most[known].max()) - middle, middle - float(least[known].min()), _LEAST_UV)
    scale = (height - 1) / (2 * reach)
    at = np.flatnonzero(known) + columns - len(known)
    tops[at] = np.rint((most[known] - middle + reach) * scale)
    bottoms[at] = np.rint((least[known] - middle + reach) * scale)
    return tops, bottoms, f"±{reach:.0f} µV" if reach < 10_000 else f"±{reach / 1000:.0f} mV"
