"""Bytes to frames and back: COBS, CRC-16, and a decoder that finds its feet after any damage.

Data in: bytes as they come from a port, in any portions; out: the records of `messages`. Both ends
use it. Pure: no ports, no clocks. Source: ``firmware/PROTOCOL.md``.

References
----------
S. Cheshire, M. Baker, "Consistent Overhead Byte Stuffing", IEEE/ACM Trans. Networking 7(2), 1999.
CRC-16/IBM-3740 (polynomial 0x1021, start 0xFFFF), check value 0x29B1 for "123456789".
"""

from __future__ import annotations

import struct
from binascii import crc_hqx
from dataclasses import dataclass

from fasciscope.device.messages import MESSAGES, Message
from fasciscope.errors import InputError

BAUDS = (500_000, 250_000, 115_200)
"""Line speeds in the order in which they are tried; the first is the default."""
PAYLOAD_MAX = 254
"""Most bytes from type to CRC: one COBS code byte covers them."""
WIRE_MAX = PAYLOAD_MAX + 1
"""Most bytes between two 0x00."""
_PAYLOAD_MIN = 3


def crc16(payload: bytes) -> int:
    """Return the CRC-16/IBM-3740 of `payload`."""
    return crc_hqx(payload, 0xFFFF)


def cobs_encode(payload: bytes) -> bytes:
    """Return at most 254 bytes of `payload` without a zero among them, one byte longer."""
    return b"".join(bytes((len(run) + 1,)) + run for run in payload.split(b"\0"))


def cobs_decode(stuffed: bytes) -> bytes | None:
    """Return what `cobs_encode` was given, or None if these bytes cannot be its result.

    `stuffed` is at most 255 bytes and holds no zero (it stood between two of them).
    """
    parts = []
    position = 0
    while position < len(stuffed):
        after = position + stuffed[position]
        parts.append(stuffed[position + 1 : after])
        position = after
    return b"\0".join(parts) if parts and position == len(stuffed) else None


def encode(message: Message) -> bytes:
    """Return `message` as it travels: COBS-stuffed with type and CRC, closed by 0x00.

    Raises
    ------
    InputError
        If the frame would be longer than 254 bytes or a field does not fit.
    """
    try:
        payload = bytes((message.TYPE,)) + message.write()
    except struct.error as error:
        raise InputError(f"A field of {type(message).__name__} does not fit: {error}.") from None
    payload += crc16(payload).to_bytes(2, "little")
    if len(payload) > PAYLOAD_MAX:
        raise InputError(
            f"A frame holds at most {PAYLOAD_MAX} bytes; this one would hold {len(payload)}."
        )
    return cobs_encode(payload) + b"\0"


@dataclass(slots=True)
class Counters:
    """What a decoder has seen, and what it threw away and why. All are counts of frames."""

    frames: int = 0
    cobs_errors: int = 0
    crc_errors: int = 0
    too_long: int = 0
    malformed: int = 0  # right CRC, but the body does not fit its type
    unknown: int = 0  # right CRC, but a type that we do not know

    @property
    def damaged(self) -> int:
        """Frames that arrived damaged, whatever the damage."""
        return self.cobs_errors + self.crc_errors + self.too_long + self.malformed


class FrameDecoder:
    """Turn bytes into messages; whatever comes, it never raises, and it holds at most 255 bytes.

    A frame ends at the next 0x00, so damage never costs more than the frames it touches.
    """

    def __init__(self) -> None:
        self.counters = Counters()
        self._rest = b""
        self._skipping = False

    def feed(self, data: bytes) -> list[Message]:
        """Take some bytes and return the messages that they complete, in order."""
        *pieces, rest = (self._rest + data).split(b"\0")
        messages = []
        for piece in pieces:
            message = self._close(piece)
            if message is not None:
                messages.append(message)
        if len(rest) > WIRE_MAX:
            self._skipping = True
            rest = b""
        self._rest = rest
        return messages

    def _close(self, piece: bytes) -> Message | None:
        if self._skipping or len(piece) > WIRE_MAX:
            self._skipping = False
            self.counters.too_long += 1
            return None
        if not piece:
            return None
        payload = cobs_decode(piece)
        if payload is None or len(payload) < _PAYLOAD_MIN:
            self.counters.cobs_errors += 1
            return None
        if crc16(payload[:-2]) != int.from_bytes(payload[-2:], "little"):
            self.counters.crc_errors += 1
            return None
        return self._read(payload)

    def _read(self, payload: bytes) -> Message | None:
        kind = MESSAGES.get(payload[0])
        if kind is None:
            self.counters.unknown += 1
            return None
        try:
            message = kind.read(payload[1:-2])
        except (ValueError, struct.error):
            self.counters.malformed += 1
            return None
        self.counters.frames += 1
        return message
