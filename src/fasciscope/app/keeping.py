"""A recording that was just made, into the journal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fasciscope.journal.sessions import Placement


def keeper(said: Placement) -> Callable[[Path], str]:
    """Return what puts a recording into the journal, and says so in a sentence.

    Parameters
    ----------
    said : Placement
        Where and how it was made, as the person said.
    """

    def keep(path: Path) -> str:
        from fasciscope import formats
        from fasciscope.analysis import detect
        from fasciscope.journal.muscles import site
        from fasciscope.journal.sessions import sessions_of
        from fasciscope.journal.store import Journal
        from fasciscope.review import follow_review

        recording = formats.read(path)
        analysis, reviewed = follow_review(path, detect(recording))
        sessions = sessions_of(recording, analysis, path, said)
        with Journal.open(create=True) as journal:
            kept = journal.add_sessions(sessions)
        names = ", ".join(
            f"session {one.id} ({site(session.muscle, session.side)})"
            for session, one in zip(sessions, kept, strict=True)
        )
        return f"Kept in your journal as {names}. {reviewed}".rstrip()

    return keep
