"""What a person writes into the journal: day notes, felt twitches, symptoms, changes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date
from typing import Any, TypeVar

from fasciscope.errors import InputError
from fasciscope.journal import database, rows
from fasciscope.journal.entries import (
    NOTE_BOUNDS,
    NOTE_TEXTS,
    Change,
    Felt,
    Note,
    Symptom,
    Tired,
)
from fasciscope.journal.opened import Opened, no_such

T = TypeVar("T")


class DiaryStore(Opened):
    """The part of `Journal` that keeps what the person writes."""

    def add_note(self, note: Note) -> Note:
        """Keep what `note` says of its day; what it leaves open stays as it was. Returns the day's.

        Tired muscles are joined, the newer level of the same muscle taken.
        """
        with database.transaction(self._db, self.path):
            self._put_note(note)
            kept = self._note(note.day)
        return kept or note

    def _put_note(self, note: Note) -> bool:
        """Keep a note within a transaction; say whether its day had none."""
        old = self._note(note.day)
        if old is not None:
            note = merged(old, note)
        self._db.execute(
            rows.insert("notes", rows.NOTE_COLUMNS, replace="day"), rows.note_row(note)
        )
        day = note.day.isoformat()
        self._db.execute("DELETE FROM tired WHERE day = ?", (day,))
        self._db.executemany(
            "INSERT INTO tired VALUES (?, ?, ?, ?)",
            [(day, t.muscle, t.side, t.level) for t in note.tired],
        )
        return old is None

    def note(self, day: date) -> Note | None:
        """Return the note of a day, None if there is none."""
        with database.told(self.path):
            return self._note(day)

    def _note(self, day: date) -> Note | None:
        sql = "SELECT * FROM notes WHERE day = ?"
        row = self._db.execute(sql, (day.isoformat(),)).fetchone()
        if row is None:
            return None
        found = self._db.execute("SELECT * FROM tired WHERE day = ?", (day.isoformat(),)).fetchall()
        return rows.to_note(row, tuple(Tired(t["muscle"], t["level"], t["side"]) for t in found))

    def notes(self, since: date | None = None, until: date | None = None) -> list[Note]:
        """Return the day notes from `since` to `until`, both included, oldest first."""
        tired: dict[str, tuple[Tired, ...]] = {}
        with database.told(self.path):
            for row in self._db.execute("SELECT * FROM tired ORDER BY day, muscle, side"):
                one = Tired(row["muscle"], row["level"], row["side"])
                tired[row["day"]] = (*tired.get(row["day"], ()), one)
            found = self._db.execute(
                "SELECT * FROM notes WHERE day BETWEEN ? AND ? ORDER BY day", _texts(since, until)
            ).fetchall()
        return _made("notes", found, lambda row: rows.to_note(row, tired.get(row["day"], ())))

    def noted_days(self, since: date | None = None, until: date | None = None) -> list[int]:
        """Return the days that have a note, as `date.toordinal` counts them."""
        sql = "SELECT day FROM notes WHERE day BETWEEN ? AND ? ORDER BY day"
        with database.told(self.path):
            found = self._db.execute(sql, _texts(since, until)).fetchall()
        return [date.fromisoformat(row["day"]).toordinal() for row in found]

    def add_felt(self, felt: Felt) -> int:
        """Keep twitches that were felt; returns their number."""
        return self._insert("felt", rows.FELT_COLUMNS, rows.felt_row(felt))

    def add_symptom(self, symptom: Symptom) -> int:
        """Keep a symptom; returns its number."""
        return self._insert("symptoms", rows.SYMPTOM_COLUMNS, rows.symptom_row(symptom))

    def add_change(self, change: Change) -> int:
        """Keep a change; returns its number."""
        return self._insert("changes", rows.CHANGE_COLUMNS, rows.change_row(change))

    def _insert(self, table: str, columns: tuple[str, ...], values: tuple[Any, ...]) -> int:
        with database.transaction(self._db, self.path):
            self._put(table, columns, values)
            sql = f"SELECT id FROM {table} WHERE uid = ?"
            return int(self._db.execute(sql, (values[0],)).fetchone()[0])

    def _put(self, table: str, columns: tuple[str, ...], values: tuple[Any, ...]) -> bool:
        """Keep an entry within a transaction; say whether its mark was not there before."""
        sql = f"SELECT 1 FROM {table} WHERE uid = ?"
        is_new = self._db.execute(sql, (values[0],)).fetchone() is None
        self._db.execute(rows.insert(table, columns, replace="uid"), values)
        return is_new

    def end_symptom(self, number: int, until: date) -> Symptom:
        """Set the day on which a symptom was gone, and return it."""
        with database.transaction(self._db, self.path):
            row = self._db.execute("SELECT * FROM symptoms WHERE id = ?", (number,)).fetchone()
            if row is None:
                raise InputError(no_such("symptom", number))
            symptom = replace(rows.to_symptom(row), until=until)
            sql = "UPDATE symptoms SET until = ? WHERE id = ?"
            self._db.execute(sql, (until.isoformat(), number))
        return symptom

    def felt(self, since: date | None = None, until: date | None = None) -> list[Felt]:
        """Return what was felt from `since` to `until`, both included, oldest first."""
        with database.told(self.path):
            found = self._db.execute(
                'SELECT * FROM felt WHERE substr("when", 1, 10) BETWEEN ? AND ? ORDER BY when_s',
                _texts(since, until),
            ).fetchall()
        return _made("felt twitches", found, rows.to_felt)

    def symptoms(self, since: date | None = None, until: date | None = None) -> list[Symptom]:
        """Return the symptoms that were there on any day from `since` to `until`."""
        first, last = _texts(since, until)
        with database.told(self.path):
            found = self._db.execute(
                "SELECT * FROM symptoms WHERE since <= ? AND coalesce(until, '9999') >= ? "
                "ORDER BY since, id",
                (last, first),
            ).fetchall()
        return _made("symptoms", found, rows.to_symptom)

    def changes(self, since: date | None = None, until: date | None = None) -> list[Change]:
        """Return the changes made from `since` to `until`, both included, oldest first."""
        with database.told(self.path):
            found = self._db.execute(
                "SELECT * FROM changes WHERE day BETWEEN ? AND ? ORDER BY day, id",
                _texts(since, until),
            ).fetchall()
        return _made("changes", found, rows.to_change)


def merged(old: Note, new: Note) -> Note:
    """Return the note of a day: what `new` says, and `old` where `new` says nothing."""
    values: dict[str, Any] = {}
    for name in (*NOTE_BOUNDS, *NOTE_TEXTS):
        value = getattr(new, name)
        values[name] = getattr(old, name) if value in (None, "") else value
    tired = {(t.muscle, t.side): t for t in (*old.tired, *new.tired)}
    return Note(day=new.day, tired=tuple(tired.values()), **values)


def says_nothing(note: Note) -> bool:
    """Say whether a note holds nothing but its day."""
    return all(getattr(note, f.name) in (None, "", ()) for f in fields(note) if f.name != "day")


def _made(table: str, found: list[sqlite3.Row], make: Callable[[sqlite3.Row], T]) -> list[T]:
    try:
        return [make(row) for row in found]
    except (InputError, ValueError, TypeError) as error:
        raise rows.readable(table, error) from error


def _texts(since: date | None, until: date | None) -> tuple[str, str]:
    return (since or date.min).isoformat(), (until or date.max).isoformat()
