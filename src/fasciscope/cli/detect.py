"""``fasciscope detect``: recordings in, tables of events and summaries out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fasciscope.cli import console, outputs, words
from fasciscope.cli.journal_keeping import KeepOption, after_detect
from fasciscope.errors import FasciscopeError, InputError

if TYPE_CHECKING:
    from fasciscope.analysis import Analysis
    from fasciscope.recording import Recording

EXAMPLES = (
    "fasciscope detect rest_emg.edf",
    "fasciscope detect *.edf --channels EMG1",
    "fasciscope detect rest_emg.edf --events out.tsv --summary out.json",
)


def detect(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Recordings (EDF, BDF).")],
    channels: Annotated[
        str | None,
        typer.Option(metavar="NAMES", help="Only these channels, with commas between: EMG1,EMG3."),
    ] = None,
    events: Annotated[
        Path | None, typer.Option(metavar="OUT.tsv", help="Where the table of events goes.")
    ] = None,
    summary: Annotated[
        Path | None, typer.Option(metavar="OUT.json", help="Where the summary goes.")
    ] = None,
    journal: KeepOption = None,
) -> None:
    """Find and count the twitches in recordings.

    Beside each FILE.edf come FILE_events.tsv (one line an event, times in seconds from the start
    of the recording) and FILE_summary.json, and a table of the figures is printed. A rate is
    always over the analysable time: contractions, cramps, artefacts and gaps are left out.

    If you have a journal, recordings that fasciscope made are kept in it.
    """
    if len(files) > 1 and (events or summary):
        raise InputError(
            f"--events and --summary name one file each, but there are {len(files)} recordings. "
            "Give one recording, or leave the options out: the results then land beside each."
        )
    failed = []
    for file in files:
        try:
            _one(file, channels, events, summary, journal)
        except FasciscopeError as error:
            console.complain(str(error))
            failed.append(file)
    if len(failed) < len(files):
        console.closing_line()
    if failed:
        if len(files) > 1:
            console.status(f"{len(failed)} of {len(files)} recordings could not be analysed.")
        raise typer.Exit(console.EXIT_BAD_INPUT)


def _one(
    file: Path,
    channels: str | None,
    events: Path | None,
    summary: Path | None,
    journal: bool | None,
) -> None:
    from fasciscope import formats

    recording = load(file, channels)
    analysis = analyse(recording)
    events = events or formats.beside(file, "events.tsv")
    summary = summary or formats.beside(file, "summary.json")
    outputs.write_results(events, summary, analysis)
    console.result(words.table(str(file), analysis.summary))
    console.result(f"  {'written':<11} {events}, {summary}")
    after_detect(recording, analysis, file, journal, channels is None)


def load(file: Path, channels: str | None = None) -> Recording:
    """Read `file`, all of it or only the `channels` named with commas between."""
    from fasciscope import formats

    recording = formats.read(file)
    if channels is None:
        return recording
    names = [name.strip() for name in channels.split(",") if name.strip()]
    if not names:
        raise InputError(
            "--channels names no channel. Give names with commas between, such as EMG1,EMG3."
        )
    return recording.select(names)


def analyse(recording: Recording) -> Analysis:
    """Run the detector over `recording` behind a progress bar."""
    from fasciscope import analysis

    with console.progress(f"Analysing {recording.name}") as update:
        return analysis.detect(recording, progress=update)
