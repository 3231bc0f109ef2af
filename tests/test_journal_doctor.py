"""`journal/doctor.py`: each rule on its own, and what its words never say."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from fasciscope.journal import doctor
from fasciscope.journal.doctor import Rule, advice, reasons
from fasciscope.journal.entries import Felt, Symptom, SymptomKind
from fasciscope.journal.fit import Ratio
from fasciscope.journal.spread import Spread
from fasciscope.journal.trends import Comparison, Period, SiteTrend, Trends
from fasciscope.journal.verdicts import Verdict

TODAY = date(2026, 6, 1)
BEFORE, NOW = Period(date(2026, 1, 1), date(2026, 3, 1)), Period(date(2026, 3, 1), TODAY)
UNSURE = Comparison(BEFORE, NOW, Ratio(1.2, 0.8, 1.8, 0.4), Verdict.CANNOT_TELL)
MORE = Comparison(BEFORE, NOW, Ratio(2.0, 1.5, 2.7, 0.001), Verdict.MORE)
LESS = Comparison(BEFORE, NOW, Ratio(0.5, 0.3, 0.7, 0.001), Verdict.LESS)
SPREAD = Spread((), (), 10, 10, 1.0, 1.1, Ratio(1.1, 0.7, 1.6, 0.7))


def made(frequency=UNSURE, strength=UNSURE, spread=SPREAD):
    site = SiteTrend("calf", "left", frequency, strength, (), (), 0, 0)
    return Trends(BEFORE, NOW, (site,), spread, 0, 1, 0, 0)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("weakness", "you noted weakness in the left hand and thumb since 3 March 2026"),
        ("wasting", "you noted a muscle getting thinner in the left hand and thumb since"),
        ("numbness", "you noted numbness in the left hand and thumb since"),
        ("tingling", "you noted tingling in the left hand and thumb since"),
        ("speech", "you noted slurred speech since 3 March 2026"),
        ("swallowing", "you noted trouble swallowing since"),
        ("breathing", "you noted trouble breathing since"),
    ],
)
@pytest.mark.parametrize("found", [None, made(), made(frequency=LESS, strength=LESS)])
def test_each_symptom_leads_to_the_sentence_whatever_the_counts(kind, words, found):
    symptom = Symptom(kind, date(2026, 3, 3), "hand", "left")
    (reason,) = reasons([symptom], found, (), TODAY)
    assert reason.rule == kind
    sentence = advice([reason])
    assert "something to show to a doctor" in sentence
    assert words in sentence
    assert ("Do not wait" in sentence) == (kind in ("speech", "swallowing", "breathing"))
    urgent = kind in ("speech", "swallowing", "breathing", "weakness", "numbness")
    assert ("emergency number" in sentence) == urgent


def test_every_symptom_but_cramp_is_a_reason():
    for kind in SymptomKind:
        found = reasons([Symptom(kind, date(2026, 5, 1))], today=TODAY)
        assert bool(found) == (kind is not SymptomKind.CRAMP)


def test_a_symptom_that_went_is_told_with_its_end_and_after_a_year_no_more():
    symptom = Symptom("numbness", date(2025, 3, 3), until=date(2025, 6, 10))
    (reason,) = reasons([symptom], today=TODAY)
    assert reason.text == "you noted numbness from 3 March 2025 to 10 June 2025"
    assert reasons([symptom], today=date(2026, 6, 11)) == ()
    assert reasons([replace(symptom, until=None)], today=date(2036, 6, 11))


@pytest.mark.parametrize(
    ("found", "rule", "words"),
    [
        (made(frequency=MORE), Rule.MORE_FREQUENT, "in the left calf twitches have clearly become"),
        (made(strength=MORE), Rule.STRONGER, "in the left calf twitches have clearly become"),
        (
            made(spread=replace(SPREAD, ratio=Ratio(2.5, 1.6, 4.0, 0.001))),
            Rule.MORE_MUSCLES,
            "twitches now come in clearly more muscles",
        ),
    ],
)
def test_each_meaning_of_worse_is_a_reason_alone(found, rule, words):
    (reason,) = reasons((), found, (), TODAY)
    assert reason.rule is rule
    assert words in advice([reason])


@pytest.mark.parametrize(
    "found",
    [
        None,
        made(),
        made(frequency=LESS, strength=LESS),
        made(spread=replace(SPREAD, ratio=Ratio(0.4, 0.2, 0.7, 0.001))),
    ],
)
def test_without_a_reason_nothing_is_said_and_the_standing_words_stand(found):
    assert reasons((), found, (), TODAY) == ()
    assert advice(()) == ""
    assert "see a doctor, whatever the count says" in doctor.STANDING


def felt(*days_ago, muscle="eyelid"):
    noon = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)
    return [Felt(noon - timedelta(days=d), muscle, "left") for d in days_ago]


@pytest.mark.parametrize(
    ("days", "persists"),
    [
        ((20, 10, 1), True),
        ((15, 5, 0), True),
        ((14, 5, 0), False),  # not more than two weeks
        ((20, 1), False),  # a pause of more than two weeks
        ((16, 8), False),  # on two days only
        ((60, 50, 40), False),  # gone since
        ((200, 100, 1), False),  # now and then
        ((300, 290, 280, 18, 9, 2), True),
    ],
)
def test_persistent_is_more_than_two_weeks_in_one_muscle(days, persists):
    found = reasons(felt=felt(*days), today=TODAY)
    assert [r.rule for r in found] == ([Rule.PERSISTS] if persists else [])
    if persists:
        assert "in the left eyelid you have felt twitches for more than two weeks" in found[0].text


def test_felt_here_and_there_is_not_one_muscle():
    assert not reasons(felt=felt(20) + felt(10, muscle="calf") + felt(1, muscle="foot"))


def test_reasons_come_in_order_and_once():
    symptoms = [
        Symptom("breathing", date(2026, 5, 1)),
        Symptom("weakness", date(2026, 5, 1)),
        Symptom("weakness", date(2026, 5, 1)),
    ]
    found = reasons(symptoms, made(frequency=MORE), felt(20, 10, 1), TODAY)
    assert [r.rule for r in found] == [
        Rule.WEAKNESS, Rule.BREATHING, Rule.MORE_FREQUENT, Rule.PERSISTS,
    ]  # fmt: skip


def every_word():
    fixed = [doctor.SHOW_IT, doctor.SOON, doctor.AT_ONCE, doctor.NO_DIAGNOSIS, doctor.STANDING]
    return " ".join([*fixed, *doctor.WORDS.values(), *map(str, Rule)]).lower()


def test_the_words_never_reassure_name_a_disease_or_score():
    assert set(doctor.WORDS) == set(Rule)
    never = (
        "als|mnd|sclerosis|neuron|dystrophy|benign|syndrome|parkinson|tumou?r|cancer|stroke|"
        "normal|abnormal|healthy|harmless|fine|well\\b(?! now)|nothing to worry|no need|safe|risk|"
        "score|probab|likely|danger|serious|alarm|worr"
    )
    assert not re.search(rf"\b(?:{never})", every_word())
