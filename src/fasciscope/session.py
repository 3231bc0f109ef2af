"""A session: one source into many sinks, to the end, whatever happens on the way.

`Block`s in; every sink gets each of them, with the person's markers in it, and is finished at the
end, always. The first sink is the recording and must not fail; any other that fails is dropped,
and its error told in `Health`, while the recording goes on. Nothing of the screen here.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from fasciscope.blocks import Block, Marker, Sink, Source
from fasciscope.device.run import HostGap, LinkHealth
from fasciscope.errors import FasciscopeError, InputError

_LOG = logging.getLogger(__name__)
_STOP_POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Health:
    """How a session is doing.

    Parameters
    ----------
    nominal_hz : float
        Sampling rate as announced.
    samples : int, default 0
        Samples a channel that came.
    lost : int, default 0
        Samples a channel that are missing.
    gaps : int, default 0
        Stretches in which they are missing.
    measured_hz : float or None, default None
        Sampling rate by this computer's clock.
    clock_error_s : float or None, default None
        Error of that fit, seconds.
    crc_errors : int or None, default None
        Frames that came damaged.
    lost_frames, duplicates, implausible : int or None, default None
        Frames that never came, came twice, or contradicted the stream.
    overruns : int or None, default None
        Scans that the board had to drop, as it says.
    board_errors : int or None, default None
        Frames that reached the board damaged.
    buffer_level : float or None, default None
        Fill of this side's buffer or the board's, whichever is fuller, 0 to 1.
    overflowed : int or None, default None
        Samples thrown away because this side's buffer was full; they count as lost, too.
    markers : int, default 0
        Markers that came, the board's and the person's.
    reconnects : int or None, default None
        How often the board went away and came back.
    waiting_s : float or None, default None
        How long it has been away now; None while it is there.
    host_gaps : tuple of HostGap, default ()
        Gaps that could only be placed by this computer's clock, with how far they may be off.
    dropped_beside : int, default 0
        Samples a channel that sinks beside the recording were too slow to take.
    sink_errors : tuple of str, default ()
        A sentence for each sink that failed and was dropped.

    Notes
    -----
    None stands for what is unknown, as from a source that is not a board.
    """

    nominal_hz: float
    samples: int = 0
    lost: int = 0
    gaps: int = 0
    measured_hz: float | None = None
    clock_error_s: float | None = None
    crc_errors: int | None = None
    lost_frames: int | None = None
    duplicates: int | None = None
    implausible: int | None = None
    overruns: int | None = None
    board_errors: int | None = None
    buffer_level: float | None = None
    overflowed: int | None = None
    markers: int = 0
    reconnects: int | None = None
    waiting_s: float | None = None
    host_gaps: tuple[HostGap, ...] = ()
    dropped_beside: int = 0
    sink_errors: tuple[str, ...] = ()


class Markers:
    """Where a person's markers wait until the next block; safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Marker] = []
        self._newest = 0

    def mark(self, text: str) -> Marker:
        """Set a marker at the newest sample that the session has seen, and return it."""
        with self._lock:
            marker = Marker(self._newest, text)
            self._waiting.append(marker)
            return marker

    def take(self, newest: int | None = None) -> tuple[Marker, ...]:
        """Return the markers that wait, and move on to sample `newest`."""
        with self._lock:
            waiting, self._waiting = tuple(self._waiting), []
            if newest is not None:
                self._newest = newest
            return waiting


def run_session(
    source: Source,
    sinks: Sequence[Sink],
    *,
    stop: threading.Event | None = None,
    max_samples: int | None = None,
    on_block: Callable[[Block, Health], None] | None = None,
    markers: Markers | None = None,
) -> Health:
    """Take `source` to its end, to `max_samples` or until `stop`, and give it to all `sinks`.

    Parameters
    ----------
    source : Source
        It is closed in the end.
    sinks : sequence of Sink
        The first is the recording: if it fails, the session ends. They must take a block without
        samples, which carries markers or stands for samples that are missing at the very end.
        All are finished, always.
    stop : threading.Event or None, default None
        Set it to end the session; samples that have come by then are still taken.
    max_samples : int or None, default None
        Length, in samples from index 0, missing ones included; the last block is cut to it.
    on_block : callable or None, default None
        Called with each block, after the sinks had it, and the state of things.
    markers : Markers or None, default None
        Where other threads set markers.

    Returns
    -------
    Health
        How it stood at the end.

    Raises
    ------
    InputError
        If `max_samples` is not above zero.
    FasciscopeError
        What the source or the first sink raised, after all sinks were finished.
    """
    if max_samples is not None and max_samples < 1:
        raise InputError(f"A session has at least one sample, not {max_samples}.")
    session = _Session(source, sinks, markers or Markers(), max_samples)
    over = threading.Event()
    watcher = threading.Thread(
        target=_close_on_stop, args=(source, stop, over), name="stop watcher", daemon=True
    )
    try:
        try:
            if stop is not None:
                watcher.start()
            for block in session.blocks():
                session.give(block)
                if on_block is not None:
                    on_block(block, session.health())
        finally:
            over.set()
            source.close()
            if watcher.ident is not None:
                watcher.join()
    except BaseException:
        with contextlib.suppress(Exception):  # the first error is the one to tell
            session.finish()
        raise
    session.finish()
    return session.health()


