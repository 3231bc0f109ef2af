"""The journal's page of a day: when to see a doctor, the day's note, what was felt and noticed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from nicegui import ui

from fasciscope.app.pages import journal_frame as jf
from fasciscope.app.pages.frame import card, say
from fasciscope.app.pages.journal_items import entry_rows, sustained_cards
from fasciscope.errors import FasciscopeError
from fasciscope.journal import views
from fasciscope.journal.cups import caffeine_mg
from fasciscope.journal.doctor import spoken
from fasciscope.journal.entries import (
    NOTE_BOUNDS,
    NOTE_TEXTS,
    SYMPTOMS,
    Change,
    Felt,
    Note,
    Symptom,
    SymptomKind,
    Tired,
)
from fasciscope.journal.store import Journal, local_now

_TEXTS = {
    "exercise": "What exercise",
    "supplements": "Supplements",
    "medicines": "Medicines",
    "text": "Anything else",
}


def add() -> None:
    """Add the page."""

    @ui.page("/journal")
    def page(day: str = "") -> None:
        which = min(jf.day_of(day) or date.today(), date.today())
        title = "Today" if which == date.today() else spoken(which)
        with jf.journal_frame(title, "/journal"):
            if not jf.is_ready():
                return
            TodayPage(which)


class TodayPage:
    """One day."""

    def __init__(self, which: date) -> None:
        self.day = which
        with ui.element("div").classes("fs-row"):
            ui.link("◀ the day before", f"/journal?day={which - timedelta(days=1)}")
            if which < date.today():
                ui.link("the day after ▶", f"/journal?day={which + timedelta(days=1)}")
        self.advice = ui.label().classes("fs-note").props('role="status"')
        self.standing = ui.label().classes("fs-faint")
        with ui.element("div").classes("fs-two"):
            with ui.element("div").classes("fs-stack"):
                with card("How was the day"):
                    self._build_note()
                with card("Of this day"):
                    self.entries = ui.element("div").classes("fs-stack")
            with ui.element("div").classes("fs-stack"):
                self._build_felt()
                self._build_symptom()
                self._build_change()
        self.fill()

    def fill(self) -> None:
        """Show the day as it stands."""
        view = jf.tried(lambda journal: views.day(journal, self.day))
        if view is None:
            return
        self.advice.set_text(view.advice)
        self.advice.set_visibility(bool(view.advice))
        self.standing.set_text(view.standing)
        note = next(iter(view.entries.notes), None)
        for name, field in self.numbers.items():
            field.set_value(getattr(note, name) if note else None)
        for name, text in self.texts.items():
            text.set_value(getattr(note, name) if note else "")
        self.entries.clear()
        with self.entries:
            sustained_cards(view.entries.sessions, self.fill)
            entry_rows(view.entries, self.fill)

    def _keep(self, act: Callable[[Journal], Any], done: str) -> None:
        """Keep an entry, and say so; what is refused is said, and nothing is kept."""
        try:
            jf.with_journal(act)
        except FasciscopeError as error:
            say(error)
            return
        ui.notify(done, type="info", position="bottom", timeout=2000)
        self.fill()

    # -- the note

    def _build_note(self) -> None:
        self.numbers: dict[str, ui.number] = {}
        with ui.element("div").classes("fs-fields"):
            for name, (what, _, _) in NOTE_BOUNDS.items():
                label = what if "quality" not in name and name != "stress" else f"{what}, 0 to 10"
                field = ui.number(label, format="%g")
                self.numbers[name] = field.props("dense")
        with ui.element("div").classes("fs-row"):
            cups = ui.input("Or what you drank, such as 2 coffee, 1 tea").style("min-width:16rem")
            ui.button("Count the caffeine", on_click=lambda: self._cups(cups.value)).props("flat")
        self.texts = {name: ui.input(_TEXTS[name]).props("dense") for name in NOTE_TEXTS}
        with ui.element("div").classes("fs-row"):
            self.tired_muscle = jf.muscle_select("A tired muscle")
            self.tired_side = jf.side_select()
            self.tired_level = ui.number("How tired, 0 to 10", format="%g")
        ui.button("Keep the note", on_click=self._keep_note)

    def _cups(self, words: str) -> None:
        try:
            self.numbers["caffeine_mg"].set_value(caffeine_mg(words))
        except FasciscopeError as error:
            say(error)

    def _keep_note(self) -> None:
        def act(journal: Journal) -> None:
            tired: tuple[Tired, ...] = ()
            if self.tired_muscle.value.strip() and self.tired_level.value is not None:
                level = float(self.tired_level.value)
                tired = (Tired(self.tired_muscle.value, level, self.tired_side.value),)
            numbers = {name: field.value for name, field in self.numbers.items()}
            texts = {name: field.value for name, field in self.texts.items()}
            journal.add_note(Note(self.day, tired=tired, **numbers, **texts))

        self._keep(act, "The note is kept.")

    # -- what was felt, noticed, changed

    def _build_felt(self) -> None:
        with card("I felt twitches"):
            with ui.element("div").classes("fs-row"):
                muscle, side = jf.muscle_select("Where"), jf.side_select()
            with ui.element("div").classes("fs-row"):
                minutes = ui.number("For how many minutes", format="%g")
                strength = ui.number("How strong, 0 to 10", format="%g")
            text = ui.input("In words")

            def keep(journal: Journal) -> None:
                now = local_now()
                when = now
                if self.day != now.date():
                    when = now.replace(
                        year=self.day.year, month=self.day.month, day=self.day.day, hour=12
                    )
                journal.add_felt(
                    Felt(when, muscle.value, side.value, minutes.value, strength.value, text.value)
                )

            ui.button("Keep it", on_click=lambda: self._keep(keep, "Kept."))

    def _build_symptom(self) -> None:
        with card("I noticed something else"):
            kinds = {kind.value: words for kind, words in SYMPTOMS.items()}
            kind = ui.select(kinds, label="What").style("min-width:14rem")
            with ui.element("div").classes("fs-row"):
                muscle, side = jf.muscle_select("Where, if it is a place"), jf.side_select()
            since = jf.day_input("Since", self.day)
            text = ui.input("In words")

            def keep(journal: Journal) -> None:
                journal.add_symptom(
                    Symptom(
                        SymptomKind(kind.value or ""),
                        jf.day_of(since.value) or self.day,
                        muscle.value,
                        side.value,
                        text=text.value,
                    )
                )

            def try_it() -> None:
                if kind.value is None:
                    say("Choose what you noticed.")
                    return
                self._keep(keep, "Kept.")

            ui.button("Keep it", on_click=try_it)

    def _build_change(self) -> None:
        with card("I changed something"):
            what = ui.input("What, such as: stopped coffee")
            since = jf.day_input("From", self.day)

            def keep(journal: Journal) -> None:
                journal.add_change(Change(jf.day_of(since.value) or self.day, what.value))

            ui.button("Keep it", on_click=lambda: self._keep(keep, "Kept."))
