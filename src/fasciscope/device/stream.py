"""One recording's stream over as many connections as it takes: the board may go and come back.

A started `BoardLink` in; `Block`s out, on one count of samples from the first to the last. When
the line is lost, the port is looked for again, under its old name and on what calls itself the
same on USB, for a bounded time. Then:

- The board kept its power and its run (same boot id, same run): its own count goes on, so the gap
  is exact to the sample.
- It began anew (another boot id, or another run): a new run is started with the same settings.
  The gap is the time between, by this computer's clock: from the last sample, by the fitted clock,
  to the START of the new run. How far that may be off is said in a marker and in `HostGap`.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Generator, Iterator
from dataclasses import replace

import numpy as np

from fasciscope.blocks import Block, Marker
from fasciscope.device.boards import port_identity
from fasciscope.device.link import BoardLink
from fasciscope.device.rejoin import Rejoin
from fasciscope.device.run import BLOCK_S, HostGap, LinkHealth, LostBoardError, Run
from fasciscope.errors import DeviceError, InputError

WAIT_S = 60.0
"""How long a board that went away is waited for."""
WAIT_S_MAX = 86_400.0
"""Longest that can be asked for: a day. The file takes gaps of an hour more."""
_BEAT_S = 0.25
_SUMS = ("lost_frames", "duplicates", "implausible", "overruns", "board_errors", "overflowed")


def check_wait(wait_s: float) -> None:
    """Raise `InputError` unless a board may be waited for so long (0 to 86,400 s)."""
    if not (math.isfinite(wait_s) and 0 <= wait_s <= WAIT_S_MAX):
        raise InputError(
            f"A board that goes away is waited for 0 to {WAIT_S_MAX:,.0f} seconds, not {wait_s:g}."
        )


class BoardStream:
    """The samples of one recording, whatever happens to the cable.

    Parameters
    ----------
    link : BoardLink
        Started. The stream takes it over and closes it.
    wait_s : float, default 60.0
        How long to wait for a board that went away, seconds; 0 does not wait.
    """

    def __init__(self, link: BoardLink, wait_s: float = WAIT_S) -> None:
        check_wait(wait_s)
        if link.run is None:
            raise DeviceError(f"{link} has not been started.")
        self._link, self._run, self._wait_s = link, link.run, wait_s
        self._identity = port_identity(link.port)
        self._lock = threading.Lock()  # close() may come while a new link is being made
        self._closing = threading.Event()
        self._offset = 0  # of the run's count on the recording's
        self._next = 0
        self._reconnects = 0
        self._lost_s: float | None = None
        self._gaps: tuple[HostGap, ...] = ()
        self._marker: Marker | None = None
        self._past_points: list[tuple[int, float]] = []
        self._zero_s = sum(self._run.started_s or (0.0, 0.0)) / 2
        self._past_crc = 0
        self._past = dict.fromkeys(_SUMS, 0)

    @property
    def link(self) -> BoardLink:
        """The connection as it is now."""
        return self._link

    def close(self) -> None:
        """End the run and the waiting; what has come can still be taken. Harmless when repeated."""
        self._closing.set()
        with self._lock:
            self._link.close()

    def blocks(self, block_s: float = BLOCK_S) -> Iterator[Block]:
        """Yield the samples until the recording ends; see `Run.blocks`.

        While the board is away, blocks without samples come now and then, so that whoever takes
        them can say how it goes.

        Raises
        ------
        DeviceError
            After the last block, if the board went away for good.
        """
        while True:
            try:
                for block in self._run.blocks(block_s):
                    yield self._placed(block)
            except LostBoardError as lost:
                if self._closing.is_set():
                    return
                if self._wait_s <= 0:
                    raise
                found = yield from self._wait(lost)
                if not found:
                    return
            else:
                return

    def _placed(self, block: Block) -> Block:
        """Return a block of the run with its place in the recording."""
        first = block.first_index + self._offset
        lost = first - self._next
        self._next = first + len(block)
        markers = tuple(
            Marker(mark.sample_index + self._offset, mark.text) for mark in block.markers
        )
        if self._marker is not None:
            markers, self._marker = (self._marker, *markers), None
        return Block(block.samples, first, lost, markers)

    @property
    def health(self) -> LinkHealth:
        """How the line and the board are doing, over all connections."""
        now = self._run.health(self._past_crc + self._link.damaged)
        sums = {key: getattr(now, key) + self._past[key] for key in _SUMS}
        away_s = None if self._lost_s is None else time.monotonic() - self._lost_s
        return replace(
            now, **sums, reconnects=self._reconnects, waiting_s=away_s, host_gaps=self._gaps
        )

    def clock_points(self) -> list[tuple[int, float]]:
        """Return (sample, seconds) about once a minute: when a sample came, by the host's clock.

        Seconds are counted from the START of the recording; a constant short delay is in them.
        """
        return [
            *self._past_points,
            *((at + self._offset, at_s - self._zero_s) for at, at_s in self._run.clock.points()),
        ]

    # -- after a loss ------------------------------------------------------------------------

    def _wait(self, lost: LostBoardError) -> Generator[Block, None, bool]:
        """Yield empty blocks until the board is there again; return whether it is."""
        self._lost_s = time.monotonic()
        rejoin = Rejoin(self._link, self._run, self._identity, lost, self._wait_s)
        rejoin.start()
        nothing = np.empty((0, self._run.setup.channels), dtype=np.int16)
        try:
            while not rejoin.done.wait(_BEAT_S) and not self._closing.is_set():
                yield Block(nothing, self._next)
        finally:  # also when nobody takes blocks any more
            rejoin.cancel()
            rejoin.join()
            self._adopt(rejoin)
            self._lost_s = None
        return self._go_on(rejoin, lost)

    def _adopt(self, rejoin: Rejoin) -> None:
        with self._lock:
            if rejoin.link is None:
                return
            if rejoin.link is not self._link:
                self._past_crc += self._link.damaged
                self._link = rejoin.link
            if self._closing.is_set():
                self._link.close()

    def _go_on(self, rejoin: Rejoin, lost: LostBoardError) -> bool:
        if rejoin.link is None:
            if self._closing.is_set():
                return False
            raise rejoin.error or lost
        self._reconnects += 1
        run = self._link.run
        if run is not None and run is not self._run:
            self._begin_anew(run, lost.reason)
        return True

    def _begin_anew(self, run: Run, reason: str) -> None:
        """Place a new run behind the old one, by the host's clock."""
        self._past_points = self.clock_points()
        before = self._run.health(0)
        for key in _SUMS:
            self._past[key] += getattr(before, key)
        last_s, last_off_s = self._run.clock.when(self._run.next_index)
        fs_hz, rate_off = self._run.clock.rate
        began_s, ended_s = run.started_s or (last_s, last_s)
        gap_s = max((began_s + ended_s) / 2 - last_s, 0.0)
        # the command's way there and back also bounds how long samples are on their way here
        off_s = last_off_s + 1.5 * (ended_s - began_s) + gap_s * rate_off + 1 / fs_hz
        newest = self._offset + self._run.next_index
        self._offset = max(newest + round(gap_s * fs_hz), self._next)
        self._run = run
        gap = HostGap(self._next, self._offset, off_s, reason)
        self._gaps = (*self._gaps, gap)
        self._marker = Marker(
            self._offset,
            f"Line: {reason}; it began anew after {gap_s:.3f} s by this computer's clock, "
            f"within {off_s:.3f} s",
        )
