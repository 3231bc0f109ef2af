"""Order statistics, quicker than by sorting; the results are those of numpy to the bit.

Counting how many of some values lie below a bound is done for many at once, and a handful of bounds
closes in on any of them. Compiled with numba and cached on disk.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
Scalar = Any  # of the values' own type


@njit(cache=True, nogil=True)
def below(values: F32 | F64, limit: Scalar) -> int:
    """Return how many of `values` are less than `limit`."""
    n = 0
    for k in range(values.size):
        n += 1 if values[k] < limit else 0
    return n


@njit(cache=True, nogil=True)
def up_to(values: F32 | F64, limit: Scalar) -> int:
    """Return how many of `values` are not more than `limit`."""
    n = 0
    for k in range(values.size):
        n += 1 if values[k] <= limit else 0
    return n


@njit(cache=True, nogil=True)
def sort_into(values: F64, out: F64) -> None:
    """Write the finite `values` sorted into `out`, of the same shape (n,)."""
    for i in range(values.size):
        out[up_to(values[:i], values[i]) + below(values[i + 1 :], values[i])] = values[i]


# of finite values, the least and the largest are the same in whatever order they are looked at
@njit(cache=True, nogil=True, fastmath={"nnan", "nsz", "reassoc"})
def _range(values: F32 | F64) -> tuple[Scalar, Scalar]:
    low = high = values[0]
    for k in range(values.size):
        low, high = min(low, values[k]), max(high, values[k])
    return low, high


@njit(cache=True, nogil=True, fastmath={"nnan", "nsz", "reassoc"})
def _next_above(values: F32 | F64, limit: Scalar, high: Scalar) -> Scalar:
    """Return the least of `values` that is more than `limit`; none is more than `high`."""
    out = high
    for k in range(values.size):
        out = min(out, values[k] if values[k] > limit else high)
    return out


@njit(cache=True, nogil=True, fastmath={"nnan", "nsz", "reassoc"})
def _last_up_to(values: F32 | F64, limit: Scalar, low: Scalar) -> Scalar:
    """Return the largest of `values` that is not more than `limit`; none is less than `low`."""
    out = low
    for k in range(values.size):
        out = max(out, values[k] if values[k] <= limit else low)
    return out


@njit(cache=True, nogil=True)
def two(values: F32 | F64, rank: int) -> tuple[Scalar, Scalar]:
    """Return what would stand at place `rank`, and behind it, if the finite `values` were sorted.

    The value is closed in between two bounds: how many lie below a third one is counted for many at
    once. That one is now the middle of the bounds, now a value between them, since outliers make
    the middle a bad guess.
    """
    low, top = _range(values)
    high: Scalar = top
    half: Scalar = values.dtype.type(0.5)
    found, turn = high, 0
    if up_to(values, low) > rank:
        found, high = low, low
    while low < high:  # up to `low` there are no more than `rank` values, up to `high` there are
        turn += 1
        guess = half * low + half * high
        if turn % 3 == 0:
            some = values[(turn * turn) % values.size]
            guess = some if low < some < high else guess
        if not low < guess < high:
            found = high
            break
        n = up_to(values, guess)
        if n == rank:
            found = _next_above(values, guess, top)
            break
        if n < rank:
            low = guess
            continue
        high = _last_up_to(values, guess, low)
        if below(values, high) <= rank:
            found = high
            break
    behind = found if up_to(values, found) > rank + 1 else _next_above(values, found, top)
    return found, behind


@njit(cache=True, nogil=True)
def quantile(values: F64, share: float) -> float:
    """Return the quantile of finite `values`, shape (n,), n at least 2: numpy's "linear"."""
    place = (values.size - 1) * share
    rank = math.floor(place)
    part = place - rank
    low, high = two(values, int(rank))
    step = high - low  # from the nearer end, as numpy does
    return float(low + step * part if part < 0.5 else high - step * (1.0 - part))


@njit(cache=True, nogil=True)
def pick(values: F32 | F64, rank: int) -> float:
    """Return the value that would stand at place `rank` if the finite `values` were sorted."""
    return float(two(values, rank)[0])


@njit(cache=True, nogil=True)
def median(values: F32 | F64) -> float:
    """Return the median of finite `values`, shape (n,), n at least 1."""
    low, high = two(values, (values.size - 1) // 2)
    return float(low) if values.size % 2 else float(low + high) / 2.0
