"""The one pass over every sample: drift, interference lines, band-pass, local energy, hop sums.

Compiled with numba and cached on disk. All state comes in and goes out by arrays, so that a stream
cut anywhere gives the same numbers as the whole.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]

# places in the scalar state
DC, STARTED, PREVIOUS_Y, PREVIOUS_X, RUN, SUM_1, SUM_2, RING, HOP, LEVEL = range(10)
N_STATE = 10
# columns of the hop table
POWER, SLOPE, MISSING, RAILED, FLAT = range(5)
N_HOP = 5
# rows of the line table
COS, SIN, TURN_COS, TURN_SIN, IN_PHASE, QUADRATURE, LEAD_COS, LEAD_SIN, LAST_I, LAST_Q = range(10)
DRIFT_I, DRIFT_Q = 10, 11
N_LINE = 12

HOPS_PER_PHASE_CHECK = 10
CLIP = 3.75
"""Errors are clipped at this many mean sizes, three standard deviations of Gaussian noise."""


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def front_end(
    x: F64,
    sections: F64,
    delay_line: F64,
    state: F64,
    rings: F64,
    lines: F64,
    line_gain: float,
    level_gain: float,
    dc_gain: float,
    rail_low: float,
    rail_high: float,
    hop: int,
    u: F32,
    y: F32,
    energy: F32,
    hops: F64,
) -> None:
    """Run whole hops of one channel through everything that touches each sample.

    Parameters
    ----------
    x : ndarray, shape (n,), float64, µV
        Raw signal; NaN where samples are missing. n is a multiple of `hop`.
    sections, delay_line : ndarray, shapes (n_sections, 5) and (n_sections, 2)
        Band-pass and its memory.
    state : ndarray, shape (N_STATE,)
    rings : ndarray, shape (2, width)
        Memory of the two running sums that make the triangular energy window.
    lines : ndarray, shape (N_LINE, n_lines)
        One tracked sinusoid a column: oscillator, turn per sample, weights, the phase lead of the
        high-pass at that frequency, weights at the last look, drift of the weights per sample.
    line_gain : float
        Step of the adaptation, 1 / (time constant in samples).
    level_gain : float
        Step of the tracker of the usual size of an error. Errors far beyond it are clipped before
        they move a weight, so that a potential cannot; a line that begins or jumps raises the
        usual size itself, and is followed.
    dc_gain : float
        Step of the drift tracker.
    rail_low, rail_high : float, µV
        Samples at or beyond are clipped by the converter.
    hop : int
        Samples per hop.
    u, y, energy : ndarray, shape (n,), float32
        Written: signal without drift and lines (µV); the same band-passed (µV); its local energy
        (µV², triangular window, ``width - 1`` samples late).
    hops : ndarray, shape (n // hop, N_HOP)
        Written: mean of y², mean of squared first difference, samples missing, samples at a rail,
        length of the run of equal raw samples at the hop's end.
    """
    n_sections = sections.shape[0]
    width = rings.shape[1]
    n_lines = lines.shape[1]
    for h in range(x.size // hop):
        power = 0.0
        slope = 0.0
        missing = 0
        railed = 0
        for i in range(h * hop, (h + 1) * hop):
            raw = x[i]
            hum = 0.0
            for k in range(n_lines):
                hum += lines[IN_PHASE, k] * lines[COS, k] + lines[QUADRATURE, k] * lines[SIN, k]
            if math.isnan(raw):
                missing += 1
                state[STARTED] = 0.0
                state[RUN] = 0.0
                d = 0.0
            else:
                if state[STARTED] == 0.0:
                    state[STARTED] = 1.0
                    state[DC] = raw - hum
                    delay_line[:] = 0.0
                if raw <= rail_low or raw >= rail_high:
                    railed += 1
                state[RUN] = state[RUN] + 1.0 if raw == state[PREVIOUS_X] else 0.0
                state[PREVIOUS_X] = raw
                d = raw - hum - state[DC]
                state[DC] += dc_gain * d
            u[i] = d
            v = d
            w = d
            for k in range(n_sections):
                out = sections[k, 0] * v + delay_line[k, 0]
                delay_line[k, 0] = sections[k, 1] * v - sections[k, 3] * out + delay_line[k, 1]
                delay_line[k, 1] = sections[k, 2] * v - sections[k, 4] * out
                v = out
                if k == 0:
                    w = out
            if math.isnan(raw):
                v = 0.0
                w = 0.0
            if n_lines > 0:
                level = state[LEVEL]
                state[LEVEL] += level_gain * (min(abs(w), 3.0 * level) - level)
                clip = CLIP * level
                error = min(max(w, -clip), clip) * 2.0 * line_gain
                for k in range(n_lines):
                    c = lines[COS, k]
                    s = lines[SIN, k]
                    # what a unit cosine would look like behind the high-pass
                    lead_c = c * lines[LEAD_COS, k] - s * lines[LEAD_SIN, k]
                    lead_s = s * lines[LEAD_COS, k] + c * lines[LEAD_SIN, k]
                    # the drift makes a growing line be followed without lag, critically damped
                    lines[DRIFT_I, k] += 0.25 * line_gain * error * lead_c
                    lines[DRIFT_Q, k] += 0.25 * line_gain * error * lead_s
                    lines[IN_PHASE, k] += error * lead_c + lines[DRIFT_I, k]
                    lines[QUADRATURE, k] += error * lead_s + lines[DRIFT_Q, k]
                    lines[COS, k] = c * lines[TURN_COS, k] - s * lines[TURN_SIN, k]
                    lines[SIN, k] = s * lines[TURN_COS, k] + c * lines[TURN_SIN, k]
            y[i] = v
            square = v * v
            power += square
            step = v - state[PREVIOUS_Y]
            slope += step * step
            state[PREVIOUS_Y] = v
            r = int(state[RING])
            state[SUM_1] += square - rings[0, r]
            rings[0, r] = square
            state[SUM_2] += state[SUM_1] - rings[1, r]
            rings[1, r] = state[SUM_1]
            state[RING] = (r + 1) % width
            energy[i] = max(state[SUM_2], 0.0) / (width * width)
        hops[h, POWER] = power / hop
        hops[h, SLOPE] = slope / hop
        hops[h, MISSING] = missing
        hops[h, RAILED] = railed
        hops[h, FLAT] = state[RUN]
        state[HOP] += 1.0
        if n_lines > 0 and int(state[HOP]) % HOPS_PER_PHASE_CHECK == 0:
            follow_lines(lines, HOPS_PER_PHASE_CHECK * hop, CLIP * state[LEVEL])


@njit(cache=True, nogil=True)
def follow_lines(lines: F64, n_samples: int, clip_uv: float) -> None:
    """Turn each line's frequency by a part of the phase drift seen in its weights.

    A tracker that is off by df sees its weights rotate by 2 pi df a second; following a fifth of
    that each time is slow enough for noise and fast enough for the mains (0.01 Hz a second).
    Renormalises the oscillators, which drift in length by rounding.
    """
    for k in range(lines.shape[1]):
        i_now, q_now = lines[IN_PHASE, k], lines[QUADRATURE, k]
        i_last, q_last = lines[LAST_I, k], lines[LAST_Q, k]
        size = math.hypot(i_now, q_now)
        # only where the line stands out of what noise alone does to the weights
        if size > 0.1 * clip_uv and math.hypot(i_last, q_last) > 0.1 * clip_uv:
            turn = math.atan2(i_last * q_now - q_last * i_now, i_last * i_now + q_last * q_now)
            turn = min(max(turn, -0.2), 0.2) * 0.2 / n_samples
            # weights (I, Q) of cos and sin turn against the frequency error
            c, s = lines[TURN_COS, k], lines[TURN_SIN, k]
            lines[TURN_COS, k] = c * math.cos(turn) + s * math.sin(turn)
            lines[TURN_SIN, k] = s * math.cos(turn) - c * math.sin(turn)
        lines[LAST_I, k] = i_now
        lines[LAST_Q, k] = q_now
        length = math.hypot(lines[COS, k], lines[SIN, k])
        lines[COS, k] /= length
        lines[SIN, k] /= length
        length = math.hypot(lines[TURN_COS, k], lines[TURN_SIN, k])
        lines[TURN_COS, k] /= length
        lines[TURN_SIN, k] /= length
