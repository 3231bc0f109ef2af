"""One channel through the detector: samples in, candidate rows and stretches out, frame by frame.

Frames of half a second are the unit of everything that is decided, counted from sample 0, so that
how the stream was cut into blocks cannot matter. The first ten seconds are held back until lines
and noise are known; after that a frame is decided two seconds after it ended. Memory does not grow
with the samples, only with what is found: besides, a hundred bytes a second.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fasciscope.detection import (
    baseline,
    candidates,
    converter,
    gates,
    kernels,
    lines,
    noise,
    onset,
    ranges,
    score,
    second,
    tails,
)
from fasciscope.detection.buffers import Buffers, Pile, sway
from fasciscope.detection.front import FrontEnd
from fasciscope.detection.settings import Settings

F64 = NDArray[np.float64]

MARGIN_S = 0.15
"""What a candidate's figures need to see on both sides."""
PIECE_S = 40.0
"""Longest stretch taken in at once: bounds the memory."""
HISTORY_S = 5.0
LINES_EVERY = 40
"""Frames between two looks at the spectrum: twenty seconds."""
MAXIMUM_S = 0.004
STAND_OUT = 2.6
"""Local energy over the floor at which a maximum is looked at with the wavelets."""
PROFILE_HOPS = gates.PROFILE_HOPS
SNIPPET_S = 0.032
"""Half-length of the waveform that is kept of each candidate."""
MAX_PER_FRAME = 130
"""Maxima lie at least 4 ms apart, so no half second holds more."""


