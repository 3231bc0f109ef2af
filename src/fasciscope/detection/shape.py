"""Judging the shape of a deflection: what no surface potential looks like.

Candidate rows in, those that are pops, steps or swings out. Each reason has its physics beside it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fasciscope.detection import candidates as c

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
    figures = rows[:, list(SHAPE)].copy()
    often = np.zeros(len(rows), dtype=np.bool_)
    alone = often.copy() if alone is None else alone & (rows[:, c.RAILED] == 0)
    for k in range(1, int(labels.max(initial=0)) + 1):
        members = labels == k
        if members.sum() >= OFTEN:
            usual, own = np.median(figures[members], axis=0), figures[members, _STEP]
            stray = alone[members] & (np.abs(own - usual[_STEP]) > STRAY)
            figures[members] = usual
            figures[members, _SWING] = 0.0
            figures[members, _STEP] = np.where(stray, own, usual[_STEP])
            often |= members
    width, step, swing, sharp, rise, fall = figures.T
    clear = np.abs(rows[:, c.DEFLECTION]) > CLEAR * np.sqrt(rows[:, c.FLOOR])
    narrow = width <= POP_S * fs_hz
    narrow &= (sharp > 0.6 * SHARP_HZ) | ((fs_hz > FINE_HZ) & ~often)
    pop = narrow | (sharp > SHARP_HZ)
    stepped = (step > STEP_LIMIT) | (step < -STEP_BACK)
    leaked = (rise <= JUMP_S * fs_hz) & (fall >= LEAK_S * fs_hz)
    return np.asarray(clear & (pop | stepped | leaked) | (swing > SWING_LIMIT))


def tallest(rows: F64, fs_hz: float) -> Mask:
    """Return which rows have no taller one within `ALONE_S`: what is around them is their own."""
    peaks, tall = rows[:, c.PEAK], np.abs(rows[:, c.DEFLECTION])
    first = np.searchsorted(peaks, peaks - ALONE_S * fs_hz)
    stop = np.searchsorted(peaks, peaks + ALONE_S * fs_hz, side="right")
    out = [tall[j] >= tall[first[j] : stop[j]].max() for j in range(len(rows))]
    return np.array(out, dtype=np.bool_)
