"""Moving waveforms by parts of a sample, one by one or to their common mean.

Compiled with numba and cached on disk.

References
----------
Oppenheim & Schafer, Discrete-Time Signal Processing, ch. 8: turning the phases of a discrete
Fourier transform is folding with a periodic sinc. For the hundred samples of a potential and the
few fractions of an alignment grid, folding is the quicker of the two.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

ROUND_TO = 32
"""A waveform is taken as one period, filled up with zeros to a multiple of this, which is even."""
TINY = 1e-9
"""Fractions that differ by less differ by rounding alone."""


@njit(cache=True, nogil=True)
def _padded(length: int) -> int:
    return -(-length // ROUND_TO) * ROUND_TO


@njit(cache=True, nogil=True)
def _kernel(period: int, fraction: float, out: F32) -> None:
    """Write the periodic sinc that delays by `fraction` of a sample, turned round, twice over."""
    if fraction == 0.0:
        return
    angle, turn = -math.pi * fraction / period, math.pi / period
    s, c = math.sin(angle), math.cos(angle)
    turn_s, turn_c = math.sin(turn), math.cos(turn)
    size = -math.sin(math.pi * fraction) / period
    for k in range(period):
        at = (period - k) % period
        out[at] = out[at + period] = size * c / s
        s, c = s * turn_c + c * turn_s, c * turn_c - s * turn_s
        size = -size


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _along(row: F32, kernel: F32) -> np.float32:
    total = np.float32(0.0)
    for j in range(row.size):
        total += row[j] * kernel[j]
    return total


@njit(cache=True, nogil=True)
def _fold(row: F32, kernel: F32, fraction: float, out: F32) -> None:
    """Write the first samples of one period, delayed by a fraction and its kernel, into `out`."""
    n = row.size
    for k in range(out.size):
        out[k] = _along(row, kernel[n - k : 2 * n - k]) if fraction > 0.0 else row[k]


@njit(cache=True, nogil=True)
def _add(shape: F32, later: int, row: F32) -> None:
    """Add `shape` to one period, `later` whole samples on, round its end."""
    first = later % row.size
    until = min(shape.size, row.size - first)
    for j in range(until):
        row[first + j] += shape[j]
    for j in range(until, shape.size):
        row[first + j - row.size] += shape[j]


@njit(cache=True, nogil=True)
def _split(samples: F64, whole: I64, which: I64) -> F64:
    """Return the fractions that come in `samples`; write whole samples, and whose is which."""
    fractions = np.empty(samples.size)
    n = 0
    for i in range(samples.size):
        whole[i] = math.floor(samples[i] + TINY)
        fraction = samples[i] - whole[i]
        k = 0
        while k < n and abs(fractions[k] - fraction) > TINY:
            k += 1
        if k == n:
            fractions[n] = fraction if fraction > TINY else 0.0
            n += 1
        which[i] = k
    return fractions[:n]


@njit(cache=True, nogil=True)
def delayed(shapes: F32, samples: F64) -> F32:
    """Return each row delayed by its own number of samples.

    Parameters
    ----------
    shapes : ndarray, shape (n, length), float32
    samples : ndarray, shape (n,), float64
        Whole or not. The time it takes grows with how many different fractions there are.

    Returns
    -------
    ndarray, shape (n, length), float32
    """
    n, length = shapes.shape
    period = _padded(length)
    whole, which = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    fractions = _split(samples, whole, which)
    out = np.empty((n, length), dtype=np.float32)
    kernel = np.empty(2 * period, dtype=np.float32)
    for k in range(fractions.size):
        _kernel(period, fractions[k], kernel)
        for i in range(n):
            if which[i] == k:
                row = np.zeros(period, dtype=np.float32)
                _add(shapes[i], whole[i], row)
                _fold(row, kernel, fractions[k], out[i])
    return out


@njit(cache=True, nogil=True)
def finer(shapes: F32, fine: int) -> F32:
    """Return each row delayed by 0, 1/fine, … of a sample, shape (n * fine, length)."""
    n, length = shapes.shape
    period = _padded(length)
    out = np.empty((n * fine, length), dtype=np.float32)
    row, kernel = np.zeros(period, dtype=np.float32), np.empty(2 * period, dtype=np.float32)
    for q in range(fine):
        _kernel(period, q / fine, kernel)
        for i in range(n):
            for j in range(length):
                row[j] = shapes[i, j]
            _fold(row, kernel, q / fine, out[i * fine + q])
    return out


@njit(cache=True, nogil=True)
def means(shapes: F32, labels: I64, later: F64, n: int) -> F32:
    """Return the mean of each family, its members brought forward by as much as each is `later`.

    Members of one fraction are added up first, and moved by that fraction together.

    Parameters
    ----------
    shapes : ndarray, shape (n_rows, length), float32
    labels : ndarray, shape (n_rows,), int64
        Families are 1 to `n`; those without any members vanish from what is returned.
    later : ndarray, shape (n_rows,), float64, samples
    n : int
    """
    n_rows, length = shapes.shape
    period = _padded(length)
    whole, which = np.empty(n_rows, dtype=np.int64), np.empty(n_rows, dtype=np.int64)
    earlier = np.empty(n_rows)
    for i in range(n_rows):
        earlier[i] = -later[i]
    fractions = _split(earlier, whole, which)
    counts = np.zeros((n + 1, fractions.size), dtype=np.int64)
    totals = np.zeros((n + 1, fractions.size, period), dtype=np.float32)
    for i in range(n_rows):
        if labels[i] > 0:
            counts[labels[i], which[i]] += 1
            _add(shapes[i], whole[i], totals[labels[i], which[i]])
    out, part = np.zeros((n, length), dtype=np.float32), np.empty(length, dtype=np.float32)
    kernel = np.empty(2 * period, dtype=np.float32)
    for k in range(fractions.size):
        _kernel(period, fractions[k], kernel)
        for label in range(1, n + 1):
            if counts[label, k]:
                _fold(totals[label, k], kernel, fractions[k], part)
                for j in range(length):
                    out[label - 1, j] += part[j]
    found = 0
    for label in range(1, n + 1):
        members = 0
        for k in range(fractions.size):
            members += counts[label, k]
        if members:
            for j in range(length):
                out[found, j] = out[label - 1, j] / members
            found += 1
    return out[:found]
