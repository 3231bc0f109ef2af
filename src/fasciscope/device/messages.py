"""The records that travel between host and board, each with its read and write side by side.

Data in: the bytes of one frame's body; out: a frozen dataclass, and back. The layout of every
record stands in ``firmware/PROTOCOL.md``; all numbers are little-endian. Pure: no ports, no clocks.
`read` raises ``struct.error`` or ``ValueError`` on a body that does not fit; the frame decoder
catches both.
"""

from __future__ import annotations

import struct
from dataclasses import astuple, dataclass
from enum import IntEnum
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

PROTOCOL_MAJOR = 1
PROTOCOL_MINOR = 0
SAMPLE_BYTES_MAX = 242
"""Most sample bytes in one data frame: 254 less type, header, CRC, and even."""


class FrameType(IntEnum):
    """First byte of every frame."""

    DATA = 0x01
    STATUS = 0x02
    REPLY = 0x03
    MARKER = 0x04
    BOOT = 0x05
    COMMAND = 0x10


class CommandCode(IntEnum):
    """What the host can ask for."""

    HELLO = 1
    CONFIGURE = 2
    START = 3
    STOP = 4
    MARK = 5
    SELF_TEST = 6


class Reason(IntEnum):
    """Result of a command: 0, or why it was refused."""

    OK = 0
    UNKNOWN_COMMAND = 1
    BAD_LENGTH = 2
    RATE = 3
    CHANNELS = 4
    OVERSAMPLING = 5
    CONVERTER_TOO_SLOW = 6
    LINE_TOO_SLOW = 7
    BUSY = 8
    NOT_CONFIGURED = 9
    NOT_RUNNING = 10
    WAVEFORM = 11
    BAD_RUN = 12


class State(IntEnum):
    """What the board is doing."""

    IDLE = 0
    RUNNING = 1


class Waveform(IntEnum):
    """What the samples of the next run are made of."""

    SENSOR = 0
    RAMP = 1


@dataclass(frozen=True, slots=True)
class _Fixed:
    """A record whose fields stand one behind the other; later minor versions may append more."""

    LAYOUT: ClassVar[struct.Struct] = struct.Struct("<")

    def write(self) -> bytes:
        """Return the body of this record."""
        return self.LAYOUT.pack(*astuple(self))

    @classmethod
    def read(cls, body: bytes) -> Self:
        """Return the record in `body`; bytes behind the last field that we know are passed over."""
        return cls(*cls.LAYOUT.unpack_from(body))


@dataclass(frozen=True, slots=True)
class Data:
    """Some scans of one run.

    Parameters
    ----------
    run : int
        Number that the host gave the run, 1 to 255.
    sequence : int
        u16, one more with each data frame sent.
    index : int
        u32, index of the first scan; it advances also over scans that the board had to drop.
    n_scans : int
        Number of scans, at least 1.
    samples : bytes
        ``n_scans`` times one u16 a channel, interleaved.
    """

    TYPE: ClassVar[FrameType] = FrameType.DATA
    HEADER: ClassVar[struct.Struct] = struct.Struct("<BHIB")
    run: int
    sequence: int
    index: int
    n_scans: int
    samples: bytes

    @property
    def n_channels(self) -> int:
        """Number of channels, from the length of the frame."""
        return len(self.samples) // (2 * self.n_scans)

    @property
    def values(self) -> NDArray[np.uint16]:
        """The samples, shape (n_scans, n_channels), uint16, without a copy."""
        return np.frombuffer(self.samples, dtype="<u2").reshape(self.n_scans, -1)

    def write(self) -> bytes:
        """Return the body of this record."""
        return self.HEADER.pack(self.run, self.sequence, self.index, self.n_scans) + self.samples

    @classmethod
    def read(cls, body: bytes) -> Self:
        """Return the record in `body`, whose length must be right to the byte."""
        run, sequence, index, n_scans = cls.HEADER.unpack_from(body)
        samples = body[cls.HEADER.size :]
        if not (n_scans and samples) or len(samples) % (2 * n_scans):
            raise ValueError("the samples do not fill whole scans")
        return cls(run, sequence, index, n_scans, samples)


@dataclass(frozen=True, slots=True)
class Status(_Fixed):
    """How the board is, once a second."""

    TYPE: ClassVar[FrameType] = FrameType.STATUS
    LAYOUT: ClassVar[struct.Struct] = struct.Struct("<BBBIIIHHH")
    run: int  # 0 = none since boot
    state: int
    level: int  # fullest that the send buffer has been since the last status, 255 = full
    tick: int  # board clock when scan index - 1 was triggered
    index: int  # scans triggered in this run
    dropped: int  # scans of this run that the board had to drop
    rx_errors: int  # bad frames received since boot
    markers: int  # markers of this run
    boot: int  # low 16 bits of the boot id


@dataclass(frozen=True, slots=True)
class BoardMarker(_Fixed):
    """The button on the board was pressed; sent twice with the same number."""

    TYPE: ClassVar[FrameType] = FrameType.MARKER
    LAYOUT: ClassVar[struct.Struct] = struct.Struct("<BBHI")
    run: int
    source: int  # 1 = button
    number: int  # 1, 2, … in this run
    index: int


