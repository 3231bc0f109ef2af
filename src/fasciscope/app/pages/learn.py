"""Pages to learn from."""

from __future__ import annotations

from nicegui import ui

from fasciscope.app.pages.frame import card, frame, heading
from fasciscope.errors import FasciscopeError
from fasciscope.journal import learn


def add() -> None:
    """Add the pages."""

    @ui.page("/learn")
    def page(topic: str = "") -> None:
        with frame("Learn", "/learn"):
            with ui.element("nav").classes("fs-row").props('aria-label="Topics"'):
                for one in learn.pages():
                    link = ui.link(one.title, f"/learn?topic={one.topic}")
                    if one.topic == topic:
                        link.props('aria-current="page"').classes("fs-here")
            if not topic:
                heading("Learn")
                ui.label("What a twitch is, what goes with it, and when to see a doctor.")
                return
            try:
                found = learn.page(topic)
            except FasciscopeError as error:
                heading("Learn")
                ui.label(str(error))
                return
            with card():
                ui.html(found.html, sanitize=False).classes("fs-prose")
