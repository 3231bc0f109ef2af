"""``fasciscope journal list|today|calendar|body|learn|where``: what is in the journal."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fasciscope.cli import console
from fasciscope.cli.journal_app import (
    FromOption,
    JournalOption,
    JsonOption,
    ToOption,
    app,
    columns,
    day_of,
    days_between,
    opened,
    print_json,
)
from fasciscope.errors import InputError

if TYPE_CHECKING:
    from fasciscope.journal.entries import Everything, Note

KINDS = ("sessions", "notes", "felt", "symptoms", "changes")


def note_words(note: Note) -> str:
    """Return a day note in one line."""
    from fasciscope.journal.muscles import site

    known = (
        ("sleep", note.sleep_hours, " h"),
        ("sleep quality", note.sleep_quality, " of 10"),
        ("caffeine", note.caffeine_mg, " mg"),
        ("stress", note.stress, " of 10"),
        ("exercise", note.exercise_minutes, " min"),
        ("fluids", note.fluids_l, " l"),
        ("alcohol", note.alcohol_drinks, " drinks"),
    )
    parts = [f"{name} {value:g}{unit}" for name, value, unit in known if value is not None]
    parts += [f"tired {site(t.muscle, t.side)} {t.level:g}" for t in note.tired]
    texts = ("exercise", "supplements", "medicines", "text")
    parts += [" ".join(getattr(note, t).split()) for t in texts if getattr(note, t)]
    return ", ".join(parts) or "nothing"


@app.command(name="list")
def list_entries(
    what: Annotated[
        str, typer.Argument(metavar="WHAT", help="all, sessions, notes, felt, symptoms, changes.")
    ] = "all",
    since: FromOption = None,
    until: ToOption = None,
    as_json: JsonOption = False,
    journal: JournalOption = None,
) -> None:
    """List what is in the journal, with the numbers by which it is changed or taken out."""
    if what not in ("all", *KINDS):
        raise InputError(f"What can be listed: all, {', '.join(KINDS)}; not {what!r}.")
    with opened(journal) as book:
        found = book.everything(*days_between(since, until))
    wanted = KINDS if what == "all" else (what,)
    if as_json:
        print_json({name: getattr(found, name) for name in wanted})
        return
    for name in wanted:
        rows = ROWS[name](found)
        console.result(f"{name}: {len(rows)}")
        columns(rows)
    console.closing_line()


def _session_rows(found: Everything) -> list[tuple[str, ...]]:
    from fasciscope.journal.muscles import site
    from fasciscope.report.words import span

    rows: list[tuple[str, ...]] = []
    for s in found.sessions:
        how = ", ".join(part for part in (s.posture, s.place) if part)
        rate = "–" if s.per_minute is None else f"{s.per_minute:.1f} a minute"
        rows.append(
            (
                str(s.id), f"{s.start:%Y-%m-%d %H:%M}", site(s.muscle, s.side), how,
                f"{s.twitches} in {span(s.analysable_s)}", rate, Path(s.recording).name,
            )
        )  # fmt: skip
    return rows


def _note_rows(found: Everything) -> list[tuple[str, ...]]:
    return [(n.day.isoformat(), note_words(n)) for n in found.notes]


def _felt_rows(found: Everything) -> list[tuple[str, ...]]:
    from fasciscope.journal.muscles import site

    return [
        (
            str(f.id), f"{f.when:%Y-%m-%d %H:%M}", site(f.muscle, f.side),
            "" if f.minutes is None else f"{f.minutes:g} min",
            "" if f.strength is None else f"strength {f.strength:g}", " ".join(f.text.split()),
        )
        for f in found.felt
    ]  # fmt: skip


def _symptom_rows(found: Everything) -> list[tuple[str, ...]]:
    from fasciscope.journal.entries import SYMPTOMS
    from fasciscope.journal.muscles import site

    return [
        (
            str(s.id), s.since.isoformat(), s.until.isoformat() if s.until else "still there",
            SYMPTOMS[s.kind], site(s.muscle, s.side) if s.muscle else "", " ".join(s.text.split()),
        )
        for s in found.symptoms
    ]  # fmt: skip


def _change_rows(found: Everything) -> list[tuple[str, ...]]:
    return [
        (str(c.id), c.day.isoformat(), c.until.isoformat() if c.until else "", c.what)
        for c in found.changes
    ]


ROWS = {
    "sessions": _session_rows,
    "notes": _note_rows,
    "felt": _felt_rows,
    "symptoms": _symptom_rows,
    "changes": _change_rows,
}


@app.command()
def today(
    date: Annotated[str, typer.Option(metavar="DAY", help="Another day.")] = "today",
    as_json: JsonOption = False,
    journal: JournalOption = None,
) -> None:
    """Show one day: sessions, what was noted and felt, and reasons to see a doctor."""
    from fasciscope.journal import views

    with opened(journal) as book:
        shown = views.day(book, day_of(date, "--date"))
    if as_json:
        print_json(shown)
        return
    console.result(shown.day.isoformat())
    for name in KINDS:
        rows = ROWS[name](shown.entries)
        if rows:
            console.result(f"{name}:")
            columns(rows)
    if not any(getattr(shown.entries, name) for name in KINDS):
        console.result("  nothing yet")
    console.result(shown.advice or shown.standing)
    console.closing_line()


@app.command()
def calendar(
    month: Annotated[str, typer.Argument(metavar="YYYY-MM", help="The month.")] = "",
    as_json: JsonOption = False,
    journal: JournalOption = None,
) -> None:
    """Show a month: which days have sessions (●), notes (n), felt twitches (f), symptoms (s)."""
    from fasciscope.journal import views

    first = day_of(f"{month}-01" if month else date.today().replace(day=1).isoformat(), "The month")
    with opened(journal) as book:
        days = views.month(book, first)
    if as_json:
        print_json(days)
        return
    console.result(f"{first:%B %Y}")
    console.result(
        "".join(f"{name:<9}" for name in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))
    )
    line = " " * 9 * first.weekday()
    for one in days:
        marks = "●" * min(one.sessions, 3) + "n" * one.has_note
        marks += "f" * bool(one.felt) + "s" * bool(one.symptoms)
        line += f"{one.day.day:>2} {marks}".ljust(9)
        if one.day.weekday() == 6 or one.day + timedelta(days=1) > days[-1].day:
            console.result(line.rstrip())
            line = ""
    console.closing_line()


@app.command()
def body(
    output: Annotated[
        Path | None, typer.Option(metavar="FILE.svg", help="Write the map as a picture.")
    ] = None,
    since: FromOption = None,
    until: ToOption = None,
    journal: JournalOption = None,
) -> None:
    """Show which muscles have sessions and felt twitches, in words or as a body map."""
    from fasciscope.api import must_be_new
    from fasciscope.cli.outputs import write_text
    from fasciscope.journal import body as body_map
    from fasciscope.journal.muscles import site

    first, last = days_between(since, until)
    with opened(journal) as book:
        known = body_map.marks(book.sessions(first, last), book.felt(first, last))
    rows: list[tuple[str, ...]] = [
        (site(*where), f"{mark.sessions} sessions", f"felt {mark.felt} times")
        for where, mark in sorted(known.items(), key=lambda item: (-item[1].sessions, item[0]))
    ]
    columns(rows or [("nothing yet",)])
    if output is not None:
        if output.suffix.lower() != ".svg":
            raise InputError(f"The map is written as .svg; {output.name} ends otherwise.")
        must_be_new(output)
        write_text(output, body_map.svg(known) + "\n", ours=False)
        console.result(f"  written: {output}")
    console.closing_line()


@app.command()
def learn(
    topic: Annotated[str, typer.Argument(metavar="TOPIC", help="Without one, the list.")] = "",
) -> None:
    """Read about twitches, cramps, what may help, when to see a doctor, what a sensor can see."""
    from fasciscope.journal import learn as texts

    if topic:
        console.result(texts.page(topic).markdown.rstrip())
    else:
        columns([(page.topic, page.title) for page in texts.pages()])
        console.status("To read one: fasciscope journal learn cramp")
    console.closing_line()


@app.command()
def where(journal: JournalOption = None) -> None:
    """Say where the journal is, how much is in it, and whether it is whole."""
    with opened(journal) as book:
        book.must_be_whole()
        counts = book.counts()
        path = book.path
    console.result(f"{path}: {path.stat().st_size / 1e6:.1f} MB, whole")
    columns([(name, f"{number:,}") for name, number in counts.items()])
