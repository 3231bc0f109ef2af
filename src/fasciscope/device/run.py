"""One run of a board: from its frames, as they arrive, to blocks of samples.

Messages in, with the time of their arrival; `Block`s out. One thread feeds, another takes. No
port is touched here.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from fasciscope.blocks import Block, Marker
from fasciscope.device import messages as m
from fasciscope.device.assembler import Chunk, StreamAssembler, joined
from fasciscope.device.clock import SampleClock
from fasciscope.device.inbox import Inbox
from fasciscope.errors import DeviceError

SILENCE_S = 5.0
"""A board that has not been heard for so long is taken for gone; one that is heard but has sent no
samples for so long, or for `_DRY_FRAMES` frames, is told to begin anew."""
_DRY_FRAMES = 4
BLOCK_S = 0.1
"""About how much signal a block holds."""
_NEAR_S = 10.0


class LostBoardError(DeviceError):
    """The board is gone in the middle of a run; it may come back.

    Attributes
    ----------
    reason : str
        In a few words, for an annotation.
    restarted : bool
        The port is as it was: only the run is to be begun anew.
    """

    def __init__(self, text: str, reason: str, *, restarted: bool = False) -> None:
        super().__init__(text)
        self.reason, self.restarted = reason, restarted


@dataclass(frozen=True, slots=True)
class HostGap:
    """A gap whose length is known by the host's clock alone, since the board began anew.

    Parameters
    ----------
    first, stop : int
        Samples missing, half-open.
    uncertainty_s : float
        How far its end may be off, seconds.
    reason : str
    """

    first: int
    stop: int
    uncertainty_s: float
    reason: str


@dataclass(frozen=True, slots=True)
class LinkHealth:
    """How the line and the board are doing.

    Parameters
    ----------
    measured_hz : float or None
        Sampling rate by the host's clock; None in the first two seconds.
    clock_error_s : float or None
        Error of that fit, seconds; see `ClockFit`.
    crc_errors : int
        Frames that came damaged.
    lost_frames, duplicates, implausible : int
        Frames that never came, came twice, or contradicted the stream.
    overruns : int
        Scans that the board had to drop, as it says.
    board_errors : int
        Frames that reached the board damaged.
    board_level : float or None
        Fill of the board's send buffer, 0 to 1; None before its first status.
    inbox_level : float
        Fill of the buffer on this side, 0 to 1.
    overflowed : int
        Scans thrown away on this side because that buffer was full.
    reconnects : int, default 0
        How often the board went away and came back.
    waiting_s : float or None, default None
        How long it has been away now; None while it is there.
    host_gaps : tuple of HostGap, default ()
        Gaps that could only be placed by the host's clock.
    """

    measured_hz: float | None
    clock_error_s: float | None
    crc_errors: int
    lost_frames: int
    duplicates: int
    implausible: int
    overruns: int
    board_errors: int
    board_level: float | None
    inbox_level: float
    overflowed: int
    reconnects: int = 0
    waiting_s: float | None = None
    host_gaps: tuple[HostGap, ...] = ()


class Run:
    """A run, from START to its end.

    Parameters
    ----------
    number : int
        The run's number, 1 to 255.
    setup : Configured
    hello : HelloReply
    label : str
        What to call the board in messages.
    inbox : Inbox or None, default None
        Where samples wait; None makes one of the usual size.
    """

    def __init__(
        self,
        number: int,
        setup: m.Configured,
        hello: m.HelloReply,
        label: str,
        inbox: Inbox | None = None,
    ) -> None:
        self.number = number
        self.inbox = inbox or Inbox()
        self.clock = SampleClock(setup.rate_mhz / 1000, hello.tick_hz)
        self.setup, self._boot_id, self._label = setup, hello.boot_id, label
        self._assembler = StreamAssembler(number, setup)
        self._status: m.Status | None = None
        self._dropped = 0
        self._marks_seen: set[int] = set()
        self._boot_told: int | None = None
        self._end_told: int | None = None
        self._heard_s = time.monotonic()
        self._taken_index = 0
        self.started_s: tuple[float, float] | None = None
        """Host times between which scan 0 was taken: START sent, and answered."""

    # -- the feeding side --------------------------------------------------------------------

    def feed(self, messages: Sequence[m.Message], now_s: float) -> None:
        """Take messages in the order of their arrival, at host time `now_s`."""
        self._heard_s = now_s
        chunks: list[Chunk] = []
        for message in messages:
            if isinstance(message, m.Data):
                chunks += self._assembler.feed(message)
                continue
            self._deliver(chunks, now_s)  # what came ahead of the news comes ahead of its effect
            chunks = []
            match message:
                case m.Status():
                    self._on_status(message)
                case m.BoardMarker():
                    self._on_marker(message)
                case m.Boot():
                    self._on_boot(message.boot_id & 0xFFFF)
                case _:
                    pass
        self._deliver(chunks, now_s)

    def end(
        self,
        error: Exception | None = None,
        final_index: int | None = None,
        dropped: int | None = None,
    ) -> None:
        """End the run; what has come can still be taken.

        Parameters
        ----------
        error : Exception or None, default None
            Why, if not by intention.
        final_index : int or None, default None
            u32, scans of the run in all as the board counted them.
        dropped : int or None, default None
            How many of them it had to drop.
        """
        if dropped is not None:
            self._dropped = dropped
        if final_index is not None:
            final_index = self.unwrapped(final_index)
        self.inbox.end(error, final_index)

    def resume(self) -> None:
        """Go on after the line was lost: the board never stopped."""
        self._heard_s = time.monotonic()
        self.inbox.reopen()

    def unwrapped(self, index: int) -> int:
        """Return the 64-bit form of a u32 scan index near the newest one."""
        return self._assembler.unwrapped(index)

    def _deliver(self, chunks: list[Chunk], now_s: float) -> None:
        if chunks:
            self.clock.arrived(chunks[-1].stop_index, now_s)
            self.inbox.put(joined(chunks))

    def _on_status(self, status: m.Status) -> None:
        self._on_boot(status.boot)
        if status.run != self.number or status.boot != self._boot_id & 0xFFFF:
            return
        self._status, self._dropped = status, status.dropped
        near = self._is_near(status.index)
        if near:
            self.clock.ticked(self.unwrapped(status.index), status.tick)
        if status.state != m.State.IDLE:
            self._end_told = None
        elif near or self._end_told == status.index:
            self.end(final_index=status.index)
        else:
            self._end_told = status.index

    def _on_marker(self, marker: m.BoardMarker) -> None:
        new = marker.run == self.number and marker.number not in self._marks_seen
        if new and self._is_near(marker.index):
            self._marks_seen.add(marker.number)
            self.inbox.put_marker(Marker(self.unwrapped(marker.index), "button"))

    def _on_boot(self, boot: int) -> None:
        """Take note of the boot id that the board tells; another one, told twice, is a restart."""
        if boot == self._boot_id & 0xFFFF:
            self._boot_told = None
        elif boot != self._boot_told:
            self._boot_told = boot
        else:
            self.end(
                LostBoardError(
                    f"{self._label} has restarted, so the recording ends here; what was recorded "
                    "so far is safe. Check its power supply, then start anew.",
                    "the board restarted",
                    restarted=True,
                )
            )

    def _is_near(self, index: int) -> bool:
        """Tell whether a u32 index lies about where the stream is: a chance CRC match hardly does.

        What lies elsewhere and matters is believed when it is told again.
        """
        ahead = self.unwrapped(index) - self._assembler.next_index
        return abs(ahead) <= _NEAR_S * self.setup.rate_mhz / 1000

    # -- the taking side ---------------------------------------------------------------------

    def blocks(self, block_s: float = BLOCK_S) -> Iterator[Block]:
        """Yield the samples, about `block_s` seconds at a time, until the run ends.

        A last block without samples stands for scans and markers that came behind the last ones.
        Called again, it goes on where it was left.

        Raises
        ------
        DeviceError
            After the last block, if the run ended in any way but by intention.
        """
        n_scans = max(round(block_s * self.setup.rate_mhz / 1000), 1)
        markers: list[Marker] = []
        wait_s, waited_s, dry_s, heard_s = 2 * block_s, 0.0, 0.0, self._heard_s
        frame_s = 1000 * self.setup.scans_per_frame / self.setup.rate_mhz
        while True:
            taken = self.inbox.take(n_scans, wait_s)
            markers += taken.markers
            for chunk in joined(taken.chunks):
                lost = chunk.first_index - self._taken_index
                self._taken_index = chunk.stop_index
                yield Block(chunk.counts, chunk.first_index, lost, tuple(markers))
                markers = []
            if taken.ended:
                break
            # waits are counted, not the clock: a computer that was asleep has not been listening
            dry_s = 0.0 if taken.chunks else dry_s + wait_s
            waited_s = waited_s + wait_s if dry_s and self._heard_s == heard_s else 0.0
            heard_s = self._heard_s
            if waited_s > SILENCE_S:
                self._fell_silent()
            elif dry_s > max(SILENCE_S, _DRY_FRAMES * frame_s):
                self._ran_dry(dry_s)
        lost = max((taken.final_index or 0) - self._taken_index, 0)
        self._taken_index += lost
        if markers or lost:
            nothing = np.empty((0, self.setup.channels), dtype=np.int16)
            yield Block(nothing, self._taken_index, lost, tuple(markers))
        if taken.error is not None:
            raise taken.error

    @property
    def next_index(self) -> int:
        """Index behind the newest scan that came."""
        return self._assembler.next_index

    def health(self, crc_errors: int) -> LinkHealth:
        """Return how things are; the frame decoder's errors are the caller's to know."""
        fit = self.clock.fit()
        status, stream = self._status, self._assembler
        return LinkHealth(
            measured_hz=fit.fs_hz if fit else None,
            clock_error_s=fit.error_s if fit else None,
            crc_errors=crc_errors,
            lost_frames=stream.lost_on_wire,
            duplicates=stream.duplicates,
            implausible=stream.implausible,
            overruns=self._dropped,
            board_errors=status.rx_errors if status else 0,
            board_level=status.level / 255 if status else None,
            inbox_level=self.inbox.level,
            overflowed=self.inbox.overflowed_scans,
        )

    def _ran_dry(self, dry_s: float) -> None:
        self.end(
            LostBoardError(
                f"{self._label} answers, but has sent no samples for {dry_s:.0f} s. What was "
                "recorded so far is safe. Press its reset button, then start anew.",
                "the board sent no samples",
                restarted=True,
            )
        )

    def _fell_silent(self) -> None:
        self.end(
            LostBoardError(
                f"{self._label} has been silent for {SILENCE_S:g} s. What was recorded so far is "
                "safe. Check the cable, then start anew.",
                "the board was silent",
            )
        )
