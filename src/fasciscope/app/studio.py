"""What the app has in hand: the folder, the one session that runs, and the recordings opened."""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from fasciscope.app.opened import Opened, Progress
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
        # a tab may hold what is no longer kept: two of one file would overwrite each other's review
        self._held: weakref.WeakValueDictionary[Path, Opened] = weakref.WeakValueDictionary()

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
        """Return a recording, opened now or before; as long as anybody holds one, the same.

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
        place = path.parent.resolve() / path.name  # one review has one place, by whatever way
        with self._lock:
            opened = self._held.get(place)
            if opened is None or (opened.is_stale and not self._may_be_looked_at(opened)):
                if not path.is_file():
                    raise RecordingError(f"There is no recording {path.name} in {path.parent}.")
                opened = self._held[place] = Opened(path, lambda: self.is_made(path), opened)
            self._opened[place] = opened
            self._opened.move_to_end(place)
            while len(self._opened) > KEPT_OPEN:
                self._opened.popitem(last=False)
            return opened

    def is_made(self, path: Path) -> bool:
        """Return whether the session that runs writes to this path."""
        session = self.session
        if session is None or session.is_over or session.plan.output is None:
            return False
        return session.plan.output.resolve() == path.resolve()

    def _may_be_looked_at(self, opened: Opened) -> bool:
        """Say whether it is a file that grows: it is not read anew with every block."""
        return opened.progress != Progress.FAILED and opened.is_being_made

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
        """End what runs, and wait for it, and for every review to be written."""
        session = self.session
        if session is not None and not session.is_over:
            session.stop()
            session.wait()
        for opened in list(self._held.values()):
            opened.close()
