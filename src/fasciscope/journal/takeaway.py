"""The record to take along: what two pages for a doctor say, as a PDF or one HTML file.

A journal and a stretch of days in, a file out. Reports of chosen recordings are appended, a page
each. The words are gathered in `takeaway_words`, and drawn by `takeaway_pdf` and `takeaway_html`.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from fasciscope.errors import FasciscopeError, InputError, OutputError
from fasciscope.journal.entries import Session
from fasciscope.journal.store import Journal
from fasciscope.journal.takeaway_words import gather

SUFFIXES = (".pdf", ".html")
MOST_APPENDED = 20


def write_takeaway(
    journal: Journal,
    output: str | Path,
    *,
    since: date | None = None,
    until: date | None = None,
    sessions: Iterable[int] = (),
) -> list[str]:
    """Write the record to take along.

    An older one of the same name is replaced, whole or not at all; only its owner can read it.

    Parameters
    ----------
    journal : Journal
    output : str or Path
        ``.pdf`` or ``.html``.
    since, until : date or None, default None
        First and last day; None is the half year up to the newest entry.
    sessions : iterable of int
        Numbers of sessions whose recordings' reports are appended, as reviewed where they were.

    Returns
    -------
    list of str
        A sentence for each report that could not be made, as when its recording was moved.

    Raises
    ------
    InputError
        If the ending is neither, a session is not there, or too many are asked for.
    OutputError
        If the file cannot be written.
    """
    output = Path(output)
    suffix = output.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(f"The record is written as .pdf or .html; {output.name} ends otherwise.")
    chosen = [journal.session(number) for number in dict.fromkeys(sessions)]
    if len(chosen) > MOST_APPENDED:
        raise InputError(f"At most {MOST_APPENDED} reports are appended; {len(chosen)} were asked.")
    words = gather(journal, since, until)
    with tempfile.TemporaryDirectory() as folder:
        pictures, missing = _reports(chosen, Path(folder))
        if suffix == ".pdf":
            from fasciscope.journal import takeaway_pdf

            content = takeaway_pdf.document(words, pictures)
        else:
            from fasciscope.journal import takeaway_html

            content = takeaway_html.document(words, pictures).encode("utf-8", "replace")
    _write(output, content)
    return missing


def _reports(chosen: list[Session], folder: Path) -> tuple[list[tuple[str, bytes]], list[str]]:
    """Return name and picture of each recording's report, and a sentence for each without."""
    from fasciscope import formats
    from fasciscope.analysis import detect
    from fasciscope.report import write_report
    from fasciscope.review import follow_review

    pictures, missing = [], []
    for session in chosen:
        try:
            if not session.recording:
                raise InputError("it has no recording.")
            recording = formats.read(session.recording)
            picture = folder / f"{session.id}.png"
            analysis, _ = follow_review(session.recording, detect(recording))
            write_report(recording, analysis, picture)  # which says itself that it follows a review
            pictures.append((f"Session {session.id}: {recording.name}", picture.read_bytes()))
        except (FasciscopeError, OSError) as error:
            missing.append(f"No report of session {session.id}: {error}")
    return pictures, missing


def _write(output: Path, content: bytes) -> None:
    part = output.with_name(f".{output.name}.part")
    try:
        with contextlib.suppress(FileNotFoundError):
            part.unlink()
        handle = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        part.replace(output)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        raise OutputError(f"Cannot write {output}: {error.strerror}.") from error
