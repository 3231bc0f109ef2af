"""`journal/entries.py`, `checks.py` and `muscles.py`: what may be kept, and in which words."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta

import pytest

from fasciscope.errors import InputError
from fasciscope.journal import muscles
from fasciscope.journal.entries import (
    SYMPTOMS,
    Change,
    Felt,
    Note,
    Session,
    Sustained,
    Symptom,
    SymptomKind,
    Tired,
)
from journal_cases import CET, session

TODAY = date.today()
TOMORROW = TODAY + timedelta(days=1)
NOW = datetime.now(UTC)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Note(TOMORROW), "lies ahead: today is"),
        (lambda: Note(date(1066, 1, 1)), "before 1900"),
        (lambda: Note(NOW), "is a day such as"),
        (lambda: Note("2026-01-01"), "is a day such as"),
        (lambda: Note(TODAY, caffeine_mg=-1), r"Caffeine \(mg\) lies between 0 and 5000; -1"),
        (lambda: Note(TODAY, caffeine_mg=math.nan), r"Caffeine \(mg\) lies between"),
        (lambda: Note(TODAY, sleep_hours=25), r"Sleep \(hours\) lies between 0 and 24"),
        (lambda: Note(TODAY, stress=11), "Stress lies between 0 and 10"),
        (lambda: Note(TODAY, stress="much"), "Stress is a number"),
        (lambda: Note(TODAY, fluids_l=math.inf), "Fluids"),
        (lambda: Note(TODAY, text="x" * 5000), "5000 characters; at most 4000"),
        (lambda: Note(TODAY, text=7), "are not words"),
        (lambda: Tired("", 4), "which muscle is tired"),
        (lambda: Tired("calf", 11), "Fatigue lies between"),
        (lambda: Felt(NOW + timedelta(hours=1), "calf"), "lies ahead"),
        (lambda: Felt(datetime(2026, 1, 1), "calf"), "time zone"),
        (lambda: Felt(NOW, ""), "in which muscle"),
        (lambda: Felt(NOW, "calf", "up"), "left or right"),
        (lambda: Felt(NOW, "calf", minutes=-3), "How long it lasted"),
        (lambda: Felt(NOW, "x" * 61), "at most 60"),
        (lambda: Symptom("itching", TODAY), "one of weakness, wasting"),
        (lambda: Symptom("cramp", TOMORROW), "Since when: .* lies ahead"),
        (
            lambda: Symptom("numbness", TODAY, until=TODAY - timedelta(days=2)),
            "Numbness: the end, .* comes before the beginning",
        ),
        (lambda: Symptom("numbness", date(2026, 1, 1), until=TOMORROW), "Until when"),
        (lambda: Change(TODAY, "  "), "Say what was changed"),
        (lambda: Change(TODAY, "a", until=TODAY - timedelta(days=1)), "comes before"),
        (lambda: Session(NOW + timedelta(days=1), 60, 1), "lies ahead"),
        (lambda: Session(NOW, -1, 1), "analysable time"),
        (lambda: Session(NOW, 60, -1), "number of twitches"),
        (lambda: Session(NOW, 60, 1, amplitude_uv=math.nan), "amplitude"),
        (lambda: Sustained("yawn", 0, 1), "contraction or a cramp"),
        (lambda: Sustained("cramp", 0, 1, dense=1.5), "density"),
        (lambda: Sustained("cramp", 0, 1, pain=11), "Pain"),
    ],
)
def test_what_cannot_be_is_refused_by_name(make, words):
    with pytest.raises(InputError, match=words):
        make()


def test_markup_and_steering_characters_are_words_and_nothing_else():
    note = Note(TODAY, text="<script>x</script>\n[bold]y[/bold]\x1b[31m\x00\u202e z")
    assert note.text == "<script>x</script>\n[bold]y[/bold] [31m z"
    assert Felt(NOW, "  my \x07 own\n muscle ").muscle == "my own muscle"


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("Gastrocnemius", "calf"),
        ("the calf", "calf"),
        ("Thumb", "hand"),
        ("orbicularis oculi", "eyelid"),
        ("TIBIALIS ANTERIOR", "tibialis"),
        ("shin (tibialis anterior)", "tibialis"),
        ("left ear", "left ear"),
        ("", ""),
    ],
)
def test_a_muscle_is_known_by_its_names(said, key):
    assert muscles.key_of(said) == key


def test_every_name_of_a_muscle_leads_to_one_key():
    words = [w for m in muscles.MUSCLES for w in {m.key, m.name, *m.also}]
    assert len(words) == len(set(words))
    assert {m.key for m in muscles.MUSCLES} >= {
        "eyelid", "face", "neck", "deltoid", "biceps", "triceps", "forearm", "hand", "chest",
        "abdomen", "back", "gluteal", "quadriceps", "hamstrings", "tibialis", "calf", "foot",
    }  # fmt: skip


def test_sites_in_words():
    assert muscles.site("calf", "left") == "left calf"
    assert muscles.site("biceps", "") == "upper arm, front"
    assert muscles.site("", "") == "muscle not stated"
    assert muscles.site("jaw", "right") == "right jaw"
    assert muscles.near("claf") == "calf"
    assert muscles.near("xyzzy") is None
    assert muscles.is_known("foot")
    assert not muscles.is_known("jaw")


def test_a_session_knows_its_day_and_rate():
    one = session(2, twitches=25, minutes=5)
    assert one.day == date(2026, 3, 2)
    assert one.per_minute == pytest.approx(5.0)
    assert session(2, minutes=0).per_minute is None
    late = Session(datetime(2026, 3, 1, 23, 30, tzinfo=CET), 60, 1)
    assert late.day == date(2026, 3, 1), "the day where the person was, not in Greenwich"


def test_every_symptom_has_its_words():
    assert set(SYMPTOMS) == set(SymptomKind)
