"""What the parts of the journal share: an open file, and words for what is not in it."""

from __future__ import annotations

import sqlite3
from pathlib import Path


class Opened:
    """An open file with the journal's tables in it."""

    def __init__(self, db: sqlite3.Connection, path: Path):
        self._db = db
        self.path = path
        db.row_factory = sqlite3.Row

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()


def no_such(kind: str, which: object) -> str:
    """Return the sentence for an entry that is not there."""
    return f"There is no {kind} {which} in the journal. `fasciscope journal list` shows what is."
