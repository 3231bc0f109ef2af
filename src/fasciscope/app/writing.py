"""What is done after a change without anybody waiting for it: at once, and after a pause.

A thread of its own that lives only as long as there is something to do, so that whoever changed
something goes on at once, and changes that follow each other closely are written together.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

_LOG = logging.getLogger(__name__)
PAUSE_S = 0.3
"""How long further changes are waited for before they are written (s)."""


class Writer:
    """Does two things after changes, one at a time.

    Parameters
    ----------
    name : str
        Of the thread.
    soon : callable
        Called at once after a change.
    later : callable
        Called when a pause has passed, and surely with `flush`. What either raises is logged only.
    pause_s : float, default PAUSE_S
    """

    def __init__(
        self,
        name: str,
        soon: Callable[[], None],
        later: Callable[[], None],
        pause_s: float = PAUSE_S,
    ) -> None:
        self._name, self._soon, self._later, self._pause_s = name, soon, later, pause_s
        self._changed = threading.Condition()
        self._news = self._unwritten = False
        self._in_haste = 0
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        """Say that something has changed."""
        with self._changed:
            self._news = self._unwritten = True
            self._changed.notify_all()
            if self._thread is None:
                # not a daemon: Python's own end waits until it has written
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=False)
                self._thread.start()

    def flush(self, timeout_s: float | None = None) -> bool:
        """Write now what is not written, and wait for it; return whether all is done."""
        with self._changed:
            self._in_haste += 1
            self._changed.notify_all()
            try:
                return self._changed.wait_for(lambda: self._thread is None, timeout_s)
            finally:
                self._in_haste -= 1

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self._unwritten:
                    self._thread = None
                    self._changed.notify_all()
                    return
            self._catch_up()
            with self._changed:
                self._unwritten = False
            self._do(self._later)

    def _do(self, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception as error:  # who waits must not wait for ever
            _LOG.debug("%s failed", self._name, exc_info=error)

    def _catch_up(self) -> None:
        """Do at once what is done at once, until the pause has passed."""
        pause_s = self._pause_s
        while True:
            with self._changed:
                self._news = False
            self._do(self._soon)
            with self._changed:
                again = self._changed.wait_for(
                    lambda: self._news or bool(self._in_haste), 0 if pause_s <= 0 else pause_s
                )
                if not again or not self._news:
                    return
                pause_s = 0 if self._in_haste else pause_s / 2  # many changes: not for ever
