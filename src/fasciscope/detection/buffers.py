"""What one channel keeps: its last seconds side by side, and piles of what was found so far.

Samples are numbered from the beginning of the stream; `base` is the number of place 0. Memory stays
the same however long the stream is, but for the piles: those hold a few bytes a frame.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]


SPARE = 8
"""Arrays are made larger by an eighth than they need to be, so that growing is rare."""
FAR_MORE = 3
"""… and smaller once they hold three times what is still needed."""


class Pile(list[NDArray[Any]]):
    """Arrays to be joined in the end; small ones are joined on the way, empty ones left out.

    A live stream brings an array every half second, most of them nearly empty: kept apart, their
    headers would outweigh what is in them a hundredfold. Each part is more than twice as long as
    the next, so there are few of them, and a value is copied a few times at most.
    """

    def append(self, part: NDArray[Any]) -> None:
        """Add an array; shape (n, ...), the same dtype and trailing shape as the others."""
        if not len(part):
            return
        while self and len(self[-1]) <= 2 * len(part):
            part = np.concatenate([self.pop(), part])
        super().append(part)


class Buffers:
    """Four arrays that roll on together, as long as the largest piece asks for.

    Parameters
    ----------
    margin : int
        Places before sample 0, and samples that stay before whatever is asked to be kept.

    Attributes
    ----------
    x : ndarray, float64, µV
        As it came, NaN where samples are missing.
    u, y, energy : ndarray, float32, µV, µV, µV²
        Without drift and lines; band-passed; local energy of that.
    """

    def __init__(self, margin: int) -> None:
        self.margin = margin
        self.x = np.full(margin, np.nan)
        self.u, self.y, self.energy = np.zeros((3, margin), dtype=np.float32)
        self.base = -margin
        self.n_in = 0
        self._coming: NDArray[Any] = self.x[:0]
        self._scale, self._zero = 1.0, 0.0

    def append(
        self, values: NDArray[Any], oldest: int, scale: float = 1.0, zero: float = 0.0
    ) -> None:
        """Add samples; where they do not fit, let go of those before `oldest` less the margin.

        They are there once `fill` wrote them, which must be before more are added.

        Parameters
        ----------
        values : ndarray, shape (n,)
            Counts, or µV.
        oldest : int
        scale, zero : float, default 1 and 0
            Size of one count, and µV at count zero.
        """
        used = self.n_in - self.base
        if used + values.size > self.x.size:
            drop = max(0, oldest - self.margin - self.base)
            size = used - drop + values.size
            self._move(drop, size + size // SPARE if size > self.x.size else self.x.size)
        self._coming, self._scale, self._zero = values, scale, zero
        self.n_in += values.size

    def fill(self, stop: int) -> None:
        """Write the samples added last, up to number `stop`, as microvolts.

        Piece by piece just before they are used, while they are still near.
        """
        n = stop - (self.n_in - self._coming.size)
        if n > 0:
            room = self.x[stop - n - self.base : stop - self.base]
            np.multiply(self._coming[:n], self._scale, out=room)
            room += self._zero
            self._coming = self._coming[n:]

    def let_go(self, oldest: int) -> None:
        """Give memory back where far more is held than what comes from `oldest` less the margin on.

        So a recording of many channels, taken in by long pieces, needs room for one at a time.
        """
        drop = max(0, oldest - self.margin - self.base)
        size = self.n_in - self.base - drop
        if self.x.size > FAR_MORE * size:
            self._move(drop, size)

    def _move(self, drop: int, size: int) -> None:
        """Move all but the first `drop` places to the front of arrays of a size."""
        kept = slice(drop, self.n_in - self.base)
        n = kept.stop - kept.start
        if size == self.x.size:
            for array in (self.x, self.u, self.y, self.energy):
                array[:n] = array[kept].copy()
        else:
            x, rest = np.empty(size), np.empty((3, size), dtype=np.float32)
            x[:n] = self.x[kept]
            for old, new in zip((self.u, self.y, self.energy), rest, strict=True):
                new[:n] = old[kept]
            self.x, (self.u, self.y, self.energy) = x, rest
        self.base += drop

    def raw(self, first: int, stop: int) -> F64:
        """Return the raw samples [first, stop)."""
        return self.x[max(first - self.base, 0) : stop - self.base]

    def bridge(self, n: int, next_uv: float) -> F64:
        """Return `n` samples on the straight line from the last one added to `next_uv`."""
        last = float(self.x[self.n_in - 1 - self.base]) if self.n_in else next_uv
        if not math.isfinite(last):
            last = next_uv
        return np.linspace(last, next_uv, n + 2)[1:-1]


@njit(cache=True, nogil=True, fastmath={"reassoc"})
def _mean(values: F32) -> float:
    total = 0.0
    for k in range(values.size):
        total += values[k]
    return total / values.size


@njit(cache=True, nogil=True)
def sway(u: F32, n_frames: int) -> F32:
    """Return half the range of the means of tenths within each of `n_frames` frames, µV."""
    out = np.empty(n_frames, dtype=np.float32)
    tenth = u.size // n_frames // 5
    for f in range(n_frames):
        low, high = np.inf, -np.inf
        for k in range(5 * f, 5 * f + 5):
            mean = _mean(u[k * tenth : (k + 1) * tenth])
            low, high = min(low, mean), max(high, mean)
        out[f] = 0.5 * (high - low)
    return out
