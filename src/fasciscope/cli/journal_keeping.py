"""Sessions into the journal: by ``journal add``, and at the end of ``record`` and ``detect``."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fasciscope.cli import console
from fasciscope.errors import FasciscopeError

if TYPE_CHECKING:
    from fasciscope.analysis import Analysis
    from fasciscope.journal.entries import Session
    from fasciscope.journal.session_store import Kept
    from fasciscope.journal.sessions import Placement
    from fasciscope.journal.store import Journal
    from fasciscope.recording import Recording

KeepOption = Annotated[
    bool | None,
    typer.Option(
        "--journal/--no-journal",
        help="Keep this in your journal; by itself that happens once you have one.",
        show_default=False,
    ),
]


def keep(
    journal: Journal,
    recording: Recording,
    analysis: Analysis,
    path: Path,
    said: Placement | None = None,
    *,
    whole: bool = True,
) -> list[tuple[Session, Kept]]:
    """Put a recording's sessions into `journal`, and say so in a line each.

    The figures follow the review beside the recording, unless not the `whole` of it is here.
    """
    from fasciscope.journal.sessions import NOTHING_SAID, sessions_of
    from fasciscope.review import follow_review, review_paths

    if not whole and review_paths(path)[0].exists():
        console.status(
            "The review beside the recording is of all its channels; the figures of those chosen "
            "are the ones found by themselves."
        )
    if whole:
        analysis, sentence = follow_review(path, analysis)
        if sentence:
            console.status(sentence)
    said = said or NOTHING_SAID
    sessions = sessions_of(recording, analysis, path, said)
    kept = journal.add_sessions(sessions, [f.name for f in fields(said) if getattr(said, f.name)])
    pairs = list(zip(sessions, kept, strict=True))
    for _, what in pairs:
        console.status(_line(journal.session(what.id), what))
    return pairs


def _line(session: Session, kept: Kept) -> str:
    from fasciscope.journal.muscles import site

    where = site(session.muscle, session.side)
    if kept.is_new:
        done = f"Added to your journal as session {kept.id} ({where})."
    else:
        done = f"Session {kept.id} of your journal ({where}) is brought up to date."
    return f"{done} To take it out: fasciscope journal delete session {kept.id}"


def after_detect(
    recording: Recording, analysis: Analysis, path: Path, wanted: bool | None, whole: bool
) -> None:
    """Keep what was detected, if it was asked for, or there is a journal and the recording is ours.

    Ours are recordings that fasciscope's own recorder wrote: a folder of other people's does not
    fill the journal.
    """
    if wanted or (wanted is None and whole and _has_journal() and _is_ours(path)):
        _quietly(lambda: (recording, analysis), path, must=bool(wanted), whole=whole)


def after_record(path: Path, wanted: bool | None) -> None:
    """Keep a recording that was just made, if it was asked for or there is a journal."""
    if wanted or (wanted is None and _has_journal()):
        _quietly(lambda: _detected(path), path, must=False)


def _detected(path: Path) -> tuple[Recording, Analysis]:
    from fasciscope.cli.detect import analyse, load

    recording = load(path)
    return recording, analyse(recording)


def _quietly(get: Any, path: Path, *, must: bool, whole: bool = True) -> None:
    """Keep it; what goes wrong with the journal is said, and costs the recording nothing."""
    from fasciscope.journal.store import Journal

    try:
        recording, analysis = get()
        with Journal.open(create=True) as journal:
            keep(journal, recording, analysis, path, whole=whole)
    except FasciscopeError as error:
        if must:
            raise
        console.status(f"Not kept in the journal: {error}")


def _has_journal() -> bool:
    from fasciscope.journal.database import default_path

    return default_path().exists()


def _is_ours(path: Path) -> bool:
    """Say whether the recording's sidecar was written by the recorder."""
    from fasciscope.formats import beside

    try:
        sidecar = json.loads(beside(path, "emg.json").read_text(encoding="utf-8"))
        return isinstance(sidecar["fasciscope"]["session"], dict)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False
