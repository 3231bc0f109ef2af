"""What changed over weeks, and what goes with it, in plain sentences and small pictures."""

from __future__ import annotations

from datetime import date
from typing import Any

from nicegui import run, ui

from fasciscope.app import svg
from fasciscope.app.pages import journal_frame as jf
from fasciscope.app.pages.frame import card, heading, note, say
from fasciscope.errors import FasciscopeError
from fasciscope.journal import doctor, views
from fasciscope.journal import words as jw
from fasciscope.journal.factors import BeforeAfter, Effect, before_and_after, factors
from fasciscope.journal.muscles import site
from fasciscope.journal.store import Journal
from fasciscope.journal.trends import Trends, trends

MATCHED = (
    "Only sessions of the same muscle, side, posture and electrode place are compared, with enough "
    "usable time. Electrodes that were taken off and put back change the rate, too."
)
GOES_WITH = "What goes with something need not be caused by it."


def add() -> None:
    """Add the page."""

    @ui.page("/journal/trends")
    async def page(since: str = "", split: str = "", until: str = "") -> None:
        with jf.journal_frame("Trends", "/journal/trends"):
            if not jf.is_ready():
                return
            days = {
                name: day
                for name, text in (("since", since), ("split", split), ("until", until))
                if (day := jf.day_of(text)) is not None
            }
            _choose(days)
            waiting = ui.label("Looking through the journal …").props('role="status"')
            body = ui.element("div").classes("fs-stack")
            await ui.context.client.connected()

            def gather(journal: Journal) -> Found:
                return _gather(journal, days)

            try:
                found = await run.io_bound(jf.with_journal, gather)
            except FasciscopeError as error:
                waiting.set_text("")
                say(error)
                return
            waiting.set_text("")
            if found is None:  # the app is ending
                return
            with body:
                _show(*found)


Found = tuple[Trends | None, tuple[Effect, ...], tuple[BeforeAfter, ...], str]


def _gather(journal: Journal, days: dict[str, date]) -> Found:
    found = trends(journal, **days)  # type: ignore[arg-type]
    span = {name: day for name, day in days.items() if name != "split"}
    reasons = views.reasons(journal, days.get("until"), found)
    effects = factors(journal, **span)  # type: ignore[arg-type]
    return found, effects, before_and_after(journal), doctor.advice(reasons)


def _choose(days: dict[str, date]) -> None:
    with ui.element("div").classes("fs-row"):
        since = jf.day_input("From", days.get("since"))
        split = jf.day_input("Compare from this day on with before", days.get("split"))
        until = jf.day_input("To", days.get("until"))

        def go() -> None:
            ui.navigate.to(
                f"/journal/trends?since={since.value}&split={split.value}&until={until.value}"
            )

        ui.button("Show", on_click=go).props("outline")
    ui.label(MATCHED).classes("fs-faint fs-small")


def _show(
    found: Trends | None,
    effects: tuple[Effect, ...],
    changes: tuple[BeforeAfter, ...],
    advice: str,
) -> None:
    note(advice)
    ui.label(doctor.STANDING).classes("fs-faint")
    if found is None:
        ui.label("There are no sessions or felt twitches to compare yet.")
        return
    ui.label(f"Now: {jw.period(found.now)}. Before: {jw.period(found.before)}.")
    for one in found.sites:
        _site(one)
    with card("In more muscles?"):
        ui.label(jw.spread(found.spread))
    with card("Cramps"):
        ui.label(jw.cramps(found))
    if jw.looked_at(found):
        ui.label(jw.looked_at(found)).classes("fs-faint fs-small")
    _factors(effects)
    if changes:
        with card("Before and after what you changed"):
            for change in changes:
                ui.label(f"{change.change.day}: {change.change.what}").style("font-weight:600")
                ui.label(jw.before_after(change))


def _site(one: Any) -> None:
    with card(site(one.muscle, one.side).capitalize()), ui.element("div").classes("fs-two"):
        with ui.element("div").classes("fs-stack"):
            heading("More frequent?", 3).classes("fs-h3")
            ui.label(jw.frequency(one))
            heading("Stronger?", 3).classes("fs-h3")
            ui.label(jw.strength(one))
        with ui.element("div"):
            if one.rates:
                title = "Twitches a minute over time, with 95 % intervals"
                ui.html(svg.course(one.rates, title), sanitize=False)
                ui.label(title).classes("fs-faint fs-small")
            if one.amplitudes:
                title = "Typical size over time, µV, with 95 % intervals"
                ui.html(svg.course(one.amplitudes, title), sanitize=False)
                ui.label(title).classes("fs-faint fs-small")


def _factors(effects: tuple[Effect, ...]) -> None:
    with card("What goes with it"):
        ui.label(f"{jw.factors_looked_at(effects)} {GOES_WITH}").classes("fs-faint fs-small")
        for one in effects:
            with ui.element("div"):
                ui.label(one.factor.name.capitalize()).style("font-weight:600")
                ui.label(jw.effect(one))
