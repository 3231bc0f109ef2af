"""The noise's own tail: how fast the scores of noise thin out, and the threshold that follows.

In Gaussian noise the number of maxima above a score falls by a constant factor for each step, since
a wavelet's power is exponentially distributed. Coarse steps, crackle and heavy-tailed amplifiers
thin out more slowly, and a fixed threshold would let more of them through. The fall is measured
where there are hundreds of noise maxima and hardly any potential, and the threshold moved out by
as much as keeps the false alarms where they would be.

Count and sum of scores in the tail in, threshold out.
"""

from __future__ import annotations

import math

TAIL_FROM, TAIL_TO = 6.0, 11.0
GAUSSIAN_FALL = 0.85
"""Fall of the logarithm per unit of score between these bounds in Gaussian noise. An exponential
variable has 1; maxima over places and atoms take off about the root of the score. Measured 0.82 to
0.87 on white and coloured noise at 500 to 4000 Hz."""
FAINT_TOO = 1.25
"""Times slower than Gaussian: 210 potentials with scores all over the tail, among the 1300 that
noise brings in ten minutes, make that."""
LEAST = 100
"""Fewer scores in the tail say too little."""
LEAST_FALL = 0.35
"""A slower fall than this is not noise any more, but many small potentials."""


def fall(count: float, excess: float) -> float:
    """Return the maximum-likelihood fall per unit of score of a truncated exponential tail.

    Parameters
    ----------
    count, excess : float
        Scores between `TAIL_FROM` and `TAIL_TO`, and the sum of what they exceed `TAIL_FROM` by.
    """
    width = TAIL_TO - TAIL_FROM
    mean = excess / count
    low, high = 1e-3, 10.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        expected = 1.0 / middle - width / math.expm1(middle * width)
        low, high = (middle, high) if expected > mean else (low, middle)
    return 0.5 * (low + high)


def threshold(wanted: float, count: float, excess: float) -> float:
    """Return the threshold that keeps the false alarms that `wanted` has in Gaussian noise."""
    if count < LEAST:
        return wanted
    slower = GAUSSIAN_FALL / max(fall(count, excess), LEAST_FALL)
    return TAIL_FROM + (wanted - TAIL_FROM) * max(1.0, slower)


def slower(wanted: float, reached: float) -> float:
    """Return how many times slower than Gaussian the noise thins out, from `threshold`'s answer."""
    return (reached - TAIL_FROM) / (wanted - TAIL_FROM) if reached > wanted else 1.0


def familiar(wanted: float, reached: float) -> float:
    """Return the threshold for what comes again and again, from `threshold`'s answer.

    Faint potentials lie among the noise's scores, too, and make it seem to thin out more slowly. So
    where it does by little, a waveform that comes again is asked for no more than in Gaussian
    noise; what is like nothing else is (see `alone`).
    """
    return wanted if slower(wanted, reached) < FAINT_TOO else reached


def alone(wanted: float, reached: float) -> float:
    """Return the threshold for what is like nothing else, from `wanted` and `threshold`'s answer.

    Where a noise's amplitudes thin out exponentially, as a Laplacian's do, the count falls with the
    root of the score: more and more slowly beyond where the fall was measured. A waveform that
    comes again vouches for itself; what does not must stand out of that tail.
    """
    low, high = math.sqrt(TAIL_FROM), math.sqrt(wanted)
    return (
        float((low + (high - low) * slower(wanted, reached)) ** 2) if reached > wanted else wanted
    )
