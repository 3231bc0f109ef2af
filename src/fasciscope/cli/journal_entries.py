"""``fasciscope journal add|edit|note|felt|symptom|change|sustained``: what goes into it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fasciscope.cli import console
from fasciscope.cli.journal_app import (
    JournalOption,
    SideOption,
    app,
    day_of,
    maybe_day,
    moment_of,
    muscle_hint,
    opened,
    site_of,
)
from fasciscope.cli.journal_keeping import keep
from fasciscope.errors import FasciscopeError, InputError

if TYPE_CHECKING:
    from fasciscope.journal.entries import Tired

MuscleOption = Annotated[str, typer.Option(metavar="TEXT", help="Muscle under the electrodes.")]
PostureOption = Annotated[str, typer.Option(metavar="TEXT", help="Such as lying, sitting.")]
PlaceOption = Annotated[str, typer.Option(metavar="TEXT", help="Where on the muscle.")]


@app.command()
def add(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Recordings (EDF, BDF).")],
    muscle: MuscleOption = "",
    side: SideOption = "",
    posture: PostureOption = "",
    place: PlaceOption = "",
    note: Annotated[str, typer.Option(metavar="TEXT", help="A note.")] = "",
    journal: JournalOption = None,
) -> None:
    """Find the twitches in recordings, and keep each as a session.

    A recording that is in the journal already is brought up to date, never doubled, wherever it
    was moved to. Muscle and side are taken from the recording where they are not given. Only
    sessions with the same muscle, side, posture and place are compared later.
    """
    from fasciscope.cli.detect import analyse, load
    from fasciscope.journal.sessions import Placement

    muscle, side = site_of(muscle, side)
    said = Placement(muscle, side, posture, place, note)
    muscle_hint(muscle)
    failed = 0
    with opened(journal, create=True) as book:
        for file in files:
            try:
                recording = load(file)
                for session, kept in keep(book, recording, analyse(recording), file, said):
                    console.result(f"session {kept.id}: {session.twitches} twitches in {file}")
            except FasciscopeError as error:
                if len(files) == 1:
                    raise
                console.complain(str(error))
                failed += 1
    console.closing_line()
    if failed:
        raise typer.Exit(console.EXIT_BAD_INPUT)


@app.command()
def edit(
    session: Annotated[int, typer.Argument(metavar="NUMBER", help="Number of the session.")],
    muscle: Annotated[str | None, typer.Option(metavar="TEXT", help="The muscle.")] = None,
    side: Annotated[str | None, typer.Option(metavar="left|right", help="The side.")] = None,
    posture: Annotated[str | None, typer.Option(metavar="TEXT", help="The posture.")] = None,
    place: Annotated[str | None, typer.Option(metavar="TEXT", help="Electrode place.")] = None,
    note: Annotated[str | None, typer.Option(metavar="TEXT", help="The note.")] = None,
    journal: JournalOption = None,
) -> None:
    """Correct where and how a session was recorded, or its note."""
    if muscle is not None:
        muscle, found = site_of(muscle, side or "")
        side = found or side
    said = {"muscle": muscle, "side": side, "posture": posture, "place": place, "note": note}
    values = {name: value for name, value in said.items() if value is not None}
    if not values:
        raise InputError("Say what to correct: --muscle, --side, --posture, --place or --note.")
    muscle_hint(muscle or "")
    with opened(journal) as book:
        changed = book.change_session(session, **values)
    shown = ", ".join(f"{name} {getattr(changed, name) or 'not stated'}" for name in values)
    console.result(f"session {session}: {shown}")


@app.command()
def note(
    date: Annotated[str, typer.Option(metavar="DAY", help="2026-03-14, yesterday …")] = "today",
    sleep: Annotated[float | None, typer.Option(metavar="HOURS", help="Last night.")] = None,
    sleep_quality: Annotated[float | None, typer.Option(metavar="0-10", help="Of sleep.")] = None,
    caffeine: Annotated[float | None, typer.Option(metavar="MG", help="Of the day.")] = None,
    cups: Annotated[
        str | None, typer.Option(metavar="TEXT", help='Caffeine in cups: "2 coffee, 1 tea".')
    ] = None,
    stress: Annotated[float | None, typer.Option(metavar="0-10", help="Stress.")] = None,
    exercise: Annotated[float | None, typer.Option(metavar="MINUTES", help="Exercise.")] = None,
    activity: Annotated[str, typer.Option(metavar="TEXT", help="What exercise it was.")] = "",
    tired: Annotated[
        list[str] | None,
        typer.Option(metavar="MUSCLE=0-10", help='Tired muscles: calf=6, or "left calf=6".'),
    ] = None,
    fluids: Annotated[float | None, typer.Option(metavar="LITRES", help="Drunk.")] = None,
    alcohol: Annotated[float | None, typer.Option(metavar="DRINKS", help="Drinks.")] = None,
    supplements: Annotated[str, typer.Option(metavar="TEXT", help="What you took.")] = "",
    medicines: Annotated[str, typer.Option(metavar="TEXT", help="What you took.")] = "",
    text: Annotated[str, typer.Option(metavar="TEXT", help="Anything else.")] = "",
    journal: JournalOption = None,
) -> None:
    """Note a day: sleep, caffeine, stress, exercise and what else may go with the twitches.

    What you leave out stays as it was, so a day can be noted bit by bit. Caffeine is that of the
    whole day, in milligrams, or in cups (a usual serving; yours may differ).
    """
    from fasciscope.journal.cups import caffeine_mg
    from fasciscope.journal.diary_store import says_nothing
    from fasciscope.journal.entries import Note

    if caffeine is not None and cups is not None:
        raise InputError("Give the caffeine in --caffeine or in --cups, not in both.")
    if cups is not None:
        caffeine = caffeine_mg(cups)
    entry = Note(
        day_of(date, "--date"),
        sleep_hours=sleep,
        sleep_quality=sleep_quality,
        caffeine_mg=caffeine,
        stress=stress,
        exercise_minutes=exercise,
        fluids_l=fluids,
        alcohol_drinks=alcohol,
        tired=tuple(_tired(one) for one in tired or ()),
        exercise=activity,
        supplements=supplements,
        medicines=medicines,
        text=text,
    )
    if says_nothing(entry):
        raise InputError('Say something to note, such as --sleep 6.5 --cups "2 coffee" --stress 7.')
    for one in entry.tired:
        muscle_hint(one.muscle)
    with opened(journal, create=True) as book:
        kept = book.add_note(entry)
    from fasciscope.cli.journal_lists import note_words

    console.result(f"{kept.day}: {note_words(kept)}")


def _tired(text: str) -> Tired:
    """Return the tired muscle in ``calf=6`` or ``left calf=6``."""
    from fasciscope.journal.entries import Tired

    muscle, _, level = text.rpartition("=")
    name, side = site_of(muscle)
    return Tired(name, _level(level, text), side)


def _level(level: str, text: str) -> float:
    try:
        return float(level)
    except ValueError:
        raise InputError(f"A tired muscle is given as calf=6, not {text!r}.") from None


@app.command()
def felt(
    muscle: Annotated[str, typer.Argument(metavar="MUSCLE", help="Where: eyelid, calf …")],
    side: SideOption = "",
    when: Annotated[str, typer.Option(metavar="TIME", help='"09:15", "yesterday 21:00" …')] = "now",
    minutes: Annotated[float | None, typer.Option(metavar="M", help="How long.")] = None,
    strength: Annotated[float | None, typer.Option(metavar="0-10", help="How strong.")] = None,
    text: Annotated[str, typer.Option(metavar="TEXT", help="Anything else.")] = "",
    journal: JournalOption = None,
) -> None:
    """Note twitches that you felt or saw, where no sensor was."""
    from fasciscope.journal.entries import Felt
    from fasciscope.journal.muscles import site

    muscle, side = site_of(muscle, side)
    entry = Felt(moment_of(when), muscle, side, minutes, strength, text)
    muscle_hint(muscle)
    with opened(journal, create=True) as book:
        number = book.add_felt(entry)
    console.result(f"felt {number}: {site(entry.muscle, entry.side)}, {entry.when:%Y-%m-%d %H:%M}")


@app.command()
def symptom(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND",
            help="weakness, wasting, numbness, tingling, speech, swallowing, breathing, cramp; or "
            "the number of one that has gone.",
        ),
    ],
    muscle: Annotated[str, typer.Option(metavar="TEXT", help="Which muscle.")] = "",
    side: SideOption = "",
    since: Annotated[str, typer.Option(metavar="DAY", help="Since when.")] = "today",
    until: Annotated[str | None, typer.Option(metavar="DAY", help="Until when.")] = None,
    text: Annotated[str, typer.Option(metavar="TEXT", help="Anything else.")] = "",
    journal: JournalOption = None,
) -> None:
    """Note something besides twitches: weakness, numbness, a cramp, trouble with speech.

    One that has gone gets its end by its number: symptom 3 --until yesterday.
    """
    from fasciscope.journal import doctor
    from fasciscope.journal.entries import SYMPTOMS, Symptom
    from fasciscope.journal.muscles import site

    ended = maybe_day(until, "--until")
    muscle, side = site_of(muscle, side)
    if kind.isdecimal():
        if ended is None:
            raise InputError(f"Say when symptom {kind} had gone: --until yesterday.")
        with opened(journal) as book:
            entry, number = book.end_symptom(int(kind), ended), int(kind)
    else:
        entry = Symptom(kind, day_of(since, "--since"), muscle, side, ended, text)  # type: ignore[arg-type]
        muscle_hint(muscle)
        with opened(journal, create=True) as book:
            number = book.add_symptom(entry)
    where = f" in the {site(entry.muscle, entry.side)}" if entry.muscle else ""
    end = f" to {entry.until}" if entry.until else ""
    console.result(f"symptom {number}: {SYMPTOMS[entry.kind]}{where}, from {entry.since}{end}")
    console.result(doctor.advice(doctor.reasons([entry])) or doctor.STANDING)


@app.command()
def change(
    what: Annotated[str, typer.Argument(metavar="TEXT", help='Such as "stopped coffee".')],
    date: Annotated[str, typer.Option(metavar="DAY", help="From when on.")] = "today",
    until: Annotated[str | None, typer.Option(metavar="DAY", help="Last day of it.")] = None,
    journal: JournalOption = None,
) -> None:
    """Note something that you changed, to compare before and after."""
    from fasciscope.journal.entries import Change

    entry = Change(day_of(date, "--date"), what, maybe_day(until, "--until"))
    with opened(journal, create=True) as book:
        number = book.add_change(entry)
    console.result(f"change {number}: {entry.what}, from {entry.day}")


@app.command()
def sustained(
    session: Annotated[int, typer.Argument(metavar="NUMBER", help="Number of the session.")],
    event: Annotated[int | None, typer.Option(metavar="N", help="Which, from 1.")] = None,
    pain: Annotated[float | None, typer.Option(metavar="0-10", help="How it hurt.")] = None,
    hard: Annotated[
        bool | None, typer.Option("--hard/--soft", help="The muscle to the touch.")
    ] = None,
    willed: Annotated[
        bool | None, typer.Option("--willed/--unwilled", help="Tensed on purpose?")
    ] = None,
    journal: JournalOption = None,
) -> None:
    """Twitch or cramp: what the signal showed of sustained activity, beside what you say of it."""
    from fasciscope.journal.sustained import TWITCH_OR_CRAMP, explain
    from fasciscope.report.words import span

    says = any(value is not None for value in (pain, hard, willed))
    if says and event is None:
        raise InputError(
            "Say of which event: --event 1. Without --pain and the like, all are told."
        )
    with opened(journal) as book:
        if says and event is not None:
            book.say_of_sustained(session, event, pain=pain, hard=hard, willed=willed)
        found = book.session(session).sustained
    if event is not None and not 1 <= event <= len(found):
        raise InputError(
            f"Session {session} has {len(found)} sustained events; there is no {event}."
        )
    for number, one in enumerate(found, 1):
        if event in (None, number):
            told = explain(one)
            console.result(f"event {number}, at {span(one.start_s)}:")
            console.result(f"  the signal  {' '.join(told.signal)}")
            console.result(f"  you         {' '.join(told.person)}")
            console.result(f"  together    {told.together}")
    console.result(TWITCH_OR_CRAMP if found else f"Session {session} has no sustained activity.")
    console.closing_line()
