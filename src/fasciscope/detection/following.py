"""Following steady interference: what it is in each hop, and how its error moves it on.

A line is a phasor that turns by its frequency with each sample. Its course over a hop is known at
the hop's beginning; what the high-pass leaves of the signal there is the error that moves it at the
hop's end. A hop is a fortieth of the time in which a line adapts, so that nothing is lost by
waiting for its end, and the samples between need not wait for each other. Compiled with numba and
cached on disk.

References
----------
Clark, Mitra & Parker, IEEE Trans. Circuits and Systems 28 (1981) 584: block adaptive filters
converge as those that adapt with each sample do, where the block is short beside the adaptation.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

F64 = NDArray[np.float64]

# places in the scalar state of `kernels.front_end` that are of interest here
HOP, LEVEL = range(2, 4)
# rows of the line table
IN_PHASE, QUADRATURE, DRIFT_I, DRIFT_Q, TURN_COS, TURN_SIN, LEAD_COS, LEAD_SIN = range(8)
LAST_I, LAST_Q = 8, 9
N_LINE = 10
MOST_LINES = 24
"""50 Hz hum to 450 Hz is nine lines, a 20 Hz pulse train to 400 Hz is twenty."""

HOPS_PER_PHASE_CHECK = 10
FOLLOWED, MOST_AHEAD = 0.2, 0.2
"""Part of a phase drift that is followed at each look, and the largest that is believed."""
CLIP = 3.75
"""Errors are clipped at this many mean sizes, three standard deviations of Gaussian noise."""


@njit(cache=True, nogil=True)
def phases(lines: F64, hop: int, cosine: F64, sine: F64) -> None:
    """Write the turn of each line after 0, 1, … `hop` samples.

    Parameters
    ----------
    lines : ndarray, shape (N_LINE, n_lines)
    hop : int
        Samples per hop.
    cosine, sine : ndarray, shape (n_lines, hop + 1)
        Written.
    """
    for k in range(lines.shape[1]):
        cosine[k, 0], sine[k, 0] = 1.0, 0.0
    for i in range(hop):  # line by line each sample would wait for the one before
        for k in range(lines.shape[1]):
            c, s = cosine[k, i], sine[k, i]
            cosine[k, i + 1] = lines[TURN_COS, k] * c - lines[TURN_SIN, k] * s
            sine[k, i + 1] = lines[TURN_COS, k] * s + lines[TURN_SIN, k] * c


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def take_away(lines: F64, cosine: F64, sine: F64, x: F64) -> None:
    """Take the lines away from one hop, shape (hop,), in place."""
    for k in range(lines.shape[1]):
        i_now, q_now = lines[IN_PHASE, k], lines[QUADRATURE, k]
        c, s = cosine[k], sine[k]
        for i in range(x.size):
            x[i] -= i_now * c[i] - q_now * s[i]


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def follow(
    error: F64,
    lines: F64,
    cosine: F64,
    sine: F64,
    state: F64,
    line_gain: float,
    level_gain: float,
) -> None:
    """Move the lines along the error of one hop, and on to the next.

    Parameters
    ----------
    error : ndarray, shape (hop,), float64, µV
        What the high-pass left; clipped in place.
    lines, state, line_gain, level_gain
        As for `kernels.front_end`.
    cosine, sine : ndarray, shape (n_lines, hop + 1)
        As `phases` writes them.
    """
    level, usual = state[LEVEL], 0.0
    clip = CLIP * level
    for i in range(error.size):
        usual += min(abs(error[i]), 3.0 * level)
        error[i] = min(max(error[i], -clip), clip)
    state[LEVEL] += level_gain * (usual - error.size * level)
    for k in range(lines.shape[1]):
        along, across = 0.0, 0.0
        c, s = cosine[k], sine[k]
        for i in range(error.size):
            along += error[i] * c[i]
            across += error[i] * s[i]
        more_i, more_q = 2.0 * line_gain * along, -2.0 * line_gain * across
        _move(lines, k, more_i, more_q, line_gain, cosine, sine, error.size)


@njit(cache=True, nogil=True)
def _move(
    lines: F64,
    k: int,
    more_i: float,
    more_q: float,
    line_gain: float,
    cosine: F64,
    sine: F64,
    n: int,
) -> None:
    """Move line `k` by an error seen at the beginning of a hop, and turn it on by `n` samples.

    The drift makes a growing line be followed without lag, critically damped.
    """
    c, s = cosine[k, n], sine[k, n]
    # the lead brings an error to the sample after it, which is one of the turns
    lead_c, lead_s = lines[LEAD_COS, k], lines[LEAD_SIN, k]
    turn_c = cosine[k, n - 1] * lead_c - sine[k, n - 1] * lead_s
    turn_s = cosine[k, n - 1] * lead_s + sine[k, n - 1] * lead_c
    more_i, more_q = turn_c * more_i - turn_s * more_q, turn_c * more_q + turn_s * more_i
    drift_i, drift_q = lines[DRIFT_I, k], lines[DRIFT_Q, k]
    drift_i, drift_q = c * drift_i - s * drift_q, c * drift_q + s * drift_i
    drift_i, drift_q = drift_i + 0.25 * line_gain * more_i, drift_q + 0.25 * line_gain * more_q
    i_now, q_now = lines[IN_PHASE, k], lines[QUADRATURE, k]
    lines[IN_PHASE, k] = c * i_now - s * q_now + (more_i + n * drift_i)
    lines[QUADRATURE, k] = c * q_now + s * i_now + (more_q + n * drift_q)
    lines[DRIFT_I, k], lines[DRIFT_Q, k] = drift_i, drift_q


@njit(cache=True, nogil=True, fastmath={"contract"})
def follow_phase(lines: F64, cosine: F64, sine: F64, hop: int, clip_uv: float) -> None:
    """Turn the frequency of each line by a part of the phase drift seen since the last look.

    A tracker that is off by df sees its line run ahead by 2 pi df a second; following a fifth of
    that each time is slow enough for noise and fast enough for the mains (0.01 Hz a second).
    Renormalises the turn per sample, which drifts in length by rounding. The angles are small, so
    that a few terms of their series do.
    """
    least = (0.1 * clip_uv) ** 2  # only where the line stands out of what noise alone does to it
    for k in range(lines.shape[1]):
        i_now, q_now = lines[IN_PHASE, k], lines[QUADRATURE, k]
        i_last, q_last = lines[LAST_I, k], lines[LAST_Q, k]
        c, s = lines[TURN_COS, k], lines[TURN_SIN, k]
        if min(i_now * i_now + q_now * q_now, i_last * i_last + q_last * q_last) > least:
            i_due, q_due = i_last, q_last
            for _ in range(HOPS_PER_PHASE_CHECK):
                i_due, q_due = (
                    cosine[k, hop] * i_due - sine[k, hop] * q_due,
                    cosine[k, hop] * q_due + sine[k, hop] * i_due,
                )
            angle = _ahead(i_due, q_due, i_now, q_now) * FOLLOWED / (HOPS_PER_PHASE_CHECK * hop)
            c_more, s_more = 1.0 - 0.5 * angle * angle, angle
            c, s = c * c_more - s * s_more, s * c_more + c * s_more
            lead_c, lead_s = lines[LEAD_COS, k], lines[LEAD_SIN, k]
            lines[LEAD_COS, k] = lead_c * c_more - lead_s * s_more
            lines[LEAD_SIN, k] = lead_s * c_more + lead_c * s_more
        lines[LAST_I, k], lines[LAST_Q, k] = i_now, q_now
        length = math.sqrt(c * c + s * s)
        lines[TURN_COS, k], lines[TURN_SIN, k] = c / length, s / length


@njit(cache=True, nogil=True)
def _ahead(i_due: float, q_due: float, i_now: float, q_now: float) -> float:
    """Return by which angle one phasor is ahead of another, at most `MOST_AHEAD`."""
    along = i_now * i_due + q_now * q_due
    across = q_now * i_due - i_now * q_due
    if abs(across) >= MOST_AHEAD * along:
        return MOST_AHEAD if across > 0.0 else -MOST_AHEAD
    t = across / along
    return t - t * t * t / 3.0 + t**5 / 5.0
