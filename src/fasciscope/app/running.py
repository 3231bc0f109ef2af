"""One session that runs: a source into a file, or only to be looked at, in a thread of its own.

Browsers come and go; the session does not know of them. What it is doing can be asked at any time.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from time import monotonic
from typing import Any

from fasciscope import api
from fasciscope.blocks import Block, Sink, Source, StreamInfo
from fasciscope.errors import FasciscopeError
from fasciscope.live import LiveCounter, warm_up
from fasciscope.session import Health, Markers, run_session
from fasciscope.signal_check import SignalChecker
from fasciscope.trace import Trace

_LOG = logging.getLogger(__name__)
NOT_KEPT = "Not kept in the journal"
CLOSE_S = 90.0
"""How long the end of a session may take (s): the detector judges the whole."""


class Stage(StrEnum):
    """Where a session stands."""

    OPENING = "opening"
    RUNNING = "running"
    ENDING = "ending"
    ENDED = "ended"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a session shall do.

    Parameters
    ----------
    title : str
        What to call it on the page: the board, the demo signal, the recording replayed.
    make_source : callable
        Makes the source; it gets an event that is set if the person gives up waiting.
    output : Path or None, default None
        The file to make; None only looks.
    seconds : float or None, default None
    closes : tuple of callable, default ()
        Called when it is over.
    keep : callable or None, default None
        Gets the path of the recording when it is finished; what it returns is told.
    """

    title: str
    make_source: Callable[[threading.Event], Source]
    output: Path | None = None
    seconds: float | None = None
    closes: tuple[Callable[[], None], ...] = ()
    keep: Callable[[Path], str] | None = None


class Running:
    """A session in a thread of its own; it has started when this object is there.

    Parameters
    ----------
    plan : Plan

    Attributes
    ----------
    stage : Stage
    error : str
        Why it failed, in words.
    kept : str
        What was kept of it in the journal, in words.
    info, trace, counter, checker, health
        None until the source is there.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.stage = Stage.OPENING
        self.error = ""
        self.info: StreamInfo | None = None
        self.trace: Trace | None = None
        self.counter: LiveCounter | None = None
        self.checker: SignalChecker | None = None
        self.health: Health | None = None
        self.kept = ""
        self.marks: list[tuple[int, str]] = []
        self._markers = Markers()
        self._stop = threading.Event()
        self._heard_s = monotonic()
        self._thread = threading.Thread(target=self._run, name="session", daemon=False)
        self._thread.start()

    @property
    def is_recording(self) -> bool:
        """Whether it writes a file."""
        return self.plan.output is not None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self.stage in (Stage.ENDED, Stage.FAILED)

    @property
    def silent_s(self) -> float:
        """How long no sample has come, s."""
        return monotonic() - self._heard_s if self.stage == Stage.RUNNING else 0.0

    def mark(self, text: str) -> int:
        """Set a marker at the newest sample; return which."""
        marker = self._markers.mark(text)
        self.marks.append((marker.sample_index, text))
        return marker.sample_index

    def stop(self) -> None:
        """Ask for the end; what has come is still taken."""
        if not self.is_over:
            self.stage = Stage.ENDING
        self._stop.set()

    def wait(self, timeout_s: float = CLOSE_S) -> bool:
        """Wait for the end; return whether it is over."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            warm_up()
            source = self.plan.make_source(self._stop)
            with closing(source):
                self._take(source)
            self.stage = Stage.ENDING
            self.keep_in_journal()
            self.stage = Stage.ENDED
        except FasciscopeError as error:
            self._fail(str(error))
        except Exception as error:  # a fault of ours must not leave the page waiting
            _LOG.debug("the session failed", exc_info=error)
            self._fail(
                f"This is a fault in fasciscope, not in what you did: {type(error).__name__}: "
                f"{error}. What was already written is kept."
            )
        finally:
            for close in self.plan.closes:
                close()

    def _fail(self, sentence: str) -> None:
        if self._stop.is_set() and self.trace is None:
            self.stage = Stage.ENDED  # given up before the board was found: no failure
            return
        self.error, self.stage = sentence, Stage.FAILED

    def _take(self, source: Source) -> None:
        self.info = source.info
        trace, counter = Trace(source.info), LiveCounter(source.info)
        self.checker, self.counter = SignalChecker(source.info), counter
        self.trace = trace  # last: who sees it finds the others too
        sinks: list[Sink] = [trace, self.checker, counter]
        source = _Watched(source, self._ended)
        self._heard_s = monotonic()
        if not self._stop.is_set():
            self.stage = Stage.RUNNING
        if self.plan.output is None:
            run_session(source, sinks, stop=self._stop, on_block=self._note, markers=self._markers)
            return
        self.health = api.capture(
            source,
            self.plan.output,
            seconds=self.plan.seconds,
            sinks=sinks,
            stop=self._stop,
            on_block=self._note,
            markers=self._markers,
        )

    def keep_in_journal(self) -> None:
        """Put the recording into the journal, if that is planned; `kept` says how that went."""
        output = self.plan.output
        if self.plan.keep is None or output is None or not output.exists():
            return
        try:
            self.kept = self.plan.keep(output)
        except FasciscopeError as error:  # the recording is there; only the journal is not
            self.kept = f"{NOT_KEPT}: {error}"

    def _ended(self) -> None:
        """Take notice that the source has given its last block, before the sinks are finished."""
        if not self.is_over:
            self.stage = Stage.ENDING

    def _note(self, block: Block, health: Health) -> None:
        if len(block):
            self._heard_s = monotonic()
        self.health = health


class _Watched:
    """A source that says when it has given its last block."""

    def __init__(self, source: Source, ended: Callable[[], None]) -> None:
        self._source, self._ended = source, ended

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def __iter__(self) -> Iterator[Block]:
        try:
            yield from self._source
        finally:
            self._ended()
