"""What is the same on every page: its head with the way to the others, and its foot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from nicegui import ui

from fasciscope.app.words import DISCLAIMER
from fasciscope.errors import FasciscopeError

PAGES = (
    ("Record", "/"),
    ("Review", "/review"),
    ("Compare", "/compare"),
    ("Journal", "/journal"),
    ("Learn", "/learn"),
)


@cache
def _style() -> str:
    return (Path(__file__).parents[1] / "static" / "style.css").read_text(encoding="utf-8")


@contextmanager
def frame(title: str, here: str) -> Iterator[None]:
    """Put what is built within between head and foot.

    Parameters
    ----------
    title : str
        Of the browser's tab, and the heading that a screen reader finds first.
    here : str
        Path of the page in `PAGES`.
    """
    ui.page_title(f"{title} · fasciscope")
    ui.add_css(_style())
    ui.colors(
        primary="#0a5f94",
        secondary="#5c5c5c",
        accent="#0a5f94",
        positive="#0a5f94",
        negative="#5d4a8a",
        info="#0a5f94",
        warning="#8a6116",
    )
    ui.link("Skip to the content", "#content").classes("fs-skip")
    with ui.element("header").classes("fs-top"), ui.element("nav").classes("fs-row"):
        ui.label("fasciscope").classes("fs-name")
        for name, path in PAGES:
            link = ui.link(name, path)
            if path == here:
                link.props('aria-current="page"')
    with ui.element("main").classes("fs-page").props('id="content"'):
        yield
    with ui.element("footer").classes("fs-foot"):
        ui.label(DISCLAIMER)


def heading(text: str, level: int = 1) -> ui.element:
    """Return a heading."""
    with ui.element(f"h{level}") as element:
        text_of(text)
    return element


def text_of(text: str) -> ui.label:
    """Return plain text; whatever is in it is shown and never executed."""
    return ui.label(text)


@contextmanager
def card(title: str = "") -> Iterator[ui.element]:
    """Put what is built within into a box with a title."""
    with ui.element("section").classes("fs-card") as box:
        if title:
            heading(title, 2)
            box.props(f'aria-label="{title}"')
        yield box


def figure(name: str) -> ui.label:
    """Return a number with its name under it, to be filled."""
    with ui.element("div").classes("fs-figure"):
        with ui.element("b"):
            value = ui.label("–")
        with ui.element("span"):
            ui.label(name)
    return value


def note(text: str = "") -> ui.label:
    """Return a sentence that must not be overlooked; it is hidden while it is empty."""
    label = ui.label(text).classes("fs-note").props('role="status"')
    label.bind_visibility_from(label, "text", bool)
    return label


def say(error: FasciscopeError | str) -> None:
    """Tell the person what went wrong, until they close it."""
    ui.notify(
        str(error),
        type="info",
        position="top",
        timeout=0,
        close_button="Close",
        multi_line=True,
    )
