"""What the app has in hand: the folder, the one session that runs, and the recordings opened."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from fasciscope.app.opened import Opened
from fasciscope.app.running import Plan, Running
from fasciscope.errors import InputError, RecordingError

KEPT_OPEN = 4
"""Recordings kept in memory: two to compare, and two more."""
SUFFIXES = (".edf", ".bdf")
LISTED = 500


@dataclass(frozen=True, slots=True)
class Listed:
    """A recording in the folder, as a list shows it."""

    path: Path
    name: str
    changed: datetime
    n_bytes: int


class Studio:
    """State of the app, shared by all pages; safe to use from any thread.

    Parameters
    ----------
    folder : Path
        Where recordings are made and looked for.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.session: Running | None = None
        self._lock = threading.Lock()
        self._opened: OrderedDict[Path, Opened] = OrderedDict()

    def recordings(self) -> list[Listed]:
        """Return the recordings in the folder and those right below it, the newest first."""
        found = []
        for pattern in ("*", "*/*"):
            for path in self.folder.glob(pattern):
                if path.suffix.lower() not in SUFFIXES or path.name.startswith("."):
                    continue
                try:
                    facts = path.stat()
                except OSError:  # gone while we looked
                    continue
                when = datetime.fromtimestamp(facts.st_mtime).astimezone()
                name = str(path.relative_to(self.folder))
                found.append(Listed(path, name, when, facts.st_size))
        return sorted(found, key=lambda one: one.changed, reverse=True)[:LISTED]

    def start(self, plan: Plan) -> Running:
        """Begin a session.

        Raises
        ------
        InputError
            If one runs already, as from another tab.
        """
        with self._lock:
            if self.session is not None and not self.session.is_over:
                if self.session.is_recording:
                    raise InputError(
                        "A recording is running already. It goes on; stop it before you begin "
                        "another."
                    )
                self.session.stop()
                self.session.wait()
            self.session = Running(plan)
            return self.session

    def open(self, name: str) -> Opened:
        """Return a recording, opened now or before.

        Parameters
        ----------
        name : str
            Path, absolute or from the folder.

        Raises
        ------
        RecordingError
            If there is no such recording.
        """
        if not name.strip():
            raise RecordingError("No recording was named.")
        path = self.path_of(name)
        with self._lock:
            known = self._opened.get(path)
            if known is not None and not known.is_stale:
                self._opened.move_to_end(path)
                return known
            if not path.is_file():
                raise RecordingError(f"There is no recording {path.name} in {path.parent}.")
            opened = Opened(path)
            self._opened[path] = opened
            while len(self._opened) > KEPT_OPEN:
                _, oldest = self._opened.popitem(last=False)
                oldest.close()
            return opened

    def path_of(self, name: str) -> Path:
        """Return the path that a name stands for; only recordings have one.

        Raises
        ------
        RecordingError
            If it does not end as recordings do.
        """
        try:
            path = Path(name).expanduser()
            path = (path if path.is_absolute() else self.folder / path).absolute()
            path.is_file()
        except (RuntimeError, OSError, ValueError):  # somebody's home, too long, a zero in it
            raise RecordingError(f"There is no recording called {name[:80]!r}.") from None
        if path.suffix.lower() not in SUFFIXES:
            raise RecordingError(f"{path.name} is not a recording: it ends in none of .edf, .bdf.")
        return path

    def name_of(self, path: Path) -> str:
        """Return what a path is called on a page."""
        try:
            return str(path.relative_to(self.folder))
        except ValueError:
            return str(path)

    def close(self) -> None:
        """End what runs, and wait for it."""
        session = self.session
        if session is not None and not session.is_over:
            session.stop()
            session.wait()
        for opened in list(self._opened.values()):
            opened.close()
