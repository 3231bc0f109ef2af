"""``fasciscope repair``: mend the header of a recording that was never closed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fasciscope.cli import console, words
from fasciscope.errors import InputError

EXAMPLES = ("fasciscope repair rest_emg.edf", "fasciscope repair rest_emg.edf --output mended.edf")


def repair(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A recording (EDF, BDF).")],
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE.edf", help="The copy to make; default NAME_repaired.edf."),
    ] = None,
    in_place: Annotated[
        bool, typer.Option("--in-place", help="Mend the file itself, without a copy.")
    ] = False,
) -> None:
    """Mend the header of a recording that was never closed, or was cut off.

    fasciscope reads such a file as it is; some other programs do not. Only the number of data
    records in the header is written, never a sample. What is mended is a copy, unless --in-place.
    """
    from fasciscope.api import must_be_new
    from fasciscope.formats import check, repair

    if in_place and output is not None:
        raise InputError("Give --output or --in-place, not both.")
    found = check(file)
    if not found.needs_repair:
        console.result(f"{file} needs no mending: its header fits what it holds.")
        return
    if not in_place:
        output = output or file.with_name(f"{file.stem}_repaired{file.suffix}")
        must_be_new(output)
    done = repair(file, output)
    records = words.count(done.records, "data record")
    console.result(f"{done.path}: {words.length(found.duration_s)} in {records}.")
    if done.bytes_left_off:
        left = words.count(done.bytes_left_off, "byte")
        console.status(f"Left off: {left} of a data record that was never finished.")
    if not in_place:
        console.status(f"{file} is as it was.")
