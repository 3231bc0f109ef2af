"""Pulses of steady interference that its lines, taken away, left behind.

Times of potentials and the interference's fundamental in, those on its beat out. A machine's pulses
come at whole multiples of one period, to a millisecond; a nerve's do not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

AROUND_S = 45.0
"""Neighbours looked at: over so long a period known to 0.002 Hz strays by a tenth."""
ON_BEAT = 0.06
"""Part of a period within which a neighbour is on the beat; by chance one in eight is."""
LEAST = 3


def on_the_beat(times_s: NDArray[np.float64], base_hz: float) -> NDArray[np.bool_]:
    """Return which of the sorted `times_s` (s) come on the beat of a train at `base_hz`.

    A time is on the beat if at least three neighbours, and at least half of all around it, lie
    whole periods away.
    """
    out = np.zeros(len(times_s), dtype=np.bool_)
    if base_hz <= 0.0:
        return out
    for k, time in enumerate(times_s):
        low, high = np.searchsorted(times_s, [time - AROUND_S, time + AROUND_S])
        phase = (np.delete(times_s[low:high], k - low) - time) * base_hz
        on = np.abs(phase - np.round(phase)) < ON_BEAT
        out[k] = on.sum() >= LEAST and on.mean() >= 0.5
    return out
