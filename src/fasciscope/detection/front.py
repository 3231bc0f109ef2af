"""The front end of one channel: its filters, lines and memory, run over whole hops of a signal."""

from __future__ import annotations

import math
from copy import copy
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fasciscope.detection import filters, kernels, lines
from fasciscope.detection.buffers import Buffers

F64 = NDArray[np.float64]

DRIFT_HZ = 1.0
ENERGY_S = 0.005
"""Each of the two boxes that make the energy window: together a triangle of 10 ms."""


class FrontEnd:
    """What every sample goes through; see `kernels.front_end`.

    Parameters
    ----------
    fs_hz, highpass_hz, lowpass_hz : float
    hop : int
        Samples per hop.
    rails : (float, float), µV
        The converter's rails.

    Attributes
    ----------
    window_delay, band_delay : int
        Samples by which the energy window and the band-pass are late.
    """

    def __init__(
        self,
        fs_hz: float,
        highpass_hz: float,
        lowpass_hz: float,
        hop: int,
        rails: tuple[float, float],
    ) -> None:
        self.fs_hz = fs_hz
        self.hop = hop
        self.rails = rails
        self.sections = filters.band_sections(highpass_hz, lowpass_hz, fs_hz)
        self.lines = lines.LineTracker(fs_hz, self.sections, lowpass_hz)
        box = max(2, round(ENERGY_S * fs_hz))
        self.window_delay = box - 1
        self.band_delay = round(filters.delay_samples(self.sections, 90.0, fs_hz))
        self.state = np.zeros(kernels.N_STATE)
        self.delay_line = np.zeros((len(self.sections), 2))
        self.rings = np.zeros((2, box), dtype=np.float32)
        self.table: F64 | None = None  # of a copy; else that of the lines

    def ahead(self) -> Self:
        """Return a copy that may run on without this one."""
        other = copy(self)
        other.state, other.delay_line = self.state.copy(), self.delay_line.copy()
        other.rings, other.table = self.rings.copy(), self.lines.table.copy()
        return other

    def return_to(self, other: Self) -> None:
        """Go back to where a copy was made."""
        self.state[:], self.delay_line[:] = other.state, other.delay_line
        self.rings[:] = other.rings
        if other.table is not None:
            self.lines.table[:] = other.table

    def run(self, signal: Buffers, first: int, n_hops: int) -> F64:
        """Run over the samples from number `first` on; return their hops, shape (n_hops, N_HOP)."""
        begin = first - signal.base
        part = slice(begin, begin + n_hops * self.hop)
        hops = np.empty((n_hops, kernels.N_HOP))
        kernels.front_end(
            signal.x[part],
            self.sections,
            self.delay_line,
            self.state,
            self.rings,
            self.lines.table if self.table is None else self.table,
            1.0 / (lines.TIME_CONSTANT_S * self.fs_hz),
            1.0 / (lines.LEVEL_S * self.fs_hz),
            2 * math.pi * DRIFT_HZ / self.fs_hz,
            *self.rails,
            self.hop,
            signal.u[part],
            signal.y[part],
            signal.energy[part],
            hops,
        )
        return hops
