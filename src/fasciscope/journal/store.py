"""The journal itself: what is kept, found, changed and taken out again.

>>> with Journal.open() as journal:                               # doctest: +SKIP
...     journal.add_note(Note(date.today(), caffeine_mg=180))
...     journal.sessions(since=date(2026, 3, 1))
"""

from __future__ import annotations

from dataclasses import fields
from datetime import date, datetime
from pathlib import Path

from fasciscope.errors import InputError
from fasciscope.journal import database, rows, schema
from fasciscope.journal.diary_store import DiaryStore
from fasciscope.journal.entries import Everything
from fasciscope.journal.opened import no_such
from fasciscope.journal.session_store import PLACED, SessionStore

KINDS = ("session", "note", "felt", "symptom", "change")
"""What can be listed and taken out, one by one."""


class Journal(SessionStore, DiaryStore):
    """An open journal; close it, or use it in a ``with`` statement.

    Every method that writes does so in one transaction: all of it is kept, or nothing.
    """

    @classmethod
    def open(
        cls, path: str | Path | None = None, *, create: bool = False, check: bool = True
    ) -> Journal:
        """Open the journal.

        Parameters
        ----------
        path : str, Path or None, default None
            None is `database.default_path`.
        create : bool, default False
            Begin a new one where there is none.
        check : bool, default True
            Look for damage first; a page that has just done so may leave it out.

        Raises
        ------
        JournalError
            If there is none, it is damaged, or from a newer fasciscope.
        OutputError
            If it cannot be written.
        """
        where = Path(path) if path is not None else database.default_path()
        return cls(database.connect(where, create=create, check=check), where)

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def everything(self, since: date | None = None, until: date | None = None) -> Everything:
        """Return all entries from `since` to `until`, both included."""
        return Everything(
            tuple(self.sessions(since, until)),
            tuple(self.notes(since, until)),
            tuple(self.felt(since, until)),
            tuple(self.symptoms(since, until)),
            tuple(self.changes(since, until)),
        )

    def add_everything(self, entries: Everything) -> dict[str, int]:
        """Keep all of `entries`, in one transaction; returns how many of each kind were new.

        Entries that are there already (same key, mark or day) are brought up to date.
        """
        new = dict.fromkeys((f.name for f in fields(Everything)), 0)
        with database.transaction(self._db, self.path):
            for session in entries.sessions:
                new["sessions"] += self._keep(session, PLACED).is_new
            for note in entries.notes:
                new["notes"] += self._put_note(note)
            for felt in entries.felt:
                new["felt"] += self._put("felt", rows.FELT_COLUMNS, rows.felt_row(felt))
            for symptom in entries.symptoms:
                row = rows.symptom_row(symptom)
                new["symptoms"] += self._put("symptoms", rows.SYMPTOM_COLUMNS, row)
            for change in entries.changes:
                row = rows.change_row(change)
                new["changes"] += self._put("changes", rows.CHANGE_COLUMNS, row)
        return new

    def delete(self, kind: str, which: int | date) -> None:
        """Take one entry out.

        Parameters
        ----------
        kind : {"session", "note", "felt", "symptom", "change"}
        which : int or date
            Its number; for a note its day.

        Raises
        ------
        InputError
            If there is no such entry.
        """
        tables = dict(zip(KINDS, ("sessions", "notes", "felt", "symptoms", "changes"), strict=True))
        if kind not in tables:
            raise InputError(f"What can be taken out is one of {', '.join(KINDS)}; not {kind!r}.")
        column, value = ("day", str(which)) if kind == "note" else ("id", which)
        with database.transaction(self._db, self.path):
            done = self._db.execute(f"DELETE FROM {tables[kind]} WHERE {column} = ?", (value,))
            if not done.rowcount:
                raise InputError(no_such(kind, which))

    def must_be_whole(self) -> None:
        """Raise `JournalError` if any part of the file is damaged; looks at all of it."""
        database.must_be_whole(self._db, self.path, thorough=True)

    def table(self, name: str) -> tuple[list[str], list[tuple[object, ...]]]:
        """Return the columns and all rows of one of `schema.TABLES`, for export."""
        if name not in schema.TABLES:
            raise InputError(f"The journal has no table {name!r}.")
        cursor = self._db.cursor()
        cursor.row_factory = None
        with database.told(self.path):
            rows_found = cursor.execute(f"SELECT * FROM {name}").fetchall()
        return [column[0] for column in cursor.description], rows_found

    def counts(self) -> dict[str, int]:
        """Return how many entries of each kind there are."""
        names = (f.name for f in fields(Everything))
        with database.told(self.path):
            return {
                name: int(self._db.execute(f"SELECT count(*) FROM {name}").fetchone()[0])
                for name in names
            }

    def copy_to(self, target: Path) -> None:
        """Copy the whole journal to a new SQLite file."""
        database.back_up(self._db, self.path, target)


def local_now() -> datetime:
    """Return the time here, with its time zone."""
    return datetime.now().astimezone()
