"""Recordings on disk: one registry of formats, one writer, names of the files beside them.

``read(path)`` looks at how a file begins, not only at what it is called, and hands it to the
format that knows it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fasciscope.errors import InputError, RecordingError
from fasciscope.formats.edf_header import BDF_VERSION, EDF_VERSION
from fasciscope.formats.naming import beside

if TYPE_CHECKING:
    from fasciscope.formats.bids import write_sidecar
    from fasciscope.formats.edf_check import FileCheck
    from fasciscope.formats.edf_repair import Repair
    from fasciscope.formats.edf_rescale import write_edf
    from fasciscope.formats.edf_writer import EdfWriter
    from fasciscope.recording import Recording

__all__ = [
    "FORMATS",
    "EdfWriter",
    "Format",
    "beside",
    "check",
    "must_not_be_recording",
    "read",
    "repair",
    "write_edf",
    "write_sidecar",
]

_LAZY = {"EdfWriter": "edf_writer", "write_edf": "edf_rescale", "write_sidecar": "bids"}


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file that can be read.

    Parameters
    ----------
    name : str
        What to call it.
    suffixes : tuple of str
        Endings it usually has, lower case, with the dot.
    begins : bytes
        What every such file begins with.
    read : callable
        Path in, `Recording` out; raises `RecordingError`.
    """

    name: str
    suffixes: tuple[str, ...]
    begins: bytes
    read: Callable[[Path], Recording]


def _read_edf(path: Path) -> Recording:
    from fasciscope.formats.edf_reader import read_edf

    return read_edf(path)


FORMATS: tuple[Format, ...] = (
    Format("EDF", (".edf",), EDF_VERSION, _read_edf),
    Format("BDF", (".bdf",), BDF_VERSION, _read_edf),
)
"""Every format that `read` knows."""


def read(path: str | Path) -> Recording:
    """Read a recording.

    Parameters
    ----------
    path : str or Path
        An EDF, EDF+, BDF or BDF+ file; one that was cut off is read up to its last whole record.

    Returns
    -------
    Recording
        With gaps as gaps, and what had to be assumed in ``remarks``.

    Raises
    ------
    RecordingError
        If there is no such file, it is empty or of no known kind, or holds nothing usable.
    InputError
        If `path` is no path.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise InputError(f"A recording is read by the name of its file, not by {path!r}.")
    path = Path(path)
    return _known(path).read(path)


def _known(path: Path) -> Format:
    """Return the format of a file by how it begins."""
    if not (path.is_file() or path.is_dir()) and path.exists():
        raise RecordingError(f"{path} is a device or a pipe, not a recording.")
    try:
        with path.open("rb") as file:
            begin = file.read(16)
    except FileNotFoundError:
        raise RecordingError(f"There is no file {path}.") from None
    except IsADirectoryError:
        raise RecordingError(f"{path} is a folder, not a recording.") from None
    except OSError as error:
        raise RecordingError(f"Cannot read {path}: {error.strerror}.") from error
    if not begin:
        raise RecordingError(f"{path.name} is empty: it has 0 bytes.")
    for known in FORMATS:
        if begin.startswith(known.begins):
            return known
    names = " or ".join(known.name for known in FORMATS)
    raise RecordingError(
        f"{path.name} is not a recording that can be read: it does not begin as {names} files do."
    )


def must_not_be_recording(path: Path) -> None:
    """Raise `InputError` if a recording lies at `path`, whatever it is called.

    For the outputs that replace what is there: a report can be made again, a recording cannot.
    """
    try:
        if not path.is_file():
            return
        with path.open("rb") as file:
            begin = file.read(16)
    except OSError as error:  # what cannot be looked at is not replaced
        raise InputError(f"Cannot look at what is in {path}: {error.strerror}.") from error
    if any(begin.startswith(known.begins) for known in FORMATS):
        raise InputError(f"{path} is a recording and is left as it is. Give another name.")


def check(path: str | Path) -> FileCheck:
    """Say what of a recording is whole, what is missing, and where; see `edf_check`.

    Raises
    ------
    RecordingError
        If it cannot be read at all.
    """
    from fasciscope.formats.edf_check import check_edf

    path = Path(path)
    _known(path)
    return check_edf(path)


def repair(path: str | Path, output: str | Path | None = None) -> Repair:
    """Mend the header of a recording, in a copy or (None) in place; see `edf_repair`.

    Raises
    ------
    RecordingError
        If it is nothing that can be mended.
    OutputError
        If the copy exists or cannot be written.
    """
    from fasciscope.formats.edf_repair import repair_edf

    path = Path(path)
    _known(path)
    return repair_edf(path, None if output is None else Path(output))


def __getattr__(name: str) -> Any:
    # the writer loads when it is first asked for, so that reading and naming stay cheap
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
