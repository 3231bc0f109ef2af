"""``fasciscope firmware``: build it, flash it, ask a board what it runs, or simulate one."""

from __future__ import annotations

import math
import re
import shutil
import subprocess
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fasciscope.cli import console
from fasciscope.errors import DeviceError, InputError

if TYPE_CHECKING:
    from fasciscope.device.link import BoardLink

_TOOLS = "On Debian or Ubuntu: sudo apt-get install"
_PATIENCE_S = 300

app = typer.Typer(
    no_args_is_help=True,
    help="Build the board's firmware, flash it, ask a board about it, or run it without a board."
    "\n\n\b\nExamples:\n  fasciscope firmware flash --board uno\n"
    "  fasciscope firmware info --self-test",
    epilog=console.NOT_A_DEVICE,
)


class Board(StrEnum):
    """Boards that the firmware is built for."""

    UNO = "uno"
    NANO = "nano"
    NANO_OLD = "nano-old"
    MEGA = "mega"


_CHIPS = {
    Board.UNO: "atmega328p",
    Board.NANO: "atmega328p",
    Board.NANO_OLD: "atmega328p",
    Board.MEGA: "atmega2560",
}
_UPLOAD = {  # programmer and speed of the boot loader, as in Arduino's boards.txt
    Board.UNO: ("arduino", 115_200),
    Board.NANO: ("arduino", 115_200),
    Board.NANO_OLD: ("arduino", 57_600),
    Board.MEGA: ("wiring", 115_200),
}
_BoardOption = Annotated[
    Board, typer.Option(help="Which board; nano-old is a Nano with the old boot loader.")
]
_BaudOption = Annotated[
    int, typer.Option(metavar="BAUD", help="Line speed: 115200, 250000 or 500000.")
]


def folder() -> Path:
    """Return the folder with the firmware's sources.

    Raises
    ------
    InputError
        If it is not there: it belongs to the repository, not to the installed package.
    """
    import fasciscope

    for root in (Path(fasciscope.__file__).parents[2], Path.cwd()):
        if (root / "firmware" / "fasciscope" / "fasciscope.ino").is_file():
            return root / "firmware"
    raise InputError(
        "The firmware's sources are not here. Clone the fasciscope repository, and run this in its "
        "folder; or open firmware/fasciscope/fasciscope.ino in the Arduino IDE."
    )


def _need(program: str, packages: str) -> None:
    if shutil.which(program) is None:
        raise InputError(f"{program} is missing. {_TOOLS} {packages}")


def make_hex(board: Board = Board.UNO, baud: int = 500_000) -> tuple[Path, str]:
    """Build the .hex for `board`; return its path and what was said of its size.

    Raises
    ------
    InputError
        If the compiler is missing or fails, or the speed is none that the host tries.
    """
    from fasciscope.device.protocol import BAUDS

    if baud not in BAUDS:
        speeds = ", ".join(map(str, sorted(BAUDS)))
        raise InputError(f"The line speed must be one of {speeds}, not {baud}.")
    source = folder()
    _need("make", "make")
    _need("avr-gcc", "gcc-avr avr-libc binutils-avr")
    elf = source / "build" / f"fasciscope-{_CHIPS[board]}-{baud}.elf"
    make = ["make", "-s", "-C", str(source), f"MCU={_CHIPS[board]}", f"BAUD={baud}"]
    for command in (make, [str(source / "size-budget.sh"), str(elf)]):
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_S)
        if done.returncode:
            reason = (done.stderr or done.stdout).strip().splitlines() or ["no reason given"]
            raise InputError(f"The firmware could not be built: {reason[0]}")
    return elf.with_suffix(".hex"), done.stdout.strip().partition(": ")[2]


