"""Mending the header of a recording that was never closed, or was cut off.

A path in, a mended copy out (or the file itself, if that is wished). Only the number of data
records is written, and bytes behind the last whole record are left off, since no reader can take
them. No sample of a whole data record is ever touched.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from fasciscope.errors import OutputError, RecordingError
from fasciscope.formats.edf_header import N_RECORDS_OFFSET, Header, n_records_field, read_header

_COPY_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Repair:
    """What was done.

    Parameters
    ----------
    path : Path
        The mended file.
    records : int
        Number of data records in the header now.
    bytes_left_off : int
        Bytes behind the last whole data record.
    """

    path: Path
    records: int
    bytes_left_off: int


def repair_edf(path: Path, output: Path | None = None) -> Repair:
    """Mend the header of an EDF or BDF file.

    Parameters
    ----------
    path : Path
    output : Path or None, default None
        The copy to make; it must not exist. None mends the file itself.

    Raises
    ------
    RecordingError
        If the file is no EDF or BDF file with at least one whole data record.
    OutputError
        If the copy exists or cannot be written, or the file cannot be changed.
    """
    try:
        header = read_header(path)
        n_records, rest = header.whole_records(path.stat().st_size)
    except OSError as error:
        raise RecordingError(f"Cannot read {path}: {error.strerror or error}.") from error
    if n_records < 1:
        raise RecordingError(
            f"{path.name} holds no whole data record, so there is nothing to mend."
        )
    if n_records > 99_999_999:
        raise RecordingError(
            f"{path.name} holds {n_records:,} data records; an EDF header counts to 99,999,999."
        )
    if output is None:
        _mend(path, header, n_records)
    else:
        _copy(path, output, header, n_records)
    return Repair(output or path, n_records, rest)


def _mend(path: Path, header: Header, n_records: int) -> None:
    try:
        with path.open("r+b") as file:
            file.seek(N_RECORDS_OFFSET)
            file.write(n_records_field(n_records))
            file.truncate(header.n_bytes + n_records * header.record_bytes)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise OutputError(f"Cannot change {path}: {error.strerror or error}.") from error


def _copy(path: Path, output: Path, header: Header, n_records: int) -> None:
    made = False
    try:
        with path.open("rb") as source, output.open("xb") as copy:
            made = True
            left = header.n_bytes + n_records * header.record_bytes
            while left:
                piece = source.read(min(left, _COPY_BYTES))
                if not piece:
                    raise OSError("it became shorter meanwhile")
                copy.write(piece)
                left -= len(piece)
            copy.seek(N_RECORDS_OFFSET)
            copy.write(n_records_field(n_records))
            copy.flush()
            os.fsync(copy.fileno())
        with contextlib.suppress(OSError):
            shutil.copystat(path, output)
    except FileExistsError:
        raise OutputError(
            f"{output} exists already and is left as it is. Give another name."
        ) from None
    except OSError as error:
        if made:
            with contextlib.suppress(OSError):
                output.unlink()
        raise OutputError(
            f"Cannot write {output}: {error.strerror or error}. {path.name} is unchanged."
        ) from error
