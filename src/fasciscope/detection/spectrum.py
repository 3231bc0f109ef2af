"""The spectrum of a few seconds, and the lines that stand out of it.

Raw microvolts in, frequencies out. Compiled with numba and cached on disk, but for the transform.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

from fasciscope.detection.following import MOST_LINES
from fasciscope.detection.order import median, pick, up_to

C64 = NDArray[np.complex64]
F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

STANDS_OUT = 13.0
"""Power of a line over the median around it. A bin of noise exceeds 13 medians with p = 1e-4, the
same bin in two successive spectra with 1e-8."""
SPECTRUM_CLIP = 4.0
"""Typical sizes of the first difference at which it is clipped: a steady line is not changed."""
SURROUNDINGS_HZ = 5.0
LOWEST_HZ = 12.0
APART_HZ = 0.8
"""Lines closer than this, two notches, are one, found or tracked."""


def find_lines(x: F64, fs_hz: float, highest_hz: float, stands_out: float = STANDS_OUT) -> F64:
    """Return frequencies (Hz) of the spectral lines in `x`, shape (n,).

    Looked for with bursts clipped, which shows lines under potentials and movements, and without,
    which shows trains of pulses.
    """
    per_bin = fs_hz / x.size if x.size else 1.0
    half = max(4, round(SURROUNDINGS_HZ / per_bin))
    first, last = math.ceil(LOWEST_HZ / per_bin), math.floor(highest_hz / per_bin)
    steps = np.empty((2, x.size), dtype=np.float32)
    if x.size < fs_hz or last - first < 4 * half or not prepare(x, _window(x.size - 1), steps):
        return np.empty(0)
    spectra = np.asarray(np.fft.rfft(steps, axis=1), dtype=np.complex64)
    return tops(spectra, first, last, half, stands_out, MOST_LINES, APART_HZ / per_bin) * per_bin


@lru_cache(maxsize=8)
def _window(n: int) -> F32:
    return np.hanning(n).astype(np.float32)


@njit(cache=True, nogil=True)
def prepare(x: F64, window: F32, out: F32) -> bool:
    """Write the windowed first difference of `x`: in row 0 clipped, in row 1 whole.

    The difference takes the drift away; clipping keeps potentials and movements from filling the
    spectrum, and leaves a steady line as it is. Returns False if the signal does not move.
    """
    n = x.size - 1
    some = np.empty((n + 3) // 4)
    for k in range(some.size):
        here = abs(x[4 * k + 1] - x[4 * k])
        some[k] = here if here < math.inf else 0.0
    typical = median(some)
    if typical == 0.0:
        for k in range(n):
            here = abs(x[k + 1] - x[k])
            typical += here / n if here < math.inf else 0.0
    if typical == 0.0:
        return False
    high = SPECTRUM_CLIP * typical
    low = -high
    clipped, whole = out[0], out[1]
    for k in range(n):
        here = x[k + 1] - x[k]
        here = here if abs(here) < math.inf else 0.0
        weight = np.float64(window[k])
        whole[k] = here * weight
        here = here if here < high else high
        clipped[k] = (here if here > low else low) * weight
    clipped[n] = whole[n] = 0.0
    return True


@njit(cache=True, nogil=True)
def tops(
    spectra: C64, first: int, last: int, half: int, stands_out: float, most: int, apart: float
) -> F64:
    """Return where lines stand out of two spectra, in bins and parts of them.

    Those of the first spectrum come first, strongest first, then those that only the second one
    has, more than `apart` bins away.

    Parameters
    ----------
    spectra : ndarray, shape (2, n), complex64
    first, last : int
        Bins that are looked at, [first, last).
    half : int
        Bins that make up the surroundings.
    stands_out : float
        Least power, in medians of the surroundings.
    most : int
        Lines returned at most.
    apart : float
        Closer lines are one.
    """
    power = np.empty(min(last + half, spectra.shape[1]), dtype=np.float32)
    places = np.empty(power.size, dtype=np.int64)
    out = np.empty(2 * most)
    known = n = 0
    for row in range(2):
        spectrum = spectra[row]
        for k in range(power.size):
            power[k] = spectrum[k].real ** 2 + spectrum[k].imag ** 2
        found = _standing_out(power, first, last, half, np.float32(stands_out), places)
        _strongest_first(power, places[:found])
        for place in places[: min(found, most)]:
            at = place + _offset(spectrum, place)
            new = True
            for k in range(known):
                new = new and abs(at - out[k]) > apart
            if new:
                out[n] = at
                n += 1
        known = n
    return out[: min(n, most)]


@njit(cache=True, nogil=True, fastmath={"nnan", "nsz"})
def _largest(values: F32) -> np.float32:
    out = np.float32(0.0)
    for k in range(values.size):
        out = max(out, values[k])
    return out


@njit(cache=True, nogil=True)
def _standing_out(
    power: F32, first: int, last: int, half: int, stands_out: np.float32, places: I64
) -> int:
    """Write the places in [first, last) that stand out of their surroundings; return how many.

    The surroundings are the middle one of three medians, of the `half` bins around a bin and of
    those on both sides.
    """
    blocks = power.size // half
    found = 0
    for j in range(first // half, -(-last // half)):
        here = min(j, blocks - 1)
        left, right = max(here - 1, 0), min(here + 1, blocks - 1)
        start, stop = max(first, j * half), min(last, (j + 1) * half)
        # two medians of a thirteenth of the largest, or more: nothing can stand out, as mostly
        most = float(np.float32(1.0001) * _largest(power[start:stop]) / stands_out)
        more = 0
        for block in (left, here, right):
            more += 1 if up_to(power[block * half : (block + 1) * half], most) <= half // 2 else 0
        if more >= 2:
            continue
        one = pick(power[left * half : (left + 1) * half], half // 2)
        other = pick(power[right * half : (right + 1) * half], half // 2)
        middle = pick(power[here * half : (here + 1) * half], half // 2)
        limit = stands_out * np.float32(min(max(middle, min(one, other)), max(one, other)))
        for k in range(start, stop):
            value = power[k]
            if (
                value > limit
                and value >= max(power[k - 1], power[k - 2])
                and value >= max(power[k + 1], power[k + 2])
            ):
                places[found] = k
                found += 1
    return found


@njit(cache=True, nogil=True)
def _strongest_first(power: F32, places: I64) -> None:
    """Sort places by falling power, those of one power as they came."""
    for i in range(1, places.size):
        place, k = places[i], i
        while k > 0 and power[places[k - 1]] < power[place]:
            places[k] = places[k - 1]
            k -= 1
        places[k] = place


@njit(cache=True, nogil=True)
def _offset(spectrum: C64, k: int) -> float:
    """Return how far the line lies from bin `k`, in bins (Hann window, ratio of neighbours)."""
    left, middle, right = abs(spectrum[k - 1]), abs(spectrum[k]), abs(spectrum[k + 1])
    ratio = float(max(left, right)) / float(middle) if middle > 0.0 else 0.0
    away = min(max((2.0 * ratio - 1.0) / (ratio + 1.0), 0.0), 0.5)
    return away if right >= left else -away
