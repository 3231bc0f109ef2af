"""Recognising the heart in a channel: a slow fixed shape that comes at 0.6-3 Hz, nearly evenly.

Times and waveforms in, verdict out. A muscle that twitches about once a second
is not the heart: its intervals scatter far more than a heart's do from one beat to the next, and
its potentials are quicker. The loops over waveforms are compiled with numba and cached on disk.

References
----------
Task Force of the ESC and NASPE, Circulation 93 (1996) 1043: beat-to-beat variability at rest is a
few per cent of the interval, rarely above 15 %.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Mask = NDArray[np.bool_]

SHORTEST_S, LONGEST_S = 0.33, 1.7
LEAST_BEATS = 8
EVENNESS = 0.2
"""Intervals within this part of the running median count as even."""
EVEN_SHARE = 0.7
COVERAGE = 0.7
ALIKE = 0.8
"""Correlation with the usual beat, noise and breathing allowed for."""
TRIES = 6
COMPANY = 0.7
SAME_PLACE_S = 0.004
RARE, RARE_LEAST = 0.01, 3
"""Part of the beats, and number, that may have something at one distance by chance: thirty twitches
a minute beside 70 beats stand within the same 8 ms of one beat in 250."""
SMOOTH_S = 0.007
"""Half its power at 63 Hz: a QRS complex stays, three quarters of the noise go."""
HIGHEST_HZ = 60.0
"""Root-mean-square frequency of a heartbeat seen in a limb lead: mostly below 40 Hz."""


def find_beats(
    times_s: F64,
    shapes: F32,
    fs_hz: float,
    slow_too: Mask | None = None,
) -> Mask:
    """Return which potentials are heartbeats.

    Parameters
    ----------
    times_s : ndarray, shape (n,), float64, s
        Sorted.
    shapes : ndarray, shape (n, length), float32, µV
        Band-passed waveforms, centred on the largest deflection.
    fs_hz : float
    slow_too : ndarray of bool, shape (n,), or None, default None
        Those that are slow though noise makes their waveforms look quicker.

    Notes
    -----
    Size does not count, since breathing changes it by a third; shape does.
    """
    beats = np.zeros(len(times_s), dtype=np.bool_)
    is_slow = rms_frequency(shapes, fs_hz) < HIGHEST_HZ
    slow = np.flatnonzero(is_slow if slow_too is None else is_slow | slow_too)
    shapes = smoothed(shapes, fs_hz)
    if slow.size < LEAST_BEATS:
        return beats
    size = np.sqrt((shapes[slow].astype(np.float64) ** 2).sum(axis=1))
    unit = shapes[slow] / np.maximum(size, 1e-12)[:, None]
    free, step = np.argsort(size, kind="stable"), max(1, round(0.001 * fs_hz))
    for _ in range(TRIES):
        if free.size < LEAST_BEATS:
            break
        seed = int(free[free.size // 2])
        members = _alike(unit, unit[seed], step)
        members = _alike(unit, unit[members].mean(axis=0), step)
        members[seed] = True
        mine = _one_a_beat(times_s, slow[members], size[members])
        if is_heartbeat(times_s[mine]):
            beats[mine] = True
            beats[_missed(times_s, slow, mine, size)] = True
        free = free[~members[free]]
    if not beats.any():  # a small heart in noise: its rhythm alone
        everything = _one_a_beat(times_s, slow, size)
        beats[everything] = is_heartbeat(times_s[everything])
    found = np.flatnonzero(beats)
    beats[:] = False
    if found.size:
        energy = (shapes[found].astype(np.float64) ** 2).sum(axis=1)
        beats[_one_a_beat(times_s, found, energy)] = True
    return beats


@njit(cache=True, nogil=True)
def _one_a_beat(times_s: F64, rows: I64, size: F64) -> I64:
    """Of rows closer together than any heart beats, keep the largest."""
    out = np.empty(rows.size, dtype=np.int64)
    n, best = 0, 0
    for k in range(rows.size):
        if k == 0 or times_s[rows[k]] - times_s[rows[k - 1]] > 0.6 * SHORTEST_S:
            n, best = n + 1, k
        elif size[k] > size[best]:
            best = k
        out[n - 1] = rows[best]
    return out[:n]


def _missed(
    times_s: F64,
    slow: I64,
    beats: I64,
    size: F64,
) -> I64:
    """Return slow rows that stand where a beat is due but was not known by its shape.

    Another phase of it may have been the largest that time.
    """
    at = times_s[beats]
    usual = float(np.median(np.diff(at)))
    least = 0.5 * float(np.median(size[np.isin(slow, beats)]))
    found = []
    for row, own in zip(slow, size, strict=True):
        k = int(np.clip(np.searchsorted(at, times_s[row]), 1, len(at) - 1))
        gap = at[k] - at[k - 1]
        beats_in_it = round(gap / usual)
        place = (times_s[row] - at[k - 1]) / gap * max(beats_in_it, 1)
        due = beats_in_it >= 2 and abs(place - round(place)) < EVENNESS
        if due and 0 < round(place) < beats_in_it and own > least:
            found.append(int(row))
    return np.array(found, dtype=np.int64)


@njit(cache=True, nogil=True)
def _alike(unit: F32, seed: F32, step: int) -> Mask:
    """Return which waveforms of unit size correlate with `seed` at some alignment.

    At one of ten shifts of `step` samples to both sides, round the end.
    """
    n, length = unit.shape
    twice = np.empty(2 * length, dtype=np.float32)
    size = np.float32(0.0)
    for j in range(length):
        twice[j] = twice[j + length] = seed[j]
        size += seed[j] * seed[j]
    least = ALIKE * math.sqrt(size)
    out = np.zeros(n, dtype=np.bool_)
    for i in range(n):
        for k in range(-10, 11):
            first = (length - k * step) % length
            if _along(unit[i], twice[first : first + length]) > least:
                out[i] = True
                break
    return out


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _along(one: F32, other: F32) -> float:
    total = np.float32(0.0)
    for j in range(one.size):
        total += one[j] * other[j]
    return float(total)


def accompany(peaks: F64, labels: I64, beats: F64, reach: float) -> Mask:
    """Return which potentials belong to families that nearly always come with a heartbeat.

    They are other parts of the same beat. A muscle's family falls on beats by chance only.
    """
    out = np.zeros(len(peaks), dtype=np.bool_)
    if len(beats) == 0:
        return out
    order = np.sort(beats)
    at = np.clip(np.searchsorted(order, peaks), 1, max(len(order) - 1, 1))
    distance = np.minimum(
        np.abs(peaks - order[at - 1]), np.abs(order[np.minimum(at, len(order) - 1)] - peaks)
    )
    for k in range(1, int(labels.max(initial=0)) + 1):
        members = labels == k
        if members.any() and (distance[members] < reach).mean() > COMPANY:
            out |= members
    return out


def rarely_there(peaks: NDArray[np.float64], beats: NDArray[np.float64], fs_hz: float) -> Mask:
    """Return which potentials stand where hardly any beat has something, before or after its peak.

    A beat's other waves come with many beats, at one distance; a muscle's potentials come anywhere.

    Parameters
    ----------
    peaks, beats : ndarray, samples
        The latter sorted.
    fs_hz : float
    """
    if len(beats) == 0:
        return np.ones(len(peaks), dtype=np.bool_)
    at = np.clip(np.searchsorted(beats, peaks), 1, max(len(beats) - 1, 1))
    before, after = beats[at - 1], beats[np.minimum(at, len(beats) - 1)]
    distance = np.where(peaks - before < after - peaks, peaks - before, peaks - after)
    order = np.sort(distance[distance != 0.0])
    reach = SAME_PLACE_S * fs_hz
    others = np.searchsorted(order, distance + reach) - np.searchsorted(order, distance - reach)
    return np.asarray(others <= max(RARE_LEAST, RARE * len(beats)))


def smoothed(shapes: F32, fs_hz: float) -> F32:
    """Return the waveforms averaged over `SMOOTH_S`: what is slow stays, of the noise a quarter."""
    return _averaged(shapes, max(1, round(SMOOTH_S * fs_hz)))


@njit(cache=True, nogil=True)
def _averaged(shapes: F32, width: int) -> F32:
    """Return the mean of `width` samples around each; before the first there is nothing."""
    n, length = shapes.shape
    out = np.empty((n, length), dtype=np.float32)
    for i in range(n):
        total = 0.0
        for j in range(length):
            total += shapes[i, j]
            if j >= width:
                total -= shapes[i, j - width]
            out[i, (j - width // 2) % length] = total / width
    return out


def rms_frequency(shapes: F32, fs_hz: float) -> F64:
    """Return the root-mean-square frequency (Hz) of each waveform, shape (n,)."""
    return np.asarray(np.arcsin(_half_turn(shapes)) * fs_hz / np.pi)


@njit(cache=True, nogil=True)
def _half_turn(shapes: F32) -> F64:
    """Return the sine of half of what each waveform turns by from sample to sample, typically."""
    out = np.empty(len(shapes))
    for i in range(out.size):
        power = slope = 0.0
        for j in range(shapes.shape[1]):
            power += np.float64(shapes[i, j]) ** 2
            if j > 0:
                slope += (np.float64(shapes[i, j]) - np.float64(shapes[i, j - 1])) ** 2
        out[i] = min(1.0, 0.5 * math.sqrt(slope / max(power, 1e-12)))
    return out


def is_heartbeat(times_s: F64) -> bool:
    """Return whether events at `times_s` (s, sorted) come as a heart beats."""
    if len(times_s) < LEAST_BEATS:
        return False
    intervals = np.diff(times_s)
    usual = float(np.median(intervals))
    if not SHORTEST_S <= usual <= LONGEST_S:
        return False
    padded = np.pad(intervals, 3, mode="reflect") if len(intervals) > 3 else intervals
    local = np.median(np.lib.stride_tricks.sliding_window_view(padded, 7), axis=1)
    even = np.abs(intervals - local) < EVENNESS * local
    # beats that were missed or hidden leave gaps; what is there must still fill the time
    covered = float(np.minimum(intervals, 2 * usual)[even].sum()) / float(intervals.sum())
    return bool(even.mean() >= EVEN_SHARE and covered >= COVERAGE)
