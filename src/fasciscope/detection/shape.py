"""Judging the shape of a deflection: what no surface potential looks like.

Candidate rows in, those that are pops, steps or swings out. Each reason has its physics beside it.
The loops are compiled with numba and cached on disk.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from fasciscope.detection import candidates as c
from fasciscope.detection.order import median

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Mask = NDArray[np.bool_]

POP_S = 0.0035
"""A surface potential is wider than this at a quarter of its height; an electrode pop is not."""
SHARP_HZ = 300.0
"""A potential of 8 ms with four phases has a root-mean-square frequency of 220 Hz; a spike of two
milliseconds has more than 400. What is narrow must also be six tenths as sharp where it comes again
and again, since the middle phase of a potential may be narrow, and at low rates, where a width is a
matter of two or three samples."""
FINE_HZ = 1500.0
STEP_LIMIT = 0.25
"""A potential returns to where it began, or beyond it (a high-pass swings back); what 20 to 46 ms
later still lies on the same side is an electrode's charge leaking away."""
JUMP_S, LEAK_S = 0.0016, 0.0025
"""A contact's jump takes no time, and its charge leaks away over 2.5 ms to half at least, from
where it leaves a rail if it reached one. No flank of a potential rises within 1.5 ms and then falls
so slowly: tissue blurs both alike."""
STEP_BACK = 0.8
"""A high-pass swings back by a third at most; more is the middle of a step."""
SWING_LIMIT = 1.0
"""Slow swings larger than the potential itself: the skin or the cable moves."""
SHAPE = (c.WIDTH, c.STEP, c.SWING, c.SHARPNESS, c.RISE, c.FALL)
_STEP, _SWING = SHAPE.index(c.STEP), SHAPE.index(c.SWING)
STRAY = 0.6
"""Steps of members that stand alone differ by up to 0.15 of their height from their family's, in
coarse counts 0.3, between other potentials 0.6; a step in a potential's likeness by 1 or more."""
ALONE_S = 0.08
"""A step is measured over so much: what is taller within it has its say there."""
OFTEN = 5
"""Members from which a family vouches for its waveform."""
CLEAR = 8.0
"""Deflection over noise below which a shape is too uncertain to judge."""


def misshapen(rows: F64, labels: I64, fs_hz: float, alone: Mask | None = None) -> Mask:
    """Return which rows are not shaped as a potential: pops, steps, swings.

    A waveform that comes again and again is judged by its members' medians, and not by slow swings,
    since the signal around a single one may hold anything; but one of them that is followed by a
    step as no other is, is a step in their likeness.

    Parameters
    ----------
    rows : ndarray, shape (n, N_CANDIDATE)
    labels : ndarray, shape (n,), int64
        Family, 0 = none.
    fs_hz : float
    alone : ndarray of bool or None, default None
        Rows whose surroundings are their own; None: nobody's are known to be.
    """
    alone = np.zeros(len(rows), dtype=np.bool_) if alone is None else alone
    return _misshapen(rows, labels, fs_hz, alone)


@njit(cache=True, nogil=True)
def _usual(rows: F64, labels: I64, label: int, column: int) -> float:
    """Return the median of one figure over the members of a family."""
    values = np.empty(len(rows))
    n = 0
    for i in range(len(rows)):
        values[n] = rows[i, column]
        n += 1 if labels[i] == label else 0
    return median(values[:n])


@njit(cache=True, nogil=True)
def _misshapen(rows: F64, labels: I64, fs_hz: float, alone: Mask) -> Mask:
    n = len(rows)
    figures = np.empty((len(SHAPE), n))
    for j in range(len(SHAPE)):
        for i in range(n):
            figures[j, i] = rows[i, SHAPE[j]]
    counts = np.zeros(labels.max() + 1 if n else 1, dtype=np.int64)
    for i in range(n):
        counts[labels[i]] += 1
    for k in range(1, counts.size):
        if counts[k] < OFTEN:
            continue
        for j in range(len(SHAPE)):
            usual = 0.0 if j == _SWING else _usual(rows, labels, k, SHAPE[j])
            for i in range(n):
                stray = alone[i] and rows[i, c.RAILED] == 0 and abs(figures[j, i] - usual) > STRAY
                if labels[i] == k and not (j == _STEP and stray):
                    figures[j, i] = usual
    out = np.empty(n, dtype=np.bool_)
    for i in range(n):
        width, step, swing = figures[0, i], figures[1, i], figures[2, i]
        sharp, rise, fall = figures[3, i], figures[4, i], figures[5, i]
        often = labels[i] > 0 and counts[labels[i]] >= OFTEN
        clear = abs(rows[i, c.DEFLECTION]) > CLEAR * math.sqrt(rows[i, c.FLOOR])
        sharp_enough = sharp > 0.6 * SHARP_HZ or (fs_hz > FINE_HZ and not often)
        pop = (width <= POP_S * fs_hz and sharp_enough) or sharp > SHARP_HZ
        stepped = step > STEP_LIMIT or step < -STEP_BACK
        leaked = rise <= JUMP_S * fs_hz and fall >= LEAK_S * fs_hz
        out[i] = (clear and (pop or stepped or leaked)) or swing > SWING_LIMIT
    return out


def tallest(rows: F64, fs_hz: float) -> Mask:
    """Return which rows have no taller one within `ALONE_S`: what is around them is their own."""
    return _tallest(rows[:, c.PEAK], np.abs(rows[:, c.DEFLECTION]), ALONE_S * fs_hz)


@njit(cache=True, nogil=True)
def _tallest(peaks: F64, tall: F64, reach: float) -> Mask:
    out = np.ones(peaks.size, dtype=np.bool_)
    first = 0
    for j in range(peaks.size):
        while peaks[first] < peaks[j] - reach:
            first += 1
        k = first
        while k < peaks.size and peaks[k] <= peaks[j] + reach:
            out[j] = out[j] and tall[k] <= tall[j]
            k += 1
    return out
