"""The simulated Uno that executes the firmware, from the repository's ``firmware/simulator``.

It is no part of the package, since it stands on libsimavr and on what `make` builds; so it is
looked for when it is wanted, and its absence is told with what to install.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

from fasciscope.cli.firmware import folder, make_hex
from fasciscope.errors import DeviceError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fasciscope.recording import Recording


def firmware_board(recording: Recording, *, speed: float, loop: bool = False) -> Any:
    """Return a ``FirmwareBoard`` (a context manager with a ``port``), the sensor's output on A0.

    Parameters
    ----------
    recording : Recording
        What the electrodes see.
    speed : float
        Times real time, at most.
    loop : bool, default False
        Begin again at its end.

    Raises
    ------
    InputError, DeviceError
        If the sources, the compiler or the simulator are missing; the text says what to install.
    """
    source = str(folder())
    if source not in sys.path:
        sys.path.insert(0, source)
    simulator = importlib.import_module("simulator")
    reason = simulator.missing()
    if reason:
        raise DeviceError(reason)
    path, _ = make_hex()
    return simulator.FirmwareBoard(
        path, simulator.from_recording(recording, loop=loop), speed=speed
    )


def counts_on_the_input(board: Any, recording: Recording) -> NDArray[Any]:
    """Return what the converter of a closed `board` saw, in counts, as long as `recording`.

    Shape (n_samples, n_channels). It is the log of the simulated converter; the firmware has no
    hand in it.
    """
    channels = recording.info.channels
    zero = -channels[0].count_min
    summed = zero // 512  # half of 10 bits
    codes = board.avr.injected(0, len(channels), summed)[: recording.n_samples]
    counts: NDArray[Any] = codes.astype("int32") - zero
    return counts
