"""The firmware's portable part as a process of this machine, driven letter by letter."""

from __future__ import annotations

import itertools
import struct
import subprocess
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from fasciscope.device import messages as m
from fasciscope.device.protocol import FrameDecoder, encode

TICK_HZ = 250_000


class HostBoard:
    """Talk to ``host_board.c``; its answers are those of the firmware's own code."""

    def __init__(self, program: Path, boot_id: int = 41, cause: int = 1) -> None:
        self._process = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self._ids = itertools.cycle(range(1, 256))
        self.decoder = FrameDecoder()
        self.messages: list[m.Message] = []
        self.write(b"r", struct.pack("<IB", boot_id, cause))

    def __enter__(self) -> HostBoard:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """End the process; fail if the sanitizers had anything to say."""
        _, errors = self._process.communicate(timeout=10)
        if kind is None:
            assert errors.decode() == ""

    def write(self, letter: bytes, *operands: bytes) -> None:
        try:
            self._process.stdin.write(letter + b"".join(operands))
            self._process.stdin.flush()
        except BrokenPipeError:  # it has died
            raise AssertionError(self._process.stderr.read().decode()) from None

    def read(self, n: int) -> bytes:
        got = self._process.stdout.read(n)
        assert len(got) == n, self._process.stderr.read().decode()
        return got

    # -- frames ------------------------------------------------------------------------------

    def close_frame(self, payload: bytes) -> bytes:
        self.write(b"f", bytes((len(payload),)), payload)
        return self.read(int.from_bytes(self.read(2), "little"))

    def open_frame(self, stuffed: bytes) -> bytes:
        self.write(b"o", bytes((len(stuffed),)), stuffed)
        return self.read(int.from_bytes(self.read(2), "little"))

    # -- the board ---------------------------------------------------------------------------

    def poll(self, times: int = 1) -> None:
        self.write(b"p", struct.pack("<H", times))

    def ticks(self, n: int) -> None:
        self.write(b"k", struct.pack("<I", n))

    def convert(self, codes: Iterable[int]) -> None:
        array = np.asarray(list(codes), dtype="<u2")
        self.write(b"c", struct.pack("<I", len(array)), array.tobytes())

    def miss(self, n: int) -> None:
        """Let `n` conversions be missed."""
        self.write(b"m", struct.pack("<H", n))

    def delay(self, cycles: int) -> None:
        """Move the cycle counter; a negative number takes it back."""
        self.write(b"w", struct.pack("<i", cycles))

    def button(self, down: bool, samples: int) -> None:
        self.write(b"b", struct.pack("<BH", down, samples))

    def state(self) -> tuple[bool, int, bool]:
        """Return whether it is converting, at which period, and whether the LED is on."""
        self.write(b"s")
        started, period, led = struct.unpack("<BIB", self.read(6))
        return bool(started), period, bool(led)

    def transmit(self, most: int = 0xFFFF) -> bytes:
        self.write(b"t", struct.pack("<H", most))
        return self.read(int.from_bytes(self.read(2), "little"))

    def collect(self, turns: int = 12) -> list[m.Message]:
        """Poll and transmit until it has nothing more to say; return the messages."""
        found: list[m.Message] = []
        for _ in range(turns):
            self.poll(4)
            sent = self.transmit()
            found += self.decoder.feed(sent)
            if not sent:
                break
        self.messages += found
        return found

    def hear(self, data: bytes) -> None:
        """Let bytes arrive, polling often enough that the ring does not overflow."""
        for start in range(0, len(data), 60):
            part = data[start : start + 60]
            self.write(b"".join(b"h" + bytes((byte,)) for byte in part))
            self.collect()

    def ask(self, code: int, body: bytes = b"", *, ident: int | None = None) -> m.Reply | None:
        """Send a command and return its reply; other messages go to `messages`."""
        ident = next(self._ids) if ident is None else ident
        before = len(self.messages)
        self.hear(encode(m.Command(ident, code, body)))
        for message in self.messages[before:]:
            if isinstance(message, m.Reply) and (message.id, message.code) == (ident, code):
                return message
        return None

    def configure(self, rate_hz: float = 0, channels: int = 0, oversampling: int = 0) -> m.Reply:
        body = m.Configure(round(rate_hz * 1000), channels, oversampling).write()
        reply = self.ask(m.CommandCode.CONFIGURE, body)
        assert reply is not None
        return reply

    def start(
        self, rate_hz: float = 0, channels: int = 0, oversampling: int = 0, run: int = 7
    ) -> m.Configured:
        reply = self.configure(rate_hz, channels, oversampling)
        assert reply.result == 0, reply
        assert self.ask(m.CommandCode.START, bytes((run,))).result == 0
        return m.Configured.read(reply.body)

    def stop(self) -> m.Stopped:
        return m.Stopped.read(self.ask(m.CommandCode.STOP).body)

    def data(self) -> list[m.Data]:
        return [message for message in self.messages if isinstance(message, m.Data)]