def _close_on_stop(source: Source, stop: threading.Event, over: threading.Event) -> None:
    while not over.is_set():
        if stop.wait(_STOP_POLL_S):
            source.close()
            return


class _Session:
    def __init__(
        self, source: Source, sinks: Sequence[Sink], markers: Markers, max_samples: int | None
    ) -> None:
        self._source, self._markers, self._max_samples = source, markers, max_samples
        self._sinks, self._all_sinks = list(sinks), tuple(sinks)
        self._essential = self._sinks[0] if self._sinks else None
        self._next_index = 0
        self._health = Health(nominal_hz=source.info.fs_hz)

    def blocks(self) -> Iterator[Block]:
        """Yield the source's blocks, cut to the length asked for, with the person's markers."""
        for block in self._source:
            cut = self._cut(block)
            newest = max(cut.stop_index - 1, 0)
            yield self._marked(cut, self._markers.take(newest))
            self._next_index = cut.stop_index
            if self._next_index == self._max_samples:
                break

    def _cut(self, block: Block) -> Block:
        limit = self._max_samples
        if limit is None or block.stop_index <= limit:
            return block
        first = min(block.first_index, limit)
        markers = tuple(m for m in block.markers if m.sample_index < limit)
        samples = block.samples[: limit - first]
        return Block(samples, first, first - self._next_index, markers)

    def _marked(self, block: Block, markers: tuple[Marker, ...]) -> Block:
        return replace(block, markers=block.markers + markers) if markers else block

    def give(self, block: Block) -> None:
        """Give `block` to every sink; let go of one that fails, unless it is the first."""
        health = self._health
        self._health = replace(
            health,
            samples=health.samples + len(block),
            lost=health.lost + block.lost_before,
            gaps=health.gaps + (block.lost_before > 0),
            markers=health.markers + len(block.markers),
        )
        for sink in list(self._sinks):
            try:
                sink.process(block)
            except Exception as error:
                if sink is self._essential:
                    raise
                self._drop(sink, error)

    def _drop(self, sink: Sink, error: Exception) -> None:
        self._sinks = [other for other in self._sinks if other is not sink]
        self._tell(sink, error)
        with contextlib.suppress(Exception):  # it has failed already; that was told
            sink.finish()

    def _tell(self, sink: Sink, error: Exception) -> None:
        name = getattr(sink, "name", type(sink).__name__)
        _LOG.debug("%s failed", name, exc_info=error)
        words = str(error) if isinstance(error, FasciscopeError) else f"{type(error).__name__}."
        text = f"{name} failed and was left out from then on: {words}"
        self._health = replace(self._health, sink_errors=(*self._health.sink_errors, text))

    def finish(self) -> None:
        """Give the last markers, then finish every sink; raise the first one's error at the end."""
        first_error: Exception | None = None
        late = self._markers.take()
        if late:
            try:
                nothing = np.empty((0, self._source.info.n_channels), dtype=np.int16)
                self.give(Block(nothing, self._next_index, markers=late))
            except Exception as error:
                first_error = error
        for sink in self._sinks:
            try:
                sink.finish()
            except Exception as error:
                if sink is self._essential:
                    first_error = first_error or error
                else:
                    self._tell(sink, error)
        if first_error is not None:
            raise first_error

    def health(self) -> Health:
        """Return how things stand, with what source and sinks know of themselves."""
        dropped = sum(getattr(sink, "dropped_samples", 0) for sink in self._all_sinks)
        self._health = replace(self._health, dropped_beside=dropped)
        link = getattr(self._source, "health", None)
        if not isinstance(link, LinkHealth):
            return self._health
        return replace(
            self._health,
            measured_hz=link.measured_hz,
            clock_error_s=link.clock_error_s,
            crc_errors=link.crc_errors,
            lost_frames=link.lost_frames,
            duplicates=link.duplicates,
            implausible=link.implausible,
            overruns=link.overruns,
            board_errors=link.board_errors,
            buffer_level=max(link.inbox_level, link.board_level or 0.0),
            overflowed=link.overflowed,
            reconnects=link.reconnects,
            waiting_s=link.waiting_s,
            host_gaps=link.host_gaps,
        )
