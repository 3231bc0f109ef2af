"""The verdict on one channel: which candidates are twitches, and which time cannot be analysed.

Candidate rows and stretches of a `ChannelDetector` in, events out. Each reason to leave something
out is a small function with its physics beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fasciscope import events as ev
from fasciscope.detection import candidates as c
from fasciscope.detection import cardiac, gates, noise
from fasciscope.detection.channel import PROFILE_HOPS, ChannelDetector
from fasciscope.detection.families import LEAST_MEMBERS, Grouper, Grouping, group
from fasciscope.detection.peeling import Peeler, clusters
from fasciscope.events import Kind

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Mask = NDArray[np.bool_]

STEPS = 2.5
"""Converter steps that a potential must be larger than: two are noise that crosses two edges."""
SAME_PEAK_S = 0.009
"""Two maxima closer than this are phases of one potential (refractory: a nerve needs longer)."""
SHADOW_S = 0.07
SHADOW = 0.03
"""Energy under which a maximum beside a far larger one is that one's tail: 15 dB."""
EDGE_S = 0.06
"""Kept clear around activity and artefacts: a potential and its filter tail fit in it."""
JOIN_S = 0.4
"""Activity that pauses for less is one stretch: units at 5 a second do."""
POP_S = 0.0035
"""A surface potential is wider than this at a quarter of its height; an electrode pop is not."""
STEP_LIMIT = 0.4
"""A potential returns to where it began; a step that stays is the electrode's."""
SWING_LIMIT = 1.3
"""Slow swings larger than the potential itself: the skin or the cable moves."""
OFTEN = 5
"""Members from which a family vouches for its waveform."""
CLEAR = 8.0
"""Deflection over noise below which a shape is too uncertain to judge."""
SLOW_HZ = 38.0
"""Root-mean-square frequency under which a dense stretch is movement; EMG lies at 60-150 Hz."""
BEAT_S = 0.08
"""A QRS complex and its filter's tail lie within this of its peak."""
FAINT_FRAMES = 3
CHAIN_S = 0.2
"""Longest interval of a unit that takes part in an activity: 5 a second."""
CRAMP_S = 8.0


@dataclass(frozen=True, slots=True, eq=False)
class ChannelVerdict:
    """What was found on one channel.

    Parameters
    ----------
    rows : ndarray, shape (n, N_CANDIDATE)
        The twitches.
    snippets : ndarray, shape (n, length), float32, µV
    labels : ndarray, shape (n,), int64
        Waveform family, 0 = none.
    offsets : ndarray, shape (n,), float64
        How much later than its family's template each lies, samples.
    others : ndarray of EVENT_DTYPE
        Contractions, cramps, artefacts, heartbeats.
    sustained, unusable : ndarray, shape (m, 2), int64
        Samples that are not analysable: activity, and artefacts.
    """

    rows: F64
    snippets: NDArray[np.float32]
    labels: I64
    offsets: F64
    others: ev.Events
    sustained: I64
    unusable: I64
    noise_uv: F64 = field(default_factory=lambda: np.empty(0))


def judge(channel: ChannelDetector, n_samples: int) -> ChannelVerdict:
    """Return the verdict on a channel whose stream has ended."""
    fs_hz = channel.fs_hz
    rows = np.concatenate([np.empty((0, c.N_CANDIDATE)), *channel.rows])
    width = 2 * channel.snippet_half + 1
    snippets = np.concatenate([np.empty((0, width), dtype=np.float32), *channel.snippets])
    keep = single(rows, fs_hz) & (rows[:, c.MISSING_NEAR] == 0)
    keep &= rows[:, c.AMPLITUDE] > STEPS * channel.step_uv
    rows, snippets = rows[keep], snippets[keep]
    order = np.argsort(rows[:, c.PEAK], kind="stable")
    rows, snippets = rows[order], snippets[order]

    sustained, movement, dead = stretches(channel, n_samples)
    edge = round(EDGE_S * fs_hz)
    keep = ~_within(rows, widen(gates.union(sustained, dead), edge))
    rows, snippets, grouping = untangle(rows[keep], snippets[keep], channel)

    beats = cardiac.find_beats(rows[:, c.PEAK] / fs_hz, snippets, fs_hz)
    grouping.labels[beats] = 0
    movement = movement[~_at_beats(movement, rows[beats, c.PEAK], round(0.15 * fs_hz))]
    near_beat = near(rows[:, c.PEAK], rows[beats, c.PEAK], BEAT_S * fs_hz) & (grouping.labels == 0)
    near_beat |= cardiac.accompany(
        rows[:, c.PEAK], grouping.labels, rows[beats, c.PEAK], BEAT_S * fs_hz
    )
    good = ~beats & ~near_beat & ~_within(rows, widen(movement, edge))
    odd = good & misshapen(rows, grouping.labels, fs_hz)
    twitch = good & ~odd

    sustained = gates.union(sustained, tonic_firing(rows[twitch, c.PEAK], fs_hz))
    sustained = clip(reach_out(sustained, rows[good], fs_hz), n_samples)
    twitch &= ~_within(rows, sustained)
    odd_ranges = rows[odd][:, [c.START, c.STOP]].astype(np.int64)
    unusable = gates.union(movement, dead, widen(odd_ranges, edge))
    others = ev.merge(
        classify(sustained, channel, fs_hz),
        ev.intervals(Kind.ARTIFACT, gates.join(gates.union(movement, dead, odd_ranges), edge)),
        _beat_events(rows[beats]),
    )
    return ChannelVerdict(
        rows[twitch],
        snippets[twitch],
        renumbered(grouping.labels[twitch]),
        grouping.offsets[twitch],
        others,
        sustained,
        clip(unusable, n_samples),
    )


