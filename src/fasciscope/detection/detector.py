"""The detector: a sink that takes blocks and gives events, on any number of channels.

`process` tells at once what looks like a twitch (provisional, for a live display); `finish` gives
the verdict on the whole, which is what files and reports show. The verdict does not depend on how
the samples were cut into blocks.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fasciscope import events as ev
from fasciscope.blocks import Block, StreamInfo
from fasciscope.detection import candidates as c
from fasciscope.detection import noise, ranges, shape, verdict
from fasciscope.detection.channel import ChannelDetector
from fasciscope.detection.families import Family, describe
from fasciscope.detection.settings import Settings
from fasciscope.errors import InputError
from fasciscope.events import Events, Kind

SAME_EVENT_S = 0.016
"""Peaks on several channels within this are one potential: the largest phase may be
another one on another channel, and 4 m/s over 4 cm add 10 ms."""
BRIDGE_S = 0.002
"""Gaps up to this are bridged by a straight line, so that a lossy link does not blind the detector;
a potential is longer, and the lost samples are counted all the same."""
SHORTEST_S = 2.0
"""Less signal than this says nothing about its noise, so nothing is counted in it."""
DEAD_SHARE = 0.5
"""A channel that is unusable for more of the time than this is left out of the whole."""


class Detector:
    """Finds twitches in a stream; see the module's text.

    Parameters
    ----------
    info : StreamInfo
    settings : Settings or None, default None
        None takes the defaults.

    Attributes
    ----------
    families : tuple of Family
        Known after `finish`.
    excluded : ndarray, shape (n, 2), int64
        Samples that are not analysable, gaps apart; known after `finish`.
    left_out : tuple of int
        Channels that nothing usable was on; known after `finish`.
    clipped, odd : int
        Twitches that reached a rail, and deflections left out for their shape; known after
        `finish`.
    """

    def __init__(self, info: StreamInfo, settings: Settings | None = None) -> None:
        self.info = info
        self.settings = settings or Settings()
        self.channels = [
            ChannelDetector(
                info.fs_hz,
                self.settings,
                channel.uv_per_count,
                channel.count_min * channel.uv_per_count + channel.uv_at_zero,
                channel.count_max * channel.uv_per_count + channel.uv_at_zero,
            )
            for channel in info.channels
        ]
        self.n_samples = 0
        self.families: tuple[Family, ...] = ()
        self.excluded = np.empty((0, 2), dtype=np.int64)
        self.left_out: tuple[int, ...] = ()
        self.clipped = 0
        self.odd = 0
        self._gaps: list[tuple[int, int]] = []

    @property
    def look_ahead_s(self) -> float:
        """Samples up to this much later than a potential are seen before it is told of, s."""
        channel = self.channels[0]
        return ((noise.LOOK_AHEAD + 2) * channel.frame + channel.signal.margin) / self.info.fs_hz

    @property
    def noise_uv(self) -> NDArray[np.float64]:
        """Present noise of each channel in the pass band, shape (n_channels,), µV rms."""
        return np.array([channel.noise_uv for channel in self.channels])

    @property
    def analysable_s(self) -> float:
        """Analysable time, s; known after `finish`, until then the time without gaps."""
        lost = ranges.length(self.gaps) + ranges.length(self.excluded)
        return (self.n_samples - lost) / self.info.fs_hz

    @property
    def gaps(self) -> NDArray[np.int64]:
        """Stretches of missing samples, shape (n, 2)."""
        return np.array(self._gaps, dtype=np.int64).reshape(-1, 2)

    def process(self, block: Block) -> Events:
        """Take a block; return the potentials that became known, provisionally.

        Raises
        ------
        InputError
            If the block goes back in time, has another number of channels, or holds samples that
            are not finite.
        """
        if block.samples.ndim != 2 or block.samples.shape[1] != self.info.n_channels:
            raise InputError(
                f"A block of shape {block.samples.shape} does not fit a stream of "
                f"{self.info.n_channels} channels."
            )
        missing = block.first_index - self.n_samples
        if missing < 0:
            raise InputError(
                f"A block begins at sample {block.first_index}, but samples up to "
                f"{self.n_samples} were already taken."
            )
        bad = ~np.isfinite(block.samples)
        if bad.any():
            row, column = np.unravel_index(int(np.argmax(bad)), bad.shape)
            raise InputError(
                f"Channel {self.info.channels[column].name} holds a value that is not a finite "
                f"number at sample {block.first_index + int(row)}."
            )
        if missing:
            self._gaps.append((self.n_samples, block.first_index))
        scale, zero = self.info.uv_per_count, self.info.uv_at_zero
        found = []
        for k, channel in enumerate(self.channels):
            for first in range(0, missing, channel.piece):
                n = min(channel.piece, missing - first)
                nothing = np.full(n, np.nan)
                if missing <= max(1, round(BRIDGE_S * self.info.fs_hz)) and len(block):
                    nothing = channel.signal.bridge(n, block.samples[0, k] * scale[k] + zero[k])
                found.append(self._provisional(channel.feed(nothing), k))
            for first in range(0, len(block), channel.piece):
                part = block.samples[first : first + channel.piece, k]
                values = part.astype(np.float64) * scale[k] + zero[k]
                found.append(self._provisional(channel.feed(values), k))
        self.n_samples = block.stop_index
        return one_each(ev.merge(*found), SAME_EVENT_S * self.info.fs_hz)

    def _provisional(self, rows: NDArray[np.float64], channel: int) -> Events:
        fs_hz = self.info.fs_hz
        ungrouped = np.zeros(len(rows), dtype=np.int64)
        rows = rows[rows[:, c.SCORE] >= self.settings.threshold]
        ungrouped = ungrouped[: len(rows)]
        keep = verdict.single(rows, fs_hz) & ~shape.misshapen(rows, ungrouped, fs_hz)
        return _twitches(rows[keep & (rows[:, c.MISSING_NEAR] == 0)], channel)

    def finish(self) -> Events:
        """End the stream; return all events, the verdict on the whole."""
        for channel in self.channels:
            channel.finish()
        if self.n_samples < SHORTEST_S * self.info.fs_hz:
            everything = np.array([[0, self.n_samples]], dtype=np.int64)
            self.excluded = ranges.without(everything, self.gaps)
            return ev.intervals(Kind.GAP, self.gaps)
        long_gaps = self.gaps[
            self.gaps[:, 1] - self.gaps[:, 0] > max(1, round(BRIDGE_S * self.info.fs_hz))
        ]
        verdicts = [verdict.judge(channel, self.n_samples, long_gaps) for channel in self.channels]
        self.clipped = sum(one.clipped for one in verdicts)
        self.odd = sum(one.odd for one in verdicts)
        self._exclude(verdicts)
        twitches, families = self._combine(verdicts)
        self.families = tuple(families)
        others = []
        for k, one in enumerate(verdicts):
            if k not in self.left_out:
                mine = one.others.copy()
                mine["channel"] = k
                others.append(mine)
        return ev.merge(
            twitches,
            together(ev.merge(*others), len(verdicts)),
            ev.intervals(Kind.GAP, self.gaps),
        )

    def _exclude(self, verdicts: list[verdict.ChannelVerdict]) -> None:
        """Decide which time of the whole recording is not analysable.

        Activity on any channel counts: the limb is not at rest. Artefacts count where they are on
        half of the channels or more. A channel that is mostly unusable is left out instead.
        """
        n = max(self.n_samples, 1)
        self.left_out = tuple(
            k
            for k, one in enumerate(verdicts)
            if len(verdicts) > 1 and ranges.length(one.unusable) > DEAD_SHARE * n
        )
        used = [one for k, one in enumerate(verdicts) if k not in self.left_out]
        if not used:
            self.left_out, used = (), verdicts
        edges = np.concatenate([one.unusable for one in used]) if used else np.empty((0, 2))
        crowd = ranges.at_least(edges.astype(np.int64), (len(used) + 1) // 2)
        excluded = ranges.union(crowd, *(one.sustained for one in used))
        self.excluded = ranges.clip(ranges.without(excluded, self.gaps), self.n_samples)

    def _combine(self, verdicts: list[verdict.ChannelVerdict]) -> tuple[Events, list[Family]]:
        """Join potentials seen on several channels, and their families over all channels."""
        parts = []
        first = 0
        for k, one in enumerate(verdicts):
            if k not in self.left_out:
                mine = _twitches(one.rows, k)
                mine["family"] = np.where(one.labels > 0, one.labels + first, 0)
                parts.append(mine)
            first += int(one.labels.max(initial=0))
        every = ev.merge(*parts)
        every = every[~ranges.inside(every["peak"], self.excluded)]
        every = one_each(every, SAME_EVENT_S * self.info.fs_hz)
        return self._families(every, verdicts)

    def _families(
        self, every: Events, verdicts: list[verdict.ChannelVerdict]
    ) -> tuple[Events, list[Family]]:
        """Describe the families that are left, numbered by falling size."""
        counts = np.bincount(every["family"])
        renumber = np.zeros(len(counts), dtype=np.int16)
        described = []
        first = 0
        for k, one in enumerate(verdicts):
            for label in range(1, int(one.labels.max(initial=0)) + 1):
                number = first + label
                if number < len(counts) and counts[number]:
                    members = one.labels == label
                    described.append(
                        (
                            number,
                            describe(
                                k,
                                int(counts[number]),
                                one.snippets[members],
                                one.offsets[members],
                                one.rows[members, c.AMPLITUDE],
                            ),
                        )
                    )
            first += int(one.labels.max(initial=0))
        described.sort(key=lambda pair: -pair[1].amplitude_uv)
        families = []
        for rank, (number, family) in enumerate(described, start=1):
            renumber[number] = rank
            families.append(replace(family, number=rank))
        every["family"] = renumber[every["family"]]
        return every, families


def _twitches(rows: NDArray[np.float64], channel: int) -> Events:
    out = ev.empty(len(rows))
    out["kind"] = Kind.FASCICULATION
    out["channel"] = channel
    out["start"], out["stop"], out["peak"] = rows[:, c.START], rows[:, c.STOP], rows[:, c.PEAK]
    out["amplitude_uv"] = rows[:, c.AMPLITUDE]
    out["score"] = np.sqrt(rows[:, c.SCORE])
    return out


def together(events: Events, n_channels: int) -> Events:
    """Join what several channels saw at the same time, kind by kind, into one event each.

    Such an event belongs to the whole recording (channel -1). A cramp on any of them makes it a
    cramp.
    """
    if n_channels == 1:
        return events
    out = []
    held = ev.of_kind(events, Kind.CONTRACTION, Kind.CRAMP)
    for group in (held, *(ev.of_kind(events, kind) for kind in (Kind.ARTIFACT, Kind.CARDIAC))):
        group = group[np.argsort(group["start"], kind="stable")]
        spans = ranges.union(np.stack([group["start"], group["stop"]], axis=1))
        owner = np.searchsorted(spans[:, 0], group["start"], side="right") - 1
        for k, (start, stop) in enumerate(spans):
            low, high = np.searchsorted(owner, [k, k + 1])
            members = group[low:high]
            one = members[np.argmax(np.nan_to_num(members["score"], nan=0.0))].reshape(1).copy()
            one["start"], one["stop"] = start, stop
            if (members["kind"] == Kind.CRAMP).any():
                one["kind"] = Kind.CRAMP
            if len(np.unique(members["channel"])) > 1:
                one["channel"] = -1
            out.append(one)
    return ev.merge(*out)


def one_each(events: Events, distance: float) -> Events:
    """Keep, of potentials on different channels with peaks within `distance`, the clearest."""
    if len(np.unique(events["channel"])) < 2:
        return events
    events = events[np.argsort(events["peak"], kind="stable")]
    keep = np.ones(len(events), dtype=bool)
    peaks = events["peak"]
    for j in np.argsort(-events["score"], kind="stable"):
        if not keep[j]:
            continue
        low = int(np.searchsorted(peaks, peaks[j] - distance))
        high = int(np.searchsorted(peaks, peaks[j] + distance, side="right"))
        for k in range(low, high):
            if k != j and keep[k] and events["channel"][k] != events["channel"][j]:
                keep[k] = False
    return events[keep]
