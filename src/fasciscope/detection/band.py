"""Drift and band-pass of one channel, sample by sample, where samples are missing and where not.

Direct form II: only one product lies on the way from a sample to the next. Numerators are
1 - 2z⁻¹ + z⁻² and 1 + 2z⁻¹ + z⁻², as `filters` makes them. Compiled with numba and cached on disk.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]

# places in the scalar state of `kernels.front_end` that are of interest here
DC, STARTED = range(2)


@njit(cache=True, nogil=True, fastmath={"contract"})
def pass_band(
    x: F64,
    sections: F64,
    delay_line: F64,
    state: F64,
    dc_gain: float,
    u: F32,
    high: F64,
    band: F64,
) -> None:
    """Take drift away and band-pass, where nothing is missing.

    Parameters
    ----------
    x : ndarray, shape (n,), float64, µV
        Without interference lines.
    sections, delay_line, state, dc_gain
        As for `kernels.front_end`.
    u, high, band : ndarray, shape (n,), µV
        Written: without drift; after the high-pass, up to its gain; after the band-pass.
    """
    narrow = len(sections) == 3
    q, r = (1, 2) if narrow else (0, 0)
    gain = sections[0, 0] * (sections[1, 0] * sections[2, 0] if narrow else 1.0)
    a1, a2 = -sections[0, 3], -sections[0, 4]
    b1, b2, c1, c2 = -sections[q, 3], -sections[q, 4], -sections[r, 3], -sections[r, 4]
    p_1, p_2 = delay_line[0]
    q_1, q_2 = delay_line[q]
    r_1, r_2 = delay_line[r]
    dc, keep = state[DC], 1.0 - dc_gain
    for i in range(x.size):
        d = x[i] - dc
        dc = keep * dc + dc_gain * x[i]
        u[i] = d
        p_0 = a1 * p_1 + (a2 * p_2 + d)
        w = (p_0 + p_2) - 2.0 * p_1
        p_2, p_1 = p_1, p_0
        high[i] = w
        if narrow:
            q_0 = b1 * q_1 + (b2 * q_2 + w)
            w = (q_0 + q_2) + 2.0 * q_1
            q_2, q_1 = q_1, q_0
            r_0 = c1 * r_1 + (c2 * r_2 + w)
            w = (r_0 + r_2) + 2.0 * r_1
            r_2, r_1 = r_1, r_0
        band[i] = gain * w
    state[DC] = dc
    if narrow:
        delay_line[1, 0], delay_line[1, 1] = q_1, q_2
        delay_line[2, 0], delay_line[2, 1] = r_1, r_2
    delay_line[0, 0], delay_line[0, 1] = p_1, p_2


@njit(cache=True, nogil=True)
def pass_gaps(
    x: F64,
    sections: F64,
    delay_line: F64,
    state: F64,
    dc_gain: float,
    u: F32,
    high: F64,
    band: F64,
) -> None:
    """Do what `pass_band` does where samples are missing (NaN), or where the signal begins.

    What is missing is silent, and what comes behind it begins anew.
    """
    for i in range(x.size):
        if math.isnan(x[i]):
            u[i], high[i], band[i] = 0.0, 0.0, 0.0
            state[STARTED] = 0.0
            continue
        if state[STARTED] == 0.0:
            state[DC] = x[i]
            delay_line[:] = 0.0
            state[STARTED] = 1.0
        one = slice(i, i + 1)
        pass_band(x[one], sections, delay_line, state, dc_gain, u[one], high[one], band[one])
