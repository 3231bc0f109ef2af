"""The verdict on one channel: which candidates are twitches, and which time cannot be analysed.

Candidate rows and stretches of a `ChannelDetector` in, events out. Each reason to leave something
out is a small function with its physics beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fasciscope import events as ev
from fasciscope.detection import (
    activity,
    cardiac,
    filters,
    joining,
    outliers,
    phases,
    pulses,
    ranges,
    satellites,
    second,
    tails,
)
from fasciscope.detection import candidates as c
from fasciscope.detection.channel import ChannelDetector
from fasciscope.detection.families import LEAST_MEMBERS, Grouper
from fasciscope.detection.shape import ALONE_S, misshapen, tallest
from fasciscope.detection.untangle import Potentials, untangle
from fasciscope.events import Kind

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Mask = NDArray[np.bool_]

SLENDER = 0.75
"""Peak-to-peak size over noise, per square root of the score: 1.6 for a cycle of 10 ms, 1 for the
longest potentials; less is the slow tail that a filter drags behind something large."""
SWAYED = 1.25
"""Noise over what the wavelet hears of it, as if it were white, from which a sway below the pass
band makes the difference: a sensor's own colour makes up to that much."""
STEPS = 2.5
"""Converter steps that a potential must be larger than: two are noise that crosses two edges."""
SAME_PEAK_S = 0.009
"""Two maxima closer than this are phases of one potential (refractory: a nerve needs longer)."""
SHADOW_S = 0.07
SHADOW = 0.03
"""Energy under which a maximum beside a far larger one is that one's tail: 15 dB."""
EDGE_S = 0.06
"""Kept clear around activity and artefacts: a potential and its filter tail fit in it."""
CLEAR_OF_S = 0.05
"""Faint candidates closer than this to another potential are its phases."""
SMALL = 6.0
"""Scores up to this many thresholds may be what is left of interference."""
BEAT_S = 0.08
"""A QRS complex and its filter's tail lie within this of its peak."""
LOST = 0.5
"""A muscle's family meets movements by chance only."""
BESIDE_S = 0.5
"""Like nothing else, and so close to a movement: a part of it."""
BEATING_S = 0.45
"""The last wave of a heartbeat is over so long after its peak (QT interval)."""


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
    clipped : int
        Twitches among them that touched a rail.
    odd : int
        Deflections left out for their shape.
    others : ndarray of EVENT_DTYPE
        Contractions, cramps, artefacts, heartbeats.
    sustained, unusable : ndarray, shape (m, 2), int64
        Samples that are not analysable: activity, and artefacts.
    """

    rows: F64
    snippets: NDArray[np.float32]
    labels: I64
    offsets: F64
    clipped: int
    odd: int
    others: ev.Events
    sustained: I64
    unusable: I64


def judge(channel: ChannelDetector, n_samples: int, gaps: I64) -> ChannelVerdict:
    """Return the verdict on a channel whose stream has ended.

    Parameters
    ----------
    channel : ChannelDetector
    n_samples : int
        Length of the stream.
    gaps : ndarray, shape (n, 2), int64
        Gaps that were not bridged; nothing is counted close to them.
    """
    fs_hz = channel.fs_hz
    rows = np.concatenate([np.empty((0, c.N_CANDIDATE)), *channel.rows])
    width = 2 * channel.snippet_half + 1
    snippets = np.concatenate([np.empty((0, width), dtype=np.float32), *channel.snippets])
    keep = single(rows, fs_hz) & (rows[:, c.MISSING_NEAR] == 0)
    keep &= rows[:, c.AMPLITUDE] > STEPS * channel.step_uv
    noise_uv = np.sqrt(rows[:, c.FLOOR] / channel.median_over_mean())
    keep &= ~slender(rows, channel)
    order = np.flatnonzero(keep)[np.argsort(rows[keep, c.PEAK], kind="stable")]
    rows, snippets, noise_uv = rows[order], snippets[order], noise_uv[order]

    sustained, movement, dead = activity.stretches(channel, n_samples)
    edge = round(EDGE_S * fs_hz)
    beside_gaps = ranges.clip(ranges.widen(gaps, edge), n_samples)
    dead = ranges.union(dead, beside_gaps)
    keep = ~_within(rows, ranges.widen(ranges.union(sustained, dead), edge))
    rows, snippets, noise_uv = rows[keep], snippets[keep], noise_uv[keep]
    least = tails.familiar(channel.settings.threshold, channel.threshold)
    keep = rows[:, c.SCORE] >= least
    faint = rows[~keep], snippets[~keep]
    found = untangle(rows[keep], snippets[keep], noise_uv[keep] ** 2, fs_hz, least)
    found = _with_faint(found, rows[~keep], snippets[~keep], noise_uv[~keep] ** 2, channel)
    found, pops = outliers.without(found, channel)
    late = satellites.late_waves(found.rows, found.labels, n_samples, fs_hz)
    found = found.where(~late)
    rows, snippets, labels = found.rows, found.shapes, found.labels

    beats, hearts = _heart(rows, snippets, *faint, channel)
    at_heart = hearts[:, c.PEAK]
    labels[beats] = 0
    movement = movement[~_at_beats(movement, at_heart, round(0.15 * fs_hz))]
    near_beat = ranges.near(rows[:, c.PEAK], at_heart, BEAT_S * fs_hz) & (labels == 0)
    judged = rows.copy()
    judged[np.ix_(near_beat, [c.STEP, c.SWING])] = 0.0  # the beat's
    near_beat &= (rows[:, c.ATOM] == 0) | ~cardiac.rarely_there(rows[:, c.PEAK], at_heart, fs_hz)
    near_beat |= cardiac.accompany(rows[:, c.PEAK], labels, at_heart, BEAT_S * fs_hz)
    good = ~beats & ~near_beat & ~_within(rows, ranges.widen(movement, edge))
    small = np.flatnonzero(good & (rows[:, c.SCORE] < SMALL * channel.threshold))
    on_beat = pulses.on_the_beat(rows[small, c.PEAK] / fs_hz, channel.lines.base_hz)
    good[small[on_beat]] = False
    alone = tallest(rows, fs_hz)
    alone &= ~_after_beats(rows[:, c.PEAK], at_heart, BEATING_S * fs_hz)
    odd = misshapen(judged, labels, fs_hz, alone)
    # what stands beside a step is no better known than the step
    alone |= ranges.near(rows[:, c.PEAK], rows[odd & alone, c.PEAK], ALONE_S * fs_hz)
    odd = misshapen(judged, labels, fs_hz, alone)
    labels[mostly_lost(labels, ~good | odd) & ~beats] = 0
    odd = good & (odd | misshapen(judged, labels, fs_hz))
    twitch = good & ~odd
    odd &= ~_in_shadow(rows, odd, twitch, edge)

    jerks = ranges.union(
        activity.trains(rows[good, c.PEAK], activity.JERK, fs_hz),
        activity.trains(rows[good & (labels == 0), c.PEAK], activity.STRANGE_JERK, fs_hz),
    )
    movement = ranges.union(movement, jerks)
    disturbed = ranges.union(movement, pops, rows[odd][:, [c.START, c.STOP]].astype(np.int64))
    beside = (
        twitch & (labels == 0) & _within(rows, ranges.widen(disturbed, round(BESIDE_S * fs_hz)))
    )
    odd |= beside
    twitch &= ~beside
    twitch &= ~_within(rows, ranges.widen(jerks, edge))
    sustained = ranges.union(sustained, activity.tonic_firing(rows[twitch, c.PEAK], fs_hz))
    resting = activity.at_rest(rows[good, c.PEAK], labels[good], sustained, fs_hz)
    leading = _leading(faint[0], ranges.widen(movement, edge), at_heart, channel)
    resting = np.concatenate([resting, np.zeros(len(leading), dtype=np.bool_)])
    sustained = activity.reach_out(
        sustained, np.concatenate([rows[good], leading]), resting, channel
    )
    sustained = ranges.clip(sustained, n_samples)
    twitch &= ~_within(rows, sustained)
    families = renumbered(np.where(twitch, labels, 0))
    # what was let in for its family's sake goes with it
    twitch &= (families > 0) | (rows[:, c.SCORE] >= least)
    odd_ranges = ranges.union(rows[odd][:, [c.START, c.STOP]].astype(np.int64), pops)
    unusable = ranges.union(movement, dead, ranges.widen(odd_ranges, edge))
    unusable = ranges.without(ranges.join(unusable, edge), sustained)
    unusable = ranges.clip(unusable, n_samples)
    others = ev.merge(
        activity.classify(sustained, channel),
        ev.intervals(Kind.ARTIFACT, ranges.without(unusable, beside_gaps)),
        joining.heartbeats(hearts),
    )
    return ChannelVerdict(
        rows[twitch],
        snippets[twitch],
        families[twitch],
        found.offsets[twitch],
        int((rows[twitch, c.RAILED] > 0).sum()),
        int(odd.sum()) + len(pops),
        others,
        sustained,
        unusable,
    )


def _heart(
    rows: F64,
    shapes: NDArray[np.float32],
    faint: F64,
    faint_shapes: NDArray[np.float32],
    channel: ChannelDetector,
) -> tuple[Mask, F64]:
    """Return which rows are heartbeats, and the rows of all beats, those of faint ones too.

    A small heart's beats reach the threshold now and then only; its rhythm shows in all of them.
    """
    away = ~ranges.near(faint[:, c.PEAK], rows[:, c.PEAK], CLEAR_OF_S * channel.fs_hz)
    every = np.concatenate([rows, faint[away]])
    order = np.argsort(every[:, c.PEAK], kind="stable")
    every, waves = every[order], np.concatenate([shapes, faint_shapes[away]])[order]
    small = (every[:, c.SCORE] < SMALL * channel.threshold) & (every[:, c.ATOM] == 0)
    beats = cardiac.find_beats(every[:, c.PEAK] / channel.fs_hz, waves, channel.fs_hz, small)
    mine = np.zeros(len(every), dtype=np.bool_)
    mine[order] = beats
    return mine[: len(rows)], every[beats]


def _with_faint(
    found: Potentials,
    rows: F64,
    shapes: NDArray[np.float32],
    noise_power: F64,
    channel: ChannelDetector,
) -> Potentials:
    """Add the faint candidates that look just like a family, away from all other potentials."""
    away = ~ranges.near(rows[:, c.PEAK], found.rows[:, c.PEAK], CLEAR_OF_S * channel.fs_hz)
    rows, shapes, noise_power = rows[away], shapes[away], noise_power[away]
    counts = np.bincount(found.labels, minlength=len(found.templates) + 1)[1:]
    wanted = channel.settings.threshold
    tail = tails.slower(wanted, tails.familiar(wanted, channel.threshold))
    labels, offsets = second.look_again(
        rows,
        shapes,
        noise_power,
        found.templates,
        counts,
        Grouper(channel.fs_hz),
        channel.bank.share,
        tail,
    )
    new = labels > 0
    every = np.concatenate([found.rows, rows[new]])
    order = np.argsort(every[:, c.PEAK], kind="stable")
    return Potentials(
        every[order],
        np.concatenate([found.shapes, shapes[new]])[order],
        np.concatenate([found.labels, labels[new]])[order],
        np.concatenate([found.offsets, offsets[new]])[order],
        found.templates,
    )


def _leading(faint: F64, movement: I64, beats: F64, channel: ChannelDetector) -> F64:
    """Return the faint candidates that may lead into an activity or out of it.

    Noise brings ten of them a minute, and so one in thirty within the next fifth of a second.
    """
    slower = tails.slower(channel.settings.threshold, channel.threshold)
    least = tails.TAIL_FROM + (second.LEAST_SCORE - tails.TAIL_FROM) * slower
    clear = (faint[:, c.SCORE] >= least) & ~_within(faint, movement)
    clear &= ~ranges.near(faint[:, c.PEAK], beats, BEAT_S * channel.fs_hz)
    return np.asarray(faint[clear])


def _within(rows: F64, stretch: I64) -> Mask:
    return ranges.inside(rows[:, c.PEAK].astype(np.int64), ranges.union(stretch))


def _in_shadow(rows: F64, odd: Mask, twitch: Mask, reach: int) -> Mask:
    """Return which odd rows are only the swing back of a larger potential beside them."""
    out = np.zeros(len(rows), dtype=np.bool_)
    peaks, energy = rows[twitch, c.PEAK], rows[twitch, c.ENERGY]
    for j in np.flatnonzero(odd):
        low, high = np.searchsorted(peaks, [rows[j, c.PEAK] - reach, rows[j, c.PEAK] + reach])
        out[j] = bool((energy[low:high] > rows[j, c.ENERGY]).any())
    return out


def _at_beats(stretch: I64, beats: F64, reach: int) -> Mask:
    """Return which stretches are short and hold a heartbeat: they are the heart's, not movement."""
    middle = stretch.mean(axis=1) if len(stretch) else np.empty(0)
    short = (stretch[:, 1] - stretch[:, 0]) < 4 * reach
    return np.asarray(ranges.near(middle, np.sort(beats), reach) & short)


