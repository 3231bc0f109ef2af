"""The noise floor: follows slow and sudden change, and does not take muscle activity for noise.

Hop powers in, floor of each frame (µV², power of the band-passed signal) out. A frame's level is
the median over its hops, so potentials that fill less than half of it do not count. A frame may
raise the floor only a little, unless what it holds is *the same noise, louder*: as steady from hop
to hop, and of the same colour, as the noise before. Muscle activity is neither.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from fasciscope.detection.kernels import FLAT, MISSING, POWER, RAILED, SLOPE
from fasciscope.detection.order import median, pick, sort_into

F64 = NDArray[np.float64]

HOP_S = 0.010
HOPS_PER_FRAME = 50
LOOK_AHEAD = 4
"""Frames of the future that a frame's floor may use: two seconds."""
LOOK_BACK = 4
START_FRAMES = 20
"""The first ten seconds are learned from before anything is said."""
ELEVATED = 2.0
"""A level this much (power) above the floor is asked whether it is noise at all: 3 dB."""
RISE_PER_FRAME = 1.06
CREEP_PER_FRAME = 1.01
"""Fastest rise of the floor where what is heard is like the noise before (1 dB in two seconds), and
where it is not (1 dB in ten)."""
LARGEST_STEP = 25.0
"""No amplifier's noise jumps by more than five times its size."""
SAME_STEADINESS = 1.35
SAME_COLOUR = 0.3
GIVE_UP_FRAMES = 120
"""After a minute without one quiet frame, the quietest of that minute is the floor: nothing can be
seen below it."""

# columns of the frame table
LEVEL, SPREAD, COLOUR, USABLE = range(4)
N_FRAME = 4
# places in the state
BASE, BASE_SPREAD, BASE_COLOUR, RAISED_FOR, FLOOR_NOW, LOWEST = range(6)
N_STATE = 6
# how the floor turned
STEP_UP, FALL_ALIKE, FALL_UNLIKE = 1.0, 2.0, 3.0


