"""Following steady interference from sample to sample, and the filters on the way to its error.

The careful half of `kernels.front_end`: for strips in which lines are followed or samples are
missing. A line is a phasor that turns by its frequency with each sample; what the high-pass leaves
of the signal is the error that moves it. Compiled with numba and cached on disk.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]

# places in the scalar state of `kernels.front_end` that are of interest here
DC, STARTED, HOP, LEVEL = range(4)
# rows of the line table
IN_PHASE, QUADRATURE, DRIFT_I, DRIFT_Q, TURN_COS, TURN_SIN, LEAD_COS, LEAD_SIN = range(8)
LAST_I, LAST_Q = 8, 9
N_LINE = 10
MOST_LINES = 24
"""50 Hz hum to 450 Hz is nine lines, a 20 Hz pulse train to 400 Hz is twenty."""

HOPS_PER_PHASE_CHECK = 10
CLIP = 3.75
"""Errors are clipped at this many mean sizes, three standard deviations of Gaussian noise."""


@njit(cache=True, nogil=True, fastmath={"contract"})
def filter_and_follow(
    x: F64,
    sections: F64,
    delay_line: F64,
    state: F64,
    table: F64,
    n_lines: int,
    line_gain: float,
    level_gain: float,
    dc_gain: float,
    hop: int,
    u: F32,
    band: F64,
) -> None:
    """Do what `_filter` does where samples are missing or lines are followed, in whole hops."""
    narrow = len(sections) == 3
    q, r = (1, 2) if narrow else (0, 0)
    gain = sections[0, 0] * (sections[1, 0] * sections[2, 0] if narrow else 1.0)
    a1, a2 = -sections[0, 3], -sections[0, 4]
    b1, b2, c1, c2 = -sections[q, 3], -sections[q, 4], -sections[r, 3], -sections[r, 4]
    p_1, p_2 = delay_line[0]
    q_1, q_2 = delay_line[q]
    r_1, r_2 = delay_line[r]
    dc, keep = state[DC], 1.0 - dc_gain
    level, started = state[LEVEL], state[STARTED] > 0.0
    for first in range(0, x.size, hop):
        hum = _hum(table, n_lines)  # afresh, so that it does not matter where a stream was cut
        for i in range(first, first + hop):
            there = not math.isnan(x[i])
            raw = x[i] - hum if there else dc
            if there and not started:
                dc = raw
                p_1 = p_2 = q_1 = q_2 = r_1 = r_2 = 0.0
            started = there
            d = raw - dc
            dc = keep * dc + dc_gain * raw
            u[i] = d
            p_0 = a1 * p_1 + (a2 * p_2 + d)
            w = (p_0 + p_2) - 2.0 * p_1
            p_2, p_1 = p_1, p_0
            v = w
            if narrow:
                q_0 = b1 * q_1 + (b2 * q_2 + v)
                v = (q_0 + q_2) + 2.0 * q_1
                q_2, q_1 = q_1, q_0
                r_0 = c1 * r_1 + (c2 * r_2 + v)
                v = (r_0 + r_2) + 2.0 * r_1
                r_2, r_1 = r_1, r_0
            band[i] = gain * v if there else 0.0
            if n_lines > 0:
                w = sections[0, 0] * w if there else 0.0
                clip = CLIP * level
                level += level_gain * (min(abs(w), 3.0 * level) - level)
                error = 2.0 * line_gain * min(max(w, -clip), clip)
                hum = _turn(table, n_lines, error, 0.25 * line_gain * error)
        state[HOP] += 1.0
        if n_lines > 0 and int(state[HOP]) % HOPS_PER_PHASE_CHECK == 0:
            for k in range(n_lines):
                follow_line(table[k::MOST_LINES], HOPS_PER_PHASE_CHECK * hop, CLIP * level)
    state[DC], state[LEVEL], state[STARTED] = dc, level, 1.0 if started else 0.0
    if narrow:
        delay_line[1, 0], delay_line[1, 1] = q_1, q_2
        delay_line[2, 0], delay_line[2, 1] = r_1, r_2
    delay_line[0, 0], delay_line[0, 1] = p_1, p_2


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _hum(lines: F64, n_lines: int) -> float:
    """Return what the lines are at this sample, µV."""
    total = 0.0
    for k in range(n_lines):
        total += lines[IN_PHASE * MOST_LINES + k]
    return total


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _turn(lines: F64, n_lines: int, error: float, drift: float) -> float:
    """Move the lines along the error, turn them by one sample, and return what they are there."""
    total = 0.0
    for k in range(n_lines):
        turn_c = lines[TURN_COS * MOST_LINES + k]
        turn_s = lines[TURN_SIN * MOST_LINES + k]
        lead_c = lines[LEAD_COS * MOST_LINES + k]
        lead_s = lines[LEAD_SIN * MOST_LINES + k]
        i_now = lines[IN_PHASE * MOST_LINES + k]
        q_now = lines[QUADRATURE * MOST_LINES + k]
        drift_i = lines[DRIFT_I * MOST_LINES + k]
        drift_q = lines[DRIFT_Q * MOST_LINES + k]
        # the drift makes a growing line be followed without lag, critically damped
        i_more = turn_c * drift_i - turn_s * drift_q + drift * lead_c
        q_more = turn_c * drift_q + turn_s * drift_i + drift * lead_s
        lines[DRIFT_I * MOST_LINES + k] = i_more
        lines[DRIFT_Q * MOST_LINES + k] = q_more
        i_next = (turn_c * i_now - turn_s * q_now) + (error * lead_c + i_more)
        q_next = (turn_c * q_now + turn_s * i_now) + (error * lead_s + q_more)
        lines[IN_PHASE * MOST_LINES + k] = i_next
        lines[QUADRATURE * MOST_LINES + k] = q_next
        total += i_next
    return total


@njit(cache=True, nogil=True)
def follow_line(line: F64, n_samples: int, clip_uv: float) -> None:
    """Turn a line's frequency by a part of the phase drift seen since `n_samples` ago.

    A tracker that is off by df sees its line run ahead by 2 pi df a second; following a fifth of
    that each time is slow enough for noise and fast enough for the mains (0.01 Hz a second).
    Renormalises the turn per sample, which drifts in length by rounding.
    """
    i_now, q_now = line[IN_PHASE], line[QUADRATURE]
    i_last, q_last = line[LAST_I], line[LAST_Q]
    turn_c, turn_s = line[TURN_COS], line[TURN_SIN]
    # only where the line stands out of what noise alone does to it
    if math.hypot(i_now, q_now) > 0.1 * clip_uv and math.hypot(i_last, q_last) > 0.1 * clip_uv:
        due = n_samples * math.atan2(turn_s, turn_c)
        c, s = math.cos(due), math.sin(due)
        i_due, q_due = c * i_last - s * q_last, c * q_last + s * i_last
        ahead = math.atan2(q_now * i_due - i_now * q_due, i_now * i_due + q_now * q_due)
        ahead = min(max(ahead, -0.2), 0.2) * 0.2 / n_samples
        c, s = math.cos(ahead), math.sin(ahead)
        turn_c, turn_s = turn_c * c - turn_s * s, turn_s * c + turn_c * s
        lead_c, lead_s = line[LEAD_COS], line[LEAD_SIN]
        line[LEAD_COS], line[LEAD_SIN] = lead_c * c - lead_s * s, lead_s * c + lead_c * s
    line[LAST_I], line[LAST_Q] = i_now, q_now
    length = math.hypot(turn_c, turn_s)
    line[TURN_COS], line[TURN_SIN] = turn_c / length, turn_s / length
