"""The journal's file: where it is, who may read it, how it is opened, and what can go wrong.

One SQLite file in the user's data folder. What was committed outlives a kill (write-ahead log,
every commit synced); a damaged file is never written to; a file from a newer fasciscope neither.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from fasciscope.errors import JournalError, OutputError
from fasciscope.journal import schema

VARIABLE = "FASCISCOPE_JOURNAL"
"""Environment variable that names another file."""
FILE_NAME = "journal.sqlite"
BUSY_S = 15.0
"""How long a writer waits for another one, seconds."""
SAFE = "What was kept before is safe."


def default_path() -> Path:
    """Return where the journal is: what `VARIABLE` names, else a file in the user's data folder."""
    named = os.environ.get(VARIABLE, "").strip()
    if named:
        return Path(named).expanduser()
    import platformdirs

    return Path(platformdirs.user_data_dir("fasciscope", appauthor=False)) / FILE_NAME


def companions(path: Path) -> list[Path]:
    """Return the files that SQLite and we keep beside the journal, those that exist."""
    beside = [path.with_name(path.name + end) for end in ("-wal", "-shm", "-journal")]
    return [p for p in [*beside, *sorted(path.parent.glob(f"{path.name}.backup-*"))] if p.exists()]


def connect(path: Path, *, create: bool, check: bool = True) -> sqlite3.Connection:
    """Open the journal at `path`, in its newest form.

    Parameters
    ----------
    path : Path
    create : bool
        Whether to begin a new journal where there is none.
    check : bool, default True
        Whether to look for damage first.

    Raises
    ------
    JournalError
        If there is none, it is no journal, damaged, or of a newer form.
    OutputError
        If the folder or the file cannot be written.
    """
    if not path.exists():
        if not create:
            raise JournalError(
                f"There is no journal at {path} yet. `fasciscope journal note` or "
                "`fasciscope journal add` begins one."
            )
        _begin(path)
    _keep_private(path)
    with told(path):
        db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
    try:
        _prepare(db, path, check=check)
    except BaseException:
        db.close()
        raise
    return db


def _begin(path: Path) -> None:
    """Make an empty file that only its owner can read, and its folder likewise."""
    try:
        for folder in reversed([path.parent, *path.parent.parents]):
            if not folder.exists():
                folder.mkdir(mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return  # another process was first, or the folder is a file; opening will tell
    except OSError as error:
        raise OutputError(
            f"Cannot make the journal {path}: {error.strerror}. Name another place with "
            f"--journal or the environment variable {VARIABLE}."
        ) from error


def _keep_private(path: Path) -> None:
    with contextlib.suppress(OSError):  # not ours to change; reading will tell
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)


def _prepare(db: sqlite3.Connection, path: Path, *, check: bool) -> None:
    with told(path):
        db.execute("PRAGMA trusted_schema = OFF")  # a file may come from anywhere
        db.execute("BEGIN")  # all three as of one moment: another process may be beginning it
        form, ours, tables = (
            int(db.execute(sql).fetchone()[0])
            for sql in (
                "PRAGMA user_version",
                "PRAGMA application_id",
                "SELECT count(*) FROM sqlite_schema",
            )
        )
        db.execute("COMMIT")
    if ours != schema.APPLICATION_ID and (ours or form or tables):
        raise JournalError(
            f"{path} is a database, but no journal of fasciscope, so it is left as it is. "
            "Name another file with --journal."
        )
    if form > schema.NEWEST:
        raise JournalError(
            f"The journal {path} was written by a newer fasciscope (form {form}; this one knows "
            f"up to {schema.NEWEST}). Nothing was changed. Update fasciscope to open it."
        )
    if check and tables:
        must_be_whole(db, path)
    with told(path):
        _write_ahead(db)
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA secure_delete = ON")  # what is deleted is gone from the disk, too
    if form < schema.NEWEST:
        _migrate(db, path, form)


def _write_ahead(db: sqlite3.Connection) -> None:
    """Switch to the write-ahead log; SQLite itself does not wait for others here, so we do."""
    until = time.monotonic() + BUSY_S
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            busy = (error.sqlite_errorcode & 0xFF) == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() > until:
                raise
            time.sleep(0.02)


def must_be_whole(db: sqlite3.Connection, path: Path, *, thorough: bool = False) -> None:
    """Raise `JournalError` if the file is damaged.

    Parameters
    ----------
    db : sqlite3.Connection
    path : Path
        For the message.
    thorough : bool, default False
        Compare each index with its table as well, and each reference with what it refers to.
    """
    with told(path):
        found = db.execute(f"PRAGMA {'integrity' if thorough else 'quick'}_check(3)").fetchall()
        orphans = db.execute("PRAGMA foreign_key_check").fetchall() if thorough else []
    if [tuple(row) for row in found] != [("ok",)] or orphans:
        raise JournalError(damaged(path, str(found[0][0]) if found else ""))


def damaged(path: Path, reason: str) -> str:
    """Return the sentence for a damaged journal."""
    kept = [str(p) for p in companions(path) if ".backup-" in p.name]
    backup = f"An older copy is {kept[-1]}. " if kept else ""
    return (
        f"The journal {path} is damaged ({' '.join(reason.split())[:120] or 'it cannot be read'}). "
        f"Nothing was written to it. {backup}Copy the file to a safe place and rename it; then "
        "`fasciscope journal import` brings back an export, and `fasciscope journal add` "
        "recordings. The recordings themselves are not touched."
    )


def _migrate(db: sqlite3.Connection, path: Path, form: int) -> None:
    """Take the file to the newest form, one transaction for each step, a copy of it kept first."""
    if form:
        back_up(db, path, path.with_name(f"{path.name}.backup-form{form}"))
    for number in range(form, schema.NEWEST):
        with transaction(db, path):
            # another process may have been first
            if int(db.execute("PRAGMA user_version").fetchone()[0]) > number:
                continue
            for statement in schema.statements(schema.STEPS[number]):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {number + 1}")
            db.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")


def back_up(db: sqlite3.Connection, path: Path, target: Path) -> None:
    """Copy the journal to `target`, whole or not at all, readable by its owner alone."""
    part = target.with_name(target.name + ".part")
    try:
        with contextlib.suppress(FileNotFoundError):
            part.unlink()
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with told(path), contextlib.closing(sqlite3.connect(part)) as copy:
            db.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, that opens anywhere
        part.replace(target)
    except OSError as error:
        raise OutputError(f"Cannot write {target}: {error.strerror}. {SAFE}") from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


@contextlib.contextmanager
def transaction(db: sqlite3.Connection, path: Path) -> Iterator[None]:
    """Do all that is inside or nothing of it, after any other writer."""
    with told(path):
        db.execute("BEGIN IMMEDIATE")
        try:
            yield
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise


@contextlib.contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn each failure of SQLite into a sentence that says what is safe."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)
        primary = None if code is None else code & 0xFF
        if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise JournalError(damaged(path, str(error))) from error
        if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise JournalError(
                f"Another program has been writing to the journal {path} for {BUSY_S:g} seconds. "
                f"{SAFE} This entry was not kept; try again when the other is done."
            ) from error
        if primary == sqlite3.SQLITE_FULL:
            raise OutputError(
                f"The disk of {path.parent} is full, so this was not kept in the journal. {SAFE} "
                "Make room and do it again."
            ) from error
        if primary in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN,
                       sqlite3.SQLITE_PERM):  # fmt: skip
            raise OutputError(
                f"The journal {path} cannot be opened or written ({error}). {SAFE} See that the "
                "folder exists, has room and may be written to."
            ) from error
        raise
