"""The simulated board on a pseudo-terminal: for any program, a board on a serial port.

A .hex and voltages in, a port out. A thread runs the chip at `speed` times real time, or as fast as
it goes. If the host reads too slowly the chip waits: simulated time stands still, nothing is lost.
"""

from __future__ import annotations

import contextlib
import math
import os
import select
import threading
import time
import tty
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from simulator.analog import Analog
from simulator.avr import SimulatedAvr

_SLICE_S = 0.005
_WAITING_MAX = 4096


class FirmwareBoard:
    """A board; use it as a context manager.

    Parameters
    ----------
    hex_file : Path
    analog : Analog or None, default None
        What hangs on the inputs.
    chip : str, default "atmega328p"
    speed : float, default 1.0
        Times real time, at most; ``math.inf`` is as fast as it goes.
    mangle : callable or None, default None
        Gets each portion of bytes on its way to the host and returns what arrives: for faults.

    Attributes
    ----------
    port : str
        Path of the port.
    avr : SimulatedAvr
        The chip; look at it only when the board is closed.
    """

    def __init__(
        self,
        hex_file: Path,
        analog: Analog | None = None,
        *,
        chip: str = "atmega328p",
        speed: float = 1.0,
        mangle: Callable[[bytes], bytes] | None = None,
    ) -> None:
        self.avr = SimulatedAvr(hex_file, chip, analog)
        self._speed = speed
        self._mangle = mangle
        self._waiting = b""
        self._todo: list[Callable[[SimulatedAvr], None]] = []
        self._closed = threading.Event()
        self._error: BaseException | None = None
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)  # before anyone opens it
        os.set_blocking(self._master, False)
        self.port = os.ttyname(self._slave)
        self._thread = threading.Thread(target=self._work, name="simulated board", daemon=True)
        self._thread.start()

    def __enter__(self) -> FirmwareBoard:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Unplug the board; raises what went wrong in its thread. Harmless when called twice."""
        if not self._closed.is_set():
            self._closed.set()
            self._thread.join()
            for handle in (self._master, self._slave):
                with contextlib.suppress(OSError):
                    os.close(handle)
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def do(self, action: Callable[[SimulatedAvr], None]) -> None:
        """Have `action` done to the chip between two slices of its time: a reset, a press."""
        self._todo.append(action)

    # -- the board's thread ------------------------------------------------------------------

    def _work(self) -> None:
        try:
            begun_s, begun_cycle = time.monotonic(), self.avr.cycle
            while not self._closed.is_set():
                while self._todo:
                    self._todo.pop(0)(self.avr)
                if len(self._waiting) < _WAITING_MAX:
                    sent = self.avr.run(_SLICE_S)
                    self._waiting += self._mangle(sent) if self._mangle else sent
                ahead_s = 0.0
                if math.isfinite(self._speed):
                    elapsed_s = (self.avr.cycle - begun_cycle) / self.avr.cpu_hz / self._speed
                    ahead_s = begun_s + elapsed_s - time.monotonic()
                    if ahead_s < -0.1:  # we cannot keep up; do not try to make good for it
                        begun_s -= ahead_s
                self._exchange(max(ahead_s, 0.0))
        except BaseException as error:
            self._error = error

    def _exchange(self, wait_s: float) -> None:
        full = len(self._waiting) >= _WAITING_MAX
        writable = [self._master] if self._waiting else []
        can_read, can_write, _ = select.select(
            [self._master], writable, [], 0.02 if full else wait_s
        )
        with contextlib.suppress(BlockingIOError):
            if can_write:
                self._waiting = self._waiting[os.write(self._master, self._waiting) :]
            if can_read:
                self.avr.send(os.read(self._master, 4096))
        if wait_s and not full and (can_read or can_write):
            time.sleep(min(wait_s, _SLICE_S))
