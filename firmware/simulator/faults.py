"""What can happen to bytes on their way: flips, drops, bursts; seeded, and counted."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass(slots=True)
class LineFaults:
    """Damage bytes.

    Parameters
    ----------
    flip, drop : float, default 0
        Chance that a byte is changed into another one, or lost.
    burst : float, default 0
        Chance that a burst of random bytes begins at a byte.
    burst_bytes : int, default 40
        Its length.
    seed : int, default 0

    Attributes
    ----------
    touched : int
        Bytes that were changed, lost, or overwritten by a burst.
    """

    flip: float = 0.0
    drop: float = 0.0
    burst: float = 0.0
    burst_bytes: int = 40
    seed: int = 0
    touched: int = 0
    _rng: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self._rng = np.random.default_rng(self.seed)

    def __call__(self, data: bytes) -> bytes:
        """Return what arrives of `data`."""
        got = np.frombuffer(data, dtype=np.uint8).copy()
        chance = self._rng.random((3, len(got)))
        flipped = chance[0] < self.flip
        got[flipped] ^= self._rng.integers(1, 256, int(flipped.sum()), dtype=np.uint8)
        hit = flipped
        for start in np.flatnonzero(chance[1] < self.burst):
            part = got[start : start + self.burst_bytes]
            part[:] = self._rng.integers(0, 256, len(part), dtype=np.uint8)
            hit[start : start + self.burst_bytes] = True
        lost = chance[2] < self.drop
        self.touched += int((hit | lost).sum())
        return got[~lost].tobytes()
