"""The live trace on its way to a screen: least and greatest value of each 5 ms, in a ring.

`Block`s in, as to any sink. Out come the last ten seconds, or binary frames for any number of
browsers, each from where it stands. No spike disappears, since both ends of every 5 ms are kept,
and a browser that sleeps costs nothing: it gets what the ring still holds.
"""

from __future__ import annotations

import threading
import time

import numpy as np
from numpy.typing import NDArray

from fasciscope.blocks import Block, StreamInfo

SPAN_S = 10.0
"""What is shown (s)."""
BINS_HZ = 200.0
"""Bins a second: 2,000 in what is shown, about one a pixel."""


class Trace:
    """A sink that holds the last `SPAN_S`, decimated.

    Parameters
    ----------
    info : StreamInfo

    Attributes
    ----------
    bin_samples : int
        Samples in a bin.
    """

    def __init__(self, info: StreamInfo) -> None:
        self.info = info
        self.bin_samples = max(1, round(info.fs_hz / BINS_HZ))
        self.n_bins = int(SPAN_S * info.fs_hz / self.bin_samples) + 2
        self._lock = threading.Lock()
        self._ring = np.full((self.n_bins, info.n_channels, 2), np.nan, dtype=np.float32)
        self._newest = 0
        self._at_s = time.time()

    @property
    def newest(self) -> int:
        """Number of samples so far, missing ones included."""
        return self._newest

    def process(self, block: Block) -> None:
        """Take a block."""
        bs = self.bin_samples
        first_new = -(-self._newest // bs)  # bins from here on were not begun
        last = -(-block.stop_index // bs)
        values = block.samples * self.info.uv_per_count + self.info.uv_at_zero
        with self._lock:
            fresh = np.arange(max(first_new, last - self.n_bins), last)
            self._ring[fresh % self.n_bins] = np.nan
            surplus = len(block) - self.n_bins * bs
            if surplus > 0:
                values = values[surplus:]
            if len(values):
                start = block.stop_index - len(values)
                bins = np.arange(start, block.stop_index) // bs
                edges = np.flatnonzero(np.diff(bins, prepend=bins[0] - 1))
                rows = bins[edges] % self.n_bins
                ring = self._ring
                low = np.minimum.reduceat(values, edges, axis=0)
                high = np.maximum.reduceat(values, edges, axis=0)
                ring[rows, :, 0] = np.fmin(ring[rows, :, 0], low)
                ring[rows, :, 1] = np.fmax(ring[rows, :, 1], high)
            self._newest = block.stop_index
            self._at_s = time.time()

    def finish(self) -> None:
        """Nothing is left to do."""

    def recent(self) -> NDArray[np.float32]:
        """Return what is shown, shape (n_bins, n_channels, 2), µV; NaN where there is nothing."""
        with self._lock:
            last = -(-self._newest // self.bin_samples)
            bins = np.full_like(self._ring, np.nan)
            first = max(0, last - self.n_bins)
            bins[len(bins) - (last - first) :] = self._ring[np.arange(first, last) % self.n_bins]
        return bins

    def frame(self, since: int) -> tuple[bytes, int]:
        """Return what a browser that has the first `since` samples needs, and where it stands then.

        Four float64 (first bin, number of samples, moment of the newest sample, number of bins),
        then float32 µV, shape (bins, channels, 2); NaN where samples are missing. The bin that is
        not complete yet comes again with the next frame. Empty if there is nothing new.
        """
        with self._lock:
            newest, at_s = self._newest, self._at_s
            if newest == since:
                return b"", since
            last = -(-newest // self.bin_samples)
            first = max(since // self.bin_samples if since < newest else 0, last - self.n_bins + 1)
            first = max(first, 0)
            bins: NDArray[np.float32] = self._ring[np.arange(first, last) % self.n_bins]
        head = np.array([first, newest, at_s, last - first], dtype="<f8")
        return head.tobytes() + bins.astype("<f4").tobytes(), newest
