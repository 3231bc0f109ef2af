"""``fasciscope report``: one page about a recording."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fasciscope.api import must_have_folder
from fasciscope.cli import console, words
from fasciscope.cli.detect import analyse, load

EXAMPLES = (
    "fasciscope report rest_emg.edf",
    "fasciscope report rest_emg.edf --output rest.pdf",
)


def report(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A recording (EDF, BDF).")],
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="OUT.html|.pdf|.png", help="The page to write; default FILE_report.html."
        ),
    ] = None,
) -> None:
    """Make a page about one recording, to look at and to keep.

    It shows the signal with what was found in it, the rate over time, the average waveform of each
    family, the intervals between twitches, and the figures in words.
    """
    from fasciscope import formats
    from fasciscope.report import check_output, write_report

    output = output or formats.beside(file, "report.html")
    check_output(output)
    must_have_folder(output)
    recording = load(file)
    analysis = analyse(recording)
    write_report(recording, analysis, output)
    console.result(words.table(str(file), analysis.summary))
    console.result(f"  {'written':<11} {output}")
    console.closing_line()
