"""The few public names, each a thin function over the room that does the work.

Recordings, arrays and ports in; recordings, analyses and scores out. The rooms are imported when a
function is called, so that reading a file does not wait for the detector's compiler.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fasciscope.errors import InputError
from fasciscope.recorder import capture, check_wishes, must_be_new, must_have_folder

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from fasciscope.analysis import Analysis
    from fasciscope.events import Events
    from fasciscope.recording import Recording
    from fasciscope.scoring import Score
    from fasciscope.simulation import Simulation

__all__ = [
    "capture",
    "check_wishes",
    "detect",
    "must_be_new",
    "must_have_folder",
    "read",
    "record",
    "score",
    "simulate",
]


def read(path: str | Path) -> Recording:
    """Read a recording: EDF, EDF+, BDF or BDF+.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Recording
        Gaps are gaps; a file that was cut off is read up to its last whole part.

    Raises
    ------
    RecordingError
        If there is no such file, or it holds nothing usable.
    """
    from fasciscope import formats

    return formats.read(path)


def detect(signal: Recording | ArrayLike, fs_hz: float | None = None) -> Analysis:
    """Find and count the twitches in a recording or an array.

    Parameters
    ----------
    signal : Recording or array_like
        An array has shape (n_samples,) or (n_samples, n_channels) and is in µV.
    fs_hz : float or None, default None
        Sampling rate of an array, 250 to 10,000 Hz; a `Recording` knows its own.

    Returns
    -------
    Analysis
        Its ``events``, ``families`` and ``summary``.

    Raises
    ------
    InputError
        If an array comes without its rate, a recording with one, or samples are not finite.
    RecordingError
        If the recording holds no samples.
    """
    from fasciscope import analysis
    from fasciscope.recording import Recording, from_array

    if isinstance(signal, Recording):
        if fs_hz is not None and fs_hz != signal.info.fs_hz:
            raise InputError(
                f"{signal.name} is sampled at {signal.info.fs_hz:g} Hz; it cannot be analysed as "
                f"{fs_hz:g} Hz. Leave fs_hz out."
            )
        return analysis.detect(signal)
    if isinstance(signal, (str, Path)):
        raise InputError(f"Read the file first: detect(read({str(signal)!r})).")
    if fs_hz is None:
        raise InputError("An array needs its sampling rate: detect(array, fs_hz=2000).")
    return analysis.detect(from_array(signal, fs_hz))


def simulate(
    scene: str = "calf", *, seconds: float = 60.0, seed: int = 0, fs_hz: float | None = None
) -> Simulation:
    """Make a recording from physics whose every event is known.

    Parameters
    ----------
    scene : str, default "calf"
        Name of a scene; an unknown one is answered with the list.
    seconds : float, default 60.0
    seed : int, default 0
    fs_hz : float or None, default None
        Sampling rate, 250 to 10,000 Hz; None takes the scene's.

    Returns
    -------
    Simulation
        Its ``recording`` and ``truth``.

    Raises
    ------
    InputError
        If one of them is out of its bounds.
    """
    from fasciscope import simulation

    return simulation.simulate(scene, seconds=seconds, seed=seed, fs_hz=fs_hz)


def score(
    found: Analysis | Events,
    truth: Simulation | Events,
    fs_hz: float | None = None,
    *,
    tolerance_ms: float = 15.0,
) -> Score:
    """Hold what was found against what is true.

    Parameters
    ----------
    found : Analysis or ndarray of EVENT_DTYPE
    truth : Simulation or ndarray of EVENT_DTYPE
    fs_hz : float or None, default None
        Sampling rate; needed only if both are plain arrays.
    tolerance_ms : float, default 15.0
        How far a found peak may lie from the true one.

    Raises
    ------
    InputError
        If the rate is not known, or is not the same on both sides.
    """
    from fasciscope import scoring
    from fasciscope.analysis import Analysis
    from fasciscope.simulation import Simulation

    rates = {fs_hz} - {None}
    if isinstance(found, Analysis):
        rates.add(found.info.fs_hz)
        found = found.events
    if isinstance(truth, Simulation):
        rates.add(truth.recording.info.fs_hz)
        truth = truth.truth
    if len(rates) != 1:
        raise InputError(
            "Events are counted in samples, so one sampling rate must hold for both sides; "
            + (f"here are {sorted(filter(None, rates))} Hz." if rates else "give fs_hz.")
        )
    return scoring.score(found, truth, float(rates.pop() or 0.0), tolerance_ms=tolerance_ms)


def record(
    path: str | Path,
    *,
    port: str = "auto",
    seconds: float | None = None,
    fs_hz: float | None = None,
    channels: int | None = None,
    muscles: Sequence[str] = (),
    side: str = "",
    note: str = "",
    wait_s: float = 60.0,
    stop: threading.Event | None = None,
) -> Recording:
    """Record from a board into a new EDF+ file, and read it back.

    Parameters
    ----------
    path : str or Path
        The file to make; it must not exist yet. ``NAME_emg.json`` comes beside it.
    port : str, default "auto"
        Where the board is; "auto" takes the first that answers.
    seconds : float or None, default None
        How long, to the sample; None is until `stop` or the end of the board's stream.
    fs_hz : float or None, default None
        Sampling rate; None is the board's own choice.
    channels : int or None, default None
        Number of channels; None is the board's own choice.
    muscles : sequence of str, default ()
        Muscle of each channel, in order.
    side : {"", "left", "right"}
    note : str, default ""
    wait_s : float, default 60.0
        How long to wait for a board that goes away in the middle, seconds; 0 does not wait.
    stop : threading.Event or None, default None
        Set it, from another thread, to end the recording.

    Raises
    ------
    InputError
        If a value is out of its bounds.
    OutputError
        If the file exists or cannot be written. What had been recorded stays.
    DeviceError
        If there is no board, or it goes away. What had been recorded stays.
    """
    from fasciscope.sources import SerialSource

    check_wishes(path, seconds=seconds, fs_hz=fs_hz, channels=channels, side=side, wait_s=wait_s)
    source = SerialSource(
        port,
        fs_hz=fs_hz,
        channels=channels,
        muscles=muscles,
        side=side,
        note=note,
        wait_s=wait_s,
        cancelled=stop,
    )
    capture(source, path, seconds=seconds, stop=stop)
    return read(path)
