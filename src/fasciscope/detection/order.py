"""Order statistics of a few dozen values, where a general sort spends most of its time on itself.

Each value is compared with all others at once, which is quadratic, but in vectors. Compiled with
numba and cached on disk; the results are those of numpy to the bit.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

SMALL = 128
"""Up to so many values the comparison of all with all is quicker."""


@njit(cache=True, nogil=True)
def _below(values: F32 | F64, limit: float) -> int:
    n = 0
    for k in range(values.size):
        n += 1 if values[k] < limit else 0
    return n


@njit(cache=True, nogil=True)
def _up_to(values: F32 | F64, limit: float) -> int:
    n = 0
    for k in range(values.size):
        n += 1 if values[k] <= limit else 0
    return n


@njit(cache=True, nogil=True)
def sort_into(values: F64, out: F64) -> None:
    """Write the finite `values` sorted into `out`, of the same shape (n,)."""
    for i in range(values.size):
        out[_up_to(values[:i], values[i]) + _below(values[i + 1 :], values[i])] = values[i]


@njit(cache=True, nogil=True)
def pick(values: F32 | F64, rank: int) -> float:
    """Return the value that would stand at place `rank` if the finite `values` were sorted."""
    if values.size > SMALL:
        return float(np.partition(values, rank)[rank])
    for i in range(values.size):
        if _below(values, values[i]) <= rank < _up_to(values, values[i]):
            return float(values[i])
    return 0.0


@njit(cache=True, nogil=True)
def median(values: F32 | F64) -> float:
    """Return the median of finite `values`, shape (n,), n at least 1."""
    if values.size > SMALL:
        return float(np.median(values))
    lower, upper = (values.size - 1) // 2, values.size // 2
    low = high = values[0]
    open_low = open_high = True
    for i in range(values.size):
        first, stop = _below(values, values[i]), _up_to(values, values[i])
        if first <= lower < stop:
            low, open_low = values[i], False
        if first <= upper < stop:
            high, open_high = values[i], False
        if not (open_low or open_high):
            break
    return float(low) if lower == upper else float(low + high) / 2.0
