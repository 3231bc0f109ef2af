"""Interference that is switched on: known two seconds later, not when the spectrum is next due.

A machine's hum begins from one half second to the next and stays at one level; a contraction may,
too, but has no line in its spectrum that stands hundreds of times above what is around it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fasciscope.detection import following, lines, noise

if TYPE_CHECKING:
    from fasciscope.detection.channel import ChannelDetector

F64 = NDArray[np.float64]

RAISED, BEFORE = 4, 3
"""Frames that are louder than each of those before."""
LOUDER = 2.0
"""Power, 3 dB: from there on the noise floor would not take it for noise."""
SETTLED = 1
"""Frames until a line just begun is followed to the noise."""
ITS_OWN = 0.5
"""Part of the power that the lines must make up: what is louder is the hum."""
UNMISTAKABLE = 50.0
"""Power of a line over the median around it: activity has one with p = 1e-15, 20 µV of hum among
potentials of 200 µV hundreds."""


def beginnings(frames: F64, first: int) -> list[int]:
    """Return the rows from `first` on at which something has been louder for `RAISED` frames.

    Parameters
    ----------
    frames : ndarray, shape (n, N_FRAME)
        Frame table (see `noise`); rows before `first` are looked back at.
    first : int
    """
    start = max(first - RAISED - BEFORE + 1, 0)
    levels, usable = frames[start:, noise.LEVEL], frames[start:, noise.USABLE]
    if len(levels) < RAISED + BEFORE:
        return []
    windows = np.lib.stride_tricks.sliding_window_view(levels, RAISED + BEFORE)
    louder = windows[:, BEFORE:].min(axis=1) > LOUDER * windows[:, :BEFORE].max(axis=1)
    rows = np.flatnonzero(louder) + start + RAISED + BEFORE - 1
    return [
        f for f in rows.tolist() if usable[f - start + 1 - RAISED - BEFORE : f - start + 1].all()
    ]


def new_lines(x: F64, tracker: lines.LineTracker) -> F64:
    """Return the frequencies (Hz) of unmistakable lines in `x` that are not tracked yet."""
    if not np.isfinite(x).all():
        return np.empty(0)
    seen = lines.find_lines(x, tracker.fs_hz, tracker.highest_hz, UNMISTAKABLE)
    tracked = tracker.tracked_hz()
    return np.array([f for f in seen if not (np.abs(tracked - f) < lines.SAME_HZ).any()])


def power_of(f_hz: F64, x: F64, tracker: lines.LineTracker) -> float:
    """Return the power (µV²) of sinusoids at `f_hz` in the last second of `x`."""
    fs_hz = tracker.fs_hz
    table = lines.start_lines(f_hz, x[-math.ceil(fs_hz) :], tracker.sections, fs_hz)
    return 0.5 * float((table[[following.IN_PHASE, following.QUADRATURE]] ** 2).sum())


class _Snapshot:
    """The state of a channel's front end, to come back to."""

    def __init__(self, channel: ChannelDetector) -> None:
        self.n_front, front = channel.n_front, channel.front
        self.moved = (front.state, front.delay_line, front.rings, channel.lines.table)
        self.copies = [part.copy() for part in self.moved]
        self.tables = (channel.hops, channel.frames, channel.floors)
        self.sway = list(channel.sway_history)

    def restore(self, channel: ChannelDetector) -> None:
        """Bring the channel back to where it was."""
        for part, copy in zip(self.moved, self.copies, strict=True):
            part[...] = copy
        channel.n_front = self.n_front
        channel.hops, channel.frames, channel.floors = self.tables
        channel.sway_history[:] = self.sway


def run_front(channel: ChannelDetector, n_frames: int) -> None:
    """Run frames through the front end, as many as asked for, or to where a hum is known.

    What is known at a frame depends on nothing later, so that it is the same for a stream in small
    pieces and in large ones: a large one is gone back on.
    """
    before = _Snapshot(channel)
    channel.run_front(n_frames)
    first = len(channel.frames) - n_frames
    for row in beginnings(channel.frames, first):
        stop = before.n_front + row - first + 1
        x = channel.signal.raw((stop - RAISED) * channel.frame, stop * channel.frame)
        f_hz = new_lines(x, channel.lines)
        level = float(np.median(channel.frames[row + 1 - RAISED : row + 1, noise.LEVEL]))
        if f_hz.size and power_of(f_hz, x, channel.lines) > ITS_OWN * level:
            if stop < channel.n_front:
                before.restore(channel)
                channel.run_front(stop - before.n_front)
            channel.lines.begin(f_hz, x)
            channel.hum_ranges.append(np.array([[stop - RAISED - 1, stop + SETTLED]]))
            return
