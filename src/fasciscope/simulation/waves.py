"""Waveforms in continuous time, and trains of them: sampled at any rate, between samples too.

Everything short in a simulated signal (a potential, a heartbeat, a movement) is a `Wave`: its
shape on a grid of `FINE_S`, as the sensor's output shows it, referred to the electrode. A `Train`
says when it happens. Sampling interpolates linearly on the fine grid; at 50 µs a component of
200 Hz is kept to 0.05 %.

A `Grid` is where samples lie in time. With an oversampling converter each sample is the mean of
several conversions spread evenly over one sample interval and centred on it, so that sample n
is at time n / fs_hz whatever the oversampling.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fasciscope.events import Events, Kind, empty

FINE_S = 50e-6
"""Time step of every stored waveform, seconds."""
EDGE_SHARE = 0.05
"""An event lasts while its waveform exceeds this share of its largest deflection."""
_BATCH = 4096  # occurrences sampled at a time: bounds the memory of long recordings

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Grid:
    """Where the samples of a recording lie in time.

    Parameters
    ----------
    fs_hz : float
        Samples a second.
    n_samples : int
    oversampling : int, default 1
        Conversions that make one sample.
    """

    fs_hz: float
    n_samples: int
    oversampling: int = 1

    @property
    def step_s(self) -> float:
        """Time between conversions, seconds."""
        return 1.0 / (self.fs_hz * self.oversampling)

    def time_s(self, conversion: int) -> float:
        """Return the time of a conversion, seconds; sample n is centred on n / fs_hz."""
        return (conversion - (self.oversampling - 1) / 2) * self.step_s


@dataclass(frozen=True, slots=True, eq=False)
class Wave:
    """One waveform on every channel.

    Parameters
    ----------
    values : ndarray, shape (n_channels, n_points), float64, µV
        On a grid of `FINE_S`; it begins and ends near zero.
    origin : int
        Index of the point that a train's times refer to.
    """

    values: Floats
    origin: int

    @property
    def channel(self) -> int:
        """The channel on which it is largest, peak to peak."""
        return int(np.argmax(np.ptp(self.values, axis=1)))

    @property
    def size_uv(self) -> float:
        """Peak to peak on that channel, µV."""
        return float(np.ptp(self.values[self.channel]))

    @property
    def before_s(self) -> float:
        """How long it begins before its origin, seconds."""
        return self.origin * FINE_S

    @property
    def after_s(self) -> float:
        """How long it lasts after its origin, seconds."""
        return float((self.values.shape[1] - 1 - self.origin) * FINE_S)

    def at(self, times_s: Floats, channel: int) -> Floats:
        """Return the value at times after the origin, seconds; any shape, zero outside."""
        points = self.values[channel]
        place = np.clip(times_s / FINE_S + self.origin, -1.0, len(points))
        padded = np.concatenate([[0.0], points, [0.0, 0.0]])
        below = np.floor(place).astype(np.intp)
        share = place - below
        return padded[below + 1] * (1.0 - share) + padded[below + 2] * share


def trimmed(values: Floats) -> Wave:
    """Return a wave cut to where it exceeds 0.5 µV (or 1 % of a tiny one), origin at its peak."""
    height = np.abs(values)
    inside = np.flatnonzero((height > min(0.5, 0.01 * float(height.max()))).any(axis=0))
    first, last = max(int(inside[0]) - 1, 0), min(int(inside[-1]) + 2, values.shape[1])
    cut = np.ascontiguousarray(values[:, first:last])
    largest = int(np.argmax(np.ptp(cut, axis=1)))
    return Wave(cut, int(np.argmax(np.abs(cut[largest]))))


@dataclass(frozen=True, slots=True, eq=False)
class Train:
    """When a wave happens.

    Parameters
    ----------
    wave : Wave
    times_s : ndarray, shape (n,), float64, seconds
        Times of the wave's origin, ascending.
    gains : ndarray, shape (n,), float64
        Factor on the wave, one an occurrence.
    """

    wave: Wave
    times_s: Floats
    gains: Floats

    def add_to(self, out: Floats, first: int, grid: Grid) -> None:
        """Add the train to conversions `first`, `first` + 1, … of `grid`, in place.

        Parameters
        ----------
        out : ndarray, shape (n_channels, n_conversions), float64, µV
        first : int
            Index of the first conversion in `out`.
        grid : Grid
        """
        step, n = grid.step_s, out.shape[1]
        start_s, stop_s = grid.time_s(first), grid.time_s(first + n)
        low = int(np.searchsorted(self.times_s, start_s - self.wave.after_s))
        high = int(np.searchsorted(self.times_s, stop_s + self.wave.before_s))
        width = int(np.ceil(self.wave.values.shape[1] * FINE_S / step)) + 1
        for batch in range(low, high, _BATCH):
            times = self.times_s[batch : min(batch + _BATCH, high)]
            gains = self.gains[batch : min(batch + _BATCH, high)]
            begin = np.ceil((times - self.wave.before_s - start_s) / step).astype(np.intp)
            index = begin[:, np.newaxis] + np.arange(width)
            since = index * step + (start_s - times[:, np.newaxis])
            keep = (index >= 0) & (index < n)
            for channel, row in enumerate(out):
                values = self.wave.at(since, channel) * gains[:, np.newaxis]
                np.add.at(row, index[keep], values[keep])

    def sampled(self, grid: Grid, channel: int) -> Iterator[tuple[NDArray[np.intp], Floats]]:
        """Yield, in batches, what the samples of `grid` show of each occurrence on its own.

        Yields
        ------
        index : ndarray, shape (n,), intp
            Sample of the first column.
        values : ndarray, shape (n, width), float64, µV
        """
        many = grid.oversampling
        width = int(np.ceil(self.wave.values.shape[1] * FINE_S * grid.fs_hz)) + 3
        columns = (np.arange(width * many) - (many - 1) / 2) * grid.step_s
        for batch in range(0, len(self.times_s), _BATCH):
            times = self.times_s[batch : batch + _BATCH]
            index = np.floor((times - self.wave.before_s) * grid.fs_hz).astype(np.intp)
            since = (index / grid.fs_hz - times)[:, np.newaxis] + columns
            values = self.wave.at(since, channel).reshape(len(times), width, many).mean(axis=2)
            yield index, values * self.gains[batch : batch + _BATCH, np.newaxis]


def truth_of(train: Train, kind: Kind, grid: Grid, family: int = 0) -> Events:
    """Return one event for each occurrence, measured on what the samples show of it alone.

    The peak is the sample of the largest deflection, the amplitude is peak to peak over the
    samples, both without noise; the event lasts while the deflection exceeds `EDGE_SHARE` of
    the peak. Occurrences that do not lie wholly inside the recording are the caller's to avoid;
    their edges are clipped to it.
    """
    channel = train.wave.channel
    events = empty(len(train.times_s))
    events["kind"], events["channel"], events["family"] = kind, channel, family
    done = 0
    for index, values in train.sampled(grid, channel):
        height = np.abs(values)
        peak = np.argmax(height, axis=1)
        above = height > EDGE_SHARE * height.max(axis=1, keepdims=True)
        part = events[done : done + len(index)]
        part["peak"] = index + peak
        part["start"] = index + np.argmax(above, axis=1)
        part["stop"] = index + above.shape[1] - np.argmax(above[:, ::-1], axis=1)
        part["amplitude_uv"] = np.ptp(values, axis=1)
        done += len(index)
    last = grid.n_samples - 1
    events["start"] = np.clip(events["start"], 0, last)
    events["stop"] = np.clip(events["stop"], events["start"] + 1, grid.n_samples)
    events["peak"] = np.clip(events["peak"], events["start"], events["stop"] - 1)
    return events
