"""``fasciscope demo``: the whole path on an emulated board, from its bytes to a report."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fasciscope.cli import console, outputs, words
from fasciscope.errors import FasciscopeError, OutputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fasciscope.analysis import Analysis
    from fasciscope.blocks import Block
    from fasciscope.recording import Recording
    from fasciscope.session import Health
    from fasciscope.simulation import Simulation

EXAMPLES = (
    "fasciscope demo",
    "fasciscope demo --output my-demo --seed 3",
    "fasciscope demo --firmware",
)

SCENE = "calf"
SECONDS = 120.0
SPEED = 6.0
"""Times real time: the board is emulated, so two minutes of signal need not take two."""


def demo(
    output: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Where the files go; default ./fasciscope-demo."),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Another seed, another signal.")] = 1,
    firmware: Annotated[
        bool, typer.Option("--firmware", help="Execute the real firmware, on a simulated Uno.")
    ] = False,
) -> None:
    """Show the whole path at work; no board is needed.

    An emulated board streams a simulated calf over a serial port (a pseudo-terminal), six times
    faster than real. It is recorded, the twitches are counted, and a report is made. Since every
    twitch of the signal is known, the end says how right the count was. Takes under a minute.
    With --firmware the board is a simulated Uno that executes the .hex that people flash.
    """
    begun = monotonic()
    folder = _new_folder(output)
    recording_file = folder / "demo_emg.edf"
    simulation = _simulate(recording_file, seed)
    recording, sent = _record(simulation, recording_file, firmware)
    _compare(sent, recording)
    console.status("3  Finding the twitches, and writing the report …")
    analysis = _analyse(recording, recording_file)
    _tell(analysis, simulation, recording_file)
    console.status(f"Took {monotonic() - begun:.0f} s.")
    console.closing_line()


def _new_folder(wish: Path | None) -> Path:
    """Make the folder: the default gets a number if it is taken, a wish must be free or empty."""
    if wish is not None:
        if wish.exists() and (not wish.is_dir() or any(wish.iterdir())):
            raise OutputError(f"{wish} exists and is not an empty folder. Name another one.")
        folder = wish
    else:
        names = (Path(f"fasciscope-demo{f'-{n}' if n > 1 else ''}") for n in count(1))
        folder = next(name for name in names if not name.exists())
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"The folder {folder} cannot be made: {error.strerror}. Name another with --output."
        ) from error
    return folder


def _simulate(recording_file: Path, seed: int) -> Simulation:
    from fasciscope import formats
    from fasciscope.events import to_tsv
    from fasciscope.simulation import simulate

    console.status(f"1  Simulating {words.length(SECONDS)} of a twitching calf …")
    with console.busy("Simulating"):
        simulation = simulate(SCENE, seconds=SECONDS, seed=seed)
    info = simulation.recording.info
    truth = to_tsv(simulation.truth, info.fs_hz, [channel.name for channel in info.channels])
    outputs.write_text(formats.beside(recording_file, "truth_events.tsv"), truth, ours=False)
    return simulation


def _board(simulation: Simulation, firmware: bool) -> Any:
    """Return the board that plays the simulation, not started yet."""
    if firmware:
        from fasciscope.cli.firmware_board import firmware_board

        return firmware_board(simulation.recording, speed=SPEED)
    from fasciscope.device.emulator import EmulatedBoard

    return EmulatedBoard(simulation.recording, speed=SPEED)


def _record(
    simulation: Simulation, recording_file: Path, firmware: bool
) -> tuple[Recording, NDArray[Any]]:
    """Record the simulation; return what is in the file, and what the board sent."""
    from fasciscope import api, formats
    from fasciscope.cli.live import LiveView, warm_up
    from fasciscope.cli.stopping import stop_signals
    from fasciscope.live import LiveCounter
    from fasciscope.sources import SerialSource
    from fasciscope.trace import Trace

    warm_up()
    kind = "A simulated Uno that executes the firmware" if firmware else "An emulated board"
    pace = "up to " if firmware else ""
    with _board(simulation, firmware) as board, stop_signals() as stop:
        console.status(
            f"2  {kind} streams it on {board.port}, {pace}{SPEED:g} times faster than real; "
            f"recording to {recording_file} …"
        )
        source = SerialSource(
            board.port,
            muscles=[simulation.scene.muscle],
            side=simulation.scene.side,
            note=f"Demo: simulated scene {SCENE}, seed {simulation.seed}",
        )
        counter, trace = LiveCounter(source.info), Trace(source.info)
        with LiveView(counter, trace, total_s=SECONDS) as line:

            def show(block: Block, health: Health) -> None:
                # a rate by the host's clock says nothing where time runs faster
                line(block, replace(health, measured_hz=None, clock_error_s=None))

            api.capture(
                source,
                recording_file,
                seconds=SECONDS,
                sinks=[trace, counter],
                stop=stop,
                on_block=show,
            )
        if stop.is_set():
            raise KeyboardInterrupt
    recording = formats.read(recording_file)
    sent = simulation.recording.samples
    if firmware:  # its converter's codes, not the simulation's
        from fasciscope.cli.firmware_board import counts_on_the_input

        sent = counts_on_the_input(board, recording)
    return recording, sent


def _compare(sent: NDArray[Any], got: Recording) -> None:
    """Say whether the file holds what the board was fed with, every sample of it."""
    if got.lost_samples or len(sent) != got.n_samples:
        console.status(
            f"   {got.n_samples:,} of {len(sent):,} samples came, "
            f"{words.count(got.lost_samples, 'sample')} of them lost on the way."
        )
    elif (sent != got.samples).any():
        raise FasciscopeError(
            "The file differs from what the board sent, though nothing was lost: a fault in "
            "fasciscope. Please report it."
        )
    else:
        console.status(f"   All {got.n_samples:,} samples in the file are those that were sent.")


def _analyse(recording: Recording, recording_file: Path) -> Analysis:
    from fasciscope import formats
    from fasciscope.cli.detect import analyse
    from fasciscope.report import write_report

    analysis = analyse(recording)
    events, summary = (
        formats.beside(recording_file, name) for name in ("events.tsv", "summary.json")
    )
    outputs.write_results(events, summary, analysis)
    with console.busy("Drawing the report"):
        for suffix in ("html", "png"):
            target = formats.beside(recording_file, f"report.{suffix}")
            write_report(recording, analysis, target)
    return analysis


def _tell(analysis: Analysis, simulation: Simulation, recording_file: Path) -> None:
    from fasciscope import api, formats

    score = api.score(analysis, simulation)
    true = score.true_positives + score.missed
    console.result()
    console.result(words.table(str(recording_file), analysis.summary))
    console.result()
    console.result(
        f"Against the known truth: {score.true_positives} of "
        f"{words.count(true, 'twitch', 'twitches')} found, {score.missed} missed, "
        f"{words.count(score.false_positives, 'false one')} (F1 {score.f1:.3f})."
    )
    console.result(f"Look at   {formats.beside(recording_file, 'report.html').resolve()}")
    console.result(f"Picture   {formats.beside(recording_file, 'report.png').resolve()}")
    console.result(f"All files {recording_file.parent.resolve()}")
