"""``fasciscope check``: what of a recording is whole, what is missing, and where."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fasciscope.cli import console, words
from fasciscope.errors import RecordingError

if TYPE_CHECKING:
    from fasciscope.formats.edf_check import FileCheck

EXAMPLES = ("fasciscope check rest_emg.edf", "fasciscope check *.edf")
_GAPS_SHOWN = 10


def check(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="Recordings (EDF, BDF), one or more.")
    ],
) -> None:
    """Say what of a recording is whole, what is missing, and where.

    Nothing is changed. The exit code is 0 if every file is sound, 3 if one needs mending or has a
    damaged part, 2 if one cannot be read. Gaps that the recording itself tells of are shown; they
    are no damage.
    """
    from fasciscope.formats import check as look_through

    code = 0
    for file in files:
        try:
            found = look_through(file)
        except RecordingError as error:
            console.complain(str(error))
            code = console.EXIT_BAD_INPUT
            continue
        console.result(_report(file, found))
        if not found.is_sound and code == 0:
            code = console.EXIT_NEEDS_MENDING
    console.closing_line()
    if code:
        raise typer.Exit(code)


def _report(file: Path, found: FileCheck) -> str:
    rows = [
        (
            "holds",
            f"{words.length(found.duration_s)}, {found.n_samples:,} samples on "
            f"{words.count(found.n_channels, 'channel')} at {found.fs_hz:g} Hz, "
            f"{words.count(found.records_whole, 'whole data record')}",
        ),
        ("header", _header(found)),
        ("missing", _missing(found)),
        ("markers", f"{found.markers:,}"),
    ]
    if found.bytes_left_over:
        left = words.count(found.bytes_left_over, "byte")
        rows.insert(2, ("end", f"{left} of a data record that was never finished"))
    if found.misplaced:
        first = ", ".join(str(record + 1) for record in found.misplaced[:_GAPS_SHOWN])
        more = " …" if len(found.misplaced) > _GAPS_SHOWN else ""
        rows.append(("damaged", f"the time stamp of data record {first}{more} is not what it was"))
    rows.append(("verdict", _verdict(file, found)))
    return "\n".join([str(file), *(f"  {label:<8} {text}" for label, text in rows)])


def _header(found: FileCheck) -> str:
    if found.records_announced == -1:
        return "never closed, as after a crash or a power cut"
    if found.records_announced == found.records_whole:
        return "fits"
    return f"says {found.records_announced:,} data records, not {found.records_whole:,}"


def _missing(found: FileCheck) -> str:
    parts = [_gaps(found)] if found.gaps else []
    if found.missing_end_s:
        parts.append(f"the last {words.length(found.missing_end_s)} that the header promises")
    return "; and ".join(parts) or "nothing"


def _gaps(found: FileCheck) -> str:
    shown = ", ".join(
        f"{first / found.fs_hz:.3f} s to {stop / found.fs_hz:.3f} s"
        for first, stop in found.gaps[:_GAPS_SHOWN]
    )
    more = f", and {len(found.gaps) - _GAPS_SHOWN:,} more" if len(found.gaps) > _GAPS_SHOWN else ""
    lost = words.count(found.lost_samples, "sample")
    return f"{lost} a channel in {words.count(len(found.gaps), 'gap')}: {shown}{more}"


def _verdict(file: Path, found: FileCheck) -> str:
    if found.misplaced:
        return "part of it is damaged; the rest can be read"
    if found.needs_repair:
        return f"readable as it is; `fasciscope repair {file}` mends the header for other programs"
    return "sound"