@dataclass(frozen=True, slots=True)
class Boot(_Fixed):
    """The board has started."""

    TYPE: ClassVar[FrameType] = FrameType.BOOT
    LAYOUT: ClassVar[struct.Struct] = struct.Struct("<BBIB")
    major: int
    minor: int
    boot_id: int
    cause: int  # 0 unknown, 1 power, 2 reset line, 3 brown-out, 4 watchdog


@dataclass(frozen=True, slots=True)
class Command:
    """Something the host asks; `id` ties the reply to it, and a retry has the same id."""

    TYPE: ClassVar[FrameType] = FrameType.COMMAND
    id: int
    code: int
    body: bytes = b""

    def write(self) -> bytes:
        """Return the body of this record."""
        return bytes((self.id, self.code)) + self.body

    @classmethod
    def read(cls, body: bytes) -> Self:
        """Return the record in `body`."""
        ident, code = struct.unpack_from("<BB", body)
        return cls(ident, code, body[2:])


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a command: a result, then the command's own reply or the bound it broke."""

    TYPE: ClassVar[FrameType] = FrameType.REPLY
    id: int
    code: int
    result: int
    body: bytes = b""

    @property
    def bound(self) -> int:
        """For a refusal, the nearest value that would be taken; 0 where there is none."""
        return int.from_bytes(self.body[:4], "little") if self.result else 0

    def write(self) -> bytes:
        """Return the body of this record."""
        return bytes((self.id, self.code, self.result)) + self.body

    @classmethod
    def read(cls, body: bytes) -> Self:
        """Return the record in `body`."""
        ident, code, result = struct.unpack_from("<BBB", body)
        return cls(ident, code, result, body[3:])


Message = Data | Status | Reply | BoardMarker | Boot | Command
MESSAGES: dict[int, type[Message]] = {
    kind.TYPE: kind for kind in (Data, Status, Reply, BoardMarker, Boot, Command)
}
"""Which record each frame type holds."""


@dataclass(frozen=True, slots=True)
class HelloReply:
    """What the board says of itself."""

    LAYOUT: ClassVar[struct.Struct] = struct.Struct("<IBBBBBIIBIBIIBB")
    nonce: int
    major: int
    minor: int
    firmware_major: int
    firmware_minor: int
    firmware_patch: int
    boot_id: int
    tick_hz: int
    adc_bits: int
    reference_uv: int
    channels_max: int
    rate_max_mhz: int
    conversions_max: int
    state: int
    board: str

    @property
    def firmware(self) -> str:
        """Version of the firmware in words."""
        return f"{self.firmware_major}.{self.firmware_minor}.{self.firmware_patch}"

    def write(self) -> bytes:
        """Return the body of this record."""
        name = self.board.encode("ascii", "replace")[:32]
        return self.LAYOUT.pack(*astuple(self)[:-1], len(name)) + name

    @classmethod
    def read(cls, body: bytes) -> Self:
        """Return the record in `body`."""
        fields: list[Any] = list(cls.LAYOUT.unpack_from(body))
        name = body[cls.LAYOUT.size :][: fields[-1]].decode("ascii", "replace")
        fields[-1] = "".join(c if c.isprintable() else "?" for c in name)
        return cls(*fields)


@dataclass(frozen=True, slots=True)
class Configure(_Fixed):
    """What the host wants; 0 leaves the choice to the board."""

    LAYOUT: ClassVar[struct.Struct] = struct.Struct("<IBB")
    rate_mhz: int = 0
    channels: int = 0
    oversampling: int = 0


@dataclass(frozen=True, slots=True)
class Configured(_Fixed):
    """What the board will do, and what its numbers mean.

    A sample `value` is ``value - zero`` counts, each ``reference_uv / full_scale`` µV at the pin.
    """

    LAYOUT: ClassVar[struct.Struct] = struct.Struct("<IBBHHIBI")
    rate_mhz: int
    channels: int
    oversampling: int
    zero: int  # value at half the reference
    top: int  # largest value there can be; the smallest is 0
    full_scale: int  # value that the reference itself would have
    scans_per_frame: int
    skew_ns: int  # time from one channel of a scan to the next

    @property
    def is_sound(self) -> bool:
        """Whether such samples can be, and their counts fit 16 bits."""
        return (
            min(self.rate_mhz, self.channels, self.full_scale, self.top) >= 1
            and self.zero <= min(self.top, 1 << 15)
            and self.top - self.zero < 1 << 15
        )


@dataclass(frozen=True, slots=True)
class Stopped(_Fixed):
    """The end of a run: how many scans it had in all, and how many of them the board dropped."""

    LAYOUT: ClassVar[struct.Struct] = struct.Struct("<BII")
    run: int
    index: int
    dropped: int


@dataclass(frozen=True, slots=True)
class Marked(_Fixed):
    """Where the board set the mark."""

    LAYOUT: ClassVar[struct.Struct] = struct.Struct("<BI")
    run: int
    index: int
