"""Which of many maxima stand for themselves, and which are a larger one's phase or tail.

Compiled with numba and cached on disk.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]


@njit(cache=True, nogil=True)
def own(
    peaks: F64,
    energy: F64,
    order: NDArray[np.int64],
    same: float,
    tail: float,
    weak: float,
) -> NDArray[np.bool_]:
    """Return which maxima are no phase and no tail of a larger one.

    Parameters
    ----------
    peaks : ndarray, shape (n,), samples
        Sorted.
    energy : ndarray, shape (n,), µV²
    order : ndarray, shape (n,), int64
        The order to go in, largest first.
    same : float
        What lies less than so many samples from a larger one is a phase of it.
    tail, weak : float
        What lies within `tail` samples and has less than this part of its energy is its tail.
    """
    keep = np.ones(peaks.size, dtype=np.bool_)
    for j in order:
        if not keep[j]:
            continue
        for k in range(j - 1, -1, -1):
            if peaks[k] < peaks[j] - tail:
                break
            if peaks[j] - peaks[k] < same or energy[k] < weak * energy[j]:
                keep[k] = False
        for k in range(j + 1, peaks.size):
            if peaks[k] > peaks[j] + tail:
                break
            if peaks[k] - peaks[j] < same or energy[k] < weak * energy[j]:
                keep[k] = False
    return keep


@njit(cache=True, nogil=True)
def shaded(energy: F32, place: int, same: int, tail: int, weak: float) -> bool:
    """Return whether the maximum of `energy` at `place` is a phase or a tail of a larger one.

    Looks at what `energy` holds on both sides; `same`, `tail`, `weak` as for `own`, in samples.
    """
    for k in range(max(0, place - tail), min(energy.size, place + tail + 1)):
        if weak * energy[k] > energy[place]:
            return True
        if abs(k - place) < same and energy[k] > energy[place]:
            return True
    return False
