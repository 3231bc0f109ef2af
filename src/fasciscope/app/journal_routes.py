"""The journal's files on their way to the browser: the record to take along, and the export."""

from __future__ import annotations

import re
import tempfile
from datetime import date
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import PlainTextResponse, Response

from fasciscope.errors import FasciscopeError, InputError
from fasciscope.journal.exchange import export_all
from fasciscope.journal.store import Journal
from fasciscope.journal.takeaway import write_takeaway

_KINDS = {"pdf": "application/pdf", "html": "text/html; charset=utf-8"}


def add(app: FastAPI) -> None:
    """Add the routes to an application."""

    @app.get("/api/journal/record")
    def record(form: str = "pdf", since: str = "", until: str = "", sessions: str = "") -> Response:
        try:
            return _record(form, since, until, sessions)
        except FasciscopeError as error:
            return PlainTextResponse(str(error), 400)

    @app.get("/api/journal/export")
    def export() -> Response:
        try:
            with tempfile.TemporaryDirectory() as folder, Journal.open() as journal:
                path = export_all(journal, Path(folder) / "fasciscope_journal.zip")
                body = path.read_bytes()
        except FasciscopeError as error:
            return PlainTextResponse(str(error), 400)
        return _file(body, "application/zip", "fasciscope_journal.zip")


def _record(form: str, since: str, until: str, sessions: str) -> Response:
    if form not in _KINDS:
        raise InputError("The record is pdf or html.")
    numbers = [int(text) for text in re.findall(r"\d{1,9}", sessions)]
    with tempfile.TemporaryDirectory() as folder, Journal.open() as journal:
        path = Path(folder) / f"record.{form}"
        write_takeaway(journal, path, since=_day(since), until=_day(until), sessions=numbers)
        body = path.read_bytes()
    if form == "html":
        return Response(body, media_type=_KINDS[form], headers={"cache-control": "no-store"})
    return _file(body, _KINDS[form], "fasciscope_record.pdf")


def _day(text: str) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise InputError(f"{text!r} is no day; such as 2026-03-14.") from None


def _file(body: bytes, kind: str, name: str) -> Response:
    headers = {
        "cache-control": "no-store",
        "content-disposition": f'attachment; filename="{name}"',
    }
    return Response(body, media_type=kind, headers=headers)
