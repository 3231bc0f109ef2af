"""The verdict on one channel: which candidates are twitches, and which time cannot be analysed.

Candidate rows and stretches of a `ChannelDetector` in, events out. Each reason to leave something
out is a small function with its physics beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fasciscope import events as ev
from fasciscope.detection import activity, cardiac, phases, pulses, ranges, second, tails
from fasciscope.detection import candidates as c
from fasciscope.detection.channel import ChannelDetector
from fasciscope.detection.families import LEAST_MEMBERS, Grouper
from fasciscope.detection.untangle import Potentials, untangle
from fasciscope.events import Kind

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Mask = NDArray[np.bool_]

SLENDER = 0.75
"""Peak-to-peak size over noise, per square root of the score: 1.6 for a cycle of 10 ms, 1 for the
longest potentials; less is the slow tail that a filter drags behind something large."""
STEPS = 2.5
"""Converter steps that a potential must be larger than: two are noise that crosses two edges."""
SAME_PEAK_S = 0.009
"""Two maxima closer than this are phases of one potential (refractory: a nerve needs longer)."""
SHADOW_S = 0.07
SHADOW = 0.03
"""Energy under which a maximum beside a far larger one is that one's tail: 15 dB."""
EDGE_S = 0.06
"""Kept clear around activity and artefacts: a potential and its filter tail fit in it."""
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
JUMP_S, LEAK_S = 0.0016, 0.0039
"""A contact's jump takes no time, and its charge leaks away over 4 ms to half at least. No flank of
a potential rises within 1.5 ms and then falls so slowly: tissue blurs both alike."""
STEP_BACK = 0.8
"""A high-pass swings back by a third at most; more is the middle of a step."""
SWING_LIMIT = 1.0
"""Slow swings larger than the potential itself: the skin or the cable moves."""
SHAPE = (c.WIDTH, c.STEP, c.SWING, c.SHARPNESS, c.RISE, c.FALL)
OFTEN = 5
"""Members from which a family vouches for its waveform."""
CLEAR = 8.0
"""Deflection over noise below which a shape is too uncertain to judge."""
CLEAR_OF_S = 0.05
"""Faint candidates closer than this to another potential are its phases."""
SMALL = 6.0
"""Scores up to this many thresholds may be what is left of interference."""
BEAT_S = 0.08
"""A QRS complex and its filter's tail lie within this of its peak."""


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
    keep &= rows[:, c.AMPLITUDE] > SLENDER * np.sqrt(rows[:, c.SCORE]) * noise_uv
    order = np.flatnonzero(keep)[np.argsort(rows[keep, c.PEAK], kind="stable")]
    rows, snippets, noise_uv = rows[order], snippets[order], noise_uv[order]

    sustained, movement, dead = activity.stretches(channel, n_samples)
    edge = round(EDGE_S * fs_hz)
    beside_gaps = ranges.clip(ranges.widen(gaps, edge), n_samples)
    dead = ranges.union(dead, beside_gaps)
    keep = ~_within(rows, ranges.widen(ranges.union(sustained, dead), edge))
    rows, snippets, noise_uv = rows[keep], snippets[keep], noise_uv[keep]
    keep = rows[:, c.SCORE] >= channel.threshold
    found = untangle(rows[keep], snippets[keep], noise_uv[keep] ** 2, fs_hz, channel.threshold)
    found = _with_faint(found, rows[~keep], snippets[~keep], noise_uv[~keep] ** 2, channel)
    rows, snippets, labels = found.rows, found.shapes, found.labels

    beats = cardiac.find_beats(rows[:, c.PEAK] / fs_hz, snippets, fs_hz)
    labels[beats] = 0
    movement = movement[~_at_beats(movement, rows[beats, c.PEAK], round(0.15 * fs_hz))]
    near_beat = ranges.near(rows[:, c.PEAK], rows[beats, c.PEAK], BEAT_S * fs_hz) & (labels == 0)
    near_beat |= cardiac.accompany(rows[:, c.PEAK], labels, rows[beats, c.PEAK], BEAT_S * fs_hz)
    good = ~beats & ~near_beat & ~_within(rows, ranges.widen(movement, edge))
    small = np.flatnonzero(good & (rows[:, c.SCORE] < SMALL * channel.threshold))
    on_beat = pulses.on_the_beat(rows[small, c.PEAK] / fs_hz, channel.lines.base_hz)
    good[small[on_beat]] = False
    odd = good & misshapen(rows, labels, fs_hz)
    twitch = good & ~odd
    odd &= ~_in_shadow(rows, odd, twitch, edge)

    jerks = ranges.union(
        activity.trains(rows[good, c.PEAK], activity.JERK, fs_hz),
        activity.trains(rows[good & (labels == 0), c.PEAK], activity.STRANGE_JERK, fs_hz),
    )
    movement = ranges.union(movement, jerks)
    twitch &= ~_within(rows, ranges.widen(jerks, edge))
    sustained = ranges.union(sustained, activity.tonic_firing(rows[twitch, c.PEAK], fs_hz))
    sustained = activity.reach_out(activity.fade(sustained, channel), rows[good], fs_hz)
    sustained = ranges.clip(sustained, n_samples)
    twitch &= ~_within(rows, sustained)
    odd_ranges = rows[odd][:, [c.START, c.STOP]].astype(np.int64)
    unusable = ranges.union(movement, dead, ranges.widen(odd_ranges, edge))
    unusable = ranges.without(ranges.join(unusable, edge), sustained)
    unusable = ranges.clip(unusable, n_samples)
    others = ev.merge(
        activity.classify(sustained, channel, fs_hz),
        ev.intervals(Kind.ARTIFACT, ranges.without(unusable, beside_gaps)),
        _beat_events(rows[beats]),
    )
    return ChannelVerdict(
        rows[twitch],
        snippets[twitch],
        renumbered(labels[twitch]),
        found.offsets[twitch],
        int((rows[twitch, c.RAILED] > 0).sum()),
        int(odd.sum()),
        others,
        sustained,
        unusable,
    )


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
    tail = (channel.threshold - tails.TAIL_FROM) / (channel.settings.threshold - tails.TAIL_FROM)
    labels, offsets = second.look_again(
        rows, shapes, noise_power, found.templates, counts, Grouper(channel.fs_hz), tail
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


def misshapen(rows: F64, labels: I64, fs_hz: float) -> Mask:
    """Return which rows are not shaped as a potential: pops, steps, swings.

    A waveform that comes again and again is judged by its members' medians, and not by slow swings,
    since the signal around a single one may hold anything.
    """
    figures = rows[:, list(SHAPE)].copy()
    often = np.zeros(len(rows), dtype=np.bool_)
    for k in range(1, int(labels.max(initial=0)) + 1):
        members = labels == k
        if members.sum() >= OFTEN:
            figures[members] = np.median(figures[members], axis=0)
            figures[members, SHAPE.index(c.SWING)] = 0.0
            often |= members
    width, step, swing, sharp, rise, fall = figures.T
    clear = np.abs(rows[:, c.DEFLECTION]) > CLEAR * np.sqrt(rows[:, c.FLOOR])
    narrow = width <= POP_S * fs_hz
    narrow &= (sharp > 0.6 * SHARP_HZ) | ((fs_hz > FINE_HZ) & ~often)
    pop = narrow | (sharp > SHARP_HZ)
    stepped = (step > STEP_LIMIT) | (step < -STEP_BACK)
    leaked = (rise <= JUMP_S * fs_hz) & (fall >= LEAK_S * fs_hz) & (rows[:, c.RAILED] == 0)
    return np.asarray(clear & (pop | stepped | leaked) | (swing > SWING_LIMIT))


def _beat_events(rows: F64) -> ev.Events:
    out = ev.empty(len(rows))
    out["kind"] = Kind.CARDIAC
    out["start"], out["stop"], out["peak"] = rows[:, c.START], rows[:, c.STOP], rows[:, c.PEAK]
    out["amplitude_uv"], out["score"] = rows[:, c.AMPLITUDE], np.sqrt(rows[:, c.SCORE])
    return out
