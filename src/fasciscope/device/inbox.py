"""What lies between the thread that reads the port and whoever takes the samples.

Chunks and markers in, at the port's pace; out at the taker's. The reader never waits: when the
box is full the newest chunk is thrown away and counted, and the hole shows in the indices.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

from fasciscope.blocks import Marker
from fasciscope.device.assembler import Chunk

INBOX_BYTES = 64 << 20
"""Bound of what waits: over four hours of one channel at 2 kHz, four minutes of 64."""
_CHUNK_OVERHEAD = 400


@dataclass(frozen=True, slots=True, eq=False)
class Delivery:
    """What was taken out at once.

    Parameters
    ----------
    chunks : list of Chunk
    markers : list of Marker
    ended : bool
        Nothing more will come.
    error : Exception or None
        Why it ended, if not by intention.
    final_index : int or None
        Scans that the run had in all, if the board said so.
    """

    chunks: list[Chunk]
    markers: list[Marker]
    ended: bool
    error: Exception | None
    final_index: int | None


class Inbox:
    """A bounded queue of chunks.

    Parameters
    ----------
    max_bytes : int, default 64 MiB
        About how much may wait.
    """

    def __init__(self, max_bytes: int = INBOX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._changed = threading.Condition()
        self._chunks: deque[Chunk] = deque()
        self._markers: list[Marker] = []
        self._bytes = self._scans = 0
        self._ended = False
        self._error: Exception | None = None
        self._final_index: int | None = None
        self.overflowed_scans = 0

    @property
    def level(self) -> float:
        """How full it is, 0 to 1."""
        return self._bytes / self._max_bytes

    @property
    def ended(self) -> bool:
        """Whether nothing more will be put in."""
        return self._ended

    def put(self, chunks: list[Chunk]) -> None:
        """Add `chunks`, or count them as lost if there is no room. Never waits."""
        with self._changed:
            for chunk in chunks:
                size = chunk.counts.nbytes + _CHUNK_OVERHEAD
                if self._ended or self._bytes + size > self._max_bytes:
                    self.overflowed_scans += len(chunk.counts)
                    continue
                self._chunks.append(chunk)
                self._bytes += size
                self._scans += len(chunk.counts)
            self._changed.notify_all()

    def put_marker(self, marker: Marker) -> None:
        """Add a marker; it rides with the next chunk."""
        with self._changed:
            if not self._ended:
                self._markers.append(marker)

    def end(self, error: Exception | None = None, final_index: int | None = None) -> None:
        """Say that nothing more comes, and why; what is inside can still be taken."""
        with self._changed:
            if not self._ended:
                self._ended, self._error, self._final_index = True, error, final_index
            self._changed.notify_all()

    def reopen(self) -> None:
        """Take back that nothing more comes; only for who has taken everything out."""
        with self._changed:
            self._ended, self._error, self._final_index = False, None, None

    def take(self, n_scans: int, wait_s: float) -> Delivery:
        """Take out about `n_scans`, waiting for them at most `wait_s`; less if less has come."""
        with self._changed:
            self._changed.wait_for(lambda: self._scans >= n_scans or self._ended, wait_s)
            taken: list[Chunk] = []
            count = 0
            while self._chunks and count < n_scans:
                chunk = self._chunks.popleft()
                self._bytes -= chunk.counts.nbytes + _CHUNK_OVERHEAD
                count += len(chunk.counts)
                taken.append(chunk)
            self._scans -= count
            markers, self._markers = self._markers, []
            ended = self._ended and not self._chunks
            return Delivery(taken, markers, ended, self._error, self._final_index)
