"""Interference that is switched on: known two seconds later, not when the spectrum is next due.

A machine's hum begins from one half second to the next and stays at one level; a contraction may,
too, but has no line in its spectrum that stands hundreds of times above what is around it.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from fasciscope.detection import following, lines, noise, spectrum

F64 = NDArray[np.float64]
Mask = NDArray[np.bool_]

RAISED, BEFORE = 4, 3
"""Frames that are louder than each of those before."""
LOOKED_BACK_AT = RAISED + BEFORE - 1
LOUDER = 2.0
"""Power, 3 dB: from there on the noise floor would not take it for noise."""
SETTLED = 1
"""Frames until a line just begun is followed to the noise."""
ITS_OWN = 0.5
"""Part of the power that the lines must make up: what is louder is the hum."""
UNMISTAKABLE = 50.0
"""Power of a line over the median around it: activity has one with p = 1e-15, 20 µV of hum among
potentials of 200 µV hundreds."""


def beginnings(frames: F64, first: int) -> list[int]:
    """Return the rows from `first` on at which something has been louder for `RAISED` frames.

    Parameters
    ----------
    frames : ndarray, shape (n, N_FRAME)
        Frame table (see `noise`); rows before `first` are looked back at.
    first : int
    """
    return [int(row) for row in np.flatnonzero(_begun(frames, first))]


@njit(cache=True, nogil=True)
def _begun(frames: F64, first: int) -> Mask:
    out = np.zeros(frames.shape[0], dtype=np.bool_)
    for row in range(max(first, LOOKED_BACK_AT), frames.shape[0]):
        loudest, quietest, usable = 0.0, np.inf, True
        for k in range(RAISED + BEFORE):
            level = frames[row - k, noise.LEVEL]
            usable &= frames[row - k, noise.USABLE] > 0.0
            if k < RAISED:
                quietest = min(quietest, level)
            else:
                loudest = max(loudest, level)
        out[row] = usable and quietest > LOUDER * loudest
    return out


def hum(x: F64, levels: F64, tracker: lines.LineTracker) -> F64:
    """Return the frequencies (Hz) of lines that make `x` louder, none if it is something else.

    Parameters
    ----------
    x : ndarray, shape (n,), float64, µV
        The frames that are louder.
    levels : ndarray, shape (RAISED,), µV²
        Of those frames.
    tracker : LineTracker
        Of the channel.
    """
    f_hz = new_lines(x, tracker)
    if f_hz.size and power_of(f_hz, x, tracker) > ITS_OWN * float(np.median(levels)):
        return f_hz
    return np.empty(0)


def new_lines(x: F64, tracker: lines.LineTracker) -> F64:
    """Return the frequencies (Hz) of unmistakable lines in `x` that are not tracked yet."""
    if not np.isfinite(x).all():
        return np.empty(0)
    seen = spectrum.find_lines(x, tracker.fs_hz, tracker.highest_hz, UNMISTAKABLE)
    tracked = tracker.tracked_hz()
    return np.array([f for f in seen if not (np.abs(tracked - f) < spectrum.APART_HZ).any()])


def power_of(f_hz: F64, x: F64, tracker: lines.LineTracker) -> float:
    """Return the power (µV²) of sinusoids at `f_hz` in the last second of `x`."""
    fs_hz = tracker.fs_hz
    table = lines.start_lines(f_hz, x[-math.ceil(fs_hz) :], tracker.sections, fs_hz)
    return 0.5 * float((table[[following.IN_PHASE, following.QUADRATURE]] ** 2).sum())