def _within(rows: F64, ranges: I64) -> Mask:
    return gates.inside(rows[:, c.PEAK].astype(np.int64), gates.union(ranges))


def _at_beats(ranges: I64, beats: F64, reach: int) -> Mask:
    """Return which stretches are short and hold a heartbeat: they are the heart's, not movement."""
    middle = ranges.mean(axis=1) if len(ranges) else np.empty(0)
    short = (ranges[:, 1] - ranges[:, 0]) < 4 * reach
    return np.asarray(near(middle, np.sort(beats), reach) & short)


def renumbered(labels: I64) -> I64:
    """Close the holes in the family numbers; families of fewer than three become 0."""
    out = np.zeros_like(labels)
    number = 0
    for k in range(1, int(labels.max(initial=0)) + 1):
        members = labels == k
        if members.sum() >= LEAST_MEMBERS:
            number += 1
            out[members] = number
    return out


def untangle(
    rows: F64, snippets: NDArray[np.float32], channel: ChannelDetector
) -> tuple[F64, NDArray[np.float32], Grouping]:
    """Group potentials into families, and resolve those that stand close together.

    Families are learned from potentials that stand alone or are the largest where they stand;
    with their templates the close ones are told into overlapping potentials and phases of one.
    Returns rows, snippets and their grouping.
    """
    fs_hz = channel.fs_hz
    noise_power = rows[:, c.FLOOR] / channel.median_over_mean()
    close = clusters(rows[:, c.PEAK], fs_hz)
    alone = np.ones(len(rows), dtype=np.bool_)
    for members in close:
        alone[members] = False
    largest = alone.copy()
    largest[[members[np.argmax(rows[members, c.ENERGY])] for members in close]] = True
    learned = group(snippets[largest], noise_power[largest], fs_hz)
    labels, offsets = np.zeros(len(rows), dtype=np.int64), np.zeros(len(rows))
    labels[largest], offsets[largest] = learned.labels, learned.offsets
    labels[~alone] = 0
    keep, rows = alone.copy(), rows.copy()
    peeler = Peeler(learned.templates, Grouper(fs_hz), fs_hz, channel.settings.threshold)
    extra: list[tuple[F64, int]] = []
    extra_shapes: list[NDArray[np.float32]] = []
    for members in close:
        fitted, loose = peeler.resolve(rows, snippets, members)
        keep[loose] = True
        used: set[int] = set()
        for one in fitted:
            row = rows[one.row].copy()
            if one.row in used or abs(row[c.PEAK] - one.place) > 0.008 * fs_hz:
                row[[c.PEAK, c.START, c.STOP]] += round(one.place - row[c.PEAK])
                extra.append((row, one.family))
                extra_shapes.append(learned.templates[one.family - 1])
                continue
            used.add(one.row)
            keep[one.row], labels[one.row] = True, one.family
    width = snippets.shape[1]
    rows = np.concatenate([rows[keep], np.array([r for r, _ in extra]).reshape(-1, rows.shape[1])])
    shapes = np.array(extra_shapes, dtype=np.float32).reshape(-1, width)
    snippets = np.concatenate([snippets[keep], shapes])
    labels = np.concatenate([labels[keep], np.array([f for _, f in extra], dtype=np.int64)])
    offsets = np.concatenate([offsets[keep], np.zeros(len(extra))])
    order = np.argsort(rows[:, c.PEAK], kind="stable")
    grouping = Grouping(labels[order], offsets[order], learned.templates)
    return rows[order], snippets[order], grouping


def clip(ranges: I64, n_samples: int) -> I64:
    """Cut ranges to [0, n_samples)."""
    return gates.union(np.clip(ranges, 0, n_samples))


def widen(ranges: I64, by: int) -> I64:
    """Return ranges that begin `by` samples earlier and end `by` later."""
    return ranges + np.array([-by, by], dtype=np.int64)


