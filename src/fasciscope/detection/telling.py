"""What is told while a recording runs: potentials at once, and later which of them stand.

Blocks have been cut at the ends of frames before they come here, so that what is told, and when,
does not depend on how the stream was cut. A frame that was decided confirms what was told of it,
or takes it back: at the beginning of a contraction nobody can know that it is one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fasciscope import events as ev
from fasciscope.detection import activity, gates, joining, noise, ranges, shape, verdict
from fasciscope.detection import candidates as c
from fasciscope.detection.channel import ChannelDetector
from fasciscope.detection.early import Early, is_active
from fasciscope.events import Events

F64 = NDArray[np.float64]

SAME_S = 0.015
"""A potential that is looked at twice has its peak within this."""
HELD_BACK_S = 0.1
"""What lies closer to the end of the last decided frame may be a phase of what comes behind it."""


class Teller:
    """The live side of the detector.

    Parameters
    ----------
    channels : list of ChannelDetector
        Fed by somebody else, never past the end of a frame without `look` being called.

    Attributes
    ----------
    pending : ndarray of EVENT_DTYPE
        Told, and neither confirmed nor taken back yet; ordered by peak.
    """

    def __init__(self, channels: list[ChannelDetector]) -> None:
        self.channels = channels
        self.fs_hz = channels[0].fs_hz
        self.pending = ev.empty()
        self._early = [Early(channel) for channel in channels]
        self._rows = [np.empty((0, c.N_CANDIDATE)) for _ in channels]
        self._settled = 0  # samples before which all is settled
        self._recent = ev.empty()
        self._known = np.empty(0, dtype=np.int64)  # peaks confirmed the time before

    def look(self, decided: list[F64]) -> tuple[Events, Events, Events]:
        """Return what is told now, and what is confirmed and taken back of what was told before.

        Parameters
        ----------
        decided : list of ndarray, shape (n, N_CANDIDATE)
            Rows of each channel that became known with frames that were decided.
        """
        for k, (rows, channel) in enumerate(zip(decided, self.channels, strict=True)):
            if len(rows):
                rows = rows[_at_rest(rows, channel)]
                self._rows[k] = np.concatenate([self._rows[k], rows])
        late, confirmed, withdrawn = self._settle()
        told = self._at_once()
        self.pending = _by_peak(np.concatenate([self.pending, told]))
        return ev.merge(late, told), confirmed, withdrawn

    def finish(self, twitches: Events) -> tuple[Events, Events]:
        """Return which of what is pending is among the verdict's `twitches`, and which is not."""
        stands = _near(self.pending["peak"], np.sort(twitches["peak"]), SAME_S * self.fs_hz)
        confirmed, withdrawn = self.pending[stands], self.pending[~stands]
        self.pending = ev.empty()
        return confirmed, withdrawn

    def _at_once(self) -> Events:
        """Return the potentials that can be told by now, each once over all channels."""
        parts, times = [ev.empty()], [np.empty(0, dtype=np.int64)]
        for k, (channel, early) in enumerate(zip(self.channels, self._early, strict=True)):
            rows, seen = early.look()
            if len(rows):
                keep = _plausible(rows, channel)
                parts.append(joining.twitches(rows[keep], k))
                times.append(seen[keep])
        every, seen = np.concatenate(parts), np.concatenate(times)
        told = [ev.empty()]
        # in the order in which they would be seen one by one, the clearest first
        for j in np.lexsort((every["channel"], -every["score"], seen)):
            peak = every["peak"][j]
            recent = self._recent[self._recent["peak"] > peak - self.fs_hz]
            same = np.abs(recent["peak"] - peak) <= joining.SAME_EVENT_S * self.fs_hz
            same &= recent["channel"] != every["channel"][j]
            if not same.any() and len(recent) < activity.TONIC[0][0] - 1:
                told.append(every[j : j + 1])
                self._recent = np.concatenate([recent, every[j : j + 1]])
        return np.concatenate(told)

    def _settle(self) -> tuple[Events, Events, Events]:
        """Confirm or take back what lies in decided frames; tell what was missed at first."""
        channel = self.channels[0]
        until = channel.n_decided * channel.frame - channel.samples(HELD_BACK_S)
        if until <= self._settled:
            return ev.empty(), ev.empty(), ev.empty()
        good = self._good(until)
        distance = SAME_S * self.fs_hz
        # a pair may lie on both sides of the end
        known = _near(good["peak"], self.pending["peak"], distance)
        known |= _near(good["peak"], self._known, distance)
        due = self.pending["peak"] < until
        stands = _near(self.pending["peak"], good["peak"], distance)
        confirmed, withdrawn = self.pending[due & stands], self.pending[due & ~stands]
        self.pending = self.pending[~due]
        self._known = confirmed["peak"]
        late = good[~known & (good["peak"] < until) & (good["peak"] >= self._settled)]
        self._settled = until
        return late, ev.merge(confirmed, late), withdrawn

    def _good(self, until: int) -> Events:
        """Return what the decided frames hold, a little beyond `until`, and let go of the old."""
        parts = []
        for k, channel in enumerate(self.channels):
            rows = self._rows[k]
            keep = verdict.single(rows, self.fs_hz) & _plausible(rows, channel)
            parts.append(joining.twitches(rows[keep], k))
            self._rows[k] = rows[rows[:, c.PEAK] >= until - channel.samples(1.0)]
        every = joining.one_each(ev.merge(*parts), joining.SAME_EVENT_S * self.fs_hz)
        every = _by_peak(every)
        held = activity.trains(every["peak"].astype(np.float64), activity.TONIC, self.fs_hz)
        return every[~ranges.inside(every["peak"], held)]


def _plausible(rows: F64, channel: ChannelDetector) -> NDArray[np.bool_]:
    """Return which rows have the size and shape of a potential, as far as one tells by itself."""
    keep = rows[:, c.SCORE] >= channel.threshold
    keep &= rows[:, c.AMPLITUDE] > verdict.STEPS * channel.step_uv
    keep &= ~verdict.slender(rows, channel)
    keep &= rows[:, c.MISSING_NEAR] == 0
    ungrouped = np.zeros(len(rows), dtype=np.int64)
    return np.asarray(keep & ~shape.misshapen(rows, ungrouped, channel.fs_hz))


def _at_rest(rows: F64, channel: ChannelDetector) -> NDArray[np.bool_]:
    """Return which rows of a frame that was just decided lie in no activity, nor beside it."""
    if is_active(channel):
        return np.zeros(len(rows), dtype=np.bool_)
    hops = rows[:, c.PEAK].astype(np.int64) // channel.hop - channel.hop_base
    reach = round(verdict.EDGE_S / noise.HOP_S)
    return ~gates.beside_dense(channel.hops, hops, rows[:, c.FLOOR].copy(), reach)


def _by_peak(events: Events) -> Events:
    return events[np.argsort(events["peak"], kind="stable")]


def _near(
    places: NDArray[np.int64], others: NDArray[np.int64], distance: float
) -> NDArray[np.bool_]:
    return ranges.near(places.astype(np.float64), others.astype(np.float64), distance)