def mostly_lost(labels: I64, lost: Mask) -> Mask:
    """Return which rows belong to families that are mostly `lost`: they are of movements."""
    counts, left_out = np.bincount(labels), np.bincount(labels, weights=lost)
    return np.asarray((labels > 0) & (left_out[labels] > LOST * counts[labels]))


def _after_beats(peaks: F64, beats: F64, reach: float) -> Mask:
    """Return which peaks lie on a heartbeat or its later waves."""
    waves = np.stack([beats - 0.2 * reach, beats + reach], axis=1).astype(np.int64)
    return ranges.inside(peaks.astype(np.int64), ranges.union(waves))


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


def slender(rows: F64, channel: ChannelDetector) -> Mask:
    """Return which candidates are far smaller than their score: the slow tail of a filter."""
    settings = channel.settings
    share = filters.band_share(settings.highpass_hz, settings.lowpass_hz, channel.fs_hz)
    noise_uv = np.sqrt(rows[:, c.FLOOR] / channel.median_over_mean())
    smaller_uv = np.minimum(noise_uv, SWAYED * np.sqrt(rows[:, c.HEARD] * share))
    return np.asarray(rows[:, c.AMPLITUDE] <= SLENDER * np.sqrt(rows[:, c.SCORE]) * smaller_uv)


def single(rows: F64, fs_hz: float) -> Mask:
    """Return which rows stand for a potential of their own.

    Strongest first: a row within the refractory time of a stronger one is a phase of it, one
    within its tail and far weaker is its tail.
    """
    order = np.argsort(rows[:, c.PEAK], kind="stable")
    peaks, energy = rows[order, c.PEAK], rows[order, c.ENERGY]
    largest = np.argsort(-energy, kind="stable")
    keep = phases.own(peaks, energy, largest, SAME_PEAK_S * fs_hz, SHADOW_S * fs_hz, SHADOW)
    out = np.zeros_like(keep)
    out[order[keep]] = True
    return out
