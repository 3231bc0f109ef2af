"""Telling a potential while the frame that it lies in is still going on.

The live half of one channel. The front end runs ahead of the frames, hop by hop, on a copy of its
memory; what stands out of the noise known so far is measured as soon as its own shape is there.
What comes later is taken to go on as it went, so that the answer depends on the sample that it is
given at and not on how much of the stream happened to come with it.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fasciscope.detection import activity, gates, kernels, noise, phases, score, verdict
from fasciscope.detection import candidates as c
from fasciscope.detection.channel import MARGIN_S, MAXIMUM_S, STAND_OUT, ChannelDetector

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

WAIT_S = 0.034
"""From the largest energy to the answer: the potential is over, and the baseline behind it is seen
for a few milliseconds, so that a step is known as one."""
HELD_S = 0.012
"""Over so much the signal's level is taken that what has not come yet is taken to have."""
REST_HOPS = 25
"""Hops of the past in which a muscle at rest has no more than `gates.OCCUPIED` busy ones."""


def is_active(channel: ChannelDetector) -> bool:
    """Return whether the frames decided last were too loud for too long to be noise."""
    return bool(channel.noise_state[noise.RAISED_FOR] >= activity.FAINT_FRAMES)


class Early:
    """Candidates of one channel, as soon as they are there.

    Parameters
    ----------
    channel : ChannelDetector
        Fed by somebody else, never past the end of a frame without `look` being called.
    """

    def __init__(self, channel: ChannelDetector) -> None:
        self.channel = channel
        self._wait = channel.samples(WAIT_S)
        self._frames = -1  # frames that the copy started behind
        self._front = channel.front
        self._hops = np.zeros((0, kernels.N_HOP))
        self._looked = 0  # first place that nobody looked at yet

    def look(self) -> tuple[F64, I64]:
        """Return the candidates that can be judged by now, and when each of them could be.

        Returns
        -------
        rows : ndarray, shape (n, N_CANDIDATE)
            As of `candidates.measure`.
        seen : ndarray, shape (n,), int64
            First sample that was not needed for it.
        """
        channel = self.channel
        found, seen = [np.empty((0, c.N_CANDIDATE))], [np.empty(0, dtype=np.int64)]
        if channel.n_front < noise.START_FRAMES:
            return found[0], seen[0]
        self._run_ahead()
        end = channel.n_front * channel.frame + len(self._hops) * channel.hop
        decided = channel.n_decided * channel.frame + channel.window_delay
        self._looked = max(self._looked, decided)
        stop = end - self._wait
        if stop > self._looked:
            places = self._maxima(stop)
            self._looked = stop
            for place in places.tolist():
                if self._at_rest(place):
                    rows = self._measured(place)
                    found.append(rows)
                    seen.append(np.full(len(rows), self._seen(place)))
        return np.concatenate(found), np.concatenate(seen)

    def _run_ahead(self) -> None:
        """Run the front end over the whole hops that the frames have not got yet."""
        channel = self.channel
        if channel.n_front != self._frames:
            self._frames = channel.n_front
            self._front = channel.front.ahead()
            self._hops = self._hops[:0]
        first = channel.n_front * channel.frame + len(self._hops) * channel.hop
        n_hops = (channel.signal.n_in - first) // channel.hop
        if n_hops > 0:
            hops = self._front.run(channel.signal, first, n_hops)
            self._hops = np.concatenate([self._hops, hops])

    def _maxima(self, stop: int) -> I64:
        """Return the samples of the energy's maxima between the last look and `stop`."""
        channel, base = self.channel, self.channel.signal.base
        out = np.empty((stop - self._looked) // 2 + 2, dtype=np.int64)
        n = score.maxima(
            channel.signal.energy,
            self._looked - base,
            stop - base,
            max(1, round(MAXIMUM_S * channel.fs_hz)),
            np.array([STAND_OUT * channel.floor_now]),
            stop - self._looked,
            out,
        )
        return out[:n] + base

    def _seen(self, place: int) -> int:
        """Return the end of the hop in which a maximum at `place` is judged."""
        return -(-(place + self._wait + 1) // self.channel.hop) * self.channel.hop

    def _at_rest(self, place: int) -> bool:
        """Return whether the muscle was at rest until the hop in which `place` is judged."""
        channel = self.channel
        if is_active(channel):
            return False
        hops = np.concatenate([channel.hops, self._hops])
        until = self._seen(place) // channel.hop - channel.hop_base
        hops = np.ascontiguousarray(hops[max(0, until - REST_HOPS - gates.NEAR) : until])
        busy = np.zeros(len(hops), dtype=np.int64)
        gates.mark_busy(hops, np.array([channel.floor_now]), len(hops), busy)
        return int(busy[-REST_HOPS:].sum()) < gates.OCCUPIED

    def _measured(self, place: int) -> F64:
        """Return the row of a maximum, or none if it is a phase, a tail, or too faint."""
        channel, signal = self.channel, self.channel.signal
        margin = math.ceil(MARGIN_S * channel.fs_hz)
        middle, seen = place - signal.base, self._seen(place) - signal.base
        out = np.empty((1, c.N_CANDIDATE))
        same, tail = (channel.samples(s) for s in (verdict.SAME_PEAK_S, verdict.SHADOW_S))
        if phases.shaded(signal.energy[:seen], middle, same, tail, verdict.SHADOW):
            return out[:0]
        first = middle - margin
        x, u, y, energy = (
            np.concatenate([part[first:seen], np.full(first + 2 * margin - seen, level)])
            for part, level in (
                (signal.x, signal.x[seen - 1]),
                (signal.u, self._level(signal.u[:seen])),
                (signal.y, np.float32(0.0)),
                (signal.energy, np.float32(0.0)),
            )
        )
        n = c.measure(
            x,
            u,
            y,
            energy,
            np.array([margin]),
            1,
            np.array([channel.floor_now]),
            channel.noises_now,
            channel.bank.cosine,
            channel.bank.sine,
            channel.bank.half,
            0,
            2 * margin + 1,
            channel.fs_hz,
            channel.band_delay,
            channel.window_delay,
            *channel.front.rails,
            channel.threshold,
            np.zeros(2),
            out,
        )
        out[:, [c.PEAK, c.START, c.STOP]] += place - margin
        return out[:n]

    def _level(self, u: NDArray[np.float32]) -> np.float32:
        return np.float32(np.median(u[-self.channel.samples(HELD_S) :]))
