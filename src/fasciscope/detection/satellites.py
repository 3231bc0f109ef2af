"""Late waves: what follows another potential again and again at one and the same distance.

A motor unit's potential may end in a late wave of its own, tens of milliseconds later, where a part
of the fibres lies far from the others (a satellite potential). Told from its potential it would be
a twitch more. Two units do not meet at one distance again and again, so what does, is smaller and
looks otherwise, is a part of what it follows. A unit that fires twice looks the same both times.

References
----------
Stalberg & Trontelj, Single Fiber Electromyography (1994): satellites are linked to their potential
with a jitter far below a millisecond.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fasciscope.detection import candidates as c

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Mask = NDArray[np.bool_]

WITHIN_S = 0.040
"""A cluster's length: further away it would not be looked at together."""
SAME_S = 0.0015
"""Spread of the distances: noise moves both peaks by half a millisecond."""
TIMES = 8
"""Two families that twitch once a second each meet at one distance 0.9 times in ten minutes."""
MORE = 10.0
"""… and this many times more often than by chance, however long the recording."""


def late_waves(rows: F64, labels: I64, n_samples: int, fs_hz: float) -> Mask:
    """Return which potentials are late waves of others.

    Parameters
    ----------
    rows : ndarray, shape (n, N_CANDIDATE)
        Sorted by their peaks.
    labels : ndarray, shape (n,), int64
        Family, 0 = none.
    n_samples : int
        Length of the recording.
    fs_hz : float
    """
    out = np.zeros(len(rows), dtype=np.bool_)
    peaks, size = rows[:, c.PEAK], rows[:, c.ENERGY]
    counts = np.bincount(labels, minlength=1)
    for first in range(1, len(counts)):
        mine = np.flatnonzero(labels == first)
        if len(mine) < TIMES:
            continue
        before = np.searchsorted(peaks[mine], peaks) - 1
        owner = mine[np.maximum(before, 0)]
        distance = np.where(before >= 0, peaks - peaks[owner], np.inf)
        follows = (distance <= WITHIN_S * fs_hz) & (labels != first) & (size < size[owner])
        for other in np.unique(labels[follows]):
            near = np.flatnonzero(follows & (labels == other))
            near = near[np.argsort(distance[near], kind="stable")]
            chance = len(mine) * counts[other] * SAME_S * fs_hz / max(n_samples, 1)
            out[near[_dense(distance[near], SAME_S * fs_hz, max(TIMES, MORE * chance))]] = True
    return out


def _dense(places: F64, width: float, least: float) -> Mask:
    """Return which of the sorted `places` lie in a window that holds at least so many."""
    stop = np.searchsorted(places, places + width, side="right")
    full = np.flatnonzero(stop - np.arange(len(places)) >= least)
    out = np.zeros(len(places), dtype=np.bool_)
    for first in full.tolist():
        out[first : stop[first]] = True
    return out
