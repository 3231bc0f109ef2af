"""What the converter's step means: how fine the counts are, and how much noise they add.

Raw microvolts in, step out.

References
----------
Widrow & Kollár, Quantization Noise (2008): uniform noise of step²/12.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from fasciscope.detection.order import median, quantile

FLAT_S, COARSE_FLAT_S = 0.3, 60.0
"""Equal samples for so long: no electrode on skin is that quiet. Where the step is larger than the
noise, quiet muscle gives equal samples too, until it twitches."""
COARSE_UV = 3.0
SILENT_UV = 0.01
FINEST = 0.05
"""The smallest change but for this part of all."""
OFF_GRID, ON_GRID = 0.15, 0.8
"""Changes lie on a grid where more than eight in ten are off it by less than so much of a step."""


def learn_step(x: NDArray[np.float64], nominal_uv: float) -> tuple[float, float]:
    """Return the converter's step and the usual change from sample to sample, µV.

    Files are often rescaled to finer counts, so the step is taken from the data: the smallest
    twentieth of all changes, where the data lie on a grid of it. Where they do not, the step is
    lost in finer counts, and the noise tells itself.

    Parameters
    ----------
    x : ndarray, shape (n,), float64, µV
        NaN where samples are missing.
    nominal_uv : float
        Size of one count as the recording states it.
    """
    step, usual, on_grid = _changes(x)
    if usual == 0.0:
        return nominal_uv, nominal_uv
    return step if on_grid else min(nominal_uv, step), usual


@njit(cache=True, nogil=True)
def _changes(x: NDArray[np.float64]) -> tuple[float, float, bool]:
    """Return the smallest twentieth and the median of all changes, and if they lie on its grid."""
    change = np.empty(x.size)
    n = 0
    for k in range(x.size - 1):
        change[n] = abs(x[k + 1] - x[k])
        n += 1 if 0.0 < change[n] < math.inf else 0
    change = change[:n]
    if n < 2:
        return (change[0], change[0], True) if n else (0.0, 0.0, False)
    step = quantile(change, FINEST)
    on_grid = 0
    for k in range(n):
        steps = change[k] / step
        on_grid += 1 if abs(steps - np.rint(steps)) < OFF_GRID else 0
    return step, median(change), on_grid / n > ON_GRID


def noise_power(step_uv: float) -> float:
    """Return the power (µV²) of the rounding to steps."""
    return step_uv**2 / 12.0


def toggling_power(step_uv: float) -> float:
    """Return the power (µV²) up to which noise smaller than a step may come and go.

    As the offset wanders, it stays within one step and is not seen at all, or lies on the edge of
    two and makes the counts change between them: half a step to both sides.
    """
    return step_uv**2 / 4.0 if is_coarse(step_uv) else 0.0


def is_coarse(step_uv: float) -> bool:
    """Return whether the noise of a good sensor may be less than a step."""
    return step_uv > COARSE_UV


def flat_s(step_uv: float) -> float:
    """Return for how long (s) equal samples may follow each other on a live electrode."""
    return COARSE_FLAT_S if is_coarse(step_uv) else FLAT_S