@app.command(
    epilog=console.NOT_A_DEVICE,
    help="Build the firmware for a board.\n\n\b\nExamples:\n  fasciscope firmware build\n"
    "  fasciscope firmware build --board mega",
)
def build(board: _BoardOption = Board.UNO, baud: _BaudOption = 500_000) -> None:
    """Build the firmware for a board."""
    with console.busy("Building"):
        path, size = make_hex(board, baud)
    console.result(str(path))
    console.status(f"Built for the {board.value}: {size}.")
    console.status(f"Next, with the board plugged in: fasciscope firmware flash --board {board}")


@app.command(
    epilog=console.NOT_A_DEVICE,
    help="Build the firmware and put it on a board; what was on it is overwritten."
    "\n\n\b\nExamples:\n  fasciscope firmware flash\n"
    "  fasciscope firmware flash --board nano-old --port /dev/ttyUSB0",
)
def flash(
    board: _BoardOption = Board.UNO,
    port: Annotated[
        str, typer.Option(metavar="auto|PATH", help="The board's port; see `fasciscope ports`.")
    ] = "auto",
    baud: _BaudOption = 500_000,
) -> None:
    """Build the firmware and put it on a board."""
    _need("avrdude", "avrdude")
    where = _only_port() if port == "auto" else port
    if not Path(where).exists() and not where.upper().startswith("COM"):
        raise DeviceError(f"There is no port {where}. Run `fasciscope ports` to see what there is.")
    path, size = make_hex(board, baud)
    programmer, speed = _UPLOAD[board]
    console.status(f"Putting {path.name} ({size}) on the {board.value} on {where} …")
    command = ["avrdude", "-q", "-p", _CHIPS[board], "-c", programmer, "-P", where]
    command += ["-b", str(speed), "-D", "-U", f"flash:w:{path}:i"]
    with console.busy("Flashing"):
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_S)
    if done.returncode:
        raise DeviceError(_why_not_flashed(done.stderr, board, where))
    console.result(f"The {board.value} on {where} now runs the fasciscope firmware.")
    console.status(f"Next: fasciscope firmware info --self-test --port {where}")


def _only_port() -> str:
    from fasciscope.device.boards import list_ports

    likely = [candidate.port for candidate in list_ports() if candidate.likely]
    if len(likely) == 1:
        return likely[0]
    if likely:
        raise DeviceError(
            f"More than one port may be the board ({', '.join(likely)}). Name it with --port."
        )
    raise DeviceError(
        "No port looks like a board. Plug it in with a cable that carries data, or name its port "
        "with --port."
    )


def _why_not_flashed(said: str, board: Board, port: str) -> str:
    if "ermission denied" in said:
        from fasciscope.device.boards import permission_hint

        return f"{port} may not be opened. {permission_hint(port)}"
    if "not in sync" in said or "not responding" in said or "timeout" in said.lower():
        other = " If it is an older Nano, try --board nano-old." if board is Board.NANO else ""
        return (
            f"The boot loader on {port} did not answer as a {board.value}'s does. Check --board "
            f"and --port, press reset just before, and try again.{other}"
        )
    lines = [line.strip() for line in said.splitlines() if "rror" in line or "annot" in line]
    return f"avrdude could not flash {port}: {(lines or said.strip().splitlines() or ['?'])[0]}"


