"""``fasciscope bench``: how right the detector is, where the truth is known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fasciscope.api import must_have_folder
from fasciscope.cli import console
from fasciscope.errors import FasciscopeError, InputError, RecordingError

if TYPE_CHECKING:
    from fasciscope.bench import Row

EXAMPLES = (
    "fasciscope bench --which weak,hum --seeds 1",
    "fasciscope bench --csv bench.csv --plot bench.png",
    "fasciscope bench my-labelled-recordings",
)
OTHERS = ("recordings", "coverage")
EXIT_BELOW = 1
MOST_SEEDS = 1000
_WIDEST = 400
_FROM_HERE = "The project's own recordings are in its repository only, so they are left out here."


def bench(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[FOLDER]", help="Labelled recordings of yours.")
    ] = None,
    which: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="Cases, commas between; scenes, sweep, recordings, coverage stand for many.",
        ),
    ] = None,
    seeds: Annotated[int, typer.Option(metavar="N", help="Simulated recordings a case.")] = 3,
    seconds: Annotated[int, typer.Option(metavar="S", help="Length of each, in seconds.")] = 300,
    truth_suffix: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="Labels of NAME_emg.edf are in NAME_TEXT."),
    ] = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="OUT.csv", help="Write every figure here.")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="OUT.png", help="Draw F1 by case and by noise.")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Leave with 1 if a target is missed.")
    ] = False,
) -> None:
    """Measure how right the count is, where every twitch is known.

    Simulated cases stand beside an oracle that knows all true waveforms, and beside the figure
    that each should reach. With a FOLDER, the labelled recordings in it are measured instead:
    NAME_emg.edf with NAME_truth_events.tsv or NAME_desc-reviewed_events.tsv. All cases take some
    minutes.
    """
    names = _names(folder, which)
    _check(seeds, seconds, (csv, plot))
    rows = _run(folder, names, seeds, seconds, truth_suffix)
    _show(rows)
    if csv is not None:
        _write_csv(csv, rows)
    if plot is not None:
        from fasciscope.bench.plots import draw

        draw(rows, plot)
        console.result(f"Drawn: {plot}")
    below = [row.case for row in rows if row.missed]
    console.status(
        f"Below their target: {', '.join(below)}." if below else "Every target that applies is met."
    )
    console.closing_line()
    if strict and below:
        raise typer.Exit(EXIT_BELOW)


def _names(folder: Path | None, which: str | None) -> list[str]:
    from fasciscope.bench import chosen

    if which is None:
        return [] if folder is not None else chosen(["scenes", "sweep", *OTHERS], OTHERS)
    names = [name.strip() for name in which.split(",") if name.strip()]
    if not names:
        raise InputError("--which names no case. Give names with commas between, or leave it out.")
    return chosen(names, OTHERS)


def _check(seeds: int, seconds: int, outputs: Sequence[Path | None]) -> None:
    if not 1 <= seeds <= MOST_SEEDS:
        raise InputError(f"--seeds must lie between 1 and {MOST_SEEDS}, not {seeds}.")
    if not 20 <= seconds <= 3600:
        raise InputError(f"--seconds must lie between 20 and 3600, not {seconds}.")
    from fasciscope.formats import must_not_be_recording

    for path in outputs:
        if path is not None:
            must_not_be_recording(path)
            must_have_folder(path)


def _run(
    folder: Path | None, names: list[str], seeds: int, seconds: int, suffix: str | None
) -> list[Row]:
    from fasciscope.bench import CASES, run_case
    from fasciscope.bench.coverage import coverage
    from fasciscope.bench.labelled import SUFFIXES, committed
    from fasciscope.bench.running import coverage_rows, warm_up

    cases = [CASES[name] for name in names if name in CASES]
    suffixes = SUFFIXES if suffix is None else (suffix,)
    rows: list[Row] = []
    warm_up()
    if folder is not None:
        rows += _labelled(folder, suffixes)
    done = 0
    with console.progress("Bench") as update:

        def tick() -> None:
            nonlocal done
            done += 1
            update(done / (seeds * len(cases)))

        for case in cases:
            console.status(f"{case.name}: {case.scene.description}")
            rows.append(run_case(case, seeds=seeds, seconds=seconds, tick=tick))
    if "recordings" in names:
        own = committed()
        if own is None:
            console.status(_FROM_HERE)
        else:
            rows += _labelled(own, SUFFIXES)
    if "coverage" in names:
        with console.busy("Coverage of the 95 % interval"):
            rows += coverage_rows(coverage())
    return rows


def _labelled(folder: Path, suffixes: Sequence[str]) -> list[Row]:
    """Measure every labelled recording in a folder; one that cannot be read is said and passed."""
    from fasciscope.bench import run_labelled
    from fasciscope.bench.labelled import labelled

    rows = []
    pairs = list(labelled(folder, suffixes))
    with console.progress(f"Recordings in {folder}") as update:
        for k, (path, table) in enumerate(pairs):
            try:
                rows.append(run_labelled(path, table))
            except FasciscopeError as error:
                console.complain(str(error))
            update((k + 1) / len(pairs))
    if not rows:
        raise RecordingError(f"None of the recordings in {folder} could be measured; see above.")
    return rows


def _show(rows: list[Row]) -> None:
    """Print the figures; the coverage has others than the rest, so it gets a table of its own."""
    parts = ([row for row in rows if bool(row.measures) is wanted] for wanted in (True, False))
    for part in parts:
        if part:
            _print_table(part)


def _print_table(rows: list[Row]) -> None:
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.measure import Measurement
    from rich.table import Table

    from fasciscope.bench import tables

    names = tables.columns(rows)
    table = Table(box=SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("case", no_wrap=True)
    for name in names:
        table.add_column(tables.HEADINGS[name], justify="right", no_wrap=True)
    table.add_column("target", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for row in rows:
        cells = [tables.shown(name, row.figures.get(name, math.nan)) for name in names]
        table.add_row(row.case, *cells, tables.targets(row), tables.verdict(row))
    out = Console(highlight=False, width=_WIDEST)
    # a figure that is cut is of no use: rather let a narrow terminal wrap the lines
    out.width = Measurement.get(out, out.options, table).maximum
    out.print(table)


def _write_csv(path: Path, rows: list[Row]) -> None:
    from fasciscope.bench.tables import BEGINS, to_csv
    from fasciscope.cli.outputs import write_text

    try:
        ours = path.is_file() and path.read_text(encoding="utf-8").startswith(BEGINS)
    except (OSError, UnicodeDecodeError):
        ours = False
    write_text(path, to_csv(rows), ours=ours, option="--csv")
    console.result(f"Written: {path}")
