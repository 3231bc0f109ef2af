"""How many a minute, with what certainty.

Twitches come in clusters, so a Poisson interval would be too narrow. The variance is taken from the
counts in equal stretches of analysable time (quasi-Poisson), never below Poisson's own.

References
----------
McCullagh & Nelder, Generalized Linear Models, 2nd ed., section 6.2 (over-dispersed counts).
Newey & West, Econometrica 55 (1987) 703 (weights of neighbouring stretches).
Garwood, Biometrika 28 (1936) 437 (exact limits for a Poisson mean).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

STRETCHES = 20
"""Stretches that the analysable time is cut into to see how unevenly the events lie."""
LEAST_EVENTS = 10
"""Below this many events nothing can be said about clustering; Poisson is taken."""
LEAST_S = 10.0
"""Analysable time under which no rate is stated."""


def clustering(times_s: NDArray[np.float64], analysable_s: float) -> float:
    """Return how many times the variance of the count exceeds Poisson's, at least 1.

    Counts in equal stretches, their variance over their mean. A rate that wanders over minutes
    makes neighbouring stretches alike, so what they have in common is added (Bartlett weights for
    two neighbours on each side); and since a variance from twenty stretches is itself uncertain, it
    is widened by Student's factor.

    Parameters
    ----------
    times_s : ndarray, shape (n,), float64, s
        Times of the events on the clock of analysable time, all else cut out.
    analysable_s : float
    """
    from scipy.special import stdtrit  # late: it costs a tenth of a second

    if len(times_s) < LEAST_EVENTS or analysable_s <= 0:
        return 1.0
    n = min(STRETCHES, max(4, len(times_s) // 3))
    counts, _ = np.histogram(times_s, bins=n, range=(0.0, analysable_s))
    off = counts - counts.mean()
    variance = float(counts.var(ddof=1))
    for lag, weight in ((1, 2.0), (2, 4.0 / 3.0)):
        variance += weight * max(0.0, float((off[lag:] * off[:-lag]).mean()))
    uncertain = float(stdtrit(n - 1, 0.975)) / 1.96
    return max(1.0, variance / float(counts.mean()) * uncertain**2)


def per_minute(n: int, analysable_s: float, excess: float = 1.0) -> tuple[float, float, float]:
    """Return the rate per minute and its 95 % limits.

    Parameters
    ----------
    n : int
        Events.
    analysable_s : float
        Analysable time, s; with less than `LEAST_S`, all three are NaN.
    excess : float, default 1.0
        Variance over mean of the counts, see `clustering`.
    """
    from scipy.special import gammaincinv  # late: it costs a tenth of a second

    if analysable_s < LEAST_S:
        return math.nan, math.nan, math.nan
    scale = 60.0 / analysable_s
    effective = n / excess
    low = float(gammaincinv(effective, 0.025)) * excess if n > 0 else 0.0
    high = float(gammaincinv(effective + 1.0, 0.975)) * excess
    return n * scale, low * scale, high * scale