@app.command(
    epilog=console.NOT_A_DEVICE,
    help="Say what a board runs and what it can do.\n\nWith --self-test it also sends a known ramp "
    "for some seconds, and every sample of it is checked.\n\n\b\nExamples:\n"
    "  fasciscope firmware info\n  fasciscope firmware info --self-test",
)
def info(
    port: Annotated[
        str, typer.Option(metavar="auto|PATH", help="The board's port; see `fasciscope ports`.")
    ] = "auto",
    self_test: Annotated[
        bool, typer.Option("--self-test", help="Check the line, sample by sample, for 5 seconds.")
    ] = False,
) -> None:
    """Say what a board runs and what it can do."""
    from fasciscope.device.link import open_board

    with console.busy("Looking for the board"):
        link = open_board(port)
    with link:
        hello = link.hello
        for name, value in (
            ("board", f"{hello.board} on {link.port} at {link.baud:,} baud"),
            ("firmware", f"{hello.firmware}{_beside_ours(hello.firmware)}"),
            ("protocol", f"{hello.major}.{hello.minor}"),
            ("boots so far", str(hello.boot_id)),
            ("converter", f"{hello.adc_bits} bits, {hello.reference_uv / 1e6:g} V"),
            ("channels", f"up to {hello.channels_max}"),
            ("rate", f"up to {hello.rate_max_mhz / 1000:,.0f} Hz on one channel"),
            ("conversions", f"up to {hello.conversions_max:,} a second in all"),
        ):
            console.result(f"{name:<13}{value}")
        if self_test:
            _self_test(link)


def _beside_ours(firmware: str) -> str:
    try:
        text = (folder() / "fasciscope" / "src" / "core" / "config.h").read_text(encoding="utf-8")
    except (InputError, OSError):
        return ""
    parts = re.findall(r"#define FS_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)", text)
    ours = ".".join(parts)
    return "" if firmware == ours else f" (this repository has {ours})"


def _self_test(link: BoardLink, seconds: float = 5.0) -> None:
    import numpy as np

    from fasciscope.device.messages import Waveform

    setup = link.configure()
    link.self_test(Waveform.RAMP)
    link.start()
    wanted = round(seconds * setup.rate_mhz / 1000)
    lost = wrong = came = 0
    with console.busy("Checking"):
        for block in link.blocks():
            lost += block.lost_before
            scans = np.arange(block.first_index, block.stop_index)[:, np.newaxis]
            ramp = (scans + 64 * np.arange(setup.channels)) % (setup.top + 1)
            wrong += int((block.samples + np.int32(setup.zero) != ramp).any(axis=1).sum())
            came += len(block)
            if block.stop_index >= wanted:
                break
    link.stop()
    link.self_test(Waveform.SENSOR)
    if lost or wrong:
        raise DeviceError(
            f"Self-test on {link.port}: of {came + lost:,} samples {lost:,} were lost and "
            f"{wrong:,} differ. Try another cable or USB port, without a hub."
        )
    console.result(f"{'self-test':<13}passed: {came:,} samples, none lost, none wrong")


@app.command(
    epilog=console.NOT_A_DEVICE,
    help="Run the firmware without a board: the built .hex on a simulated Uno, with a simulated "
    "muscle on A0.\n\nThe first line on standard output is the path of its port, which any program "
    "can open; it stays there until Ctrl-C.\n\n\b\nExamples:\n  fasciscope firmware simulate\n"
    "  fasciscope firmware simulate --scene busy --speed 2",
)
def simulate(
    scene: Annotated[str, typer.Option(metavar="SCENE", help="What is on A0.")] = "calf",
    seconds: Annotated[
        float, typer.Option(metavar="S", help="Length of the scene; then it begins again.")
    ] = 60.0,
    seed: Annotated[int, typer.Option(metavar="N", help="Another seed, another signal.")] = 1,
    speed: Annotated[float, typer.Option(metavar="X", help="Times real time, at most.")] = 1.0,
) -> None:
    """Run the firmware without a board."""
    from fasciscope.cli.firmware_board import firmware_board
    from fasciscope.cli.stopping import stop_signals
    from fasciscope.simulation import simulate as simulation

    if not (math.isfinite(speed) and speed > 0):
        raise InputError(f"--speed must be a number above 0, not {speed}.")
    recording = simulation(scene, seconds=seconds, seed=seed).recording
    with stop_signals() as stop, firmware_board(recording, speed=speed, loop=True) as board:
        console.result(board.port)
        console.status(f"A simulated Uno runs the firmware there, {scene} on A0. Ctrl-C ends it.")
        stop.wait()
    console.closing_line()
