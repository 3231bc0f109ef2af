"""The detector: a sink that takes blocks and gives events, on any number of channels.

`process` tells at once what looks like a twitch (provisional, for a live display); `finish` gives
the verdict on the whole, which is what files and reports show. The verdict does not depend on how
the samples were cut into blocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fasciscope import events as ev
from fasciscope.blocks import Block, StreamInfo
from fasciscope.detection import candidates as c
from fasciscope.detection import noise, ranges, verdict, workers
from fasciscope.detection.channel import ChannelDetector
from fasciscope.detection.families import Family, describe
from fasciscope.detection.joining import SAME_EVENT_S, one_each, together, twitches
from fasciscope.detection.settings import Settings
from fasciscope.detection.telling import Teller
from fasciscope.errors import InputError
from fasciscope.events import Events, Kind

F64 = NDArray[np.float64]

BRIDGE_S = 0.002
"""Gaps up to this are bridged by a straight line, so that a lossy link does not blind the detector;
a potential is longer, and the lost samples are counted all the same."""
SHORTEST_S = 2.0
"""Less signal than this says nothing about its noise, so nothing is counted in it."""
SPREAD_S = 10.0
"""A block of so much at once does not come from a live stream: it may take all cores."""
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
    confirmed, withdrawn : ndarray of EVENT_DTYPE
        Of what `process` told, what its last call, or `finish`, found to stand, and took back.
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
        self.confirmed, self.withdrawn = ev.empty(), ev.empty()
        self._teller = Teller(self.channels)
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
        """Take a block; return the potentials that are told with it, provisionally.

        A potential is told as soon as its shape is there. Two to three seconds later it is among
        `confirmed` or among `withdrawn`; so the number that stands is that of all events told,
        less all that were taken back.

        Raises
        ------
        InputError
            If the block goes back in time, has another number of channels, or holds samples that
            are not finite.
        """
        looks = [self._teller.look(rows) for rows in self._frame_by_frame(block)]
        told, self.confirmed, self.withdrawn = (
            ev.merge(*(look[k] for look in looks)) for k in range(3)
        )
        return told

    def take(self, block: Block) -> None:
        """Take a block and say nothing of it: for whoever waits for `finish` anyway.

        Raises
        ------
        InputError
            As `process` does.
        """
        missing = self._checked(block)
        self._feed_gap(block, missing)
        self._feed(block, 0, len(block))

    def _frame_by_frame(self, block: Block) -> Iterator[list[F64]]:
        """Feed a block in parts; yield the rows of each channel that became known every time.

        A part ends with the last sample but one of a frame, or with the last: what is told while a
        frame goes on must not know of its end.
        """
        missing = self._checked(block)
        if missing:
            yield self._feed_gap(block, missing)
        frame = self.channels[0].frame
        first = 0
        while first < len(block):
            left = frame - (block.first_index + first) % frame
            stop = min(first + max(left - 1, 1), len(block))
            yield self._feed(block, first, stop)
            first = stop

    def _feed_gap(self, block: Block, missing: int) -> list[F64]:
        """Feed the samples that are missing before a block."""
        if missing:
            self._gaps.append((self.n_samples, block.first_index))
        self.n_samples = block.first_index
        scale, zero = self.info.uv_per_count, self.info.uv_at_zero
        rows = []
        for k, channel in enumerate(self.channels):
            found = [np.empty((0, c.N_CANDIDATE))]
            for first in range(0, missing, channel.piece):
                n = min(channel.piece, missing - first)
                nothing = np.full(n, np.nan)
                if missing <= self._bridge and len(block):
                    nothing = channel.signal.bridge(n, block.samples[0, k] * scale[k] + zero[k])
                found.append(channel.feed(nothing))
            rows.append(np.concatenate(found))
        return rows

    def _feed(self, block: Block, first: int, stop: int) -> list[F64]:
        """Feed a part of a block; return the rows of each channel that became known."""
        scale, zero = self.info.uv_per_count, self.info.uv_at_zero
        spread = stop - first >= SPREAD_S * self.info.fs_hz
        halves = spread and 2 * len(self.channels) <= workers.cores()
        rows = workers.each(
            lambda k: self.channels[k].feed(
                block.samples[first:stop, k], scale[k], zero[k], halves
            ),
            range(len(self.channels)),
            spread,
        )
        self.n_samples = block.first_index + stop
        return rows

    @property
    def _bridge(self) -> int:
        """Missing samples up to which a gap is bridged."""
        return max(1, round(BRIDGE_S * self.info.fs_hz))

    def _checked(self, block: Block) -> int:
        """Return how many samples are missing before a block that fits, else raise."""
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
        if block.samples.dtype.kind not in "iu":
            self._all_finite(block)
        return missing

    def _all_finite(self, block: Block) -> None:
        bad = ~np.isfinite(block.samples)
        if bad.any():
            row, column = np.unravel_index(int(np.argmax(bad)), bad.shape)
            raise InputError(
                f"Channel {self.info.channels[column].name} holds a value that is not a finite "
                f"number at sample {block.first_index + int(row)}."
            )

    def finish(self) -> Events:
        """End the stream; return all events, the verdict on the whole."""
        spread = self.n_samples >= SPREAD_S * self.info.fs_hz
        workers.each(ChannelDetector.finish, self.channels, spread)
        if self.n_samples < SHORTEST_S * self.info.fs_hz:
            everything = np.array([[0, self.n_samples]], dtype=np.int64)
            self.excluded = ranges.without(everything, self.gaps)
            self.confirmed, self.withdrawn = self._teller.finish(ev.empty())
            return ev.intervals(Kind.GAP, self.gaps)
        long_gaps = self.gaps[self.gaps[:, 1] - self.gaps[:, 0] > self._bridge]
        verdicts = workers.each(
            lambda channel: verdict.judge(channel, self.n_samples, long_gaps),
            self.channels,
            spread,
        )
        self.clipped = sum(one.clipped for one in verdicts)
        self.odd = sum(one.odd for one in verdicts)
        self._exclude(verdicts)
        found, families = self._combine(verdicts)
        self.confirmed, self.withdrawn = self._teller.finish(found)
        self.families = tuple(families)
        others = []
        for k, one in enumerate(verdicts):
            if k not in self.left_out:
                mine = one.others.copy()
                mine["channel"] = k
                others.append(mine)
        return ev.merge(
            found,
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
                mine = twitches(one.rows, k)
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
