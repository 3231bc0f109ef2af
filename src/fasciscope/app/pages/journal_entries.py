"""All entries of a stretch of time; sessions can be told where and how they were made."""

from __future__ import annotations

from datetime import date, timedelta

from nicegui import ui

from fasciscope.app.pages import journal_frame as jf
from fasciscope.app.pages.frame import card
from fasciscope.app.pages.journal_items import entry_rows
from fasciscope.journal.entries import Everything

SHOWN_DAYS = 30


def add() -> None:
    """Add the page."""

    @ui.page("/journal/entries")
    def page(since: str = "", until: str = "") -> None:
        with jf.journal_frame("Entries", "/journal/entries"):
            if not jf.is_ready():
                return
            last = jf.day_of(until) or date.today()
            first = jf.day_of(since) or last - timedelta(days=SHOWN_DAYS)
            _choose(first, last)
            found = jf.tried(lambda journal: journal.everything(first, last))
            if found is not None:
                _show(found)


def _choose(first: date, last: date) -> None:
    with ui.element("div").classes("fs-row"):
        since, until = jf.day_input("From", first), jf.day_input("To", last)
        ui.button(
            "Show",
            on_click=lambda: ui.navigate.to(
                f"/journal/entries?since={since.value}&until={until.value}"
            ),
        ).props("outline")


def _show(found: Everything) -> None:
    for title, part in (
        ("Sessions", Everything(sessions=found.sessions)),
        ("Day notes", Everything(notes=found.notes)),
        ("Felt twitches", Everything(felt=found.felt)),
        ("Symptoms", Everything(symptoms=found.symptoms)),
        ("Changes", Everything(changes=found.changes)),
    ):
        with card(title):
            entry_rows(part, ui.navigate.reload)
            if part.sessions:
                _place(found)


def _place(found: Everything) -> None:
    """Let the person say where and how a session was made."""
    numbers = {one.id: f"session {one.id}" for one in found.sessions}
    ui.label("Say where and how one was made; only sessions that are alike are compared.").classes(
        "fs-faint fs-small"
    )
    with ui.element("div").classes("fs-row"):
        which = ui.select(numbers, label="Session").style("min-width:9rem")
        muscle, side = jf.muscle_select(), jf.side_select()
        posture, place = ui.input("Posture"), ui.input("Electrode place")

    def keep() -> None:
        said = {
            "muscle": muscle.value,
            "side": side.value,
            "posture": posture.value,
            "place": place.value,
        }
        said = {name: words for name, words in said.items() if words.strip()}
        if which.value is None or not said:
            return
        if jf.tried(lambda journal: journal.change_session(int(which.value), **said)):
            ui.navigate.reload()

    ui.button("Keep it", on_click=keep).props("outline")
