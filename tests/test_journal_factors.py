"""`journal/factors.py`: what goes with the twitches, and when nothing is said."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from fasciscope.journal.entries import Change, Note, Tired
from fasciscope.journal.factors import FACTORS, before_and_after, factors
from fasciscope.journal.simulate import Truth, half_year
from fasciscope.journal.store import Journal
from fasciscope.journal.verdicts import Verdict
from journal_cases import session

START = date(2026, 3, 1)
NULLS = [f.key for f in FACTORS if f.key != "caffeine_mg"]


@pytest.fixture
def journal(tmp_path):
    with Journal.open(tmp_path / "j.sqlite", create=True) as opened:
        yield opened


def by_key(found):
    return {effect.factor.key: effect for effect in found}


def test_an_empty_journal_has_too_little_of_everything(journal):
    found = factors(journal)
    assert [e.factor for e in found] == list(FACTORS)
    assert {e.verdict for e in found} == {Verdict.TOO_FEW}
    assert before_and_after(journal) == ()


def test_the_simulated_half_year_shows_caffeine(journal):
    made = half_year(8)
    journal.add_everything(made.entries)
    found = by_key(factors(journal))
    caffeine = found["caffeine_mg"]
    assert caffeine.verdict is Verdict.MORE
    assert caffeine.ratio.low <= made.truth.caffeine <= caffeine.ratio.high
    assert caffeine.looked_at == len(FACTORS)
    assert (caffeine.sessions, caffeine.days) == (150, len({s.day for s in made.entries.sessions}))
    assert {found[key].verdict for key in NULLS} == {Verdict.CANNOT_TELL}


def test_over_many_seeds_the_intervals_cover_and_nothing_is_seen_in_nothing(tmp_path):
    """50 seeds here, 200 in benchmarks/bench_journal.py; bounds at 3 sigma of exact intervals."""
    covered, clear, asked = 0, 0, 0
    for seed in range(50):
        made = half_year(seed)
        with Journal.open(tmp_path / f"{seed}.sqlite", create=True) as journal:
            journal._db.execute("PRAGMA synchronous = OFF")
            journal.add_everything(made.entries)
            for effect in factors(journal):
                true = 1.4 if effect.factor.key == "caffeine_mg" else 1.0
                covered += effect.ratio.low <= true <= effect.ratio.high
                clear += true == 1.0 and effect.verdict is not Verdict.CANNOT_TELL
                asked += 1
    assert asked == 400
    assert 0.917 <= covered / asked <= 0.983
    assert clear / asked <= 0.05


def keep(journal, n, days, rate=lambda day: 4.0, **more):
    rng = np.random.default_rng(1)
    for k in range(n):
        day = days[k % len(days)]
        twitches = rng.poisson(10 * rate(day))
        journal.add_session(session(day, twitches=int(twitches), key=f"{k}-{more}", **more))


def test_a_time_trend_is_not_taken_for_a_factor(journal):
    """Stress and twitches both grow over the weeks; within a week they have nothing in common."""
    days = list(range(1, 61))
    keep(journal, 120, days, lambda day: 4.0 * 1.03**day)
    rng = np.random.default_rng(2)
    for day in days:
        stress = float(np.clip(day / 12 + rng.normal(0, 1), 0, 10))
        journal.add_note(Note(START + timedelta(days=day - 1), stress=stress))
    assert by_key(factors(journal))["stress"].verdict is Verdict.CANNOT_TELL


def test_a_muscle_is_not_taken_for_a_factor(journal):
    """A lively muscle that is recorded on stressful days only."""
    keep(journal, 40, list(range(1, 41)), lambda day: 2.0, muscle="foot")
    keep(journal, 20, list(range(2, 41, 2)), lambda day: 20.0, muscle="calf")
    for day in range(1, 41):
        stress = 8.0 if day % 2 == 0 else 2.0
        journal.add_note(Note(START + timedelta(days=day - 1), stress=stress))
    effect = by_key(factors(journal))["stress"]
    assert effect.ratio.low <= 1 <= effect.ratio.high


def test_fatigue_is_that_of_the_muscle(journal):
    keep(journal, 40, list(range(1, 41)), lambda day: 2.0 * 1.2 ** (day % 8))
    for day in range(1, 41):
        tired = (Tired("calf", day % 8, "left"), Tired("calf", 5, "right"), Tired("neck", 1))
        journal.add_note(Note(START + timedelta(days=day - 1), tired=tired))
    effect = by_key(factors(journal))["tired"]
    assert effect.verdict is Verdict.MORE
    assert effect.ratio.low < 1.2 < effect.ratio.high
    journal.add_session(session(50, side="right"))
    assert by_key(factors(journal))["tired"].sessions == 40


@pytest.mark.parametrize(
    ("sessions", "days", "value"),
    [
        (19, list(range(1, 20)), lambda day: day % 3),  # too few sessions
        (40, list(range(1, 10)), lambda day: day % 3),  # too few days
        (40, list(range(1, 41)), lambda day: float(day < 5)),  # nearly always the same
        (40, list(range(1, 41)), lambda day: None),  # not noted
    ],
)
def test_with_too_little_nothing_is_said(journal, sessions, days, value):
    keep(journal, sessions, days)
    for day in days:
        journal.add_note(Note(START + timedelta(days=day - 1), stress=value(day), text="x"))
    effect = by_key(factors(journal))["stress"]
    assert effect.verdict is Verdict.TOO_FEW
    assert effect.ratio is None
    assert effect.looked_at == 0


def test_every_session_in_a_place_of_its_own_says_nothing(journal):
    for day in range(1, 31):
        journal.add_session(session(day, place=f"place {day}"))
        journal.add_note(Note(START + timedelta(days=day - 1), stress=day % 7))
    assert by_key(factors(journal))["stress"].verdict is Verdict.TOO_FEW


def test_before_and_after_a_change(journal):
    keep(journal, 40, list(range(1, 41)), lambda day: 6.0 if day < 21 else 3.0)
    journal.add_change(Change(START + timedelta(days=20), "stopped coffee"))
    journal.add_change(Change(START, "began"))
    journal.add_change(Change(START + timedelta(days=20), "a week of leave", START + timedelta(27)))
    began, coffee, leave = before_and_after(journal)
    assert began.comparison.verdict is Verdict.TOO_FEW
    assert coffee.comparison.verdict is Verdict.LESS
    assert coffee.comparison.ratio.low < 0.5 < coffee.comparison.ratio.high
    assert (coffee.comparison.before.sessions, coffee.comparison.now.sessions) == (20, 20)
    assert leave.comparison.now.sessions == 8


def test_several_years_may_bend(tmp_path):
    made = half_year(2, days=900, sessions=450, truth=Truth(rise_day=400, rise=3.0))
    with Journal.open(tmp_path / "j", create=True) as journal:
        journal.add_everything(made.entries)
        found = by_key(factors(journal))
    assert found["caffeine_mg"].ratio.low <= 1.4 <= found["caffeine_mg"].ratio.high
    assert {found[key].verdict for key in NULLS} == {Verdict.CANNOT_TELL}
