"""Data frames to runs of counts: loss exact, doubles dropped, nothing believed that cannot be.

Data in: `Data` records of one run in the order of their arrival; out: `Chunk`s with a 64-bit index
and int16 counts. Pure: no ports, no clocks.

A frame with a right CRC may still be wrong, once in 65,536 damaged ones. One that would move the
stream by seconds is therefore kept back until the next frame bears it out; one that contradicts
what is known of the stream is dropped.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fasciscope.device.messages import Configured, Data

_JUMP_S = 1.0
_INDEX_SPAN = 1 << 32


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Some scans without a hole.

    Parameters
    ----------
    first_index : int
        Index of the first scan since the start of the run, unwrapped.
    counts : ndarray, shape (n_scans, n_channels), int16
        Values less the announced zero.
    """

    first_index: int
    counts: NDArray[np.int16]

    @property
    def stop_index(self) -> int:
        """Index one past the last scan."""
        return self.first_index + len(self.counts)


class StreamAssembler:
    """Put the data frames of one run in order.

    Parameters
    ----------
    run : int
        Number of the run; frames of others are stale.
    setup : Configured
        What the board announced.

    Attributes
    ----------
    next_index : int
        Index that the next scan should have.
    duplicates, stale, implausible : int
        Frames that were dropped: come already, of another run, contradicting the stream.
    lost_on_wire : int
        Frames that were sent and never came, by the sequence number.
    lost_scans : int
        Scans missing so far, whoever lost them.
    """

    def __init__(self, run: int, setup: Configured) -> None:
        self._run = run
        self._setup = setup
        self._jump_scans = int(_JUMP_S * setup.rate_mhz / 1000)
        self._next_sequence = 0
        self._held: tuple[int, Data] | None = None
        self.next_index = 0
        self.duplicates = 0
        self.stale = 0
        self.implausible = 0
        self.lost_on_wire = 0
        self.lost_scans = 0

    def feed(self, data: Data) -> list[Chunk]:
        """Take one frame; return what may be believed now: nothing, it, or it and one kept back."""
        if data.run != self._run:
            self.stale += 1
            return []
        if data.n_channels != self._setup.channels or data.values.max() > self._setup.top:
            self.implausible += 1
            return []
        index = self.unwrapped(data.index)
        if self._held is not None:
            at, held = self._held
            self._held = None
            if index == at + held.n_scans and data.sequence == (held.sequence + 1) & 0xFFFF:
                return [self._take(at, held), self._take(index, data)]
            self.implausible += 1
        ahead = index - self.next_index
        if ahead < 0:
            self._count_old(ahead, data.n_scans)
            return []
        skipped = (data.sequence - self._next_sequence) & 0xFFFF
        if ahead > self._jump_scans or skipped > ahead:
            self._held = (index, data)
            return []
        return [self._take(index, data)]

    def _count_old(self, ahead: int, n_scans: int) -> None:
        if ahead + n_scans <= 0 and -ahead <= self._jump_scans + n_scans:
            self.duplicates += 1
        else:
            self.implausible += 1

    def unwrapped(self, index: int) -> int:
        """Return the 64-bit form of a u32 index: the one nearest to `next_index`."""
        half = _INDEX_SPAN // 2
        return self.next_index + (index - self.next_index + half) % _INDEX_SPAN - half

    def _take(self, index: int, data: Data) -> Chunk:
        self.lost_scans += index - self.next_index
        self.lost_on_wire += (data.sequence - self._next_sequence) & 0xFFFF
        self.next_index = index + data.n_scans
        self._next_sequence = (data.sequence + 1) & 0xFFFF
        counts = data.values.astype(np.int32) - self._setup.zero
        return Chunk(index, counts.astype(np.int16))


def joined(chunks: list[Chunk]) -> list[Chunk]:
    """Return `chunks` with those that follow each other without a hole made one."""
    groups: list[list[Chunk]] = []
    for chunk in chunks:
        if groups and groups[-1][-1].stop_index == chunk.first_index:
            groups[-1].append(chunk)
        else:
            groups.append([chunk])
    return [
        group[0]
        if len(group) == 1
        else Chunk(group[0].first_index, np.concatenate([part.counts for part in group]))
        for group in groups
    ]
