"""The numbers behind the pictures: what is drawn, worked out with no plotting in sight.

A `Recording` and an `Analysis` in, small arrays out, so that a picture of eight hours is as quick
to draw as one of eight seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fasciscope import events as ev
from fasciscope.analysis import Analysis, usable_before
from fasciscope.detection import ranges
from fasciscope.events import Events, Kind
from fasciscope.recording import Recording

F64 = NDArray[np.float64]

DRIFT_S = 0.2
"""A running mean this long is taken off for the eye: offset, and drift below some 3 Hz."""
_AT_ONCE = 4_000_000
ROUND_BINS_S = (10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0)
_LEAST_BIN_S = 5.0
"""A bin with less analysable time (s) than this, and than half its length, states no rate."""


@dataclass(frozen=True, slots=True, eq=False)
class Envelope:
    """Smallest and largest value in each column of a picture, NaN where all samples are missing."""

    time_s: F64
    low_uv: F64
    high_uv: F64


@dataclass(frozen=True, slots=True, eq=False)
class Rate:
    """Twitches a minute in bins of recording time; NaN where too little time could be used.

    Parameters
    ----------
    edges_s : ndarray, shape (n + 1,)
    per_minute : ndarray, shape (n,)
    bin_s : float
    counts : ndarray, shape (n,)
    usable_s : ndarray, shape (n,)
        Analysable time in each bin.
    """

    edges_s: F64
    per_minute: F64
    bin_s: float
    counts: NDArray[np.int64]
    usable_s: F64


def without_drift(recording: Recording, channel: int, start: int, stop: int) -> F64:
    """Return one channel in µV without offset and drift, shape (stop - start,), NaN in gaps."""
    half = max(1, round(DRIFT_S / 2 * recording.info.fs_hz))
    first, last = max(0, start - half), min(recording.n_samples, stop + half + 1)
    uv = recording.uv(channel, first, last)
    lost = ~np.isfinite(uv)
    if lost.all():
        return np.full(stop - start, np.nan)
    uv[lost] = np.median(uv[~lost])
    sums = np.concatenate([[0.0], np.cumsum(uv)])
    here = np.arange(start - first, stop - first)
    low, high = np.maximum(here - half, 0), np.minimum(here + half + 1, len(uv))
    steady = uv[here] - (sums[high] - sums[low]) / (high - low)
    steady[lost[here]] = np.nan
    return np.asarray(steady, dtype=np.float64)


def envelope(recording: Recording, channel: int, columns: int) -> Envelope:
    """Return the whole length of one channel as at most `columns` pairs of extremes."""
    n = recording.n_samples
    edges = np.unique(np.linspace(0, n, min(columns, n) + 1).astype(np.int64))
    low, high = np.empty(len(edges) - 1), np.empty(len(edges) - 1)
    step = max(1, int(_AT_ONCE / max(1.0, n / max(len(low), 1))))
    for first in range(0, len(low), step):
        part = edges[first : first + step + 1]
        steady = without_drift(recording, channel, int(part[0]), int(part[-1]))
        at = part[:-1] - part[0]
        low[first : first + len(at)] = np.fmin.reduceat(steady, at)
        high[first : first + len(at)] = np.fmax.reduceat(steady, at)
    centres = (edges[:-1] + edges[1:] - 1) / 2 / recording.info.fs_hz
    return Envelope(centres, low, high)


def limits_uv(shape: Envelope, analysis: Analysis, channel: int) -> tuple[float, float]:
    """Return the lower and upper edge of a signal picture in µV, so that twitches can be seen.

    Contractions and artefacts may be a hundred times taller; they run out of the picture.
    """
    centres = (shape.time_s * analysis.info.fs_hz).astype(np.int64)
    known = np.isfinite(shape.low_uv) & np.isfinite(shape.high_uv)
    # the running mean smears what is left out a little beyond its ends
    margin = round(DRIFT_S * analysis.info.fs_hz)
    out = ranges.union(ranges.widen(analysis.left_out, margin))
    usable = known & ~ranges.inside(centres, out)
    seen = usable if usable.any() else known
    if not seen.any():
        return -1.0, 1.0
    tops = np.stack([-shape.low_uv[seen], shape.high_uv[seen]])
    tops = np.maximum(np.percentile(tops, 99.8, axis=1), 1e-3)
    found = twitches(analysis, channel)
    if len(found):  # a few large ones among many columns are what it is about
        columns = np.searchsorted(centres, found["peak"]).clip(0, len(centres) - 1)
        near = np.stack([-shape.low_uv[columns], shape.high_uv[columns]])
        near = near[:, np.isfinite(near).all(axis=0)]
        if near.size:
            tops = np.maximum(tops, np.percentile(near, 98, axis=1))
    tops = np.maximum(tops, 0.3 * tops.max())
    return -1.15 * float(tops[0]), 1.15 * float(tops[1])


def twitches(analysis: Analysis, channel: int | None = None) -> Events:
    """Return the fasciculations, of one channel or of all."""
    found = ev.of_kind(analysis.events, Kind.FASCICULATION)
    return found if channel is None else found[found["channel"] == channel]


def rate(analysis: Analysis, most_bins: int = 0) -> Rate:
    """Return the rate over time: by the minute, by ten seconds in what is shorter than 5 min.

    With `most_bins`, by the shortest of some round lengths that gives no more bins than that.
    """
    fs_hz = analysis.info.fs_hz
    duration_s = analysis.n_samples / fs_hz
    bin_s = 10.0 if duration_s < 300 else 60.0 if duration_s <= 6 * 3600 else 600.0
    if most_bins:
        bin_s = next(
            (bin_s for bin_s in ROUND_BINS_S if duration_s <= bin_s * most_bins), ROUND_BINS_S[-1]
        )
    n_bins = max(1, int(np.ceil(duration_s / bin_s - 1e-9)))
    edges_s = np.minimum(np.arange(n_bins + 1) * bin_s, duration_s)
    edges = np.rint(edges_s * fs_hz).astype(np.int64)
    usable_s = np.diff(usable_before(edges, analysis.left_out)) / fs_hz
    counts, _ = np.histogram(twitches(analysis)["peak"], bins=np.append(edges[:-1], edges[-1] + 1))
    least = np.minimum(_LEAST_BIN_S, np.diff(edges_s) / 2)
    enough = (usable_s >= least) & (usable_s > 0)
    per_minute = np.full(n_bins, np.nan)
    per_minute[enough] = 60.0 * counts[enough] / usable_s[enough]
    return Rate(edges_s, per_minute, bin_s, counts, usable_s)


def intervals_s(analysis: Analysis) -> F64:
    """Return the times from one twitch to the next, s, none across time that was left out."""
    peaks = np.sort(twitches(analysis)["peak"])
    usable = usable_before(peaks, analysis.left_out)
    steps, usable_steps = np.diff(peaks), np.diff(usable)
    return np.asarray(steps[(steps > 0) & (steps == usable_steps)] / analysis.info.fs_hz)


def example(analysis: Analysis) -> tuple[int, int, int]:
    """Choose a stretch worth a closer look: ``(channel, start, stop)``.

    Among stretches that begin shortly before a twitch, the one with most twitches, up to six, and
    least time left out; without twitches, the first stretch that could be used.
    """
    fs_hz, n = analysis.info.fs_hz, analysis.n_samples
    found = twitches(analysis)
    out = analysis.left_out
    if len(found) == 0:
        length = min(n, round(5 * fs_hz))
        starts = np.unique(np.append(out[:, 1], 0))
        usable = np.diff(
            usable_before(np.stack([starts, np.minimum(starts + length, n)]), out), axis=0
        )
        start = int(starts[np.argmax(usable[0])])
        start = max(0, min(start, n - length))
        return 0, start, start + length
    channels, counts = np.unique(found["channel"], return_counts=True)
    channel = int(channels[np.argmax(counts)])
    peaks = np.sort(found["peak"][found["channel"] == channel])
    typical = float(np.median(np.diff(peaks))) / fs_hz if len(peaks) > 2 else 1.0
    length = min(n, round(float(np.clip(3 * typical, 1.0, 5.0)) * fs_hz))
    starts = np.clip(peaks - length // 12, 0, n - length)
    stops = starts + length
    within = np.searchsorted(peaks, stops) - np.searchsorted(peaks, starts)
    usable = usable_before(stops, out) - usable_before(starts, out)
    worth = np.minimum(within, 6) / 6 + 2 * usable / length
    start = int(starts[np.argmax(worth)])
    return max(channel, 0), start, start + length
