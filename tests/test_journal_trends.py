"""`journal/trends.py`, `matching.py`, `series.py`, `spread.py`: what changed, and what is open."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from fasciscope.errors import InputError
from fasciscope.journal import words
from fasciscope.journal.entries import Felt, Note, Symptom
from fasciscope.journal.matching import dummies, sheet
from fasciscope.journal.series import bin_days, rate_bins
from fasciscope.journal.simulate import SITES, Truth, half_year
from fasciscope.journal.store import Journal
from fasciscope.journal.trends import trends
from fasciscope.journal.verdicts import Verdict
from journal_cases import session

START = date(2026, 3, 1)


@pytest.fixture
def journal(tmp_path):
    with Journal.open(tmp_path / "j.sqlite", create=True) as opened:
        yield opened


def keep(journal, days, twitches, **more):
    """Keep a session on each of `days`, its twitches Poisson round a mean (or as given)."""
    rng = np.random.default_rng(7)
    for day in days:
        n = twitches(rng) if callable(twitches) else twitches
        journal.add_session(session(day, twitches=int(n), key=f"{day}-{more}", **more))


def poisson(mean):
    return lambda rng: rng.poisson(mean)


def by_site(found):
    return {(s.muscle, s.side): s for s in found.sites}


def test_an_empty_journal_and_one_of_short_sessions_have_no_trend(journal):
    assert trends(journal) is None
    keep(journal, [1, 2], 5, minutes=1.0)
    assert trends(journal) is None
    assert trends(journal, least_minutes=0.5) is not None


def test_clearly_more_clearly_less_and_cannot_tell(journal):
    for side, later in (("left", 90), ("right", 20), ("", 42)):
        keep(journal, range(1, 41, 2), poisson(40), side=side)
        keep(journal, range(41, 81, 2), poisson(later), side=side)
    found = by_site(trends(journal))
    assert found[("calf", "left")].frequency.verdict is Verdict.MORE
    assert found[("calf", "right")].frequency.verdict is Verdict.LESS
    assert found[("calf", "")].frequency.verdict is Verdict.CANNOT_TELL
    ratio = found[("calf", "left")].frequency.ratio
    assert ratio.low < 90 / 40 < ratio.high
    assert found[("calf", "left")].frequency.looked_at == 3


def test_only_what_matches_is_compared(journal):
    keep(journal, range(1, 21), 40, posture="lying")
    keep(journal, range(21, 41), 400, posture="standing")
    keep(journal, range(21, 31), 41, posture="lying", place="")
    comparison = trends(journal).sites[0].frequency
    assert (comparison.before.sessions, comparison.now.sessions) == (20, 10)
    assert comparison.unmatched == 20
    assert comparison.ratio.ratio == pytest.approx(41 / 40, rel=0.01)
    assert comparison.verdict is Verdict.CANNOT_TELL


def test_few_sessions_say_so(journal):
    keep(journal, [1, 2, 3, 20, 21, 22, 23], 40)
    comparison = trends(journal).sites[0].frequency
    assert comparison.verdict is Verdict.TOO_FEW
    assert comparison.ratio is None


def test_no_twitches_at_all_and_none_in_one_period(journal):
    keep(journal, range(1, 21), 0)
    assert trends(journal).sites[0].frequency.verdict is Verdict.NONE
    keep(journal, range(21, 41), 60, side="right")
    keep(journal, range(1, 21), 0, side="right")
    right = by_site(trends(journal))[("calf", "right")].frequency
    assert right.verdict is Verdict.MORE
    assert math.isfinite(right.ratio.high)


def test_stronger_is_asked_alone(journal):
    rng = np.random.default_rng(0)
    for day in range(1, 41):
        size = 100 * math.exp(rng.normal(0, 0.1)) * (1.5 if day > 20 else 1)
        journal.add_session(session(day, twitches=rng.poisson(40), amplitude_uv=size))
    site = trends(journal).sites[0]
    assert site.frequency.verdict is Verdict.CANNOT_TELL
    assert site.strength.verdict is Verdict.MORE
    assert site.strength.ratio.low < 1.5 < site.strength.ratio.high
    assert len(site.amplitudes) == 6
    assert all(b.low < b.value < b.high for b in site.amplitudes)


def test_how_many_more_sessions_would_tell(journal):
    keep(journal, range(1, 41, 3), lambda rng: rng.poisson(40 * rng.gamma(3, 1 / 3)))
    keep(journal, range(41, 81, 8), lambda rng: rng.poisson(40 * rng.gamma(3, 1 / 3)))
    comparison = trends(journal).sites[0].frequency
    assert comparison.verdict is Verdict.CANNOT_TELL
    assert comparison.more_sessions is None or comparison.more_sessions > 5
    many = by_site(trends(journal))
    assert len(many) == 1
    keep(journal, range(1, 81), poisson(40), side="right")
    assert by_site(trends(journal))[("calf", "right")].frequency.more_sessions == 0


def test_the_periods_can_be_chosen(journal):
    keep(journal, range(1, 61), poisson(40))
    found = trends(journal, split=START + timedelta(days=40))
    assert (found.before.start, found.now.start) == (START, START + timedelta(days=40))
    assert found.now.stop == START + timedelta(days=60)
    found = trends(journal, since=START + timedelta(days=10), until=START + timedelta(days=29))
    assert found.before.days == found.now.days == 10
    for wrong in (START - timedelta(days=1), START + timedelta(days=60)):
        with pytest.raises(InputError, match="must lie between"):
            trends(journal, split=wrong)


def test_a_long_journal_compares_the_last_quarter_with_the_one_before(journal):
    keep(journal, range(1, 190, 3), poisson(40))
    found = trends(journal)
    assert found.before.days == found.now.days == 91


def test_a_single_day(journal):
    keep(journal, [1], 40)
    found = trends(journal)
    assert found.sites[0].frequency.verdict is Verdict.TOO_FEW
    assert found.now.stop - found.now.start == timedelta(days=1)


def test_bins_over_time(journal):
    assert [bin_days(n) for n in (1, 200, 201, 1098, 1099)] == [7, 7, 30, 30, 91]
    keep(journal, [*range(1, 15), 30], poisson(40))
    bins = rate_bins(sheet(journal))
    assert [b.sessions for b in bins] == [7, 7, 1]
    assert [b.start for b in bins] == [START + timedelta(days=d) for d in (0, 7, 28)]
    assert all(b.low < b.value < b.high for b in bins)
    assert sum(b.value * b.minutes for b in bins) == pytest.approx(sheet(journal).twitches.sum())
    assert rate_bins(sheet(journal).between(date(2020, 1, 1), date(2020, 1, 2))) == ()


def test_a_bin_without_twitches_has_an_upper_limit(journal):
    keep(journal, range(1, 8), 0)
    (only,) = rate_bins(sheet(journal))
    assert only.value == only.low == 0
    assert 0 < only.high < 0.2


def test_the_sheet_keeps_groups_apart(journal):
    keep(journal, [1, 2], 3)
    keep(journal, [1, 2], 3, place="lower")
    keep(journal, [1], 3, minutes=1.9)
    found = sheet(journal)
    assert (len(found), found.too_short) == (4, 1)
    assert len(set(found.group.tolist())) == 2
    assert found.sites == (("calf", "left"),)
    np.testing.assert_array_equal(dummies(found.group).sum(axis=0), [2, 2])


def weekly(journal, weeks, muscles):
    for week in weeks:
        day = START + timedelta(days=7 * week)
        journal.add_note(Note(day, stress=1))
        for muscle in muscles:
            when = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
            journal.add_felt(Felt(when, muscle, "left"))


def test_in_more_muscles(journal):
    keep(journal, range(1, 140, 7), 40)
    weekly(journal, range(10), ["eyelid"])
    weekly(journal, range(10, 20), ["eyelid", "foot", "hand", "neck", "back"])
    found = trends(journal).spread
    assert found.verdict is Verdict.MORE
    assert found.a_week_before == 2
    assert found.a_week_now > 5
    assert {m for m, _ in found.new} == {"foot", "hand", "neck", "back"}


def test_recording_more_muscles_is_not_twitching_in_more(journal):
    keep(journal, range(1, 140, 7), 40)
    for muscle in ("foot", "hand", "neck", "back"):
        keep(journal, range(71, 140, 7), 40, muscle=muscle)
    found = trends(journal).spread
    assert found.verdict is Verdict.CANNOT_TELL
    assert found.before == found.now == (("calf", "left"),)


def test_too_few_weeks_to_speak_of_spread(journal):
    keep(journal, range(1, 30, 2), 40)
    assert trends(journal).spread.verdict is Verdict.TOO_FEW


def test_no_twitches_anywhere(journal):
    keep(journal, range(1, 140, 7), 0)
    assert trends(journal).spread.verdict is Verdict.NONE


def test_cramps_are_counted(journal):
    keep(journal, range(1, 11), 40)
    keep(journal, range(11, 21), 40, cramps=2)
    journal.add_symptom(Symptom("cramp", START + timedelta(days=12), "calf"))
    found = trends(journal)
    assert (found.sites[0].cramps_before, found.sites[0].cramps_now) == (0, 20)
    assert (found.cramps_noted_before, found.cramps_noted_now) == (0, 1)


def test_other_settings_and_short_sessions_are_said(journal):
    settings = '{"threshold": 17.0}'
    keep(journal, range(1, 11), 40, software_version="0.1.0", settings=settings)
    assert trends(journal).versions == 1
    assert words.to_mind(trends(journal)) == (words.COMPARED,)
    keep(journal, range(11, 21), 40, software_version="0.2.0", settings=settings)
    keep(journal, [12, 13], 40, minutes=1, software_version="0.1.0", settings=settings)
    found = trends(journal)
    assert found.versions == 2
    assert "analysed in 2 ways" in words.to_mind(found)[1]
    assert words.to_mind(found)[2] == "2 sessions were too short and left aside."


def test_the_simulated_half_year_shows_its_rise(journal):
    made = half_year(8)
    journal.add_everything(made.entries)
    for split in (None, made.split):
        found = by_site(trends(journal, split=split))
        assert found[SITES[0]].frequency.verdict is Verdict.MORE
        assert {found[s].frequency.verdict for s in SITES[1:]} == {Verdict.CANNOT_TELL}
    ratio = found[SITES[0]].frequency.ratio
    assert ratio.low <= made.truth.rise <= ratio.high


def test_made_up_journals_are_the_same_for_the_same_seed():
    assert half_year(4) == half_year(4)
    assert half_year(4) != half_year(5)
    flat = half_year(1, sessions=3000, truth=Truth(caffeine=1, rise=1, overdispersion=0.0))
    per_minute = [s.twitches / s.analysable_s * 60 for s in flat.entries.sessions[::3]]
    assert np.mean(per_minute) == pytest.approx(6.0, rel=0.02)
    with pytest.raises(InputError, match="1-4000 days"):
        half_year(days=0)
