"""Comparing waveforms: the least difference over shifts of a fraction of a sample, and shifting.

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
CHUNK = 16
"""Samples compared between two looks at whether it is worth going on."""
FAR = 4.0
"""Slack of the comparison by size alone, which does not know the best shift."""


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _difference(
    shape: F32, template: F32, first: int, stop: int, shift: int, stride: int, limit: np.float32
) -> np.float32:
    """Sum of squared differences, given up where it passes `limit`."""
    total = np.float32(0.0)
    for part in range(first, stop, CHUNK * stride):
        for j in range(part, min(part + CHUNK * stride, stop), stride):
            step = shape[j + shift] - template[j]
            total += step * step
        if total > limit:
            break
    return total


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _size(shape: F32, first: int, stop: int, stride: int) -> float:
    """Return the root mean square of the part of a waveform that is compared."""
    total = np.float32(0.0)
    for j in range(first, stop, stride):
        total += shape[j] * shape[j]
    return math.sqrt(total / ((stop - first + stride - 1) // stride))


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
    sizes = np.empty(templates.shape[0] // fine)
    for k in range(sizes.size):
        sizes[k] = _size(templates[k * fine], first, stop, stride)
    for i in range(shapes.shape[0]):
        own = _size(shapes[i], first, stop, stride)
        for k in range(sizes.size):
            # two waveforms differ at least by the difference of their sizes
            if (own - sizes[k]) ** 2 > FAR * limits[i, k]:
                out[i, k, 0] = np.inf
                out[i, k, 1] = 0.0
                continue
            # a coarse grid may miss the valley's floor by a little
            best, at, part = np.float32(COARSE * fine * limits[i, k] * n), reach + 1, 0
            for shift in range(-reach, reach + 1, step):
                total = _difference(
                    shapes[i], templates[k * fine], first, stop, shift, stride, best
                )
                if total < best:
                    best, at = total, shift
            if at > reach:
                out[i, k, 0] = np.inf
                out[i, k, 1] = 0.0
                continue
            coarse = at
            for shift in range(max(coarse - step, -reach), min(coarse + step, reach) + 1):
                for q in range(fine):
                    total = _difference(
                        shapes[i], templates[k * fine + q], first, stop, shift, stride, best
                    )
                    if total < best:
                        best, at, part = total, shift, q
            out[i, k, 0] = best / n
            out[i, k, 1] = at + part / fine


def delayed(shapes: F32, samples: F64) -> F32:
    """Return each row delayed by its (fractional) number of samples, by the Fourier transform."""
    n = shapes.shape[1]
    padded = -(-n // 32) * 32  # a length that the transform is quick with
    turn = np.exp(-2j * np.pi * np.fft.rfftfreq(padded)[None, :] * samples[:, None])
    moved = np.fft.irfft(np.fft.rfft(shapes, padded, axis=1) * turn, padded, axis=1)
    return moved[:, :n].astype(np.float32)
