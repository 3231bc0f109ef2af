"""Opening a port and meeting the board on it: which speed it runs at, and what it says of itself.

A port's name in; an open port, its speed and the board's hello out. See "Meeting" in
``firmware/PROTOCOL.md``. Opening a port resets many boards, whose boot loader then keeps them deaf
for up to two seconds; so all speeds are tried in turn, round after round.
"""

from __future__ import annotations

import errno
import secrets
import struct
import threading
import time
from dataclasses import dataclass
from typing import Any

from fasciscope.device.boards import interference_hint, list_ports, permission_hint
from fasciscope.device.messages import (
    PROTOCOL_MAJOR,
    PROTOCOL_MINOR,
    Command,
    CommandCode,
    HelloReply,
    Reply,
)
from fasciscope.device.protocol import BAUDS, FrameDecoder, encode
from fasciscope.errors import DeviceError

MEETING_S = 5.0
"""How long a board is given to answer, boot included."""
_LISTEN_S = 0.25
HELLO_ID = 0


@dataclass(frozen=True, slots=True)
class Meeting:
    """A board that has answered.

    Parameters
    ----------
    port : str
    serial : serial.Serial
        Open, locked for us alone, at the right speed.
    baud : int
    hello : HelloReply
    decoder : FrameDecoder
        In step with the bytes that have been read so far.
    """

    port: str
    serial: Any
    baud: int
    hello: HelloReply
    decoder: FrameDecoder


def open_port(port: str) -> Any:
    """Open `port` for us alone and return the pyserial object.

    Raises
    ------
    DeviceError
        If it is not there, is in use, or must not be opened; the text says which, and what to do.
    """
    import serial

    try:
        return serial.Serial(port, BAUDS[0], timeout=0.1, write_timeout=1.0, exclusive=True)
    except (OSError, ValueError) as error:  # SerialException is an OSError
        raise DeviceError(_why_not(port, error)) from error


def _why_not(port: str, error: Exception) -> str:
    code = getattr(error, "errno", None)
    text = str(error)
    if code in (errno.EAGAIN, errno.EBUSY, errno.EWOULDBLOCK) or "exclusively lock" in text:
        return (
            f"{port} is in use by another program. Close it (a serial monitor, another recording) "
            "and try again."
        )
    if code == errno.ENOENT or "FileNotFoundError" in text:
        return (
            f"There is no port {port}. Plug the board in, and run `fasciscope ports` to see what "
            "there is."
        )
    if code in (errno.EACCES, errno.EPERM) or "PermissionError" in text:
        return f"{port} is there, but may not be opened. {permission_hint(port)}"
    if "Could not configure port" in text:  # it can be opened, but takes no baud rate
        return (
            f"{port} cannot be opened as a serial port, since it is none. Run `fasciscope ports` "
            "to see what there is."
        )
    return f"{port} cannot be opened as a serial port: {getattr(error, 'strerror', None) or error}."


def meet(
    port: str, timeout_s: float = MEETING_S, cancelled: threading.Event | None = None
) -> Meeting:
    """Open `port` and find the board on it.

    Parameters
    ----------
    port : str
    timeout_s : float, default 5.0
        How long to ask before giving up, seconds.
    cancelled : threading.Event or None, default None
        Set it, from another thread, to give up at once.

    Raises
    ------
    DeviceError
        If the port cannot be opened, nobody answers, or the board speaks another version.
    """
    serial = open_port(port)
    try:
        return _meet(port, serial, timeout_s, cancelled or threading.Event())
    except DeviceError:
        serial.close()
        raise
    except Exception as error:  # pyserial lets through whatever the system says of a lost port
        serial.close()
        raise DeviceError(
            f"{port} failed while the board was asked for ({error}). Plug it in again."
        ) from error


def _meet(port: str, serial: Any, timeout_s: float, cancelled: threading.Event) -> Meeting:
    deadline = time.monotonic() + timeout_s
    while True:
        for baud in BAUDS:
            if serial.baudrate != baud:
                serial.baudrate = baud
            decoder = FrameDecoder()
            body = _ask(serial, decoder)
            if body is not None:
                return Meeting(port, serial, baud, read_hello(port, body), decoder)
            if cancelled.is_set():
                raise DeviceError(f"The board on {port} was not waited for.")
            if time.monotonic() >= deadline:
                speeds = ", ".join(f"{speed:,}" for speed in BAUDS)
                raise DeviceError(
                    f"No board answered on {port} within {timeout_s:g} s (asked at {speeds} baud). "
                    f"Check that it runs the fasciscope firmware.{interference_hint()}"
                )


def _ask(serial: Any, decoder: FrameDecoder) -> bytes | None:
    """Say hello once and return the body of the answer, or None if there is none in time."""
    from serial import SerialTimeoutException

    nonce = secrets.randbits(32).to_bytes(4, "little")
    serial.reset_input_buffer()
    try:
        serial.write(b"\0" + encode(Command(HELLO_ID, CommandCode.HELLO, nonce)))
    except SerialTimeoutException:  # stuck, or the computer slept meanwhile; asked again
        return None
    until = time.monotonic() + _LISTEN_S
    while time.monotonic() < until:
        for message in decoder.feed(serial.read(max(1, min(serial.in_waiting, 4096)))):
            if isinstance(message, Reply) and message.body[:4] == nonce and not message.result:
                return message.body
    return None


def read_hello(port: str, body: bytes) -> HelloReply:
    """Return what a board says of itself, or raise `DeviceError` if we do not speak its tongue."""
    try:
        _, major, minor = struct.unpack_from("<IBB", body)
        hello = HelloReply.read(body) if major == PROTOCOL_MAJOR else None
    except struct.error:
        raise DeviceError(
            f"The board on {port} answered, but with too few bytes. Bring its firmware up to date."
        ) from None
    if hello is None:
        older = "its firmware" if major < PROTOCOL_MAJOR else "fasciscope"
        raise DeviceError(
            f"The board on {port} speaks protocol {major}.{minor}; this program speaks "
            f"{PROTOCOL_MAJOR}.{PROTOCOL_MINOR}. Bring {older} up to date."
        )
    return hello


def find(timeout_s: float = MEETING_S, cancelled: threading.Event | None = None) -> Meeting:
    """Ask every likely port, the likeliest first, and return the first board that answers.

    Raises
    ------
    DeviceError
        If none does; the text says what each port had to say.
    """
    likely = [candidate.port for candidate in list_ports() if candidate.likely]
    if not likely:
        raise DeviceError(
            "No board was found: this machine has no USB serial port. Plug the board in (with a "
            "cable that carries data), or name the port with --port."
        )
    reasons = []
    for port in likely:
        try:
            return meet(port, timeout_s, cancelled)
        except DeviceError as error:
            reasons.append(str(error))
    if len(reasons) == 1:
        raise DeviceError(reasons[0])
    raise DeviceError(f"No board was found on {len(likely)} ports. " + " ".join(reasons))
