"""The inner loops of `peeling`: templates fitted to a stretch, subtracted, and moved once more.

Compiled with numba and cached on disk.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

AMPLITUDE_LOW, AMPLITUDE_HIGH = 0.65, 1.4
EXPLAINED = 0.5
"""A template must take away at least this part of its own energy."""
SETTLE_ROUNDS = 3


@njit(cache=True, nogil=True)
def joined(peaks: I64, shapes: F32, members: I64, pad: int) -> F32:
    """Return waveforms put where their peaks lie, with `pad` samples of nothing at both ends."""
    length = shapes.shape[1]
    size = peaks[-1] - peaks[0] + 2 * (length // 2 + pad) + 1
    out = np.zeros(size, dtype=np.float32)
    for k in range(peaks.size):
        at = pad + peaks[k] - peaks[0]
        out[at : at + length] = shapes[members[k]]
    return out


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def energy(values: F32) -> float:
    """Return the sum of squares."""
    total = 0.0
    for k in range(values.size):
        total += float(values[k]) * float(values[k])
    return total


@njit(cache=True, nogil=True)
def least_gains(rest: F32, reach: int, least: float, part: float) -> F64:
    """Return `least`, or that part of the energy within `reach` where it is more, at each place."""
    out = np.empty(rest.size)
    for k in range(rest.size):
        out[k] = max(least, part * energy(rest[max(0, k - reach) : k + reach + 1]))
    return out


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _along(part: F32, template: F32) -> float:
    total = np.float32(0.0)
    for j in range(part.size):
        total += part[j] * template[j]
    return float(total)


@njit(cache=True, nogil=True)
def best_template(
    rest: F32,
    templates: F32,
    energies: F64,
    least: F64,
    low: int,
    high: int,
    closed: NDArray[np.bool_],
) -> tuple[float, int, int, float]:
    """Return gain, template, place and factor of the fit that takes most energy from `rest`.

    Parameters
    ----------
    rest : ndarray, shape (n,), float32, µV
        Zero-padded so that a template fits at each place.
    templates : ndarray, shape (m, length), float32
    energies : ndarray, shape (m,)
        Sum of squares of each template.
    least : ndarray, shape (n,), float64, µV²
        Smallest gain at each place.
    low, high : int
        Range of places for the template's middle.
    closed : ndarray, shape (m, n), bool
        Places where a template may not be put.
    """
    length = templates.shape[1]
    half = length // 2
    gain, which, where, factor = 0.0, -1, 0, 0.0
    for k in range(templates.shape[0]):
        template = templates[k]
        for place in range(low, high + 1):
            if closed[k, place]:
                continue
            product = _along(rest[place - half : place - half + length], template)
            a = min(max(product / energies[k], AMPLITUDE_LOW), AMPLITUDE_HIGH)
            value = 2 * a * product - a * a * energies[k]
            if value > gain and value > EXPLAINED * energies[k] and value > least[place]:
                gain, which, where, factor = value, k, place, a
    return gain, which, where, factor


@njit(cache=True, nogil=True)
def _add(rest: F32, template: F32, place: int, factor: float) -> None:
    first = place - template.size // 2
    size = np.float32(factor)
    for j in range(template.size):
        rest[first + j] += size * template[j]


@njit(cache=True, nogil=True)
def peel(
    rest: F32,
    templates: F32,
    fine: int,
    energies: F64,
    least: F64,
    low: int,
    high: int,
    refractory: int,
    most: int,
) -> tuple[I64, I64, F64]:
    """Subtract the best templates from `rest`, one after the other.

    Parameters as for `best_template`; each template comes `fine` times, delayed by parts of a
    sample, may come again only beyond `refractory` samples, and there are `most` in all.

    Returns
    -------
    which, place, factor : ndarray, shape (n,)
    """
    which, place = np.empty(most, dtype=np.int64), np.empty(most, dtype=np.int64)
    factor = np.empty(most)
    closed = np.zeros((templates.shape[0], rest.size), dtype=np.bool_)
    n = 0
    while n < most:
        _, k, at, size = best_template(rest, templates, energies, least, low, high, closed)
        if k < 0:
            break
        _add(rest, templates[k], at, -size)
        first = k - k % fine
        closed[first : first + fine, max(0, at - refractory) : at + refractory + 1] = True
        which[n], place[n], factor[n] = k, at, size
        n += 1
    return which[:n], place[:n], factor[:n]


@njit(cache=True, nogil=True)
def settle(
    rest: F32,
    templates: F32,
    fine: int,
    energies: F64,
    reach: int,
    which: I64,
    place: I64,
    factor: F64,
) -> None:
    """Move overlapping templates in turn to where they fit best with the others taken away.

    The first one was placed while the second was still there. What `peel` returned is changed in
    place.
    """
    free = np.zeros((fine, rest.size), dtype=np.bool_)
    nothing = np.zeros(rest.size)
    half = templates.shape[1] // 2
    for _ in range(SETTLE_ROUNDS if which.size > 1 else 0):
        for k in range(which.size):
            _add(rest, templates[which[k]], place[k], factor[k])
            first = which[k] - which[k] % fine
            gain, part, at, size = best_template(
                rest,
                templates[first : first + fine],
                energies[first : first + fine],
                nothing,
                max(place[k] - reach, half),
                min(place[k] + reach, rest.size - half - 1),
                free,
            )
            if gain > 0.0:
                which[k], place[k], factor[k] = first + part, at, size
            _add(rest, templates[which[k]], place[k], -factor[k])
