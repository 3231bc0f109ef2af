"""The one pass over every sample: drift, interference lines, band-pass, local energy, hop sums.

Compiled with numba and cached on disk. All state comes in and goes out by arrays, so that a stream
cut anywhere gives the same numbers as the whole. The samples go through in strips of half a second,
step after step, so that what one step leaves is still in the nearest cache for the next, and the
steps are short loops without a question wherever nothing is missing.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from fasciscope.detection import band as filtering
from fasciscope.detection import following
from fasciscope.detection.band import STARTED
from fasciscope.detection.following import HOP
from fasciscope.detection.following import LEVEL as LEVEL

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]

# places in the scalar state; the first four are in `band` and `following`
PREVIOUS_Y, PREVIOUS_X, RUN = range(4, 7)
N_STATE = 7
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
    rings: F32,
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
    rings : ndarray, shape (2, width), float32
        The last values of the squared signal and of its running sum over `width` samples; a second
        such sum makes the energy window a triangle.
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
    width = rings.shape[1]
    cosine = np.empty((lines.shape[1], hop + 1))
    sine = np.empty((lines.shape[1], hop + 1))
    following.phases(lines, hop, cosine, sine)
    high, band = np.empty(strip), np.empty(strip)
    squares = np.empty(width + strip, dtype=np.float32)
    sums = np.empty(width + strip, dtype=np.float32)
    spare = np.empty((2, width + strip), dtype=np.float32)
    for first in range(0, x.size, strip):
        stop = min(first + strip, x.size)
        part, n = x[first:stop], stop - first
        rows = hops[first // hop : stop // hop]
        whole = _contact(part, hop, rail_low, rail_high, state, rows)
        if whole and lines.shape[1] == 0 and state[STARTED] > 0.0:
            filtering.pass_band(
                part, sections, delay_line, state, dc_gain, u[first:stop], high, band
            )
            state[HOP] += rows.shape[0]
        else:
            _hop_by_hop(
                part.reshape(-1, hop),
                sections,
                delay_line,
                state,
                lines,
                cosine,
                sine,
                line_gain,
                level_gain,
                dc_gain,
                rows,
                u[first:stop].reshape(-1, hop),
                band[:n].reshape(-1, hop),
            )
        _hop_sums(band[:n], hop, state, rows)
        squares[:width], sums[:width] = rings[0], rings[1]
        _square(band[:n], y[first:stop], squares[width : width + n])
        _running_sum(squares[: width + n], width, spare, sums[width : width + n])
        _running_sum(sums[: width + n], width, spare, energy[first:stop])
        _scale(energy[first:stop], np.float32(1.0 / (width * width)))
        rings[0], rings[1] = squares[n : n + width], sums[n : n + width]


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


@njit(cache=True, nogil=True)
def _hop_by_hop(
    x: F64,
    sections: F64,
    delay_line: F64,
    state: F64,
    lines: F64,
    cosine: F64,
    sine: F64,
    line_gain: float,
    level_gain: float,
    dc_gain: float,
    rows: F64,
    u: F32,
    band: F64,
) -> None:
    """Filter where samples are missing or lines are followed; signals have one row a hop."""
    n_hops, hop = x.shape
    rest, high, low = np.empty(hop), np.empty(hop), np.empty(hop)
    wide = np.empty(hop, dtype=np.float32)
    for h in range(n_hops):
        for i in range(hop):
            rest[i] = x[h, i]
        following.take_away(lines, cosine, sine, rest)
        if rows[h, MISSING] > 0.0 or state[STARTED] == 0.0:
            filtering.pass_gaps(rest, sections, delay_line, state, dc_gain, wide, high, low)
        else:
            filtering.pass_band(rest, sections, delay_line, state, dc_gain, wide, high, low)
        for i in range(hop):
            u[h, i] = wide[i]
            band[h, i] = low[i]
            high[i] *= sections[0, 0]
        state[HOP] += 1.0
        if lines.shape[1] > 0:
            following.follow(high, lines, cosine, sine, state, line_gain, level_gain)
            if int(state[HOP]) % following.HOPS_PER_PHASE_CHECK == 0:
                following.follow_phase(lines, cosine, sine, hop, following.CLIP * state[LEVEL])
                following.phases(lines, hop, cosine, sine)


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _hop_sums(band: F64, hop: int, state: F64, rows: F64) -> None:
    """Write each hop's power and slope."""
    previous = state[PREVIOUS_Y]
    for h in range(rows.shape[0]):
        part = band[h * hop : (h + 1) * hop]
        power = part[0] * part[0]
        slope = (part[0] - previous) ** 2
        for i in range(1, hop):
            power += part[i] * part[i]
            slope += (part[i] - part[i - 1]) ** 2
        previous = part[hop - 1]
        rows[h, POWER] = power / hop
        rows[h, SLOPE] = slope / hop
    state[PREVIOUS_Y] = previous


@njit(cache=True, nogil=True)
def _square(band: F64, y: F32, squares: F32) -> None:
    for i in range(band.size):
        here = np.float32(band[i])
        y[i] = here
        squares[i] = here * here


@njit(cache=True, nogil=True)
def _scale(values: F32, by: np.float32) -> None:
    for i in range(values.size):
        values[i] *= by


@njit(cache=True, nogil=True)
def _running_sum(values: F32, width: int, spare: F32, out: F32) -> None:
    """Write the sum of `width` values that ends at each place from number `width` on.

    Sums of 1, 2, 4, … values are made of those before, and put together by the binary digits of
    `width`: few additions, many places at once, and no rounding that stays.

    Parameters
    ----------
    values : ndarray, shape (width + n,), float32
    width : int
    spare : ndarray, shape (2, at least width + n), float32
        Room to work in.
    out : ndarray, shape (n,), float32
    """
    here, size, behind, row = values, 1, 0, 0
    out[:] = np.float32(0.0)
    while True:
        if width & size:  # all slices begin at place 0, so that the loops are made into vectors
            last = here[width - behind : width - behind + out.size]
            for i in range(out.size):
                out[i] += last[i]
            behind += size
        if 2 * size > width:
            break
        there = spare[row, : values.size]
        late, soon, both = here[:-size], here[size:], there[size:]
        for i in range(both.size):
            both[i] = late[i] + soon[i]
        here, size, row = there, 2 * size, 1 - row
