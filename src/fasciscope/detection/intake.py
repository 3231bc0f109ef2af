"""The first half of one channel: samples in, hops and frames out; lines learned and looked for.

What comes out at a frame depends on nothing later, and on nothing that is decided of it; so the
intake may run ahead of the decisions, in a thread of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fasciscope.detection import converter, kernels, lines, noise, onset
from fasciscope.detection.buffers import Buffers, Pile, sway
from fasciscope.detection.front import FrontEnd
from fasciscope.detection.settings import Settings

F64 = NDArray[np.float64]

LINES_EVERY = 40
"""Frames between two looks at the spectrum: twenty seconds."""


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """What became known of some frames.

    Parameters
    ----------
    hops : ndarray, shape (n_frames * HOPS_PER_FRAME, N_HOP)
        Hop table, see `kernels.front_end`.
    frames : ndarray, shape (n_frames, N_FRAME)
        Frame table, see `noise`.
    """

    hops: F64
    frames: F64


class Intake:
    """Everything that touches each sample of one channel.

    Parameters
    ----------
    fs_hz : float
    settings : Settings
    uv_per_count : float, µV
        Size of one count, the first guess of the converter's step.
    rails : (float, float), µV
    margin : int
        Samples that must be there on both sides of what is asked for.

    Attributes
    ----------
    signal : Buffers
    n_front : int
        Frames that were run through the front end.
    sway_history, hum_ranges, cleaned : Pile
        Sway of each frame, µV; frames in which a hum was not known yet; frames from which on a line
        is taken away that was noise before.
    """

    def __init__(
        self,
        fs_hz: float,
        settings: Settings,
        uv_per_count: float,
        rails: tuple[float, float],
        margin: int,
    ) -> None:
        self.fs_hz = fs_hz
        self.hop = max(2, round(noise.HOP_S * fs_hz))
        self.frame = self.hop * noise.HOPS_PER_FRAME
        self.front = FrontEnd(fs_hz, settings.highpass_hz, settings.lowpass_hz, self.hop, rails)
        self.lines = self.front.lines
        self.step_uv = uv_per_count
        self.signal = Buffers(margin)
        self.n_front = 0
        self.sway_history, self.hum_ranges, self.cleaned = Pile(), Pile(), Pile()
        self._recent = np.zeros((0, noise.N_FRAME))  # what a beginning looks back at

    @property
    def flat_limit(self) -> int:
        """Equal samples in a row that no live electrode gives."""
        return math.ceil(converter.flat_s(self.step_uv) * self.fs_hz)

    @property
    def oldest(self) -> int:
        """First sample that a look at the spectrum may still need."""
        return self.n_front * self.frame - math.ceil((lines.WINDOW_S + 0.5) * self.fs_hz)

    def steps(self, final: bool) -> Iterator[Taken]:
        """Run over what came in, some twenty seconds at a time.

        Parameters
        ----------
        final : bool
            Whether the signal ends here: then even its first ten seconds may be incomplete.
        """
        ready = self.signal.n_in // self.frame
        if self.n_front == 0:
            if ready < noise.START_FRAMES and not final:
                self.signal.fill(self.signal.n_in)
                return
            self.signal.fill(min(ready, noise.START_FRAMES) * self.frame)
            x = self.signal.raw(0, min(ready, noise.START_FRAMES) * self.frame)
            self.lines.learn(x)
            self.step_uv, self.front.state[kernels.LEVEL] = converter.learn_step(x, self.step_uv)
        while self.n_front < ready:
            until = (self.n_front // LINES_EVERY + 1) * LINES_EVERY
            if self.n_front < noise.START_FRAMES:
                until = noise.START_FRAMES
            self.signal.fill(min(ready, until) * self.frame)
            taken = self._run(min(ready, until) - self.n_front)
            if self.n_front % LINES_EVERY == 0:
                now, before = self.n_front * self.frame, self.lines.table
                self.lines.look_again(self.signal.raw(now - self.lines.window, now))
                if self.lines.table is not before:
                    self.cleaned.append(np.array([self.n_front]))
            yield taken
        self.signal.fill(self.signal.n_in)

    def _run(self, n_frames: int) -> Taken:
        """Run as many frames as asked for, or to where a hum is known that was switched on.

        What is known at a frame is the same for a stream in small pieces and in large ones: a large
        one is gone back on.
        """
        start, before = self.n_front, self.front.ahead()
        taken = self._run_all(n_frames)
        frames = np.concatenate([self._recent, taken.frames])
        for row in onset.beginnings(frames, len(self._recent)):
            known = start + row - len(self._recent) + 1
            x = self.signal.raw((known - onset.RAISED) * self.frame, known * self.frame)
            f_hz = onset.hum(x, frames[row + 1 - onset.RAISED : row + 1, noise.LEVEL], self.lines)
            if f_hz.size:
                if known < self.n_front:
                    self.front.return_to(before)
                    self.n_front = start
                    taken = self._run_all(known - start)
                self.lines.begin(f_hz, x)
                self.hum_ranges.append(
                    np.array([[known - onset.RAISED - 1, known + onset.SETTLED]])
                )
                frames = frames[: row + 1]
                break
        self._recent = frames[-onset.LOOKED_BACK_AT :]
        first = start * self.frame - self.signal.base
        part = slice(first, first + len(taken.frames) * self.frame)
        self.sway_history.append(sway(self.signal.u[part], len(taken.frames)))
        return taken

    def _run_all(self, n_frames: int) -> Taken:
        first = self.n_front * self.frame
        hops = self.front.run(self.signal, first, n_frames * noise.HOPS_PER_FRAME)
        frames = np.empty((n_frames, noise.N_FRAME))
        noise.describe_frames(hops, self.flat_limit, frames)
        if not converter.is_coarse(self.step_uv):  # nothing fine-stepped and alive is this quiet
            frames[frames[:, noise.LEVEL] < converter.SILENT_UV**2, noise.USABLE] = 0.0
        self.n_front += n_frames
        return Taken(hops, frames)
