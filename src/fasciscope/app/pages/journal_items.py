"""Entries of the journal as the pages list them, each with a way to take it out again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from nicegui import ui

from fasciscope.app.pages import journal_frame as jf
from fasciscope.app.pages.frame import card
from fasciscope.app.pages.review import address
from fasciscope.app.words import clock, number, plural, span
from fasciscope.journal.entries import NOTE_BOUNDS, SYMPTOMS, Everything, Note, Session
from fasciscope.journal.muscles import site
from fasciscope.journal.sustained import TWITCH_OR_CRAMP, explain

Act = Callable[[], None]
_ANSWERS = {None: "not said", True: "yes", False: "no"}


def entry_rows(entries: Everything, refresh: Act, most: int = 500) -> None:
    """Show entries of all kinds, the newest first, each with a button to take it out."""
    rows: list[tuple[str, int | date, str, str]] = []
    rows += [("session", one.id, session_words(one), one.recording) for one in entries.sessions]
    rows += [("note", one.day, f"{one.day}: {note_words(one)}", "") for one in entries.notes]
    for felt in entries.felt:
        rows.append(("felt", felt.id, felt_words(felt), ""))
    for symptom in entries.symptoms:
        rows.append(("symptom", symptom.id, symptom_words(symptom), ""))
    for change in entries.changes:
        rows.append(("change", change.id, f"{change.day}: you changed {change.what}", ""))
    if not rows:
        ui.label("Nothing yet.").classes("fs-faint")
    rows.sort(key=lambda row: row[2].removeprefix("since "), reverse=True)
    if len(rows) > most:
        ui.label(f"The newest {most} of {len(rows):,}.").classes("fs-faint fs-small")
    for kind, which, words, recording in rows[:most]:
        with ui.element("div").classes("fs-row fs-entry"):
            ui.label(words).style("flex:1;min-width:14rem;overflow-wrap:anywhere")
            if recording and Path(recording).is_file():
                ui.link("Look at it", address(recording))
            button = ui.button("Take out", on_click=partial(_take_out, kind, which, refresh))
            button.props(f'flat dense aria-label="Take out: {kind}"')


def _take_out(kind: str, which: int | date, refresh: Act) -> None:
    with ui.dialog() as dialog, ui.card():
        ui.label(f"Take this {kind} out of the journal? It cannot be brought back.")
        if kind == "session":
            ui.label("The recording itself stays.").classes("fs-faint")

        def go() -> None:
            dialog.close()
            jf.tried(lambda journal: journal.delete(kind, which))
            refresh()

        with ui.element("div").classes("fs-row"):
            ui.button("Take it out", on_click=go)
            ui.button("Leave it", on_click=dialog.close).props("flat")
    dialog.open()


def session_words(one: Session) -> str:
    """Return a session in a line."""
    rate = f", {number(one.per_minute)} a minute" if one.analysable_s >= 10 else ""
    more = "".join(f", {part}" for part in (one.posture, one.place) if part)
    return (
        f"{one.start:%Y-%m-%d %H:%M}: {site(one.muscle, one.side)}{more}: "
        f"{plural(one.twitches, 'twitch', 'twitches')} in {span(one.analysable_s)}{rate}"
    )


def note_words(note: Note) -> str:
    """Return a day note in a line."""
    parts = [
        f"{what.lower()} {getattr(note, name):g}"
        for name, (what, _, _) in NOTE_BOUNDS.items()
        if getattr(note, name) is not None
    ]
    parts += [f"tired: {site(one.muscle, one.side)} {one.level:g}" for one in note.tired]
    parts += [text for text in (note.exercise, note.supplements, note.medicines, note.text) if text]
    return "; ".join(parts) or "an empty note"


def felt_words(felt: Any) -> str:
    """Return a felt twitch in a line."""
    parts = [f"{felt.when:%Y-%m-%d %H:%M}: felt in the {site(felt.muscle, felt.side)}"]
    if felt.minutes is not None:
        parts.append(f"for {felt.minutes:g} min")
    if felt.strength is not None:
        parts.append(f"strength {felt.strength:g} of 10")
    if felt.text:
        parts.append(felt.text)
    return ", ".join(parts)


def symptom_words(symptom: Any) -> str:
    """Return a symptom in a line."""
    where = f" in the {site(symptom.muscle, symptom.side)}" if symptom.muscle else ""
    until = f" until {symptom.until}" if symptom.until else ""
    words = f"since {symptom.since}{until}: {SYMPTOMS[symptom.kind]}{where}"
    return f"{words}, {symptom.text}" if symptom.text else words


def sustained_cards(sessions: Iterable[Session], refresh: Act) -> None:
    """Show each sustained event: what the signal showed beside what the person says."""
    for session in sessions:
        for k, event in enumerate(session.sustained, start=1):
            if event.kind != "cramp" and event.duration_s < 1.0:
                continue
            told = explain(event)
            name = f"{event.kind.capitalize()} in the {site(session.muscle, session.side)}"
            with card(f"{name}, {clock(event.start_s)} into the recording"):
                ui.label(TWITCH_OR_CRAMP).classes("fs-faint fs-small")
                with ui.element("div").classes("fs-two"):
                    with ui.element("div"):
                        ui.label("The signal").style("font-weight:600")
                        for sentence in told.signal:
                            ui.label(sentence).classes("fs-small")
                    with ui.element("div"):
                        ui.label("You").style("font-weight:600")
                        for sentence in told.person:
                            ui.label(sentence).classes("fs-small")
                        _ask(session.id, k, event, refresh)
                ui.label(told.together)


def _ask(session: int, event_number: int, event: Any, refresh: Act) -> None:
    with ui.element("div").classes("fs-row"):
        pain = ui.number("Pain, 0 to 10", value=event.pain, format="%g")
        hard = ui.select(_ANSWERS, value=event.hard, label="Hard to the touch")
        willed = ui.select(_ANSWERS, value=event.willed, label="On purpose")
        for field in (pain, hard, willed):
            field.props("dense").style("min-width:8rem")

    def keep() -> None:
        jf.tried(
            lambda journal: journal.say_of_sustained(
                session, event_number, pain=pain.value, hard=hard.value, willed=willed.value
            )
        )
        refresh()

    ui.button("Keep what I felt", on_click=keep).props("flat dense")
