"""Entries to and from rows of the tables; nothing here opens a file.

`Session` and its like in, tuples of plain values out, and back.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from fasciscope.errors import JournalError
from fasciscope.journal.entries import (
    Change,
    FamilyFigures,
    Felt,
    Note,
    Session,
    Sustained,
    Symptom,
    SymptomKind,
    Tired,
)

SESSION_COLUMNS = (
    "key", "start", "start_s", "day", "muscle", "side", "posture", "place", "duration_s",
    "analysable_s", "twitches", "amplitude_uv", "contractions", "cramps", "artifacts", "noise_uv",
    "quality", "settings", "software_version", "recording", "channels", "note",
)  # fmt: skip
NOTE_COLUMNS = (
    "day", "sleep_hours", "sleep_quality", "caffeine_mg", "stress", "exercise_minutes",
    "fluids_l", "alcohol_drinks", "exercise", "supplements", "medicines", "text",
)  # fmt: skip
FELT_COLUMNS = ("uid", "when", "when_s", "muscle", "side", "minutes", "strength", "text")
SYMPTOM_COLUMNS = ("uid", "kind", "since", "until", "muscle", "side", "text")
CHANGE_COLUMNS = ("uid", "day", "until", "what")
SUSTAINED_COLUMNS = (
    "uid", "session", "kind", "start_s", "duration_s", "build_up_s", "dense", "pain", "hard",
    "willed",
)  # fmt: skip


def insert(table: str, columns: Iterable[str], *, replace: str = "") -> str:
    """Return the statement that inserts into `table`, and on a clash of `replace` replaces."""
    names = list(columns)
    quoted = ", ".join(f'"{name}"' for name in names)
    sql = f"INSERT INTO {table} ({quoted}) VALUES ({', '.join('?' * len(names))})"
    if replace:
        others = ", ".join(f'"{n}" = excluded."{n}"' for n in names if n != replace)
        sql += f' ON CONFLICT ("{replace}") DO UPDATE SET {others}'
    return sql


def new_uid() -> str:
    """Return a mark that no other entry has, on this or any other machine."""
    return uuid.uuid4().hex


def session_row(session: Session) -> tuple[Any, ...]:
    """Return the values of `SESSION_COLUMNS`."""
    return (
        session.key,
        session.start.isoformat(timespec="seconds"),
        session.start.timestamp(),
        session.day.toordinal(),
        *(getattr(session, name) for name in SESSION_COLUMNS[4:16]),
        json.dumps(list(session.quality), ensure_ascii=False),
        *(getattr(session, name) for name in SESSION_COLUMNS[17:]),
    )


def to_session(
    row: sqlite3.Row, families: tuple[FamilyFigures, ...], sustained: tuple[Sustained, ...]
) -> Session:
    """Return the session in a row of its table, and of those that belong to it."""
    values = {name: row[name] for name in SESSION_COLUMNS if name not in ("start_s", "day")}
    values["start"] = datetime.fromisoformat(row["start"])
    values["quality"] = tuple(json.loads(row["quality"]))
    return Session(**values, id=row["id"], families=families, sustained=sustained)


def family_rows(session_id: int, session: Session) -> list[tuple[Any, ...]]:
    """Return a row for each family of a session."""
    return [(session_id, f.family, f.twitches, f.amplitude_uv) for f in session.families]


def sustained_row(session_id: int, event: Sustained) -> tuple[Any, ...]:
    """Return the values of `SUSTAINED_COLUMNS`."""
    return (
        event.uid or new_uid(), session_id, event.kind, event.start_s, event.duration_s,
        event.build_up_s, event.dense, event.pain, _flag(event.hard), _flag(event.willed),
    )  # fmt: skip


def _flag(value: bool | None) -> int | None:
    return None if value is None else int(value)


def _known(value: int | None) -> bool | None:
    return None if value is None else bool(value)


def to_sustained(row: sqlite3.Row) -> Sustained:
    """Return the sustained event in a row."""
    plain = {n: row[n] for n in SUSTAINED_COLUMNS if n not in ("session", "hard", "willed")}
    return Sustained(**plain, hard=_known(row["hard"]), willed=_known(row["willed"]))


def note_row(note: Note) -> tuple[Any, ...]:
    """Return the values of `NOTE_COLUMNS`."""
    return (note.day.isoformat(), *(getattr(note, name) for name in NOTE_COLUMNS[1:]))


def to_note(row: sqlite3.Row, tired: tuple[Tired, ...]) -> Note:
    """Return the note in a row, and the tired muscles that belong to it."""
    values = {name: row[name] for name in NOTE_COLUMNS[1:]}
    return Note(day=date.fromisoformat(row["day"]), tired=tired, **values)


def felt_row(felt: Felt) -> tuple[Any, ...]:
    """Return the values of `FELT_COLUMNS`."""
    return (
        felt.uid or new_uid(), felt.when.isoformat(timespec="seconds"), felt.when.timestamp(),
        felt.muscle, felt.side, felt.minutes, felt.strength, felt.text,
    )  # fmt: skip


def to_felt(row: sqlite3.Row) -> Felt:
    """Return the felt twitches in a row."""
    names = ("uid", "muscle", "side", "minutes", "strength", "text", "id")
    return Felt(datetime.fromisoformat(row["when"]), **{name: row[name] for name in names})


def symptom_row(symptom: Symptom) -> tuple[Any, ...]:
    """Return the values of `SYMPTOM_COLUMNS`."""
    return (
        symptom.uid or new_uid(), symptom.kind.value, symptom.since.isoformat(),
        symptom.until.isoformat() if symptom.until else None,
        symptom.muscle, symptom.side, symptom.text,
    )  # fmt: skip


def to_symptom(row: sqlite3.Row) -> Symptom:
    """Return the symptom in a row."""
    return Symptom(
        SymptomKind(row["kind"]), date.fromisoformat(row["since"]), until=_day(row["until"]),
        **{name: row[name] for name in ("muscle", "side", "text", "uid", "id")},
    )  # fmt: skip


def change_row(change: Change) -> tuple[Any, ...]:
    """Return the values of `CHANGE_COLUMNS`."""
    until = change.until.isoformat() if change.until else None
    return change.uid or new_uid(), change.day.isoformat(), until, change.what


def to_change(row: sqlite3.Row) -> Change:
    """Return the change in a row."""
    return Change(
        date.fromisoformat(row["day"]), row["what"], _day(row["until"]), row["uid"], row["id"]
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def readable(table: str, error: Exception) -> JournalError:
    """Return the error for a row that says what cannot be."""
    return JournalError(
        f"An entry among the journal's {table} cannot be read ({error}). Nothing was changed. "
        "`fasciscope journal export` saves all that can be."
    )
