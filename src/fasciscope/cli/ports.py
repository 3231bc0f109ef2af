"""``fasciscope ports``: what is plugged in, and what looks like a board."""

from __future__ import annotations

from fasciscope.cli import console

EXAMPLES = (
    "fasciscope ports",
    "fasciscope record --port /dev/ttyACM0",
)


def ports() -> None:
    """List the serial ports, and which of them look like a board.

    The likeliest come first. No port is opened: this disturbs no program that is using one.
    """
    from fasciscope.device.boards import list_ports

    found = list_ports()
    for candidate in found:
        may_be = "may be a board" if candidate.likely else "-"
        usb_id = candidate.usb_id or "-"
        console.result(f"{candidate.port:<24} {may_be:<15} {usb_id:<10} {candidate.reason}")
    if not any(candidate.likely for candidate in found):
        console.status(
            f"No port looks like a board ({len(found)} in all). Plug it in with a cable that "
            "carries data, or try an emulated one: fasciscope demo"
        )
    console.closing_line()
