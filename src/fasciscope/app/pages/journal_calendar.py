"""The calendar: a month at a time, each day with what there is on it."""

from __future__ import annotations

from datetime import date, timedelta

from nicegui import ui

from fasciscope.app.pages import journal_frame as jf
from fasciscope.app.pages.frame import card
from fasciscope.app.words import plural
from fasciscope.journal import views

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def add() -> None:
    """Add the page."""

    @ui.page("/journal/calendar")
    def page(month: str = "") -> None:
        with jf.journal_frame("Calendar", "/journal/calendar"):
            if not jf.is_ready():
                return
            within = jf.day_of(f"{month}-01") or date.today().replace(day=1)
            marks = jf.tried(lambda journal: views.month(journal, within))
            if marks:
                _show(within.replace(day=1), marks)


def _show(first: date, marks: tuple[views.DayMark, ...]) -> None:
    before, after = first - timedelta(days=1), first + timedelta(days=32)
    with ui.element("div").classes("fs-row"):
        ui.link("◀ earlier", f"/journal/calendar?month={before:%Y-%m}")
        ui.label(f"{first:%B %Y}").style("font-weight:650")
        if after <= date.today().replace(day=1) + timedelta(days=31):
            ui.link("later ▶", f"/journal/calendar?month={after:%Y-%m}")
    with card(), ui.element("div").classes("fs-calendar"):
        for name in WEEKDAYS:
            ui.label(name).classes("fs-faint fs-small")
        for _ in range(first.weekday()):
            ui.element("div")
        for mark in marks:
            _day(mark)


def _day(mark: views.DayMark) -> None:
    with ui.element("div").classes("fs-day"):
        if mark.day > date.today():
            ui.label(str(mark.day.day)).classes("fs-faint")
            return
        ui.link(str(mark.day.day), f"/journal?day={mark.day}").props(
            f'aria-label="{mark.day.day} {mark.day:%B}"'
        )
        parts = [
            plural(mark.sessions, "session", "sessions") if mark.sessions else "",
            f"felt {mark.felt}×" if mark.felt else "",
            "note" if mark.has_note else "",
            plural(mark.symptoms, "symptom", "symptoms") if mark.symptoms else "",
            plural(mark.changes, "change", "changes") if mark.changes else "",
        ]
        for part in filter(None, parts):
            ui.label(part).classes("fs-small")