class ChannelDetector:
    """The streaming state of one channel; see the module's text.

    Parameters
    ----------
    fs_hz : float
    settings : Settings
    uv_per_count : float
        Size of one count, the first guess of the converter's step.
    rail_low, rail_high : float, µV
        The converter's rails.
    """

    def __init__(
        self,
        fs_hz: float,
        settings: Settings,
        uv_per_count: float,
        rail_low: float,
        rail_high: float,
    ) -> None:
        self.fs_hz = fs_hz
        self.settings = settings
        self.hop = max(2, round(noise.HOP_S * fs_hz))
        self.frame = self.hop * noise.HOPS_PER_FRAME
        self.bank = score.AtomBank(fs_hz)
        rails = (rail_low, rail_high)
        self.front = FrontEnd(fs_hz, settings.highpass_hz, settings.lowpass_hz, self.hop, rails)
        self.lines = self.front.lines
        self.window_delay, self.band_delay = self.front.window_delay, self.front.band_delay
        self.step_uv = uv_per_count
        self.piece = math.ceil(PIECE_S * fs_hz)

        start_samples = max(noise.START_FRAMES * self.frame, self.samples(HISTORY_S))
        self.signal = Buffers(
            math.ceil(MARGIN_S * fs_hz), start_samples + self.piece + 6 * self.frame
        )
        self.n_front = 0  # frames through the front end
        self.n_decided = 0

        self.hops = np.zeros((0, kernels.N_HOP))
        self.hop_base = 0
        self.frames = np.zeros((0, noise.N_FRAME))
        self.floors = np.zeros((0, 3))
        self.frame_base = 0
        self.noise_state = np.zeros(noise.N_STATE)
        self.floor_now, self.noises_now = 0.0, np.zeros((1, 0))  # of the frame decided last
        self.tail = np.zeros(2)
        self.snippet_half = round(SNIPPET_S * fs_hz)
        self.rows, self.snippets = Pile(), Pile()
        self.stretches = gates.Stretches(self.hop)
        self.raised_ranges, self.drowned_ranges, self.hum_ranges = Pile(), Pile(), Pile()
        self.profile, self.turns, self.sway_history = Pile(), Pile(), Pile()
        self.floor_history, self.level_history = Pile(), Pile()
        self.cleaned = Pile()  # frames from which on a line is taken away that was noise before

    def samples(self, seconds: float) -> int:
        """Return `seconds` in samples, rounded up."""
        return math.ceil(seconds * self.fs_hz)

    @property
    def flat_limit(self) -> int:
        """Equal samples in a row that no live electrode gives."""
        return self.samples(converter.flat_s(self.step_uv))

    @property
    def least_floor(self) -> float:
        """Quantisation noise (µV²), the part of it that the pass band lets through."""
        top = min(1.0, self.settings.lowpass_hz / (0.5 * self.fs_hz))
        return converter.noise_power(self.step_uv) * top + 1e-9

    @property
    def noise_uv(self) -> float:
        """Root-mean-square noise (µV) in the pass band at the frame decided last."""
        return math.sqrt(self.noise_state[noise.FLOOR_NOW] / self.median_over_mean())

    def median_over_mean(self) -> float:
        """Return median over mean of a hop's power in noise: a gamma variable (Wilson-Hilferty)."""
        top = min(self.settings.lowpass_hz, 0.45 * self.fs_hz)
        shape = max((top - self.settings.highpass_hz) * self.hop / self.fs_hz, 0.5)
        return (1.0 - 1.0 / (9.0 * shape)) ** 3

    def noise_history(self) -> F64:
        """Return the noise (µV rms, pass band) of each frame."""
        floors = np.concatenate([np.empty(0), *self.floor_history])
        return np.asarray(np.sqrt(floors / self.median_over_mean()))

    @property
    def threshold(self) -> float:
        """Score that a potential must reach here: the one asked for, or more in worse noise."""
        return tails.threshold(self.settings.threshold, self.tail[0], self.tail[1])

    def feed(self, values: NDArray[Any], scale: float = 1.0, zero: float = 0.0) -> F64:
        """Take samples (NaN where missing); return the candidate rows that became known.

        Parameters
        ----------
        values : ndarray, shape (n,)
            Counts, or µV.
        scale, zero : float, default 1 and 0
            Size of one count, and µV at count zero.
        """
        found = []
        for first in range(0, values.size, self.piece):
            part = values[first : first + self.piece]
            self.signal.append(part, self._oldest(), scale, zero)
            found.append(self._advance(final=False))
        return _stack(found)

    def finish(self) -> F64:
        """Decide what is left; return the candidate rows that became known."""
        n_samples = self.signal.n_in
        whole = -(-n_samples // self.frame) * self.frame
        pad = whole - n_samples + self.frame  # one frame of nothing, for what looks ahead
        self.signal.append(np.full(pad, np.nan), self._oldest())
        return self._advance(final=True)

    def _oldest(self) -> int:
        """Return the first sample that a decision or a look at the spectrum may still need."""
        seen = self.n_front * self.frame - self.samples(lines.WINDOW_S + 0.5)
        return min(self.n_decided * self.frame, seen)

    def _advance(self, final: bool) -> F64:
        ready = self.signal.n_in // self.frame
        if self.n_front == 0:
            if ready < noise.START_FRAMES and not final:
                return _stack([])
            x = self.signal.raw(0, min(self.signal.n_in, noise.START_FRAMES * self.frame))
            self.lines.learn(x)
            self.step_uv, self.front.state[kernels.LEVEL] = converter.learn_step(x, self.step_uv)
        found = []
        while self.n_front < ready:
            until = (self.n_front // LINES_EVERY + 1) * LINES_EVERY
            if self.n_front < noise.START_FRAMES:
                until = noise.START_FRAMES
            onset.run_front(self, min(ready, until) - self.n_front)
            if self.n_decided == 0 and (
                self.n_front >= noise.START_FRAMES or (final and self.n_front == ready)
            ):
                begun = self.frames[: noise.START_FRAMES]
                noise.start(begun, self.least_floor, self.noise_state)
                found.append(self._decide(final and self.n_front == ready))
            if self.n_front % LINES_EVERY == 0:
                now, before = self.n_front * self.frame, self.lines.table
                self.lines.look_again(self.signal.raw(now - self.lines.window, now))
                if self.lines.table is not before:
                    self.cleaned.append(np.array([self.n_front]))
        if self.n_front >= noise.START_FRAMES:
            found.append(self._decide(final))
        return _stack(found)

    def run_front(self, n_frames: int) -> None:
        """Run `n_frames` through everything that touches each sample."""
        signal, first = self.signal, self.n_front * self.frame
        hops = self.front.run(signal, first, n_frames * noise.HOPS_PER_FRAME)
        part = slice(first - signal.base, first - signal.base + n_frames * self.frame)
        self.sway_history.append(sway(signal.u[part], n_frames))
        frames = np.empty((n_frames, noise.N_FRAME))
        noise.describe_frames(hops, self.flat_limit, frames)
        if not converter.is_coarse(self.step_uv):  # nothing fine-stepped and alive is this quiet
            frames[frames[:, noise.LEVEL] < converter.SILENT_UV**2, noise.USABLE] = 0.0
        self.hops = np.concatenate([self.hops, hops])
        self.frames = np.concatenate([self.frames, frames])
        self.floors = np.concatenate([self.floors, np.zeros((n_frames, 3))])
        self.n_front += n_frames

    def _decide(self, final: bool) -> F64:
        """Decide the frames whose future is known: floor, candidates, busy and dense hops."""
        until = self.n_front - (1 if final else noise.LOOK_AHEAD)
        if until <= self.n_decided:
            return _stack([])
        first, last = self.n_decided - self.frame_base, until - self.frame_base
        noise.advance(
            self.frames,
            first,
            last,
            self.frames.shape[0],
            self.least_floor,
            converter.toggling_power(self.step_uv),
            self.noise_state,
            self.floors,
        )
        floors = self.floors[first:last, 0].copy()
        self.floor_history.append(floors.astype(np.float32))
        self.level_history.append(self.frames[first:last, noise.LEVEL].astype(np.float32))
        self.turns.append(self.floors[first:last, 2].astype(np.int8))
        raised = (self.floors[first:last, 1] == 0.0) & (self.frames[first:last, noise.USABLE] > 0)
        self.raised_ranges.append(ranges.runs(raised) + self.n_decided)
        at = self.n_decided * self.frame - self.signal.base
        noises = self.bank.noise(
            self.signal.y,
            at,
            self.frame,
            floors,
            self.floors[first:last, 1],
            converter.noise_power(self.step_uv),
        )
        self.floor_now, self.noises_now = float(floors[-1]), noises[-1:]
        drowned = baseline.drowned(floors, noises, self.settings, self.fs_hz)
        self.drowned_ranges.append(ranges.runs(drowned) + self.n_decided)
        found = self._candidates(floors, noises)
        start, stop = first * noise.HOPS_PER_FRAME, last * noise.HOPS_PER_FRAME
        self.stretches.collect(
            self.hops,
            np.maximum(self.floors[:last, 0], converter.toggling_power(self.step_uv) / gates.BUSY),
            noise.HOPS_PER_FRAME,
            start,
            self.hop_base,
            self.flat_limit,
            final,
        )
        hops, usual = self.hops[start:stop], self.median_over_mean()
        self.profile.append(gates.profile(hops, floors, noise.HOPS_PER_FRAME, usual))
        self.n_decided = until
        self._forget()
        return found

    def _candidates(self, floors: F64, noises: F64) -> F64:
        signal = self.signal
        first = self.n_decided * self.frame - signal.base
        places = np.empty(MAX_PER_FRAME * floors.size, dtype=np.int64)
        shift = self.window_delay  # energy maxima of a frame's samples come so much later
        n = score.maxima(
            signal.energy,
            first + shift,
            first + shift + floors.size * self.frame,
            max(1, round(MAXIMUM_S * self.fs_hz)),
            STAND_OUT * floors,
            self.frame,
            places,
        )
        places = places[:n]
        hop = (places - shift + signal.base) // self.hop - self.hop_base
        limits = floors[(places - shift - first) // self.frame]
        places = places[~gates.crowded(self.hops, hop, limits)]
        out = np.empty((places.size, candidates.N_CANDIDATE))
        kept = candidates.measure(
            signal.x,
            signal.u,
            signal.y,
            signal.energy,
            places,
            places.size,
            floors,
            noises,
            self.bank.cosine,
            self.bank.sine,
            self.bank.half,
            first + shift,
            self.frame,
            self.fs_hz,
            self.band_delay,
            self.window_delay,
            *self.front.rails,
            min(self.settings.threshold, second.LEAST_SCORE),
            self.tail,
            out,
        )
        rows = out[:kept].copy()
        centre = rows[:, candidates.PEAK].astype(np.int64)
        reach = np.arange(-self.snippet_half, self.snippet_half + 1)
        self.snippets.append(signal.y[centre[:, None] + self.band_delay + reach])
        rows[:, [candidates.PEAK, candidates.START, candidates.STOP]] += signal.base
        self.rows.append(rows)
        return rows

    def _forget(self) -> None:
        """Let go of hops and frames that no later decision looks at."""
        keep = max(0, self.n_decided - noise.LOOK_BACK - 2)
        drop = keep - self.frame_base
        if drop > 0:
            self.frames = self.frames[drop:]
            self.floors = self.floors[drop:]
            self.hops = self.hops[drop * noise.HOPS_PER_FRAME :]
            self.frame_base = keep
            self.hop_base = keep * noise.HOPS_PER_FRAME


def _stack(rows: list[F64]) -> F64:
    return np.concatenate([np.empty((0, candidates.N_CANDIDATE)), *rows])
