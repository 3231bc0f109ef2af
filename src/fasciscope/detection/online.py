"""Waveform families while the samples come: one look at each potential, bounded memory.

A potential's waveform in, a family number out, provisional: the verdict on the whole groups anew,
with all of them at hand. What a waveform is compared by is the same as in `families`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fasciscope.detection.families import LEAST_MEMBERS, Grouper

MOST = 24
"""Waveforms kept, those seen once among them; the oldest of those makes room."""
MEMORY = 30
"""Potentials over which a waveform is averaged; later ones count as a thirtieth, so that a family
that changes slowly is followed."""


class OnlineFamilies:
    """Groups the potentials of one channel as they come.

    Parameters
    ----------
    fs_hz : float

    Attributes
    ----------
    half : int
        Samples that a waveform reaches to both sides of its peak.
    """

    def __init__(self, fs_hz: float) -> None:
        self._grouper = Grouper(fs_hz)
        self.half = self._grouper.compared + self._grouper.reach
        self._templates = np.empty((0, 2 * self.half + 1), dtype=np.float32)
        self._counts = np.empty(0, dtype=np.int64)
        self._numbers = np.empty(0, dtype=np.int64)
        self._next = 1

    def number(self, shape: NDArray[np.float32], noise_uv: float) -> int:
        """Return the family of a potential, 0 while its waveform has been seen less than thrice.

        Parameters
        ----------
        shape : ndarray, shape (2 * half + 1,), float32, µV
            The signal around the potential's largest deflection, without its offset.
        noise_uv : float
            Noise in it, µV rms.
        """
        shape = shape.astype(np.float32)
        at = self._like(shape, noise_uv)
        if at is None:
            self._keep(shape)
            return 0
        self._counts[at] += 1
        weight = 1 / min(int(self._counts[at]), MEMORY)
        self._templates[at] += weight * (shape - self._templates[at])
        if self._counts[at] >= LEAST_MEMBERS and not self._numbers[at]:
            self._numbers[at], self._next = self._next, self._next + 1
        return int(self._numbers[at])

    def _like(self, shape: NDArray[np.float32], noise_uv: float) -> int | None:
        if not len(self._templates):
            return None
        # a waveform seen once carries its own noise too
        noise = np.array([noise_uv**2 * (1 + 1 / float(self._counts.min()))])
        labels, _ = self._grouper.assign(shape[None, :], self._templates, noise)
        return int(labels[0]) - 1 if labels[0] else None

    def _keep(self, shape: NDArray[np.float32]) -> None:
        if len(self._templates) >= MOST:
            single = np.flatnonzero(self._numbers == 0)
            if not len(single):
                return
            kept = np.arange(len(self._templates)) != single[0]
            self._templates = self._templates[kept]
            self._counts, self._numbers = self._counts[kept], self._numbers[kept]
        self._templates = np.concatenate([self._templates, shape[None, :]])
        self._counts = np.append(self._counts, 1)
        self._numbers = np.append(self._numbers, 0)
