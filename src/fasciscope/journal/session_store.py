"""Sessions in the journal: kept, brought up to date, found."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from fasciscope.errors import InputError
from fasciscope.journal import database, rows
from fasciscope.journal.entries import FamilyFigures, Session, Sustained
from fasciscope.journal.opened import Opened, no_such

PLACED = ("muscle", "side", "posture", "place", "note")
"""What a person may say of a session, and correct."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a session: its number, and whether it is new or was there already."""

    id: int
    is_new: bool


class SessionStore(Opened):
    """The part of `Journal` that keeps sessions."""

    def add_session(self, session: Session, said: Collection[str] = ()) -> Kept:
        """Keep a session, or bring the one with the same key up to date.

        Figures are replaced. Muscle, side, posture, place and note stay as they were kept, unless
        they were empty or are named in `said`: a person may have corrected them. What the person
        said of sustained events stays with those that begin alike.
        """
        return self.add_sessions([session], said)[0]

    def add_sessions(self, sessions: Iterable[Session], said: Collection[str] = ()) -> list[Kept]:
        """Keep several sessions, all or none; see `add_session`."""
        with database.transaction(self._db, self.path):
            return [self._keep(session, said) for session in sessions]

    def _keep(self, session: Session, said: Collection[str] = ()) -> Kept:
        if not session.key:
            session = replace(session, key=f"entry-{rows.new_uid()}")
        found = self._db.execute("SELECT * FROM sessions WHERE key = ?", (session.key,)).fetchone()
        if found is not None:
            old = {n: found[n] for n in PLACED if found[n] and n not in said}
            new = {n: getattr(session, n) or found[n] for n in PLACED}
            session = replace(session, **{**new, **old})
            session = replace(session, sustained=self._said(found["id"], session.sustained))
        sql = rows.insert("sessions", rows.SESSION_COLUMNS, replace="key")
        self._db.execute(sql, rows.session_row(session))
        number = int(
            self._db.execute("SELECT id FROM sessions WHERE key = ?", (session.key,)).fetchone()[0]
        )
        for table in ("families", "sustained"):
            self._db.execute(f"DELETE FROM {table} WHERE session = ?", (number,))
        self._db.executemany(
            "INSERT INTO families VALUES (?, ?, ?, ?)", rows.family_rows(number, session)
        )
        self._db.executemany(
            rows.insert("sustained", rows.SUSTAINED_COLUMNS),
            [rows.sustained_row(number, event) for event in session.sustained],
        )
        return Kept(number, found is None)

    def _said(self, number: int, events: tuple[Sustained, ...]) -> tuple[Sustained, ...]:
        """Hand on to `events` what the person said of those that were kept and begin alike."""
        old = self._sustained([number]).get(number, ())
        told = []
        for event in events:
            same = [o for o in old if abs(o.start_s - event.start_s) < 1.0]
            if same and event.pain is event.hard is event.willed is None:
                o = same[0]
                event = replace(event, pain=o.pain, hard=o.hard, willed=o.willed, uid=o.uid)
            told.append(event)
        return tuple(told)

    def change_session(self, number: int, **values: str) -> Session:
        """Set muscle, side, posture, place or note of a session, and return it.

        Raises
        ------
        InputError
            If there is no such session, or a value is refused.
        """
        with database.transaction(self._db, self.path):
            session = replace(self._session(number), **values)  # type: ignore[arg-type]
            self._db.execute(
                f"UPDATE sessions SET {', '.join(f'{n} = ?' for n in PLACED)} WHERE id = ?",
                (*(getattr(session, n) for n in PLACED), number),
            )
        return session

    def sessions(self, since: date | None = None, until: date | None = None) -> list[Session]:
        """Return the sessions from `since` to `until`, both days included, oldest first."""
        with database.told(self.path):
            found = self._db.execute(
                "SELECT * FROM sessions WHERE day BETWEEN ? AND ? ORDER BY start_s, id",
                ordinals(since, until),
            ).fetchall()
            numbers = [row["id"] for row in found]
            families, sustained = self._families(numbers), self._sustained(numbers)
        try:
            return [
                rows.to_session(r, families.get(r["id"], ()), sustained.get(r["id"], ()))
                for r in found
            ]
        except (InputError, ValueError, TypeError) as error:
            raise rows.readable("sessions", error) from error

    def session(self, number: int) -> Session:
        """Return session `number`.

        Raises
        ------
        InputError
            If there is none.
        """
        with database.told(self.path):
            return self._session(number)

    def _session(self, number: int) -> Session:
        row = self._db.execute("SELECT * FROM sessions WHERE id = ?", (number,)).fetchone()
        if row is None:
            raise InputError(no_such("session", number))
        return rows.to_session(
            row,
            self._families([number]).get(number, ()),
            self._sustained([number]).get(number, ()),
        )

    def columns(
        self, names: Iterable[str], since: date | None = None, until: date | None = None
    ) -> list[tuple[Any, ...]]:
        """Return bare columns of the sessions, one tuple each, oldest first: for the figures."""
        wanted = list(names)
        known = {*rows.SESSION_COLUMNS, "id"}
        if not set(wanted) <= known:
            raise InputError(f"Sessions have no column {sorted(set(wanted) - known)}.")
        cursor = self._db.cursor()
        cursor.row_factory = None  # plain tuples: 20,000 of them are many
        sql = f"SELECT {', '.join(wanted)} FROM sessions WHERE day BETWEEN ? AND ? ORDER BY start_s"
        with database.told(self.path):
            return cursor.execute(sql, ordinals(since, until)).fetchall()

    def versions(self, since: date | None = None, until: date | None = None) -> int:
        """Return how many kinds of software version and settings made the sessions' figures."""
        sql = (
            "SELECT count(*) FROM (SELECT DISTINCT software_version, settings FROM sessions "
            "WHERE day BETWEEN ? AND ?)"
        )
        with database.told(self.path):
            return int(self._db.execute(sql, ordinals(since, until)).fetchone()[0])

    def say_of_sustained(
        self, number: int, event: int, *, pain: float | None, hard: bool | None,
        willed: bool | None,
    ) -> Sustained:  # fmt: skip
        """Keep what the person says of the `event`-th sustained event (from 1) of a session."""
        with database.transaction(self._db, self.path):
            events = self._session(number).sustained
            if not 1 <= event <= len(events):
                raise InputError(
                    f"Session {number} has {len(events)} sustained events; there is no {event}."
                )
            old = events[event - 1]
            said = replace(
                old,
                pain=old.pain if pain is None else pain,
                hard=old.hard if hard is None else hard,
                willed=old.willed if willed is None else willed,
            )
            self._db.execute(
                "UPDATE sustained SET pain = ?, hard = ?, willed = ? WHERE uid = ?",
                (said.pain, said.hard, said.willed, said.uid),
            )
        return said

    def _families(self, numbers: list[int]) -> dict[int, tuple[FamilyFigures, ...]]:
        out: dict[int, tuple[FamilyFigures, ...]] = {}
        for row in self._belonging("families", numbers, "family"):
            one = FamilyFigures(row["family"], row["twitches"], row["amplitude_uv"])
            out[row["session"]] = (*out.get(row["session"], ()), one)
        return out

    def _sustained(self, numbers: list[int]) -> dict[int, tuple[Sustained, ...]]:
        out: dict[int, tuple[Sustained, ...]] = {}
        for row in self._belonging("sustained", numbers, "start_s"):
            out[row["session"]] = (*out.get(row["session"], ()), rows.to_sustained(row))
        return out

    def _belonging(self, table: str, numbers: list[int], order: str) -> list[sqlite3.Row]:
        if len(numbers) == 1:
            sql, values = f"SELECT * FROM {table} WHERE session = ? ORDER BY {order}", numbers
        else:  # of many sessions, all rows: cheaper than naming each
            sql, values = f"SELECT * FROM {table} ORDER BY session, {order}", []
        return self._db.execute(sql, values).fetchall()


def ordinals(since: date | None, until: date | None) -> tuple[int, int]:
    """Return two days as counted from the year 1, open ends as far as days go."""
    return (since or date.min).toordinal(), (until or date.max).toordinal()
