"""Order statistics, quicker than by sorting; the results are those of numpy to the bit.

Of a few dozen values each is compared with all others at once, which is quadratic, but in vectors.
Of thousands a sample tells between which two values the wanted one lies, and only what lies between
them, a tenth or a fifth of all, is put in order. Compiled with numba and cached on disk.

References
----------
Floyd & Rivest, Communications of the ACM 18 (1975) 165: selection by way of a sample.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

SMALL = 128
"""Up to so many values the comparison of all with all is quicker."""
LARGE = 512
"""From so many values on, a sample of them pays."""
SAMPLED = 4.0
"""Times the square root of their number: so many values are sampled."""
STRAY = 2.5
"""Standard deviations that a sample's rank may be off by: once in eighty all are gone through."""


@njit(cache=True, nogil=True)
def below(values: F32 | F64, limit: float) -> int:
    """Return how many of `values` are less than `limit`."""
    n = 0
    for k in range(values.size):
        n += 1 if values[k] < limit else 0
    return n


@njit(cache=True, nogil=True)
def up_to(values: F32 | F64, limit: float) -> int:
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


@njit(cache=True, nogil=True)
def _find(values: F32 | F64, rank: int) -> float:
    """Return what stands at place `rank` when `values` are put in order, which they are in part."""
    low, high = 0, values.size - 1
    while low < high:
        pivot = values[(low + high) // 2]
        i, j = low, high
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if j < rank < i:
            break
        low, high = (low, j) if rank <= j else (i, high)
    return float(values[rank])


@njit(cache=True, nogil=True)
def _around(values: F32 | F64, rank: int) -> tuple[float, float]:
    """Return two of many values between which the one at `rank` lies, as far as a sample knows."""
    some = values[: int(SAMPLED * math.sqrt(values.size))].copy()
    stride = values.size // some.size
    for k in range(some.size):
        some[k] = values[k * stride]
    middle = (rank + 0.5) / values.size * some.size
    reach = STRAY * math.sqrt(middle * (1.0 - middle / some.size)) + 1.0
    first, last = int(middle - reach), int(middle + reach) + 1
    high = _find(some, last) if last < some.size else math.inf
    return (_find(some, first) if middle >= reach else -math.inf), high


@njit(cache=True, nogil=True)
def _between(values: F32 | F64, low: float, high: float, n: int) -> F32 | F64:
    """Return the `n` values between two."""
    out = np.empty(n + 1, dtype=values.dtype)
    m = 0
    for k in range(values.size):
        out[m] = values[k]
        m += 1 if low < values[k] < high else 0
    return out[:n]


@njit(cache=True, nogil=True)
def _two(values: F32 | F64, rank: int) -> F32 | F64:
    """Return what stands at `rank` of hundreds of values, and what stands behind it, shape (2,)."""
    pair = values[:2].copy()
    low, high = _around(values, rank) if values.size >= LARGE else (-math.inf, math.inf)
    start, stop = up_to(values, low), below(values, high)
    if below(values, low) <= rank < start - 1 or stop <= rank < up_to(values, high) - 1:
        pair[0] = pair[1] = low if rank < start else high
        return pair
    if not start <= rank < stop - 1:
        low, high, start, stop = -math.inf, math.inf, 0, values.size
    some = _between(values, low, high, stop - start)
    pair[0] = pair[1] = _find(some, rank - start)
    if rank - start + 1 < some.size:
        pair[1] = math.inf
        for k in range(rank - start + 1, some.size):
            pair[1] = min(pair[1], some[k])
    return pair


@njit(cache=True, nogil=True)
def quantile(values: F64, share: float) -> float:
    """Return the quantile of finite `values`, shape (n,), n at least 2: numpy's "linear"."""
    place = (values.size - 1) * share
    rank = math.floor(place)
    part = place - rank
    pair = _two(values, int(rank))
    low, high = float(pair[0]), float(pair[1])
    return low + (high - low) * part if part < 0.5 else high - (high - low) * (1.0 - part)


@njit(cache=True, nogil=True)
def pick(values: F32 | F64, rank: int) -> float:
    """Return the value that would stand at place `rank` if the few finite `values` were sorted."""
    for i in range(values.size):
        if below(values, values[i]) <= rank < up_to(values, values[i]):
            return float(values[i])
    return 0.0


@njit(cache=True, nogil=True)
def median(values: F32 | F64) -> float:
    """Return the median of finite `values`, shape (n,), n at least 1."""
    lower, upper = (values.size - 1) // 2, values.size // 2
    if values.size > SMALL:
        pair = _two(values, lower)
        return float(pair[0]) if lower == upper else float(pair[0] + pair[1]) / 2.0
    low = high = values[0]
    open_low = open_high = True
    for i in range(values.size):
        first, stop = below(values, values[i]), up_to(values, values[i])
        if first <= lower < stop:
            low, open_low = values[i], False
        if first <= upper < stop:
            high, open_high = values[i], False
        if not (open_low or open_high):
            break
    return float(low) if lower == upper else float(low + high) / 2.0
