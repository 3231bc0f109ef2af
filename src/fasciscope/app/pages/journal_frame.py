"""What the journal's pages share: their own row of links, opening it, and one way to fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import TypeVar

from nicegui import ui

from fasciscope.app.pages.frame import frame, heading, note, say
from fasciscope.errors import FasciscopeError
from fasciscope.journal import muscles
from fasciscope.journal.database import default_path
from fasciscope.journal.store import Journal

T = TypeVar("T")

HERE = "/journal"
PARTS = (
    ("Today", "/journal"),
    ("Body map", "/journal/body"),
    ("Calendar", "/journal/calendar"),
    ("Trends", "/journal/trends"),
    ("Entries", "/journal/entries"),
    ("Take along", "/journal/keep"),
)
SIDES = {"": "side not said", "left": "left", "right": "right"}
PRIVATE = "The journal is one file on this computer; nothing of it leaves the machine."


@contextmanager
def journal_frame(title: str, here: str) -> Iterator[None]:
    """Put what is built within into a page of the journal."""
    with frame(title, HERE):
        with ui.element("nav").classes("fs-row").props('aria-label="Journal"'):
            for name, path in PARTS:
                link = ui.link(name, path)
                if path == here:
                    link.props('aria-current="page"').classes("fs-here")
        heading(title)
        yield


def with_journal(act: Callable[[Journal], T], *, create: bool = False) -> T:
    """Open the journal, do something with it, and close it; for any thread.

    Raises
    ------
    FasciscopeError
        What opening or acting raises.
    """
    with Journal.open(create=create) as journal:
        return act(journal)


def tried(act: Callable[[Journal], T], *, create: bool = False) -> T | None:
    """Do something with the journal; on failure tell the person, and return None."""
    try:
        return with_journal(act, create=create)
    except FasciscopeError as error:
        say(error)
        return None


def is_ready() -> bool:
    """Return whether the journal can be used; if not, show why, or how to begin one."""
    if not default_path().exists():
        begin()
        return False
    try:
        with_journal(lambda _: None)
    except FasciscopeError as error:
        note(str(error))
        return False
    return True


def begin() -> None:
    """Show how to begin a journal."""
    with ui.element("div").classes("fs-card"):
        ui.label(
            "There is no journal yet. It keeps what you record, note and feel, so that you can see "
            "over weeks what changes and what goes with it."
        )
        ui.label(PRIVATE).classes("fs-faint")
        ui.label(str(default_path())).classes("fs-faint fs-small")

        def go() -> None:
            if tried(lambda _: True, create=True):
                ui.navigate.reload()

        ui.button("Begin a journal", on_click=go)


def muscle_select(label: str = "Muscle") -> ui.input:
    """Return a field for a muscle: those of the map, or the person's own words."""
    return ui.input(label, autocomplete=[muscles.short_name(m.key) for m in muscles.MUSCLES])


def side_select() -> ui.select:
    """Return a field for the side."""
    return ui.select(SIDES, value="", label="Side").style("min-width:8rem")


def day_input(label: str, value: date | None = None) -> ui.input:
    """Return a field for a day, with the browser's own calendar."""
    return ui.input(label, value=value.isoformat() if value else "").props("type=date stack-label")


def day_of(text: str | None) -> date | None:
    """Return the day in a field; None if it is empty or none."""
    try:
        return date.fromisoformat((text or "").strip())
    except ValueError:
        return None
