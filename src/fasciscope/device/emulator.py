"""An emulated board on a pseudo-terminal: for any program, it is a board on a serial port.

A recording in, bytes on a port out. `virtual_board` says what the board sends; here is when, and
through what. When is a matter of the sample count alone: scan n is due n / (rate · speed) after
the start, so a busy machine makes samples late, never fewer. If the host reads too slowly the
pseudo-terminal fills and the board waits; so it can also run flat out without losing anything. A
real board cannot wait: with ``waits=False`` it drops what it has no room for, and says so.

Faults on demand: `EmulatedBoard.unplug`, `plug_in` and `reset`.
"""

from __future__ import annotations

import contextlib
import math
import os
import queue
import select
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from fasciscope.device.messages import PROTOCOL_MAJOR, PROTOCOL_MINOR
from fasciscope.device.virtual_board import VirtualBoard
from fasciscope.errors import DeviceError, InputError
from fasciscope.recording import Recording

_BUFFER_BYTES = 8192
_IDLE_S = 0.25


class EmulatedBoard:
    """A board in software; use it as a context manager.

    Parameters
    ----------
    recording : Recording
        What it plays.
    speed : float, default 1.0
        Times real time; ``math.inf`` is as fast as the host reads.
    loop : bool, default False
        Begin again at the recording's end instead of stopping.
    reset_on_open : bool, default False
        Restart when the port is opened, as boards do whose reset hangs on DTR (Linux).
    boot_s : float, default 0.5
        How long such a restart takes, deaf and dumb.
    boot_id : int, default 1
    version : tuple of int, default (1, 0)
        Protocol version that it claims.
    mangle : callable or None, default None
        Gets each portion of bytes on its way to the host and returns what arrives: for faults.
    waits : bool, default True
        Wait for a host that reads too slowly; a real board drops what it cannot send instead.

    Attributes
    ----------
    port : str
        Path of the port; another one after `plug_in`.
    started_s : float
        When the present stream began, on the monotonic clock: what a delay is measured from.

    Raises
    ------
    InputError
        If the speed is not above zero, or the recording is empty.
    DeviceError
        If this system has no pseudo-terminals.
    """

    def __init__(
        self,
        recording: Recording,
        *,
        speed: float = 1.0,
        loop: bool = False,
        reset_on_open: bool = False,
        boot_s: float = 0.5,
        boot_id: int = 1,
        version: tuple[int, int] = (PROTOCOL_MAJOR, PROTOCOL_MINOR),
        mangle: Callable[[bytes], bytes] | None = None,
        waits: bool = True,
    ) -> None:
        if not speed > 0:
            raise InputError(f"The speed must be above 0, not {speed}.")
        self._board = VirtualBoard(recording, loop=loop, boot_id=boot_id, version=version)
        self._speed = speed
        self._boot_s = boot_s if reset_on_open else 0.0
        self._reset_on_open = reset_on_open
        self._mangle = mangle
        self._waits = waits
        self._out = b""
        self._vanished: list[int] = []
        self._closed = threading.Event()
        self._orders: queue.SimpleQueue[tuple[Callable[[], None], threading.Event]] = (
            queue.SimpleQueue()
        )
        self._open_terminal()
        self._wake_read, self._wake_write = os.pipe()
        self.started_s = 0.0
        self._status_s = time.monotonic()
        self.finished = threading.Event()
        """Set when a recording that is not looped has been played to its end, once and for all."""
        self._thread = threading.Thread(target=self._work, name="emulated board", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Unplug the board: the port vanishes. Harmless when called twice."""
        if self._closed.is_set():
            return
        self._closed.set()
        os.write(self._wake_write, b"x")
        self._thread.join()
        handles = (self._master, self._slave, self._wake_read, self._wake_write, *self._vanished)
        for handle in handles:
            if handle >= 0:
                with contextlib.suppress(OSError):
                    os.close(handle)

    # -- faults on demand --------------------------------------------------------------------

    def unplug(self) -> None:
        """Take the cable out: the port vanishes. The board keeps its power and goes on.

        Nobody else gets the port's name before `close`: whoever waits there for this board must not
        meet another.
        """
        self._order(self._close_terminal)

    def plug_in(self, *, power_lost: bool = False) -> None:
        """Put the cable back: a port is there again, as a rule under another name (`port`).

        Parameters
        ----------
        power_lost : bool, default False
            The board was without power meanwhile, so it starts anew.
        """

        def plug() -> None:
            self._open_terminal()
            if power_lost and not self._reset_on_open:
                self._restart()

        self._order(plug)

    def reset(self) -> None:
        """Press the reset button: the board starts anew, and the port stays."""
        self._order(self._restart)

    def _order(self, act: Callable[[], None]) -> None:
        done = threading.Event()
        self._orders.put((act, done))
        os.write(self._wake_write, b"x")
        while not done.wait(0.1) and self._thread.is_alive():
            pass

    def _obey(self) -> None:
        while not self._orders.empty():
            act, done = self._orders.get()
            act()
            done.set()

    def _restart(self) -> None:
        self._board.boot_id += 1
        self._out = self._board.boot()
        self._status_s = time.monotonic()

    def _open_terminal(self) -> None:
        self._master, self._slave, self.port = _raw_terminal()
        os.set_blocking(self._master, False)
        if self._reset_on_open:  # only when nobody else holds it open can its opening be seen
            os.close(self._slave)
            self._slave = -1

    def _close_terminal(self) -> None:
        if self._master < 0:
            return
        os.close(self._master)  # now the port is gone for everybody, but its name is not free yet
        self._vanished.append(self._slave)
        self._master = self._slave = -1

    # -- the board's thread ------------------------------------------------------------------

    def _work(self) -> None:
        if not self._reset_on_open:
            self._out = self._board.boot()
        while not self._closed.is_set():
            self._obey()
            if self._master < 0:
                self._run_alone()
                continue
            if self._reset_on_open and not self._host_is_there():
                self._wait_for_host()
                continue
            self._make()
            self._exchange()

    def _run_alone(self) -> None:
        """Go on with nobody at the other end; only a board that takes its own time can."""
        if math.isfinite(self._speed):
            self._make()
        self._out = b""
        time.sleep(0.005)

    def _make(self) -> None:
        """Make what is due, as long as there is room for it."""
        now = time.monotonic()
        elapsed = math.inf
        if math.isfinite(self._speed):
            elapsed = int((now - self.started_s) * self._speed * self._board.fs_hz)
        if len(self._out) >= _BUFFER_BYTES:
            if not self._waits and math.isfinite(elapsed):
                self._board.skip(int(elapsed))
            return
        if self._board.running:
            due = int(min(elapsed, self._board.index + 100 * self._board.scans_to_next_frame))
            self._board.level = 255 * len(self._out) // _BUFFER_BYTES
            self._send(self._board.advance(due, _BUFFER_BYTES))
            self._status_s = now
        elif now - self._status_s >= 1.0:
            self._status_s = now
            self._send(self._board.status())
        if self._board.at_end:
            self.finished.set()

    def _send(self, data: bytes) -> None:
        self._out += self._mangle(data) if self._mangle and data else data

    def _pause_s(self) -> float:
        """Return how long there is nothing to make."""
        if not self._board.running:
            return _IDLE_S
        if len(self._out) >= _BUFFER_BYTES:
            return _IDLE_S if self._waits else 0.01
        if math.isinf(self._speed):
            return 0.0
        full = self._board.index + self._board.scans_to_next_frame
        due_s = self.started_s + full / (self._board.fs_hz * self._speed)
        return min(max(due_s - time.monotonic(), 0.0), _IDLE_S)

    def _exchange(self) -> None:
        writable = [self._master] if self._out else []
        can_read, can_write, _ = select.select(
            [self._master, self._wake_read], writable, [], self._pause_s()
        )
        try:
            if self._wake_read in can_read and not self._closed.is_set():
                os.read(self._wake_read, 64)
            if self._master in can_read:
                self._hear(os.read(self._master, 4096))
            if self._master in can_write:
                self._out = self._out[os.write(self._master, self._out) :]
        except BlockingIOError:
            pass
        except OSError:  # the host has closed just now; told apart at the next turn
            self._out = b""
            time.sleep(0.01)

    def _hear(self, data: bytes) -> None:
        was_running = self._board.running
        answer = self._board.receive(data)
        if self._board.running and not was_running:
            self.started_s = time.monotonic()
        self._send(answer)

    # -- reset on open -----------------------------------------------------------------------

    def _host_is_there(self) -> bool:
        poll = select.poll()
        poll.register(self._master, select.POLLIN)
        return not any(event & select.POLLHUP for _, event in poll.poll(0))

    def _wait_for_host(self) -> None:
        """Wait until the port is opened, then restart: deaf and dumb, then the boot frame."""
        self._out = b""
        while not self._closed.is_set() and not self._host_is_there():
            if not self._orders.empty():
                return
            time.sleep(0.005)
        until = time.monotonic() + self._boot_s
        while not self._closed.is_set() and time.monotonic() < until and self._host_is_there():
            time.sleep(0.01)
            with contextlib.suppress(OSError):
                os.read(self._master, 4096)
        self._restart()


def _raw_terminal() -> tuple[int, int, str]:
    """Return both ends of a new pseudo-terminal and its port's path, raw before anyone opens it."""
    try:
        import tty
    except ImportError:
        raise DeviceError(
            "This system has no pseudo-terminals, so a board cannot be emulated here. "
            "Use Linux or macOS, or replay the file without --as-device."
        ) from None
    master, slave = os.openpty()
    tty.setraw(slave)
    return master, slave, os.ttyname(slave)
