"""Everything out in one file, everything in again, and everything gone.

A journal in, a zip out: one CSV a table for people and spreadsheets, and the SQLite file for
another machine. What comes in is read entry by entry and checked like any other.
"""

from __future__ import annotations

import contextlib
import csv
import io
import os
import shutil
import sqlite3
import tempfile
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from fasciscope.errors import InputError, JournalError, OutputError
from fasciscope.journal import database, schema
from fasciscope.journal.store import Journal

DATABASE = "journal.sqlite"
README = """An export of a fasciscope journal: everything that was in it.

journal.sqlite is the whole journal; `fasciscope journal import FILE.zip` adds it to another one.
The CSV files (UTF-8, commas) hold the same, one table each, for spreadsheets and people.
The recordings themselves are not in here.

Research and education software. Not a medical device.
"""
LARGEST_BYTES = 2 << 30
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def export_all(journal: Journal, target: str | Path) -> Path:
    """Write everything in the journal to a new zip that only its owner can read.

    Parameters
    ----------
    journal : Journal
    target : str or Path
        ``NAME.zip``; it must not exist yet.

    Raises
    ------
    InputError
        If the name does not end in ``.zip``.
    OutputError
        If it exists or cannot be written.
    """
    target = Path(target)
    if target.suffix.lower() != ".zip":
        raise InputError(f"An export is one zip file; {target.name} does not end in .zip.")
    if target.exists():
        raise OutputError(f"{target} exists already and is left as it is. Give another name.")
    journal.must_be_whole()
    part = target.with_name(f".{target.name}.part")
    try:
        with contextlib.suppress(FileNotFoundError):
            part.unlink()
        handle = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with tempfile.TemporaryDirectory() as folder, os.fdopen(handle, "wb") as file:
            copy = Path(folder) / DATABASE
            journal.copy_to(copy)
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as out:
                out.writestr("README.txt", README)
                out.write(copy, DATABASE)
                for table in schema.TABLES:
                    out.writestr(f"{table}.csv", csv_of(*journal.table(table)))
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    except OSError as error:
        raise OutputError(f"Cannot write {target}: {error.strerror}. {database.SAFE}") from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    return target


def csv_of(columns: list[str], rows: list[tuple[object, ...]]) -> str:
    """Return rows as CSV; words that a spreadsheet would take for a formula get a quote before."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow(
            [f"'{v}" if isinstance(v, str) and v.startswith(_FORMULA) else v for v in row]
        )
    return out.getvalue()


def import_all(journal: Journal, source: str | Path) -> dict[str, int]:
    """Add everything in an export (the zip, or a journal's SQLite file) to the journal.

    What is there already (the same recording, entry or day) is brought up to date, not doubled. All
    of it is added, or nothing.

    Returns
    -------
    dict
        How many of each kind were new.

    Raises
    ------
    InputError
        If it is no such file, or holds an entry that cannot be.
    JournalError
        If the journal in it is damaged or newer.
    """
    source = Path(source)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / DATABASE
        try:
            _unpack(source, copy)
        except FileNotFoundError:
            raise InputError(f"There is no file {source}.") from None
        except OSError as error:
            raise InputError(f"Cannot read {source}: {error.strerror}.") from error
        try:
            with Journal.open(copy) as other:
                entries = other.everything()
        except JournalError as error:
            text = str(error).replace(str(copy), f"in {source}")
            raise JournalError(f"{text} Nothing was added to your journal.") from error
        return journal.add_everything(entries)


def _unpack(source: Path, copy: Path) -> None:
    with source.open("rb") as file:
        begin = file.read(16)
    if begin.startswith(b"SQLite format 3\0"):
        _copy_database(source, copy)
        return
    refused = InputError(
        f"{source} is no export of a journal: neither the zip that `fasciscope journal export` "
        "writes, nor a journal's own file."
    )
    try:
        with zipfile.ZipFile(source) as archive:
            member = archive.getinfo(DATABASE)
            if member.file_size > LARGEST_BYTES:
                raise InputError(f"{source} unpacks to {member.file_size:,} bytes: no journal.")
            with archive.open(member) as packed, copy.open("wb") as out:
                shutil.copyfileobj(packed, out)
    except (zipfile.BadZipFile, zlib.error, KeyError, NotImplementedError, RuntimeError, EOFError):
        raise refused from None


def _copy_database(source: Path, copy: Path) -> None:
    """Copy a SQLite file with all that was committed to it, the log beside it included."""
    with database.told(source):
        there = sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)
        with contextlib.closing(there), contextlib.closing(sqlite3.connect(copy)) as here:
            there.backup(here)


@dataclass(frozen=True, slots=True)
class Gone:
    """The files that were deleted."""

    paths: tuple[Path, ...]


def delete_all(path: str | Path | None = None) -> Gone:
    """Delete the journal with all that SQLite and we keep beside it: log, copies of older forms.

    Recordings and exports are not touched: they are yours.

    Raises
    ------
    JournalError
        If there is none.
    OutputError
        If a file cannot be deleted.
    """
    path = Path(path) if path is not None else database.default_path()
    if not path.exists():
        raise JournalError(f"There is no journal at {path}; nothing was deleted.")
    _must_be_ours(path)
    gone = []
    for file in [path, *database.companions(path)]:
        try:
            file.unlink(missing_ok=True)  # SQLite may have taken its log away by itself
            gone.append(file)
        except OSError as error:
            raise OutputError(
                f"{file} cannot be deleted: {error.strerror}. Deleted so far: "
                f"{', '.join(map(str, gone)) or 'nothing'}."
            ) from error
    return Gone(tuple(gone))


def _must_be_ours(path: Path) -> None:
    """Refuse to delete somebody else's database; a damaged journal may go."""
    try:
        Journal.open(path, check=False).close()
    except JournalError as error:
        if "no journal of fasciscope" in str(error):
            raise
    except OutputError:
        pass  # not to be written to; deleting will tell
