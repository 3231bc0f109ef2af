"""Stopping on purpose: Ctrl-C, SIGTERM and a closed terminal end a session cleanly."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_STOPPING = ("SIGINT", "SIGTERM", "SIGHUP")


@contextmanager
def stop_signals() -> Iterator[threading.Event]:
    """Yield an event that is set by Ctrl-C, SIGTERM or SIGHUP instead of what they do otherwise.

    Within the context a signal breaks nothing off: whoever waits for the event closes files first.
    """
    stop = threading.Event()
    before = {}
    for name in _STOPPING:
        number = getattr(signal, name, None)  # SIGHUP is not everywhere
        if number is not None:
            before[number] = signal.signal(number, lambda *_: stop.set())
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def markers_from(descriptor: int, mark: Callable[[str], object], stop: threading.Event) -> None:
    """Call `mark` for each line that comes in at `descriptor`, until its end or `stop`.

    A bare Enter is "marker"; words before it are the marker's text. The end of the input is not a
    marker. Read below Python's own buffers, whose lock would hang the exit of the process.
    """
    rest = b""
    while not stop.is_set():
        try:
            got = os.read(descriptor, 4096)
        except OSError:  # in the background of a terminal, or closed
            return
        if not got:
            return
        *lines, rest = (rest + got).split(b"\n")
        for line in lines:
            mark(line.decode("utf-8", errors="replace").strip() or "marker")


def listen_for_markers(mark: Callable[[str], object], stop: threading.Event) -> None:
    """Start listening on standard input in a thread, where there is one to listen to."""
    import sys

    if sys.stdin is None or sys.stdin.closed:
        return
    if hasattr(signal, "SIGTTIN"):
        # Started with & from a shell, reading the terminal would freeze the whole recording.
        with suppress(ValueError):
            signal.signal(signal.SIGTTIN, signal.SIG_IGN)
    thread = threading.Thread(
        target=markers_from, args=(sys.stdin.fileno(), mark, stop), name="markers", daemon=True
    )
    thread.start()
