"""The one pass over every sample: drift, interference lines, band-pass, local energy, hop sums.

Compiled with numba and cached on disk. All state comes in and goes out by arrays, so that a stream
cut anywhere gives the same numbers as the whole. The samples go through in strips of half a second,
step after step, so that what one step leaves is still in the nearest cache for the next; where a
strip has no line to follow and nothing missing, the steps are short loops without a question.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from fasciscope.detection.following import (
    DC,
    HOP,
    MOST_LINES,
    N_LINE,
    STARTED,
    filter_and_follow,
)
from fasciscope.detection.following import (
    LEVEL as LEVEL,
)

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]

# places in the scalar state; the first four are in `following`
PREVIOUS_Y, PREVIOUS_X, RUN, SUM_1, SUM_2, RING = range(4, 10)
N_STATE = 10
# columns of the hop table
POWER, SLOPE, MISSING, RAILED, FLAT = range(5)
N_HOP = 5
STRIP_HOPS = 50


@njit(cache=True, nogil=True)
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
        Band-pass (a high-pass, then none or two low-passes, bilinear as `filters` makes them) and
        its memory.
    state : ndarray, shape (N_STATE,)
    rings : ndarray, shape (2, width)
        Memory of the two running sums that make the triangular energy window.
    lines : ndarray, shape (N_LINE, n_lines)
        One tracked sinusoid a column, at most `MOST_LINES`: what it is now and a quarter of a
        period ago (µV), the drift of both per sample, the turn per sample, the effect of a unit
        error (it turns back by the phase lead of the high-pass), what it was at the last look.
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
    strip = STRIP_HOPS * hop
    n_lines = lines.shape[1]
    width = rings.shape[1]
    table = np.zeros(N_LINE * MOST_LINES)
    for k in range(n_lines):
        for j in range(N_LINE):
            table[j * MOST_LINES + k] = lines[j, k]
    band = np.zeros(strip)
    squares = np.empty(width + strip)
    sums = np.empty(width + strip)
    _unroll(rings, int(state[RING]), squares, sums)
    for first in range(0, x.size, strip):
        stop = min(first + strip, x.size)
        part = x[first:stop]
        rows = hops[first // hop : stop // hop]
        whole = _contact(part, hop, rail_low, rail_high, state, rows)
        if whole and n_lines == 0 and state[STARTED] > 0.0:
            _filter(part, sections, delay_line, state, dc_gain, u[first:stop], band)
            state[HOP] += rows.shape[0]
        else:
            filter_and_follow(
                part,
                sections,
                delay_line,
                state,
                table,
                n_lines,
                line_gain,
                level_gain,
                dc_gain,
                hop,
                u[first:stop],
                band,
            )
        _energy(band, hop, squares, sums, state, y[first:stop], energy[first:stop], rows)
    for k in range(n_lines):
        for j in range(N_LINE):
            lines[j, k] = table[j * MOST_LINES + k]
    rings[0], rings[1] = squares[:width], sums[:width]
    state[RING] = 0.0


@njit(cache=True, nogil=True)
def _unroll(rings: F64, at: int, squares: F64, sums: F64) -> None:
    """Write the rings, oldest value first, before the places of the next samples."""
    width = rings.shape[1]
    for k in range(width):
        squares[k] = rings[0, (at + k) % width]
        sums[k] = rings[1, (at + k) % width]


@njit(cache=True, nogil=True)
def _contact(x: F64, hop: int, low: float, high: float, state: F64, rows: F64) -> bool:
    """Count missing, railed and equal samples of each hop; return whether none is missing."""
    strange = 0
    for i in range(x.size):
        strange += 0 if (x[i] > low and x[i] < high) else 1
    missing = 0
    if strange > 0:
        for i in range(x.size):
            missing += 1 if math.isnan(x[i]) else 0
    for h in range(rows.shape[0]):
        rows[h, MISSING] = 0.0
        rows[h, RAILED] = 0.0
        first = h * hop
        if strange > 0:
            for i in range(first, first + hop):
                rows[h, MISSING] += 1.0 if math.isnan(x[i]) else 0.0
                rows[h, RAILED] += 1.0 if (x[i] <= low or x[i] >= high) else 0.0
        if missing > 0:
            for i in range(first, first + hop):
                if math.isnan(x[i]):
                    state[RUN] = 0.0
                else:
                    state[RUN] = state[RUN] + 1.0 if x[i] == state[PREVIOUS_X] else 0.0
                    state[PREVIOUS_X] = x[i]
        else:
            last = i = first + hop - 1
            while i > first and x[i] == x[i - 1]:
                i -= 1
            run = last - i
            if i == first and x[i] == state[PREVIOUS_X]:
                run += state[RUN] + 1.0
            state[RUN] = run
            state[PREVIOUS_X] = x[last]
        rows[h, FLAT] = state[RUN]
    return missing == 0


@njit(cache=True, nogil=True, fastmath={"contract"})
def _filter(
    x: F64, sections: F64, delay_line: F64, state: F64, dc_gain: float, u: F32, band: F64
) -> None:
    """Take drift away and band-pass, where nothing is missing and no line is followed.

    Direct form II: only one product lies on the way from a sample to the next. Numerators are
    1 - 2z⁻¹ + z⁻² and 1 + 2z⁻¹ + z⁻².
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


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _energy(
    band: F64, hop: int, squares: F64, sums: F64, state: F64, y: F32, energy: F32, rows: F64
) -> None:
    """Write the band-passed signal, its local energy, and each hop's power and slope.

    `squares` and `sums` hold the last `width` values before the strip, and are moved on.
    """
    width = squares.size - STRIP_HOPS * hop
    previous = state[PREVIOUS_Y]
    for i in range(y.size):
        y[i] = band[i]
        squares[width + i] = band[i] * band[i]
    for h in range(rows.shape[0]):
        first = h * hop
        power = 0.0
        slope = (band[first] - previous) ** 2
        for i in range(first, first + hop):
            power += squares[width + i]
        for i in range(first + 1, first + hop):
            slope += (band[i] - band[i - 1]) ** 2
        previous = band[first + hop - 1]
        rows[h, POWER] = power / hop
        rows[h, SLOPE] = slope / hop
    state[PREVIOUS_Y] = previous
    one, two = state[SUM_1], state[SUM_2]
    scale = 1.0 / (width * width)
    for i in range(y.size):
        one += squares[width + i] - squares[i]
        two += one - sums[i]
        sums[width + i] = one
        energy[i] = max(two, 0.0) * scale
    state[SUM_1], state[SUM_2] = one, two
    for k in range(width):
        squares[k] = squares[y.size + k]
        sums[k] = sums[y.size + k]