@njit(cache=True, nogil=True)
def describe_frames(hops: F64, flat_limit: float, frames: F64) -> None:
    """Write level, spread, colour and usability of each frame from its hops.

    Level: median hop power. Spread: 80 % over 20 % quantile of hop power (how unsteady). Colour:
    median squared slope over median power (mean squared frequency). Hops with missing, railed or
    long-constant samples are left out; a frame is usable if half of its hops remain.
    """
    n = frames.shape[0]
    powers = np.empty(HOPS_PER_FRAME)
    slopes = np.empty(HOPS_PER_FRAME)
    p = np.empty(HOPS_PER_FRAME)
    for f in range(n):
        k = 0
        for h in range(f * HOPS_PER_FRAME, (f + 1) * HOPS_PER_FRAME):
            if hops[h, MISSING] == 0 and hops[h, RAILED] == 0 and hops[h, FLAT] < flat_limit:
                powers[k] = hops[h, POWER]
                slopes[k] = hops[h, SLOPE]
                k += 1
        frames[f, USABLE] = 1.0 if 2 * k >= HOPS_PER_FRAME else 0.0
        frames[f, LEVEL] = 0.0
        frames[f, SPREAD] = 1.0
        frames[f, COLOUR] = 0.0
        if k > 4:
            sort_into(powers[:k], p)
            level = p[k // 2]
            frames[f, LEVEL] = level
            frames[f, SPREAD] = p[(4 * k) // 5] / max(p[k // 5], 1e-12)
            sort_into(slopes[:k], p)
            frames[f, COLOUR] = p[k // 2] / max(level, 1e-12)


@njit(cache=True, nogil=True)
def start(frames: F64, least: float, state: F64) -> None:
    """Set the state from the first frames: the quietest few of them are noise.

    Without a usable frame the base stays zero, which means that nothing is known yet.
    """
    levels = np.empty(frames.shape[0])
    k = 0
    for f in range(frames.shape[0]):
        if frames[f, USABLE] > 0:
            levels[k] = frames[f, LEVEL]
            k += 1
    if k == 0:
        return
    base = pick(levels[:k], min(2, k - 1))
    state[BASE] = max(base, least)
    spreads = np.empty(frames.shape[0])
    colours = np.empty(frames.shape[0])
    k = 0
    for f in range(frames.shape[0]):
        if frames[f, USABLE] > 0 and frames[f, LEVEL] <= 1.5 * base:
            spreads[k] = frames[f, SPREAD]
            colours[k] = frames[f, COLOUR]
            k += 1
    state[BASE_SPREAD] = median(spreads[:k]) if k > 0 else 2.6
    state[BASE_COLOUR] = median(colours[:k]) if k > 0 else 0.0
    state[RAISED_FOR] = 0.0
    state[FLOOR_NOW] = state[BASE]


@njit(cache=True, nogil=True)
def _same_noise(frames: F64, first: int, last: int, state: F64) -> float:
    """Median level of frames [first, last) if they are the known noise at another level, else 0."""
    k = last - first
    level = median(frames[first:last, LEVEL].copy())
    for f in range(first, last):
        here = frames[f, LEVEL]
        if frames[f, USABLE] == 0 or here > 1.6 * level or here < level / 1.6:
            return 0.0
    if k < 3 or median(frames[first:last, SPREAD].copy()) > SAME_STEADINESS * state[BASE_SPREAD]:
        return 0.0
    colour = median(frames[first:last, COLOUR].copy())
    if abs(np.log(max(colour, 1e-12) / max(state[BASE_COLOUR], 1e-12))) > SAME_COLOUR:
        return 0.0
    return float(level)


@njit(cache=True, nogil=True)
def _alike(frames: F64, first: int, middle: int, last: int) -> bool:
    """Return whether frames before and from `middle` are as steady and of the same colour."""
    if middle - first < 2 or last - middle < 2:
        return True
    before, after = np.empty(2), np.empty(2)
    for column, k in ((SPREAD, 0), (COLOUR, 1)):
        before[k] = median(frames[first:middle, column].copy())
        after[k] = median(frames[middle:last, column].copy())
    if before[0] > SAME_STEADINESS * after[0]:
        return False
    return bool(abs(np.log(max(before[1], 1e-12) / max(after[1], 1e-12))) <= SAME_COLOUR)


@njit(cache=True, nogil=True)
def advance(
    frames: F64,
    first: int,
    last: int,
    end: int,
    least: float,
    toggling: float,
    state: F64,
    floors: F64,
) -> None:
    """Write the floor of frames [first, last) into `floors`, looking ahead no further than `end`.

    Parameters
    ----------
    frames : ndarray, shape (n, N_FRAME)
    first, last, end : int
        Rows to decide, and one past the last row that is known; `last` is at most
        ``end - LOOK_AHEAD`` but at the end of the signal.
    least : float, µV²
        Quantisation floor: the level is never below it.
    toggling : float, µV²
        Power up to which the converter's own noise comes and goes; the floor follows it at once.
    state : ndarray, shape (N_STATE,)
    floors : ndarray, shape (n, 3)
        Written: floor (µV²); 1 where the frame itself was taken for noise; how the floor turned
        (one of `STEP_UP`, `FALL_UNLIKE`, `FALL_ALIKE`, or 0).
    """
    near = np.empty(LOOK_BACK + LOOK_AHEAD + 1)
    for f in range(first, last):
        ahead = min(f + LOOK_AHEAD + 1, end)
        level = max(frames[f, LEVEL], least)
        floors[f, 2] = 0.0
        if state[BASE] == 0.0 and frames[f, USABLE] > 0 and frames[f:ahead, USABLE].sum() >= 3:
            start(frames[f:ahead], least, state)
        base = state[BASE]
        accepted = False
        if frames[f, USABLE] > 0 and base > 0.0:
            if level <= toggling and base <= toggling:
                state[BASE] = level
                accepted = True
            elif level > ELEVATED * base:
                state[LOWEST] = level if state[RAISED_FOR] == 0 else min(level, state[LOWEST])
                state[RAISED_FOR] += 1
                same = _same_noise(frames, f, ahead, state)
                if ELEVATED * base < same <= LARGEST_STEP * base:
                    state[BASE] = max(same, least)
                    accepted = True
                    floors[f, 2] = STEP_UP
                elif state[RAISED_FOR] > GIVE_UP_FRAMES:
                    state[BASE] = state[LOWEST]
                    state[FLOOR_NOW] = state[LOWEST]
                    state[RAISED_FOR] = 0.0
            elif level < base / ELEVATED:
                lower = 0
                for g in range(f + 1, ahead):
                    if frames[g, USABLE] > 0 and max(frames[g, LEVEL], least) < base / 1.5:
                        lower += 1
                if 2 * lower >= ahead - f - 1:
                    alike = _alike(frames, max(f - LOOK_BACK, 0), f, ahead)
                    floors[f, 2] = FALL_ALIKE if alike else FALL_UNLIKE
                    state[BASE] = level
                    accepted = True
            else:
                accepted = True
                known = _same_noise(frames, max(f - LOOK_BACK, 0), ahead, state) > 0.0
                fastest = RISE_PER_FRAME if known else CREEP_PER_FRAME
                if level > base:
                    state[BASE] = min(level, base * fastest)
                else:
                    state[BASE] = base + 0.3 * (level - base)
        if accepted:
            state[RAISED_FOR] = 0.0
            k = 0
            for g in range(max(f - LOOK_BACK, 0), ahead):
                there = max(frames[g, LEVEL], least)
                if frames[g, USABLE] > 0 and level / 1.6 <= there <= level * 1.6:
                    near[k] = there
                    k += 1
            middle = median(near[:k])
            state[FLOOR_NOW] = max(min(middle, 1.5 * state[BASE]), least)
            state[BASE_SPREAD] += 0.02 * (frames[f, SPREAD] - state[BASE_SPREAD])
            state[BASE_COLOUR] += 0.02 * (frames[f, COLOUR] - state[BASE_COLOUR])
        floors[f, 0] = max(state[FLOOR_NOW], least)
        floors[f, 1] = 1.0 if accepted else 0.0
