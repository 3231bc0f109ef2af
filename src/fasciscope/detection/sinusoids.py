"""Sinusoids of known frequencies fitted to a stretch of signal by least squares.

Compiled with numba and cached on disk.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from fasciscope.detection.order import median

F64 = NDArray[np.float64]

ROUNDS = 3
"""Times fitted: large residuals count for less from the second time on."""
CORE = 1.5
"""Typical residuals up to which a sample has its whole weight."""
DRIFT = 5
"""Terms of the slow polynomial beside the sinusoids."""


@njit(cache=True, nogil=True)
def _design(turn: F64, n: int) -> F64:
    """Return cosines, sines and Legendre polynomials, shape (2 * n_lines + DRIFT, n)."""
    m = turn.size
    out = np.empty((2 * m + DRIFT, n))
    for k in range(m):
        turn_c, turn_s = math.cos(turn[k]), math.sin(turn[k])
        c, s = 1.0, 0.0
        for i in range(n):
            out[k, i], out[m + k, i] = c, s
            c, s = c * turn_c - s * turn_s, c * turn_s + s * turn_c
    for i in range(n):
        at = 2.0 * i / max(n - 1, 1) - 1.0
        out[2 * m, i], out[2 * m + 1, i] = 1.0, at
        for k in range(2, DRIFT):
            last, before = out[2 * m + k - 1, i], out[2 * m + k - 2, i]
            out[2 * m + k, i] = ((2 * k - 1) * at * last - (k - 1) * before) / k
    return out


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _dot(one: F64, other: F64) -> float:
    total = 0.0
    for i in range(one.size):
        total += one[i] * other[i]
    return total


@njit(cache=True, nogil=True)
def _solve(normal: F64, wanted: F64) -> None:
    """Solve a positive definite system by Cholesky, in place: `wanted` becomes the answer."""
    n = wanted.size
    for k in range(n):
        for j in range(k + 1):
            rest = normal[k, j] - _dot(normal[k, :j], normal[j, :j])
            normal[k, j] = math.sqrt(max(rest, 1e-300)) if j == k else rest / normal[j, j]
        wanted[k] = (wanted[k] - _dot(normal[k, :k], wanted[:k])) / normal[k, k]
    for k in range(n - 1, -1, -1):
        wanted[k] /= normal[k, k]
        for j in range(k):
            wanted[j] -= normal[k, j] * wanted[k]


@njit(cache=True, nogil=True)
def fit(turn: F64, x: F64) -> F64:
    """Return the weights of cosine and sine at each frequency, shape (2, n_lines).

    With a slow polynomial for the drift; large residuals are given less weight in a second and a
    third round, so that a potential does not move the fit. All zero where most of `x` is missing.

    Parameters
    ----------
    turn : ndarray, shape (n_lines,), float64, radians a sample
    x : ndarray, shape (n,), float64
        NaN where samples are missing. Phase zero is at its beginning.
    """
    n, m = x.size, turn.size
    y, weights = np.empty(n), np.empty(n)
    there = 0
    for i in range(n):
        good = math.isfinite(x[i])
        y[i], weights[i] = (x[i], 1.0) if good else (0.0, 0.0)
        there += 1 if good else 0
    out = np.zeros((2, m))
    if there < n // 2 or there == 0:
        return out
    design = _design(turn, n)
    size = len(design)
    normal, answer = np.empty((size, size)), np.empty(size)
    weighted, residual = np.empty(n), np.empty(n)
    for again in range(ROUNDS):
        for k in range(size):
            for i in range(n):
                weighted[i] = design[k, i] * weights[i] * weights[i]
            for j in range(k + 1):
                normal[k, j] = _dot(weighted, design[j])
            normal[k, k] += 1e-9 * n
            answer[k] = _dot(weighted, y)
        _solve(normal, answer)
        if again < ROUNDS - 1:
            _reweigh(design, answer, x, residual, weights)
    for k in range(m):
        out[0, k], out[1, k] = answer[k], answer[m + k]
    return out


@njit(cache=True, nogil=True)
def _reweigh(design: F64, answer: F64, x: F64, residual: F64, weights: F64) -> None:
    """Write the weight of each sample, by how far it lies from the fit."""
    for i in range(x.size):
        residual[i] = x[i]
    for k in range(answer.size):
        factor = answer[k]
        for i in range(x.size):
            residual[i] -= factor * design[k, i]
    sizes = np.empty(x.size)
    there = 0
    for i in range(x.size):
        if math.isfinite(x[i]):
            sizes[there] = abs(residual[i])
            there += 1
    scale = CORE * median(sizes[:there]) + 1e-12
    for i in range(x.size):
        size = max(abs(residual[i]), 1e-12)
        weights[i] = min(1.0, scale / size) if math.isfinite(x[i]) else 0.0
