"""The tables of the journal, and the steps from each older form of them to the newest.

``PRAGMA user_version`` counts the steps that a file has taken. A step is never changed once it is
published; a new form is a new step at the end.

References
----------
SQLite documentation, "PRAGMA user_version", "Write-Ahead Logging", "Foreign Key Support".
"""

from __future__ import annotations

APPLICATION_ID = 0x66617363
"""Marks a SQLite file as ours ("fasc")."""

_FIRST = """
CREATE TABLE sessions (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    start TEXT NOT NULL,
    start_s REAL NOT NULL,
    day INTEGER NOT NULL,
    muscle TEXT NOT NULL, side TEXT NOT NULL, posture TEXT NOT NULL, place TEXT NOT NULL,
    duration_s REAL NOT NULL,
    analysable_s REAL NOT NULL,
    twitches INTEGER NOT NULL,
    amplitude_uv REAL,
    contractions INTEGER NOT NULL, cramps INTEGER NOT NULL, artifacts INTEGER NOT NULL,
    noise_uv REAL,
    quality TEXT NOT NULL, settings TEXT NOT NULL, software_version TEXT NOT NULL,
    recording TEXT NOT NULL, channels TEXT NOT NULL, note TEXT NOT NULL
);
CREATE INDEX sessions_by_start ON sessions (start_s);
CREATE TABLE families (
    session INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    family INTEGER NOT NULL, twitches INTEGER NOT NULL, amplitude_uv REAL NOT NULL,
    PRIMARY KEY (session, family)
) WITHOUT ROWID;
CREATE TABLE notes (
    day TEXT PRIMARY KEY,
    sleep_hours REAL, sleep_quality REAL, caffeine_mg REAL, stress REAL,
    exercise_minutes REAL, fluids_l REAL, alcohol_drinks REAL,
    exercise TEXT NOT NULL, supplements TEXT NOT NULL, medicines TEXT NOT NULL, text TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE tired (
    day TEXT NOT NULL REFERENCES notes (day) ON DELETE CASCADE,
    muscle TEXT NOT NULL, side TEXT NOT NULL, level REAL NOT NULL,
    PRIMARY KEY (day, muscle, side)
) WITHOUT ROWID;
CREATE TABLE felt (
    id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE,
    "when" TEXT NOT NULL, when_s REAL NOT NULL,
    muscle TEXT NOT NULL, side TEXT NOT NULL, minutes REAL, strength REAL, text TEXT NOT NULL
);
CREATE TABLE symptoms (
    id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL, since TEXT NOT NULL, until TEXT,
    muscle TEXT NOT NULL, side TEXT NOT NULL, text TEXT NOT NULL
);
CREATE TABLE changes (
    id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE,
    day TEXT NOT NULL, until TEXT, what TEXT NOT NULL
);
"""

_SUSTAINED = """
CREATE TABLE sustained (
    id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE,
    session INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    kind TEXT NOT NULL, start_s REAL NOT NULL, duration_s REAL NOT NULL,
    build_up_s REAL, dense REAL, pain REAL, hard INTEGER, willed INTEGER
);
CREATE INDEX sustained_by_session ON sustained (session);
"""

STEPS: tuple[str, ...] = (_FIRST, _SUSTAINED)
"""Step n leads from form n to form n + 1; an empty file has form 0."""
NEWEST = len(STEPS)

TABLES = ("sessions", "families", "sustained", "notes", "tired", "felt", "symptoms", "changes")
"""Every table, those that others refer to first."""


def statements(step: str) -> list[str]:
    """Return the single statements of a step (none of ours has a semicolon inside)."""
    return [part.strip() for part in step.split(";") if part.strip()]
