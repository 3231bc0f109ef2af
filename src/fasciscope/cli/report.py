"""``fasciscope report``: what was found in a recording, to read, to print and to hand on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fasciscope.api import must_have_folder
from fasciscope.cli import console, words
from fasciscope.cli.detect import analyse, load

EXAMPLES = (
    "fasciscope report rest_emg.edf",
    "fasciscope report rest_emg.edf --output rest.pdf --low-detail",
    "fasciscope report rest_emg.edf --automatic",
)


def report(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A recording (EDF, BDF).")],
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="OUT.html|.pdf|.png", help="The report to write; default FILE_report.html."
        ),
    ] = None,
    low_detail: Annotated[
        bool,
        typer.Option("--low-detail", help="A calm version, with nothing minute by minute."),
    ] = False,
    automatic: Annotated[
        bool,
        typer.Option("--automatic", help="What was found by itself, whatever a review says."),
    ] = False,
    person: Annotated[
        str,
        typer.Option(metavar="TEXT", help="Whom it is of, if that shall stand on the report."),
    ] = "",
) -> None:
    """Make a report about one recording, to look at, to print and to hand on.

    The first page is one A4 sheet: the rate with its interval, how much could be used, what to
    mind, the signal with what was found in it, the rate over time, waveforms, intervals, doublets
    and runs, contractions and cramps. Tables, settings and versions follow. The name of a person
    goes into the report only, nowhere else. If you reviewed the recording in the app, the report
    follows the review beside it, and says so.
    """
    from fasciscope import formats
    from fasciscope.report import check_output, write_report
    from fasciscope.review import follow_review

    output = output or formats.beside(file, "report.html")
    check_output(output)
    must_have_folder(output)
    recording = load(file)
    analysis = analyse(recording)
    if not automatic:
        analysis, _ = follow_review(file, analysis)  # what there is to say stands in its figures
    with console.busy("Drawing the report"):
        write_report(recording, analysis, output, low_detail=low_detail, person=person)
    console.result(words.table(str(file), analysis.summary))
    console.result(f"  {'written':<11} {output}")
    console.closing_line()