def near(places: F64, others: F64, distance: float) -> Mask:
    """Return which `places` lie within `distance` of one of the sorted `others`."""
    if len(others) == 0:
        return np.zeros(len(places), dtype=np.bool_)
    at = np.searchsorted(others, places)
    left = np.abs(places - others[np.maximum(at - 1, 0)])
    right = np.abs(others[np.minimum(at, len(others) - 1)] - places)
    return np.asarray(np.minimum(left, right) <= distance)


def single(rows: F64, fs_hz: float) -> Mask:
    """Return which rows stand for a potential of their own.

    Strongest first: a row within the refractory time of a stronger one is a phase of it, one
    within its tail and far weaker is its tail.
    """
    keep = np.ones(len(rows), dtype=np.bool_)
    order = np.argsort(rows[:, c.PEAK], kind="stable")
    peaks, energy = rows[order, c.PEAK], rows[order, c.ENERGY]
    same, tail = SAME_PEAK_S * fs_hz, SHADOW_S * fs_hz
    for j in np.argsort(-energy, kind="stable"):
        if not keep[j]:
            continue
        low = np.searchsorted(peaks, peaks[j] - tail)
        high = np.searchsorted(peaks, peaks[j] + tail, side="right")
        for k in range(int(low), int(high)):
            if k == j or not keep[k]:
                continue
            if abs(peaks[k] - peaks[j]) < same or energy[k] < SHADOW * energy[j]:
                keep[k] = False
    out = np.zeros_like(keep)
    out[order[keep]] = True
    return out


def stretches(channel: ChannelDetector, n_samples: int) -> tuple[I64, I64, I64]:
    """Return sustained activity, movement and unusable stretches, in samples."""
    fs_hz, hop = channel.fs_hz, channel.hop
    dense = gates.union(*channel.dense_ranges)
    busy = gates.union(*channel.busy_ranges)
    join = round(JOIN_S * fs_hz / hop)
    grown = gates.join(grow(dense, busy, 4), join)
    dead = gates.union(*channel.unusable_ranges)
    grown = gates.union(grown, faint(channel, grown))
    shortest = channel.settings.min_contraction_s * fs_hz / hop
    slow = np.array([_frequency(channel, r) < SLOW_HZ for r in grown], dtype=bool)
    brief = (grown[:, 1] - grown[:, 0]) < shortest
    movement = slow.reshape(-1) | brief
    late = channel.band_delay
    return (
        clip(grown[~movement] * hop - late, n_samples),
        clip(grown[movement] * hop - late, n_samples),
        clip(dead * hop, n_samples),
    )


def faint(channel: ChannelDetector, known: I64) -> I64:
    """Return stretches too faint for single hops to show, but louder than noise for 1.5 s, in hops.

    They are what the noise floor refused to take for noise; where density already found activity
    its finer edges stand.
    """
    raised = gates.union(*channel.raised_ranges)
    raised = raised[raised[:, 1] - raised[:, 0] >= FAINT_FRAMES] * noise.HOPS_PER_FRAME
    return raised[~_overlap(raised, known)]


def _overlap(ranges: I64, others: I64) -> Mask:
    """Return which ranges touch one of the sorted, disjoint `others`."""
    at = np.searchsorted(others[:, 1], ranges[:, 0], side="right")
    first = others[np.minimum(at, len(others) - 1), 0] if len(others) else np.empty(0)
    return (
        np.asarray((at < len(others)) & (first < ranges[:, 1]))
        if len(others)
        else (np.zeros(len(ranges), dtype=np.bool_))
    )


def grow(ranges: I64, busy: I64, reach: int) -> I64:
    """Grow each range over the busy runs that touch it or lie within `reach` hops of it."""
    out = ranges.copy()
    for k in range(len(out)):
        j = np.searchsorted(busy[:, 1], out[k, 0] - reach)
        while j < len(busy) and busy[j, 0] <= out[k, 1] + reach:
            out[k, 0] = min(out[k, 0], busy[j, 0])
            out[k, 1] = max(out[k, 1], busy[j, 1])
            j += 1
    return gates.union(out)


