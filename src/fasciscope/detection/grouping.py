"""The inner loops of `families`: shapes put to templates, templates begun and thinned out.

Compiled with numba and cached on disk. A `Grid` says how two waveforms are compared: into how many
fractions a sample is divided, the part that is compared (first, stop), the shifts looked at, how
coarsely at first, and every how many samples (see `waveforms.compare`). `limits` are what two
potentials of one family may differ by: how many times the noise, and which part of the template's
own power.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from fasciscope.detection.shifting import finer, means
from fasciscope.detection.waveforms import compare

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Grid = tuple[int, int, int, int, int, int]


@njit(cache=True, nogil=True)
def power(shapes: F32, first: int, stop: int) -> F64:
    """Return the mean square of a part of each row, shape (n,), µV²."""
    out = np.empty(shapes.shape[0])
    for i in range(out.size):
        total = 0.0
        for j in range(first, stop):
            total += np.float64(shapes[i, j]) ** 2
        out[i] = total / (stop - first)
    return out


@njit(cache=True, nogil=True)
def _differences(shapes: F32, templates: F32, limits: F64, grid: Grid) -> F64:
    """Return difference (µV²) and offset (samples) of each shape and template, shape (n, m, 2)."""
    fine, first, stop, reach, step, stride = grid
    out = np.empty((shapes.shape[0], templates.shape[0], 2))
    fractions = finer(templates, fine)
    compare(shapes, fractions, fine, first, stop, reach, step, stride, limits, out)
    return out


@njit(cache=True, nogil=True)
def assign(
    shapes: F32, templates: F32, noise: F64, grid: Grid, limits: tuple[float, float]
) -> tuple[I64, F64]:
    """Return the family of each shape, 0 where none fits, and its offset in samples.

    Parameters
    ----------
    shapes, templates : ndarray, shapes (n, length) and (m, length), float32, µV
    noise : ndarray, shape (n,), µV²
    grid, limits
        See the module's text.
    """
    n, m = shapes.shape[0], templates.shape[0]
    own = power(templates, grid[1], grid[2])
    limit = np.empty((n, m))
    for i in range(n):
        for k in range(m):
            limit[i, k] = limits[0] * noise[i] + limits[1] * own[k]
    found = _differences(shapes, templates, limit, grid)
    labels, offsets = np.zeros(n, dtype=np.int64), np.zeros(n)
    for i in range(n):
        best = 0
        for k in range(1, m):
            if found[i, k, 0] < found[i, best, 0]:
                best = k
        if m > 0:
            offsets[i] = found[i, best, 1]
            if found[i, best, 0] < limit[i, best]:
                labels[i] = best + 1
    return labels, offsets


@njit(cache=True, nogil=True)
def seeds(
    shapes: F32,
    noise: F64,
    grid: Grid,
    limits: tuple[float, float],
    least: int,
    most: int,
) -> F32:
    """Return templates: the first shape that fits none yet begins the next one, and so on.

    Parameters as for `assign`; at least `least` shapes make a template, and at most `most` are
    begun.
    """
    n = shapes.shape[0]
    free = np.ones(n, dtype=np.bool_)
    near, offsets, limit = np.empty(n, dtype=np.int64), np.empty(n), np.empty((n, 1))
    out = np.empty((most, shapes.shape[1]), dtype=np.float32)
    found = 0
    for first in range(n):
        if not free[first] or found == most:
            continue
        free[first] = False
        seed = shapes[first : first + 1]
        for again in range(2):
            own = limits[1] * power(seed, grid[1], grid[2])[0]
            for i in range(n):
                # a single potential carries its own noise, hence the limit is raised once
                limit[i, 0] = limits[0] * noise[i] + (noise[i] if again == 0 else 0.0) + own
            result = _differences(shapes, seed, limit, grid)
            count = 0
            for i in range(n):
                near[i] = 1 if result[i, 0, 0] < limit[i, 0] else 0
                offsets[i] = result[i, 0, 1]
                count += near[i]
            if count < least:
                break
            seed = means(shapes, near, offsets, min(count, 1))  # no literal: compiled once
            if again == 1:
                out[found] = seed[0]
                found += 1
        for i in range(n):
            free[i] = free[i] and near[i] == 0
    return out[:found]


@njit(cache=True, nogil=True)
def distinct(
    templates: F32, counts: I64, order: I64, noise: float, grid: Grid, variation: float
) -> NDArray[np.bool_]:
    """Return which templates no more frequent one explains, shape (n,).

    Parameters
    ----------
    templates : ndarray, shape (n, length), float32, µV
    counts : ndarray, shape (n,), int64
        Members of each.
    order : ndarray, shape (n,), int64
        The order to go in, the most frequent first.
    noise : float, µV²
    grid, variation
        See the module's text.
    """
    fine, first, stop, reach, step, stride = grid
    own = power(templates, first, stop)
    fractions = finer(templates, fine)
    kept = np.zeros(order.size, dtype=np.bool_)
    limit, result = np.empty((1, 1)), np.empty((1, 1, 2))
    for k in order:
        explained = False
        for j in range(order.size):
            if kept[j] and not explained:
                limit[0, 0] = 2 * noise / max(counts[k], 1) + variation * own[j]
                other = fractions[j * fine : (j + 1) * fine]
                one = templates[k : k + 1]
                compare(one, other, fine, first, stop, reach, step, stride, limit, result)
                explained = result[0, 0, 0] < limit[0, 0]
        kept[k] = not explained
    return kept
