"""Recordings with labels, in a folder: ours, or anybody's.

A recording counts as labelled if a table of the same name lies beside it: ``NAME_truth_events.tsv``
as the simulator writes it, or ``NAME_desc-reviewed_events.tsv`` as a person's corrections are
called in BIDS, or ``NAME_`` and a suffix of the user's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from fasciscope import formats
from fasciscope.errors import RecordingError

SUFFIXES = ("truth_events.tsv", "desc-reviewed_events.tsv")
"""What tables of labels are called, the first that is there counts."""


def labelled(folder: Path, suffixes: Sequence[str] = SUFFIXES) -> Iterator[tuple[Path, Path]]:
    """Yield each recording in `folder` and below with its table of labels, by name.

    Raises
    ------
    RecordingError
        If there is no such folder, or no labelled recording in it.
    """
    if not folder.is_dir():
        raise RecordingError(f"There is no folder {folder}.")
    endings = {suffix for known in formats.FORMATS for suffix in known.suffixes}
    some = False
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in endings or not path.is_file():
            continue
        tables = [formats.beside(path, suffix.lstrip("_")) for suffix in suffixes]
        table = next((table for table in tables if table.is_file()), None)
        if table is not None:
            some = True
            yield path, table
    if not some:
        wanted = " or ".join(f"NAME_{suffix.lstrip('_')}" for suffix in suffixes)
        raise RecordingError(
            f"There is no labelled recording in {folder}: beside NAME_emg.edf or NAME.edf there "
            f"must be {wanted}."
        )


def committed() -> Path | None:
    """Return the folder of the project's own examples, if this is a checkout of it."""
    folder = Path(__file__).resolve().parents[3] / "recordings"
    return folder if (folder / "make.py").is_file() else None
