"""Sinks and onlookers in threads of their own, so that the recording waits for none of them.

`Block`s in, as they come; out to the sink at its own pace, from a bounded box. When the box is
full the newest block is left out and counted, and the sink is told of the hole as of any gap; the
recording itself has the block. An onlooker (a status line, a view) needs only the newest state.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType
from typing import Self

from fasciscope.blocks import Block, Marker, Sink
from fasciscope.errors import OutputError
from fasciscope.session import Health

ASIDE_BYTES = 16 << 20
"""Bound of what waits for one sink: over an hour of one channel at 2 kHz, a minute of 64."""
FINISH_S = 60.0
"""How long a sink may take at the end for what still waits."""
_OVERHEAD = 400


class Aside:
    """Another sink, in a thread of its own; itself a `Sink` that never waits before its end.

    Parameters
    ----------
    sink : Sink
    max_bytes : int, default 16 MiB
        About how much may wait for it.
    finish_s : float, default 60.0
        How long `finish` waits for it, seconds.

    Attributes
    ----------
    dropped_samples : int
        Samples a channel that it never got, because it was too slow.
    """

    def __init__(
        self, sink: Sink, *, max_bytes: int = ASIDE_BYTES, finish_s: float = FINISH_S
    ) -> None:
        self.name = type(sink).__name__
        self.dropped_samples = 0
        self._sink, self._max_bytes, self._finish_s = sink, max_bytes, finish_s
        self._changed = threading.Condition()
        self._waiting: deque[Block] = deque()
        self._bytes = 0
        self._late_markers: tuple[Marker, ...] = ()
        self._next: int | None = None
        self._ending = False
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._work, name=f"aside {self.name}", daemon=True)
        self._thread.start()

    def process(self, block: Block) -> None:
        """Put the block in the box, or count it as dropped. Raises what the sink raised."""
        with self._changed:
            if self._error is not None:
                raise self._error
            size = block.samples.nbytes + _OVERHEAD
            if len(block) and self._bytes + size > self._max_bytes:
                self.dropped_samples += len(block)
                self._late_markers += block.markers
                return
            if self._next is not None:
                block = replace(block, lost_before=block.first_index - self._next)
            if self._late_markers:
                block = replace(block, markers=self._late_markers + block.markers)
                self._late_markers = ()
            self._next = block.stop_index
            self._waiting.append(block)
            self._bytes += size
            self._changed.notify_all()

    def finish(self) -> None:
        """Wait until the sink has had what waits and is finished.

        Raises
        ------
        OutputError
            If that takes longer than `finish_s`.
        Exception
            What the sink raised.
        """
        with self._changed:
            self._ending = True
            self._changed.notify_all()
        self._thread.join(self._finish_s)
        if self._thread.is_alive():
            raise OutputError(
                f"It was still busy {self._finish_s:g} s after the end; its result is missing. "
                "The recording is whole."
            )
        if self._error is not None:
            raise self._error

    def _work(self) -> None:
        try:
            while (block := self._take()) is not None:
                self._sink.process(block)
            self._sink.finish()
        except Exception as error:
            with self._changed:
                self._error = error
                self._waiting.clear()

    def _take(self) -> Block | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._ending)
            if not self._waiting:
                return None
            block = self._waiting.popleft()
            self._bytes -= block.samples.nbytes + _OVERHEAD
            return block


class Onlooker:
    """Calls back with the newest block and health, in a thread of its own; a context manager.

    Whoever looks on may be slow or stuck: states that come meanwhile are passed over.

    Parameters
    ----------
    look : callable
        Gets a block and the `Health` at that moment.
    """

    def __init__(self, look: Callable[[Block, Health], None]) -> None:
        self._look = look
        self._changed = threading.Condition()
        self._newest: tuple[Block, Health] | None = None
        self._over = False
        self._thread = threading.Thread(target=self._work, name="onlooker", daemon=True)

    def __call__(self, block: Block, health: Health) -> None:
        """Take note of the newest state; never waits."""
        with self._changed:
            self._newest = block, health
            self._changed.notify_all()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._changed:
            self._over = True
            self._changed.notify_all()
        self._thread.join(1.0)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._newest is not None or self._over)
                if self._newest is None:
                    return
                block, health = self._newest
                self._newest = None
            self._look(block, health)
