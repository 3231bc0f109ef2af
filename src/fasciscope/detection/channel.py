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
    noise,
    ranges,
    score,
    second,
    tails,
    workers,
)
from fasciscope.detection.buffers import Pile
from fasciscope.detection.intake import Intake, Taken
from fasciscope.detection.settings import Settings

F64 = NDArray[np.float64]

MARGIN_S = 0.15
"""What a candidate's figures need to see on both sides."""
PIECE_S = 300.0
"""Longest stretch taken in at once: bounds the memory."""
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
        self.bank = score.AtomBank(fs_hz)
        margin = math.ceil(MARGIN_S * fs_hz)
        self.intake = Intake(fs_hz, settings, uv_per_count, (rail_low, rail_high), margin)
        self.hop, self.frame = self.intake.hop, self.intake.frame
        self.signal, self.front, self.lines = (
            self.intake.signal,
            self.intake.front,
            self.intake.lines,
        )
        self.window_delay, self.band_delay = self.front.window_delay, self.front.band_delay
        self.piece = math.ceil(PIECE_S * fs_hz)
        self.n_decided = 0

        # tables of the frames that a decision may still look at
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
        self.raised_ranges, self.drowned_ranges = Pile(), Pile()
        self.sway_history, self.hum_ranges, self.cleaned = (
            self.intake.sway_history,
            self.intake.hum_ranges,
            self.intake.cleaned,
        )
        self.profile, self.turns = Pile(), Pile()
        self.floor_history, self.level_history = Pile(), Pile()

    def samples(self, seconds: float) -> int:
        """Return `seconds` in samples, rounded up."""
        return math.ceil(seconds * self.fs_hz)

    @property
    def step_uv(self) -> float:
        """The converter's step, µV."""
        return self.intake.step_uv

    @property
    def n_front(self) -> int:
        """Frames that were run through the front end."""
        return self.intake.n_front

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

    def feed(
        self,
        values: NDArray[Any],
        scale: float = 1.0,
        zero: float = 0.0,
        spread: bool = False,
    ) -> F64:
        """Take samples (NaN where missing); return the candidate rows that became known.

        Parameters
        ----------
        values : ndarray, shape (n,)
            Counts, or µV.
        scale, zero : float, default 1 and 0
            Size of one count, and µV at count zero.
        spread : bool, default False
            Whether the intake may run ahead of the decisions on another core.
        """
        found = []
        for first in range(0, values.size, self.piece):
            part = values[first : first + self.piece]
            self.signal.append(part, self._oldest(), scale, zero)
            found.append(self._advance(spread=spread))
        if not spread:
            self.signal.let_go(self._oldest())
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
        return min(self.n_decided * self.frame, self.intake.oldest)

    def _advance(self, final: bool = False, spread: bool = False) -> F64:
        """Take in what came, and decide what is known by then."""
        found = []
        for batch in workers.ahead(self.intake.steps(final), spread):
            while batch and self.n_decided == 0:  # the first decision is of ten seconds alone
                self._take(batch[:1])
                batch = batch[1:]
                found.append(self._decide())
            self._take(batch)
            found.append(self._decide())
        found.append(self._decide(final))
        return _stack(found)

    def _take(self, batch: list[Taken]) -> None:
        """Add frames to the tables."""
        self.hops = np.concatenate([self.hops, *(taken.hops for taken in batch)])
        self.frames = np.concatenate([self.frames, *(taken.frames for taken in batch)])
        more = len(self.frames) - len(self.floors)
        self.floors = np.concatenate([self.floors, np.zeros((more, self.floors.shape[1]))])

    def _decide(self, final: bool = False) -> F64:
        """Decide the frames whose future is known: floor, candidates, busy and dense hops."""
        known = self.frame_base + len(self.frames)
        until = known - (1 if final else noise.LOOK_AHEAD)
        if until <= self.n_decided or (known < noise.START_FRAMES and not final):
            return _stack([])
        if self.n_decided == 0:
            noise.start(self.frames[: noise.START_FRAMES], self.least_floor, self.noise_state)
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
            self.intake.flat_limit,
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
