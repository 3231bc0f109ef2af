"""What a session can be fed from: a board, the demo signal, a recording played again."""

from __future__ import annotations

import threading
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fasciscope.app.running import Plan
from fasciscope.errors import DeviceError, InputError

if TYPE_CHECKING:
    from fasciscope.blocks import Source
    from fasciscope.recording import Recording
    from fasciscope.sources import ReplaySource

BLOCK_S = 0.03
"""Length of a block (s), about a frame of the board: a screen that is to move 15 times a second
must get samples more often than that."""
DEMO_S = 300.0
"""Length of the demo signal (s); then it begins anew."""


def new_name(folder: Path) -> Path:
    """Return a path for a new recording that does not exist."""
    now = datetime.now()
    path = folder / f"fasciscope_{now:%Y%m%d-%H%M%S}_emg.edf"
    k = 2
    while path.exists():
        path = folder / f"fasciscope_{now:%Y%m%d-%H%M%S}-{k}_emg.edf"
        k += 1
    return path


def from_board(
    port: str,
    *,
    output: Path | None,
    seconds: float | None = None,
    muscles: tuple[str, ...] = (),
    side: str = "",
    note: str = "",
    fs_hz: float | None = None,
    channels: int | None = None,
) -> Plan:
    """Return the plan to take a board's samples; the search is done when it starts.

    Raises
    ------
    InputError, OutputError
        If a wish cannot be met; see `recorder.check_wishes`.
    """
    from fasciscope import api
    from fasciscope.sources import SerialSource

    if output is not None:
        api.check_wishes(output, seconds=seconds, fs_hz=fs_hz, channels=channels, side=side)

    def make(given_up: threading.Event) -> Source:
        return SerialSource(
            port or "auto",
            fs_hz=fs_hz,
            channels=channels,
            muscles=muscles,
            every_channel=True,
            side=side,
            note=note,
            block_s=BLOCK_S,
            cancelled=given_up,
        )

    title = "the board" if port in ("", "auto") else f"the board on {port}"
    return Plan(title, make, output, seconds)


def demo(scene: str, *, output: Path | None, seconds: float | None = None, note: str = "") -> Plan:
    """Return the plan to take a simulated signal from an emulated board, without end.

    Raises
    ------
    InputError
        If there is no such scene.
    """
    from fasciscope.simulation import SCENES

    if scene not in SCENES:
        raise InputError(f"There is no scene {scene}. There are: {', '.join(SCENES)}.")
    holder: list[Any] = []

    def make(given_up: threading.Event) -> Source:
        from fasciscope.simulation import simulate

        simulation = simulate(scene, seconds=DEMO_S, seed=1)
        return _played(
            simulation.recording,
            holder,
            given_up,
            muscles=(simulation.scene.muscle,),
            side=simulation.scene.side,
            note=f"Demo: simulated scene {scene}. {note}".strip(),
        )

    return Plan(f"the demo signal ({scene})", make, output, seconds, (lambda: _close(holder),))


def _played(
    recording: Recording, holder: list[Any], given_up: threading.Event, **wishes: Any
) -> Source:
    from fasciscope.device.emulator import EmulatedBoard
    from fasciscope.sources import Paced, SerialSource

    try:
        board = EmulatedBoard(recording, loop=True)
    except DeviceError:  # no pseudo-terminals here: the same signal, once, without a board
        return Paced(_in_short_blocks(recording))
    holder.append(board)
    return SerialSource(board.port, block_s=BLOCK_S, cancelled=given_up, **wishes)


def _in_short_blocks(recording: Recording) -> ReplaySource:
    from fasciscope.sources import ReplaySource

    return ReplaySource(recording, max(1, round(BLOCK_S * recording.info.fs_hz)))


def _close(holder: list[Any]) -> None:
    while holder:
        holder.pop().close()


def replay(recording_file: Path, speed: float = 1.0) -> Plan:
    """Return the plan to play a recording again as if it came just now; no file is made."""
    from fasciscope import formats
    from fasciscope.sources import Paced

    def make(given_up: threading.Event) -> Source:
        del given_up  # reading a file takes no search
        return Paced(_in_short_blocks(formats.read(recording_file)), speed)

    return Plan(f"the recording {recording_file.name}", make)
