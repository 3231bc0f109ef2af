"""The baseline under a candidate where it sways: as a breath, a pulse or a swinging cable moves it.

A few hundred milliseconds of the wide-band signal in, the same without its sway out. A sway is
smooth, a polynomial of fourth order all but follows it; a step, a pop or a tug is not, and is left
as it is for the judgement of shapes.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from fasciscope.detection.filters import band_share
from fasciscope.detection.order import median
from fasciscope.detection.settings import Settings

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]

BLOCK_MS = 20.0
"""Medians are taken over so much: a potential fills less than half of it."""
BLOCKS = 5
"""On each side, from 20 ms to 120 ms beside the peak: 3 Hz turns by two thirds of a cycle there."""
SMOOTH = 0.15
"""Part of the sway's range that the polynomial may leave; of a step it leaves a third."""
ORDER = 4
DROWNED = 25.0
"""Power in the band over what is heard of it by the wavelet that hears most, as if it were white:
nothing within the band makes five times the noise and is not heard."""

_PLACES = np.concatenate([np.arange(-BLOCKS, 0) - 0.5, np.arange(1, BLOCKS + 1) + 0.5]) / (
    BLOCKS + 1
)
_POWERS = np.vander(_PLACES, ORDER + 1, increasing=True)
_SOLVE = np.ascontiguousarray(np.linalg.pinv(_POWERS))


def drowned(floors: F64, noises: F64, settings: Settings, fs_hz: float) -> NDArray[np.bool_]:
    """Return the frames whose band is full of a sway far below it: small potentials hide there.

    Parameters
    ----------
    floors, noises : ndarray, shapes (n_frames,) and (n_frames, n_atoms), µV²
    settings : Settings
    fs_hz : float
    """
    share = band_share(settings.highpass_hz, settings.lowpass_hz, fs_hz)
    return np.asarray(floors > DROWNED * noises.max(axis=1) * share)


@njit(cache=True, nogil=True)
def without_sway(u: F32, centre: int, ms: float, out: F32) -> float:
    """Write the signal around `centre` into `out`, its sway taken away if it is smooth.

    Parameters
    ----------
    u : ndarray, float32, µV
        0.13 s must be there on both sides of `centre`.
    centre : int
    ms : float
        Samples a millisecond.
    out : ndarray, shape (2 * reach + 1,), float32, µV
        Written; `centre` comes to its middle.

    Returns
    -------
    float
        Range of the sway that was taken away, µV; 0 if there was none.
    """
    reach = out.size // 2
    for i in range(out.size):
        out[i] = u[centre - reach + i]
    width = max(2, int(BLOCK_MS * ms))
    levels = np.empty(2 * BLOCKS)
    for j in range(2 * BLOCKS):
        k = j - BLOCKS - 1 if j < BLOCKS else j - BLOCKS + 1
        levels[j] = median(u[centre + k * width : centre + (k + 1) * width])
    weights = np.zeros(ORDER + 1)
    for m in range(ORDER + 1):
        for j in range(2 * BLOCKS):
            weights[m] += _SOLVE[m, j] * levels[j]
    low, high, least, most = math.inf, -math.inf, math.inf, -math.inf
    for j in range(2 * BLOCKS):
        rest = levels[j]
        for m in range(ORDER + 1):
            rest -= weights[m] * _POWERS[j, m]
        low, high = min(low, rest), max(high, rest)
        least, most = min(least, levels[j]), max(most, levels[j])
    if high - low > SMOOTH * (most - least):
        return 0.0
    # written out for a fourth order, so that it is done for many places at once
    a, b, c, d, e = weights[0], weights[1], weights[2], weights[3], weights[4]
    per_place = 1.0 / ((BLOCKS + 1) * width)
    for i in range(out.size):
        t = (i - reach + 0.5) * per_place
        out[i] -= np.float32((((e * t + d) * t + c) * t + b) * t + a)
    return most - least
