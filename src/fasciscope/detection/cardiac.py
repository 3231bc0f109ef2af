"""Recognising the heart in a channel: a slow fixed shape that comes at 0.6-3 Hz, nearly evenly.

Times and average waveforms of families in, verdict out. A muscle that twitches about once a second
is not the heart: its intervals scatter far more than a heart's do from one beat to the next, and
its potentials are quicker.

References
----------
Task Force of the ESC and NASPE, Circulation 93 (1996) 1043: beat-to-beat variability at rest is a
few per cent of the interval, rarely above 15 %.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SHORTEST_S, LONGEST_S = 0.33, 1.7
LEAST_BEATS = 8
EVENNESS = 0.2
"""Intervals within this part of the running median count as even."""
EVEN_SHARE = 0.7
COVERAGE = 0.7
HIGHEST_HZ = 60.0
"""Root-mean-square frequency of a heartbeat seen in a limb lead: mostly below 40 Hz."""


def rms_frequency(waveform: NDArray[np.float64], fs_hz: float) -> float:
    """Return the root-mean-square frequency (Hz) of a waveform."""
    power = float((waveform**2).sum())
    slope = float((np.diff(waveform) ** 2).sum())
    if power <= 0:
        return 0.0
    return float(np.arcsin(min(1.0, 0.5 * np.sqrt(slope / power))) * fs_hz / np.pi)


def is_heartbeat(times_s: NDArray[np.float64]) -> bool:
    """Return whether events at `times_s` (s, sorted) come as a heart beats."""
    if len(times_s) < LEAST_BEATS:
        return False
    intervals = np.diff(times_s)
    usual = float(np.median(intervals))
    if not SHORTEST_S <= usual <= LONGEST_S:
        return False
    padded = np.pad(intervals, 3, mode="reflect") if len(intervals) > 3 else intervals
    local = np.median(np.lib.stride_tricks.sliding_window_view(padded, 7), axis=1)
    even = np.abs(intervals - local) < EVENNESS * local
    # beats that were missed or hidden leave gaps; what is there must still fill the time
    covered = float(np.minimum(intervals, 2 * usual)[even].sum()) / float(intervals.sum())
    return bool(even.mean() >= EVEN_SHARE and covered >= COVERAGE)
