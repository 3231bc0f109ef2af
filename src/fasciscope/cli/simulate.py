"""``fasciscope simulate``: a made-up recording whose every twitch is known."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from fasciscope.api import must_be_new
from fasciscope.cli import console, words
from fasciscope.cli.outputs import write_text


class SceneCommand(TyperCommand):
    """Adds the scenes to the help; they are loaded only when that help is asked for."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help, the list of scenes included."""
        from fasciscope.simulation import SCENES

        lines = "\n".join(f"  {name:<13} {scene.description}" for name, scene in SCENES.items())
        self.help = f"{self.help}\n\n\b\nScenes:\n{lines}"
        super().format_help(ctx, formatter)


COMMAND_CLASS = SceneCommand

EXAMPLES = (
    "fasciscope simulate calf --seconds 120",
    "fasciscope simulate hum --seed 7 --rate 1000 --output hum7.edf",
)


def simulate(
    scene: Annotated[str, typer.Argument(metavar="SCENE", help="What to make; see the list.")],
    seconds: Annotated[float, typer.Option(metavar="S", help="Length in seconds.")] = 60.0,
    seed: Annotated[int, typer.Option(metavar="N", help="Another seed, another recording.")] = 0,
    rate: Annotated[
        float | None,
        typer.Option(metavar="HZ", help="Samples a second, 250-10000; default: the scene's."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE.edf", help="The recording to write; default SCENE_emg.edf."),
    ] = None,
) -> None:
    """Make a recording whose every twitch is known.

    The signal is built from physics: muscle fibres, electrodes, sensor and converter. The truth is
    written as FILE_truth_events.tsv. The same scene, seed, rate and length always give the same
    recording. A file that exists is never overwritten.
    """
    from fasciscope import formats
    from fasciscope.events import Kind, of_kind, to_tsv
    from fasciscope.simulation import simulate as make

    output = output or Path(f"{scene}_emg.edf")
    truth_path = formats.beside(output, "truth_events.tsv")
    must_be_new(output, truth_path)
    with console.busy(f"Simulating {scene}"):
        simulation = make(scene, seconds=seconds, seed=seed, fs_hz=rate)
        recording = simulation.recording
        formats.write_edf(recording, output)
    names = [channel.name for channel in recording.info.channels]
    write_text(truth_path, to_tsv(simulation.truth, recording.info.fs_hz, names), ours=False)
    twitches = len(of_kind(simulation.truth, Kind.FASCICULATION))
    console.result(
        f"{output}: {words.length(recording.duration_s)} at {recording.info.fs_hz:g} Hz, "
        f"{words.count(twitches, 'twitch', 'twitches')}; each of them stands in {truth_path}."
    )
    console.closing_line()
