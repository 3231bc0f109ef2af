"""``fasciscope replay``: a recording, live again, through the same pipeline or as a board."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fasciscope.cli import console, words
from fasciscope.cli.detect import load
from fasciscope.cli.live import LiveView, warm_up
from fasciscope.cli.stopping import stop_signals
from fasciscope.errors import InputError

if TYPE_CHECKING:
    from fasciscope.recording import Recording

EXAMPLES = (
    "fasciscope replay rest_emg.edf --speed 10",
    "fasciscope replay rest_emg.edf --as-device",
)


def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A recording (EDF, BDF).")],
    speed: Annotated[
        str, typer.Option(metavar="X|max", help="Times real time, or as fast as it goes.")
    ] = "1",
    as_device: Annotated[
        bool, typer.Option("--as-device", help="Be a board on a port of its own, until stopped.")
    ] = False,
    plot: Annotated[
        bool, typer.Option("--plot", help="Show the signal in a window beside the terminal.")
    ] = False,
) -> None:
    """Play a recording as if it came from a board just now.

    It runs through the same live pipeline as `record`, without writing a file. With --as-device it
    is a board for any program: the first line on standard output is the path of its port, and the
    board stays there until Ctrl-C.
    """
    times = _speed(speed)
    if plot:
        from fasciscope.cli.scope import must_have_screen

        must_have_screen()
    recording = load(file)
    if as_device:
        _as_device(recording, times)
    else:
        _through_the_pipeline(recording, times, plot)
    console.closing_line()


def _speed(text: str) -> float:
    if text.strip().lower() == "max":
        return math.inf
    try:
        speed = float(text)
    except ValueError:
        speed = math.nan
    if not (math.isfinite(speed) and speed > 0):
        raise InputError(f"--speed must be a number above 0, or max; not {text}.")
    return speed


def _as_device(recording: Recording, speed: float) -> None:
    from fasciscope.device.emulator import EmulatedBoard

    with stop_signals() as stop, EmulatedBoard(recording, speed=speed) as board:
        console.result(board.port)
        console.status(
            f"An emulated board plays {recording.name} on {board.port}; each start begins anew. "
            "Ctrl-C ends it."
        )
        stop.wait()


def _through_the_pipeline(recording: Recording, speed: float, plot: bool) -> None:
    from fasciscope.live import LiveCounter
    from fasciscope.session import run_session
    from fasciscope.sources import Paced, ReplaySource
    from fasciscope.trace import Trace

    warm_up()
    counter, trace = LiveCounter(recording.info), Trace(recording.info)
    done = []
    with (
        stop_signals() as stop,
        LiveView(counter, trace, total_s=recording.duration_s, hint="Ctrl-C: end") as view,
    ):

        def play() -> None:
            source = Paced(ReplaySource(recording), speed)
            done.append(run_session(source, [trace, counter], stop=stop, on_block=view))

        if plot:
            from fasciscope.cli.scope import run_with_scope

            run_with_scope(play, trace, counter, recording.name)
        else:
            play()
    health = done[0]
    seconds = (health.samples + health.lost) / health.nominal_hz
    console.result(
        f"{recording.name}: {words.count(counter.twitches, 'twitch', 'twitches')} in "
        f"{words.length(counter.detector.analysable_s)} of analysable time "
        f"({words.length(seconds)} played)."
    )
