"""Comparing waveforms: the least difference over shifts of a fraction of a sample.

Compiled with numba and cached on disk.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

STEP_S, COARSE = 0.0005, 3.0
"""Coarse grid, and how far above the limit its nearest point may lie, times the fractions that a
sample is divided into."""
FAR = 4.0
"""Slack of the comparison by size alone, which does not know the best shift."""


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _difference(shape: F32, template: F32) -> np.float32:
    """Return the sum of squared differences of two waveforms of one length."""
    total = np.float32(0.0)
    for j in range(template.size):
        step = shape[j] - template[j]
        total += step * step
    return total


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _size(shape: F32) -> float:
    """Return the root mean square of a waveform."""
    total = np.float32(0.0)
    for j in range(shape.size):
        total += shape[j] * shape[j]
    return math.sqrt(total / shape.size)


@njit(cache=True, nogil=True)
def _thinned(shape: F32, stride: int, out: F32) -> None:
    """Write every `stride`-th sample, from place `row` on, into each row of `out`."""
    for row in range(stride):
        for k in range((shape.size - row + stride - 1) // stride):
            out[row, k] = shape[row + k * stride]


@njit(cache=True, nogil=True)
def compare(
    shapes: F32,
    templates: F32,
    fine: int,
    first: int,
    stop: int,
    reach: int,
    step: int,
    stride: int,
    limits: F64,
    out: F64,
) -> None:
    """Write the least mean squared difference of each shape and template, and the offset.

    Every `step`-th shift is tried first, then all shifts and fractions around the best.

    Parameters
    ----------
    shapes, templates : ndarray, shapes (n, length) and (m * fine, length), float32, µV
        Each template `fine` times, delayed by 0, 1/fine, … of a sample.
    first, stop, reach, step : int
        Part of the template that is compared, the shifts looked at, and how coarsely at first.
    stride : int
        Compare every so many samples.
    limits : ndarray, shape (n, m)
        Differences beyond this are of no interest; infinity is written for them.
    out : ndarray, shape (n, m, 2)
        Written: difference (µV²) and offset (samples).
    """
    n = (stop - first + stride - 1) // stride
    thin = np.empty((templates.shape[0], n), dtype=np.float32)
    for k in range(templates.shape[0]):
        thin[k] = templates[k, first:stop:stride]
    sizes = np.empty(templates.shape[0] // fine)
    for k in range(sizes.size):
        sizes[k] = _size(thin[k * fine])
    rows = np.empty((stride, -(-shapes.shape[1] // stride)), dtype=np.float32)
    for i in range(shapes.shape[0]):
        _thinned(shapes[i], stride, rows)
        at = first // stride
        own = _size(rows[first % stride, at : at + n])
        for k in range(sizes.size):
            # two waveforms differ at least by the difference of their sizes
            if (own - sizes[k]) ** 2 > FAR * limits[i, k]:
                out[i, k, 0] = np.inf
                out[i, k, 1] = 0.0
                continue
            # a coarse grid may miss the valley's floor by a little
            best, place, part = np.float32(COARSE * fine * limits[i, k] * n), reach + 1, 0
            for shift in range(-reach, reach + 1, step):
                at = (first + shift) // stride
                total = _difference(rows[(first + shift) % stride, at : at + n], thin[k * fine])
                if total < best:
                    best, place = total, shift
            if place > reach:
                out[i, k, 0] = np.inf
                out[i, k, 1] = 0.0
                continue
            coarse = place
            for shift in range(max(coarse - step, -reach), min(coarse + step, reach) + 1):
                at = (first + shift) // stride
                shifted = rows[(first + shift) % stride, at : at + n]
                for q in range(fine):
                    total = _difference(shifted, thin[k * fine + q])
                    if total < best:
                        best, place, part = total, shift, q
            out[i, k, 0] = best / n
            out[i, k, 1] = place + part / fine
