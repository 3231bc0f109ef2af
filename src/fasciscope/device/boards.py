"""Finding the port that a board hangs on, by its USB ids and by what ports are called.

Nothing in, candidates out, the likeliest first, each with the reason why it is one. No port is
opened here. The ids are those in Arduino's ``boards.txt`` and of the makers of serial chips.
"""

from __future__ import annotations

import contextlib
import platform
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BOARDS = {
    (0x2341, 0x0001): "Arduino Uno",
    (0x2341, 0x0010): "Arduino Mega 2560",
    (0x2341, 0x0036): "Arduino Leonardo (boot loader)",
    (0x2341, 0x0042): "Arduino Mega 2560",
    (0x2341, 0x0043): "Arduino Uno",
    (0x2341, 0x0058): "Arduino Nano Every",
    (0x2341, 0x0069): "Arduino Uno R4",
    (0x2341, 0x0242): "Arduino Mega 2560",
    (0x2341, 0x0243): "Arduino Uno",
    (0x2341, 0x8036): "Arduino Leonardo",
    (0x2341, 0x8037): "Arduino Micro",
    (0x2A03, 0x0010): "Arduino Mega 2560",
    (0x2A03, 0x0036): "Arduino Leonardo (boot loader)",
    (0x2A03, 0x0042): "Arduino Mega 2560",
    (0x2A03, 0x0043): "Arduino Uno",
    (0x2A03, 0x8036): "Arduino Leonardo",
    (0x1B4F, 0x9206): "SparkFun Pro Micro",
}
"""USB ids that name a board."""
VENDORS = {0x2341: "an Arduino", 0x2A03: "an Arduino", 0x1B4F: "a SparkFun board"}
"""USB vendors that make boards."""
CHIPS = {
    (0x1A86, 0x7523): "CH340, the serial chip of most Nano and Uno clones",
    (0x1A86, 0x5523): "CH341, the serial chip of some clones",
    (0x1A86, 0x55D4): "CH9102, the serial chip of some clones",
    (0x10C4, 0xEA60): "CP210x, the serial chip of some clones",
    (0x0403, 0x6001): "FTDI FT232R, the serial chip of older Nanos",
    (0x0403, 0x6015): "FTDI FT231X, the serial chip of some clones",
    (0x067B, 0x2303): "PL2303, the serial chip of some cables",
}
"""USB ids of serial chips: a board may well be behind them, or anything else."""
_NAMES = re.compile(
    r"(ttyACM|ttyUSB)\d+$|cu\.(usbmodem|usbserial|wchusbserial|SLAB_USBtoUART)", re.IGNORECASE
)
_KNOWN, _VENDOR, _CHIP, _NAME, _OTHER = range(5)


@dataclass(frozen=True, slots=True)
class PortCandidate:
    """A port, and why a board may hang on it.

    Parameters
    ----------
    port : str
        Path or name to open: "/dev/ttyACM0", "/dev/cu.usbmodem14101", "COM3".
    likely : bool
        Whether it is worth asking.
    reason : str
        Why, in words.
    usb_id : str
        "2341:0043", or "" if it is not on USB.
    serial_number : str
        What the USB device calls itself, "" if it does not (most clones).
    """

    port: str
    likely: bool
    reason: str
    usb_id: str = ""
    serial_number: str = ""


def list_ports(ports: list[Any] | None = None) -> list[PortCandidate]:
    """Return every serial port of this machine, those that may be a board first.

    Parameters
    ----------
    ports : list or None, default None
        What pyserial's ``comports()`` gave; None asks it.
    """
    if ports is None:
        from serial.tools.list_ports import comports

        ports = list(comports())
    names = {port.device for port in ports}
    ranked = []
    for port in ports:
        if port.device.replace("/dev/tty.", "/dev/cu.") in names - {port.device}:
            continue  # macOS shows each port twice; the tty one waits for a modem's carrier
        rank, reason = _judge(port)
        usb_id = "" if port.vid is None else f"{port.vid:04x}:{port.pid or 0:04x}"
        number = getattr(port, "serial_number", None) or ""
        candidate = PortCandidate(port.device, rank != _OTHER, reason, usb_id, number)
        ranked.append((rank, candidate))
    return [candidate for _, candidate in sorted(ranked, key=lambda item: (item[0], item[1].port))]


def port_identity(port: str) -> tuple[str, str]:
    """Return the USB id and serial number of what hangs on `port`, ("", "") if it has none."""
    for candidate in list_ports():
        if candidate.port == port:
            return candidate.usb_id, candidate.serial_number
    return "", ""


def ports_again(port: str, identity: tuple[str, str]) -> list[str]:
    """Return the ports on which what hung on `port` may be found again, its old name first.

    Parameters
    ----------
    port : str
    identity : tuple of str
        What `port_identity` gave when it was there.
    """
    same = [
        candidate.port
        for candidate in list_ports()
        if identity[0] and (candidate.usb_id, candidate.serial_number) == identity
    ]
    return [port, *(other for other in same if other != port)]


def _judge(port: Any) -> tuple[int, str]:
    ids = (port.vid, port.pid)
    if ids in BOARDS:
        article = "an" if BOARDS[ids].startswith("A") else "a"
        return _KNOWN, f"it is {article} {BOARDS[ids]}"
    if port.vid in VENDORS:
        return _VENDOR, f"its USB id says that it is {VENDORS[port.vid]}"
    if ids in CHIPS:
        return _CHIP, f"it has a {CHIPS[ids]}"
    if _NAMES.search(port.device):
        return _NAME, "its name is one that boards have"
    if port.vid is not None:
        return _NAME, f"it is a USB device: {port.description or 'unnamed'}"
    return _OTHER, "it is not on USB, so hardly a board"


def permission_hint(port: str) -> str:
    """Return what to do when the system does not let us open `port`."""
    if platform.system() == "Linux":
        group = "dialout"
        with contextlib.suppress(OSError, KeyError):
            group = Path(port).group()
        if group == "root":
            return "Ask whoever looks after this machine for the right to use it."
        return f"Run: sudo usermod -aG {group} $USER, then log out and in again."
    return "Close other programs that may use it, and try again."


def interference_hint(proc: Path = Path("/proc")) -> str:
    """Return a sentence if ModemManager runs, which talks to new serial ports unasked; else ""."""
    if platform.system() != "Linux":
        return ""
    for comm in proc.glob("[0-9]*/comm"):
        try:
            if comm.read_text().strip() == "ModemManager":
                return (
                    " ModemManager is running; it may hold a new port for half a minute. "
                    "Wait, or stop it with: sudo systemctl stop ModemManager."
                )
        except OSError:  # the process has ended meanwhile
            continue
    return ""
