"""Sustained activity: where a muscle is held active, and whether it may be a cramp.

Stretches and the power profile of a `ChannelDetector` in, sample ranges and events out. None of
this time is analysable: what is counted are twitches of a muscle at rest.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fasciscope import events as ev
from fasciscope.detection import candidates as c
from fasciscope.detection import noise, ranges
from fasciscope.detection.channel import PROFILE_HOPS, ChannelDetector
from fasciscope.detection.families import LEAST_MEMBERS
from fasciscope.events import Kind

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Mask = NDArray[np.bool_]

JOIN_S = 0.4
"""Activity that pauses for less is one stretch: units at 5 a second do."""
SLOW_HZ = 50.0
"""Root-mean-square frequency under which a dense stretch is movement. EMG lies at 60-150 Hz; a tug
at the skin swings at 12-35 Hz, and its onset makes more of it."""
FAINT_FRAMES = 3
ABOVE = 2.5
RETURN_FRAMES = 60
CLEANED_FRAMES = 2
"""A line that has just been begun is followed to the noise within a second."""
TONIC = ((11, 1.0), (24, 4.0))
"""Least count, and the time that it must come in."""
JERK = ((5, 0.12),)
"""Five within an eighth of a second: no doublet or echo, a brief jerk of the whole muscle."""
STRANGE_JERK = ((3, 0.10),)
"""Three that are like nothing else, within a tenth of a second."""
CHAIN_S = 0.2
"""Longest interval of a unit that takes part in an activity: 5 a second."""
CRAMP_CHAIN_S, FAR_S = 0.45, 3.0
"""In a cramp units fire at 6 to 25 a second with a variation of 45 % (Minetto 2009): one interval
in a hundred of the slowest is longer. No activity is led into or out of by so few for so long.
Nor does a unit that is held active pause for longer."""
CRAMP_S = 8.0


def stretches(channel: ChannelDetector, n_samples: int) -> tuple[I64, I64, I64]:
    """Return sustained activity, movement and unusable stretches, in samples."""
    fs_hz, hop = channel.fs_hz, channel.hop
    dense = ranges.union(*channel.stretches.dense)
    busy = ranges.union(*channel.stretches.busy)
    join = round(JOIN_S * fs_hz / hop)
    grown = ranges.join(grow(dense, busy, 4), join)
    drowned = ranges.union(*channel.drowned_ranges) * noise.HOPS_PER_FRAME
    hum = ranges.union(*channel.hum_ranges) * noise.HOPS_PER_FRAME
    dead = ranges.union(drowned, hum, *channel.stretches.unusable)
    grown = ranges.union(grown, faint(channel, grown), mistaken(channel))
    grown = without_hum(grown, hum)
    shortest = channel.settings.min_contraction_s * fs_hz / hop
    slow = np.array([_frequency(channel, r) < SLOW_HZ for r in grown], dtype=bool)
    brief = (grown[:, 1] - grown[:, 0]) < shortest
    movement = slow.reshape(-1) | brief
    late = channel.band_delay
    return (
        ranges.clip(grown[~movement] * hop - late, n_samples),
        ranges.clip(grown[movement] * hop - late, n_samples),
        ranges.clip(dead * hop, n_samples),
    )


def without_hum(stretch: I64, hum: I64) -> I64:
    """Return `stretch` without the time in which a hum was not known yet, or scraps of that."""
    rest = ranges.without(stretch, hum)
    beside = ranges.overlap(rest, ranges.widen(hum, 1))
    return rest[~beside | (rest[:, 1] - rest[:, 0] > noise.HOPS_PER_FRAME)]


def faint(channel: ChannelDetector, known: I64) -> I64:
    """Return stretches too faint for single hops to show, but louder than noise for 1.5 s, in hops.

    They are what the noise floor refused to take for noise; where density already found activity
    its finer edges stand.
    """
    raised = ranges.union(*channel.raised_ranges)
    raised = raised[raised[:, 1] - raised[:, 0] >= FAINT_FRAMES] * noise.HOPS_PER_FRAME
    return raised[~ranges.overlap(raised, known)]


def grow(stretch: I64, busy: I64, reach: int) -> I64:
    """Grow each range over the busy runs that touch it or lie within `reach` hops of it."""
    out = stretch.copy()
    for k in range(len(out)):
        j = np.searchsorted(busy[:, 1], out[k, 0] - reach)
        while j < len(busy) and busy[j, 0] <= out[k, 1] + reach:
            out[k, 0] = min(out[k, 0], busy[j, 0])
            out[k, 1] = max(out[k, 1], busy[j, 1])
            j += 1
    return ranges.union(out)


def mistaken(channel: ChannelDetector) -> I64:
    """Return stretches that were taken for noise at the time but were activity, in hops.

    What fell away to noise of another kind was no noise: a recording that begins in a contraction,
    or one that went on for so long that the floor gave in. And noise that leaps up does not come
    back within half a minute to just where it was.
    """
    levels = np.concatenate([np.empty(0), *channel.level_history])
    turns = np.concatenate([np.empty(0), *channel.turns])
    found = []
    up = -1
    cleaned = np.concatenate([np.empty(0, dtype=np.int64), *channel.cleaned])
    for f in np.flatnonzero(turns):
        # what a line took away with it when it was known at last was hum, and no activity
        if ((cleaned <= f) & (f <= cleaned + CLEANED_FRAMES)).any():
            continue
        if turns[f] == noise.STEP_UP:
            up = int(f)
            continue
        after = float(np.median(levels[f : f + 4]))
        first = int(f)
        if turns[f] == noise.FALL_UNLIKE:
            while first > 0 and levels[max(first - 3, 0) : first].max() > ABOVE * after:
                first -= 1
        elif up > 0 and f - up <= RETURN_FRAMES:
            before = float(np.median(levels[max(up - 4, 0) : up]))
            if before / 1.6 < after < 1.6 * before:
                first = up
        if first < f:
            found.append((first * noise.HOPS_PER_FRAME, int(f) * noise.HOPS_PER_FRAME))
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def _whole_profile(channel: ChannelDetector) -> F64:
    """Return power, slope and clipped power of each quarter second, shape (n, 3)."""
    if len(channel.profile) != 1:
        channel.profile[:] = [np.concatenate([np.empty((0, 3)), *channel.profile])]
    return channel.profile[0]


def _profile(channel: ChannelDetector, hops: I64) -> F64:
    """Return mean power, slope and clipped power in quarter seconds over a hop range, (n, 3)."""
    return _whole_profile(channel)[hops[0] // PROFILE_HOPS : -(-hops[1] // PROFILE_HOPS)]


def _frequency(channel: ChannelDetector, hops: I64) -> float:
    part = _profile(channel, hops)
    power, slope = part[:, :2].sum(axis=0)
    if power <= 0:
        return 0.0
    sine = min(1.0, 0.5 * float(np.sqrt(slope / power)))
    return float(np.arcsin(sine) * channel.fs_hz / np.pi)


def trains(
    peaks: F64, rules: tuple[tuple[int, float], ...], fs_hz: float, pause_s: float = np.inf
) -> I64:
    """Return stretches in which at least so many potentials come within so many seconds.

    Parameters
    ----------
    peaks : ndarray, shape (n,)
        Samples, sorted.
    rules : tuple of (int, float)
        Least count, and the time (s) that it must come in.
    fs_hz : float
    pause_s : float, default none
        Time (s) that no two of them may be apart.
    """
    found = []
    run = np.cumsum(np.diff(peaks, prepend=peaks[:1]) >= pause_s * fs_hz)
    for count, seconds in rules:
        first = np.arange(max(len(peaks) - count + 1, 0))
        last = first + count - 1
        close = (peaks[last] - peaks[first] < seconds * fs_hz) & (run[last] == run[first])
        found.append(np.stack([peaks[first[close]], peaks[last[close]] + 1], axis=1))
    return ranges.union(*(one.astype(np.int64) for one in found))


def tonic_firing(peaks: F64, fs_hz: float) -> I64:
    """Return stretches in which potentials come as from units that are held active.

    Eleven in a second, or six a second for four seconds: more than runs of twitches bring
    (3-8 Hz for a second or two), less than the gates of density see. A twitch that comes after a
    pause is no part of it.
    """
    return ranges.join(trains(peaks, TONIC, fs_hz, CRAMP_CHAIN_S), round(JOIN_S * fs_hz))


def reach_out(sustained: I64, rows: F64, resting: Mask, channel: ChannelDetector) -> I64:
    """Lengthen activity over the potentials that lead into it and out of it.

    Units come in and drop out one by one, the first at 5 to 8 a second: each next potential lies
    within a fifth of a second of the one nearer to the activity. In a cramp they are slower and far
    less even, so there it is up to 0.45 s, for three seconds at most; over so long a pause a twitch
    may follow, so that what comes at rest, too, does not lead.

    Parameters
    ----------
    sustained : ndarray, shape (n, 2), int64
        Samples, half-open.
    rows : ndarray, shape (m, N_CANDIDATE)
        Potentials, the faint ones too: the first units are the smallest, and beside an activity
        noise comes by chance only.
    resting : ndarray of bool, shape (m,)
        Which of them are of a waveform that comes at rest; see `at_rest`.
    channel : ChannelDetector
    """
    fs_hz = channel.fs_hz
    order = np.argsort(rows[:, c.PEAK], kind="stable")
    rows, resting = rows[order], resting[order]
    peaks, out = rows[:, c.PEAK], ranges.join(sustained, round(JOIN_S * fs_hz))
    for k, (start, stop) in enumerate(out.copy()):
        cramp = _is_cramp(channel, start, stop)
        chain = np.where(cramp & ~resting, CRAMP_CHAIN_S, CHAIN_S) * fs_hz
        first, last = start - FAR_S * fs_hz, stop + FAR_S * fs_hz
        j = int(np.searchsorted(peaks, start)) - 1
        while j >= 0 and out[k, 0] - peaks[j] <= CRAMP_CHAIN_S * fs_hz and rows[j, c.START] > first:
            if out[k, 0] - rows[j, c.STOP] <= chain[j]:
                out[k, 0] = min(out[k, 0], rows[j, c.START])
            j -= 1
        j = int(np.searchsorted(peaks, stop))
        while (
            j < len(rows)
            and peaks[j] - out[k, 1] <= CRAMP_CHAIN_S * fs_hz
            and rows[j, c.STOP] < last
        ):
            if rows[j, c.START] - out[k, 1] <= chain[j]:
                out[k, 1] = max(out[k, 1], rows[j, c.STOP])
            j += 1
    return ranges.union(out)


def at_rest(peaks: F64, labels: I64, sustained: I64, fs_hz: float) -> Mask:
    """Return which potentials are of a family with members far from all activity.

    Parameters
    ----------
    peaks : ndarray, shape (n,), samples
    labels : ndarray, shape (n,), int64
        Family, 0 = none.
    sustained : ndarray, shape (m, 2), int64
    fs_hz : float
    """
    beside = ranges.inside(peaks.astype(np.int64), ranges.widen(sustained, round(FAR_S * fs_hz)))
    far = np.bincount(labels[~beside], minlength=int(labels.max(initial=0)) + 1)
    return np.asarray((labels > 0) & (far[labels] >= LEAST_MEMBERS))


def classify(sustained: I64, channel: ChannelDetector) -> ev.Events:
    """Return contractions and cramps.

    A cramp lasts (23.6 ± 16.2 s, Minetto 2009), and builds up and dies away over seconds, since
    units join and leave one by one; a voluntary contraction begins and ends as it is willed.
    """
    out = ev.intervals(Kind.CONTRACTION, sustained)
    for k, (start, stop) in enumerate(sustained):
        if _is_cramp(channel, start, stop):
            out["kind"][k] = Kind.CRAMP
    return out


def _is_cramp(channel: ChannelDetector, start: int, stop: int) -> bool:
    """Return whether activity lasts, and takes seconds to reach and to leave half of its height."""
    if stop - start < CRAMP_S * channel.fs_hz:
        return False
    hops = np.array([start, stop], dtype=np.int64) // channel.hop
    amplitude = np.sqrt(_profile(channel, hops)[:, 0])
    if len(amplitude) < 8:
        return False
    smooth = np.convolve(amplitude, np.ones(4) / 4, mode="same")
    above = np.flatnonzero(smooth > 0.5 * np.quantile(smooth, 0.95))
    per_s = channel.fs_hz / (channel.hop * PROFILE_HOPS)
    rise, fall = above[0] / per_s, (len(smooth) - 1 - above[-1]) / per_s
    return bool(min(rise, fall) > 0.8 and rise + fall > 3.0)