def _profile(channel: ChannelDetector, hops: I64) -> F64:
    """Return mean power and slope in quarter seconds over a hop range, shape (n, 2)."""
    profile = np.concatenate([np.empty((0, 2)), *channel.profile])
    return profile[hops[0] // PROFILE_HOPS : -(-hops[1] // PROFILE_HOPS)]


def _frequency(channel: ChannelDetector, hops: I64) -> float:
    part = _profile(channel, hops)
    power, slope = part.sum(axis=0) if len(part) else (0.0, 0.0)
    if power <= 0:
        return 0.0
    sine = min(1.0, 0.5 * float(np.sqrt(slope / power)))
    return float(np.arcsin(sine) * channel.fs_hz / np.pi)


def misshapen(rows: F64, labels: I64, fs_hz: float) -> Mask:
    """Return which rows are not shaped as a potential: pops, steps, swings.

    A waveform that comes again and again is no accident of the electrode: only its width is
    judged, by its members' median.
    """
    width, step = rows[:, c.WIDTH].copy(), rows[:, c.STEP].copy()
    swing = rows[:, c.SWING].copy()
    for k in range(1, int(labels.max(initial=0)) + 1):
        members = labels == k
        if members.sum() >= OFTEN:
            width[members] = np.median(width[members])
            step[members] = swing[members] = 0.0
    clear = np.abs(rows[:, c.DEFLECTION]) > CLEAR * np.sqrt(rows[:, c.FLOOR])
    pop = width < POP_S * fs_hz
    return np.asarray(clear & (pop | (step > STEP_LIMIT)) | (swing > SWING_LIMIT))


def _beat_events(rows: F64) -> ev.Events:
    out = ev.empty(len(rows))
    out["kind"] = Kind.CARDIAC
    out["start"], out["stop"], out["peak"] = rows[:, c.START], rows[:, c.STOP], rows[:, c.PEAK]
    out["amplitude_uv"], out["score"] = rows[:, c.AMPLITUDE], np.sqrt(rows[:, c.SCORE])
    return out


def tonic_firing(peaks: F64, fs_hz: float) -> I64:
    """Return stretches in which potentials come as from units that are held active.

    Eleven in a second, or six a second for four seconds: more than runs of twitches bring
    (3-8 Hz for a second or two), less than the gates of density see.
    """
    peaks = np.sort(peaks)
    out = []
    for count, seconds in ((11, 1.0), (24, 4.0)):
        for j in range(len(peaks) - count + 1):
            if peaks[j + count - 1] - peaks[j] < seconds * fs_hz:
                out.append((int(peaks[j]), int(peaks[j + count - 1]) + 1))
    ranges = np.array(out, dtype=np.int64).reshape(-1, 2)
    return gates.join(gates.union(ranges), round(JOIN_S * fs_hz))


def reach_out(sustained: I64, rows: F64, fs_hz: float) -> I64:
    """Lengthen activity over the potentials that lead into it and out of it.

    Units come in and drop out one by one, the first at 5 to 8 a second: each next potential lies
    within a fifth of a second of the one nearer to the activity.
    """
    chain = CHAIN_S * fs_hz
    rows = rows[np.argsort(rows[:, c.PEAK], kind="stable")]
    out = sustained.copy()
    for k in range(len(out)):
        before = rows[rows[:, c.PEAK] < out[k, 0]]
        for start in before[::-1, c.START]:
            if out[k, 0] - start > chain:
                break
            out[k, 0] = min(out[k, 0], start)
        after = rows[rows[:, c.PEAK] >= out[k, 1]]
        for stop in after[:, c.STOP]:
            if stop - out[k, 1] > chain:
                break
            out[k, 1] = max(out[k, 1], stop)
    return gates.union(out)


def classify(sustained: I64, channel: ChannelDetector, fs_hz: float) -> ev.Events:
    """Return contractions and cramps.

    A cramp lasts (23.6 ± 16.2 s, Minetto 2009), and builds up and dies away over seconds, since
    units join and leave one by one; a voluntary contraction begins and ends as it is willed.
    """
    out = ev.intervals(Kind.CONTRACTION, sustained)
    for k, (start, stop) in enumerate(sustained):
        if (stop - start) / fs_hz >= CRAMP_S and _swells(channel, start, stop):
            out["kind"][k] = Kind.CRAMP
    return out


def _swells(channel: ChannelDetector, start: int, stop: int) -> bool:
    """Return whether activity takes seconds to reach, and to leave, half of its full amplitude."""
    hops = np.array([start, stop], dtype=np.int64) // channel.hop
    amplitude = np.sqrt(_profile(channel, hops)[:, 0])
    if len(amplitude) < 8:
        return False
    smooth = np.convolve(amplitude, np.ones(4) / 4, mode="same")
    above = np.flatnonzero(smooth > 0.5 * np.quantile(smooth, 0.95))
    per_s = channel.fs_hz / (channel.hop * PROFILE_HOPS)
    rise, fall = above[0] / per_s, (len(smooth) - 1 - above[-1]) / per_s
    return bool(min(rise, fall) > 0.8 and rise + fall > 3.0)


def noise_history(channel: ChannelDetector) -> F64:
    """Return the noise (µV rms) of each frame."""
    floors = np.concatenate([np.empty(0), *channel.floor_history])
    return np.sqrt(floors / channel.median_over_mean())
