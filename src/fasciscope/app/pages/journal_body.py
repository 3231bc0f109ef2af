"""The body map: every muscle answers to a click with its sessions and what was felt there."""

from __future__ import annotations

from urllib.parse import urlencode

from nicegui import ui

from fasciscope.app.pages import journal_frame as jf
from fasciscope.app.pages.frame import card
from fasciscope.app.pages.journal_items import entry_rows
from fasciscope.journal import body
from fasciscope.journal.entries import Everything
from fasciscope.journal.muscles import site


def address(muscle: str, side: str) -> str:
    """Return the address of a muscle's entries."""
    return f"/journal/body?{urlencode({'muscle': muscle, 'side': side})}"


def add() -> None:
    """Add the page."""

    @ui.page("/journal/body")
    def page(muscle: str = "", side: str = "") -> None:
        with jf.journal_frame("Body map", "/journal/body"):
            if not jf.is_ready():
                return
            found = jf.tried(lambda journal: journal.everything())
            if found is not None:
                _show(found, muscle, side)


def _show(found: Everything, muscle: str, side: str) -> None:
    known = body.marks(found.sessions, found.felt)
    with ui.element("div").classes("fs-two"):
        with card("Where"):
            ui.html(body.svg(known, link=address), sanitize=False).classes("fs-body")
            ui.label(
                "The darker, the more sessions; the number says how many. A dot: felt there."
            ).classes("fs-faint fs-small")
            others = body.off_the_map(known)
            if others:
                ui.label("Not on the map:").classes("fs-small")
                for one in others:
                    ui.link(site(*one), address(*one))
        if muscle or side:
            with card(site(muscle, side)):
                entry_rows(_at(found, muscle, side), ui.navigate.reload, most=25)
        else:
            with card("A muscle"):
                ui.label("Choose a muscle on the map to see its sessions.")


def _at(found: Everything, muscle: str, side: str) -> Everything:
    def here(one: object) -> bool:
        where = getattr(one, "side", "")
        return getattr(one, "muscle", "") == muscle and (where == side or not where)

    return Everything(
        sessions=tuple(filter(here, found.sessions)),
        felt=tuple(filter(here, found.felt)),
        symptoms=tuple(filter(here, found.symptoms)),
    )
