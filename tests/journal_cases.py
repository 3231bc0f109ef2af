"""What the journal's tests share: entries that are not all alike, and journals to put them in."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

from fasciscope.journal.entries import (
    Change,
    FamilyFigures,
    Felt,
    Note,
    Session,
    Sustained,
    Symptom,
    SymptomKind,
    Tired,
)

CET = timezone(timedelta(hours=1))


def session(day=1, *, key="", muscle="calf", side="left", twitches=40, minutes=10.0, **more):
    """Return a session on a day of March 2026, at half past eight in the evening."""
    return Session(
        datetime(2026, 3, 1, 20, 30, tzinfo=CET) + timedelta(days=day - 1),
        analysable_s=60.0 * minutes,
        twitches=twitches,
        muscle=muscle,
        side=side,
        duration_s=60.0 * minutes + 5,
        key=key or f"made-{muscle}-{side}-{day}",
        **more,
    )


FULL = session(
    3,
    posture="lying",
    place="middle",
    amplitude_uv=123.5,
    families=(FamilyFigures(1, 30, 110.0), FamilyFigures(2, 10, 240.25)),
    contractions=1,
    cramps=1,
    artifacts=2,
    sustained=(
        Sustained("contraction", 12.5, 3.25, 0.4, 0.9),
        Sustained("cramp", 200.0, 31.0, 6.0, 0.95, pain=7.0, hard=True, willed=False),
    ),
    noise_uv=6.5,
    quality=("Hum at 50 Hz was taken out.",),
    settings='{"threshold": 17.0}',
    software_version="0.1.0",
    recording="/home/me/a_emg.edf",
    channels="EMG1",
    note="after the <b>run</b>",
)
NOTE = Note(
    date(2026, 3, 3),
    sleep_hours=6.5,
    sleep_quality=4,
    caffeine_mg=180,
    stress=7,
    exercise_minutes=45,
    fluids_l=1.5,
    alcohol_drinks=0,
    tired=(Tired("calf", 8, "left"), Tired("neck", 2)),
    exercise="run",
    supplements="magnesium 300 mg",
    medicines="none",
    text="A long day.\nTwo lines; <script>alert(1)</script> [bold]x[/bold]",
)
FELT = Felt(datetime(2026, 3, 4, 9, 15, tzinfo=UTC), "Eye", "right", 10, 3, "while reading")
SYMPTOM = Symptom(SymptomKind.CRAMP, date(2026, 3, 2), "calf", "left", date(2026, 3, 5), "at night")
CHANGE = Change(date(2026, 3, 10), "stopped coffee")


def fill(journal):
    """Put one of each kind into `journal`."""
    journal.add_session(FULL)
    journal.add_note(NOTE)
    journal.add_felt(FELT)
    journal.add_symptom(SYMPTOM)
    journal.add_change(CHANGE)
