"""What can be taken along: the record for a doctor, everything as a file; and deleting it all."""

from __future__ import annotations

import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from nicegui import run, ui

from fasciscope.app.pages import journal_frame as jf
from fasciscope.app.pages.frame import card, say
from fasciscope.errors import FasciscopeError
from fasciscope.journal.exchange import delete_all, import_all

HALF_YEAR = timedelta(days=182)
SURE = "delete"


def add() -> None:
    """Add the page."""

    @ui.page("/journal/keep")
    def page() -> None:
        with jf.journal_frame("Take along", "/journal/keep"):
            if not jf.is_ready():
                _import()
                return
            _record()
            _export()
            _import()
            _delete()


def _record() -> None:
    with card("A record to take along"):
        ui.label(
            "Two pages for a doctor: trend, body map, sessions, notes and symptoms, in plain words."
        )
        with ui.element("div").classes("fs-row"):
            since = jf.day_input("From", date.today() - HALF_YEAR)
            until = jf.day_input("To", date.today())
            chosen = ui.input("Sessions whose reports to append, such as 3, 7")

        def address(form: str) -> str:
            asked = {
                "form": form,
                "since": since.value,
                "until": until.value,
                "sessions": chosen.value,
            }
            return f"/api/journal/record?{urlencode(asked)}"

        with ui.element("div").classes("fs-row"):
            ui.button("As PDF", on_click=lambda: ui.download(address("pdf")))
            ui.button(
                "As a page", on_click=lambda: ui.navigate.to(address("html"), new_tab=True)
            ).props("outline")


def _export() -> None:
    with card("Everything as one file"):
        ui.label("A zip with a table for each kind of entry, and the journal itself.")
        ui.button("Export", on_click=lambda: ui.download("/api/journal/export"))


def _import() -> None:
    with card("Bring in a journal"):
        ui.label("A zip that was exported here or on another computer, or a journal's own file.")
        ui.label(
            "What is there already is brought up to date; nothing of yours is taken out."
        ).classes("fs-faint fs-small")
        ui.upload(label="Choose the file", auto_upload=True, max_files=1, on_upload=_take_in).props(
            "flat bordered"
        ).style("max-width:24rem")


async def _take_in(event: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        suffix = ".zip" if event.file.name.lower().endswith(".zip") else ".sqlite"
        path = Path(folder) / f"import{suffix}"
        await event.file.save(path)
        try:
            new = await run.io_bound(
                jf.with_journal, lambda journal: import_all(journal, path), create=True
            )
        except FasciscopeError as error:
            say(error)
            return
    parts = [f"{count} {name}" for name, count in (new or {}).items() if count]
    say(f"New in your journal: {', '.join(parts) or 'nothing'}.")


def _delete() -> None:
    with card("Delete the journal"):
        ui.label(
            "All entries go, and cannot be brought back. Recordings and what was exported stay."
        )
        with ui.element("div").classes("fs-row"):
            sure = ui.input(f"Type {SURE} to be sure")

            def go() -> None:
                if (sure.value or "").strip().lower() != SURE:
                    say(f"Nothing was deleted. Type {SURE} first if you mean it.")
                    return
                try:
                    delete_all()
                except FasciscopeError as error:
                    say(error)
                    return
                ui.navigate.to("/journal")

            ui.button("Delete everything", on_click=go).props("outline")
