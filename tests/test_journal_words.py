"""`journal/words.py`, `learn.py`, `cups.py`: sentences that say what is known, and no more."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from datetime import date

import pytest

from fasciscope.errors import InputError
from fasciscope.journal import learn, words
from fasciscope.journal.cups import MG, caffeine_mg
from fasciscope.journal.entries import Change
from fasciscope.journal.factors import FACTORS, BeforeAfter, Effect
from fasciscope.journal.fit import Ratio
from fasciscope.journal.spread import Spread
from fasciscope.journal.trends import Comparison, Period, SiteTrend
from fasciscope.journal.verdicts import Verdict

BEFORE = Period(date(2026, 1, 1), date(2026, 2, 1), 20, 200.0, 800)
NOW = Period(date(2026, 2, 1), date(2026, 3, 1), 15, 150.0, 900)
MORE = Comparison(BEFORE, NOW, Ratio(1.6, 1.2, 2.1, 0.001), Verdict.MORE)


def sentence(comparison):
    site = SiteTrend("calf", "left", comparison, comparison, (), (), 0, 0)
    return words.frequency(site), words.strength(site)


def test_clear_answers():
    often, strong = sentence(MORE)
    assert often == (
        "Clearly more often: 1.60 times (95 % interval 1.20 to 2.10) as many twitches a minute as "
        "before; 15 sessions against 20 before."
    )
    assert strong.startswith("Clearly stronger: 1.60 times (95 % interval 1.20 to 2.10) as large")
    less = replace(MORE, ratio=Ratio(0.5, 0.3, 0.7, 0.001), verdict=Verdict.LESS)
    assert sentence(less)[0].startswith("Clearly less often: 0.50 times")
    assert sentence(less)[1].startswith("Clearly weaker")


@pytest.mark.parametrize(
    ("more", "end"),
    [
        (None, "About 44 sessions in each of two periods would most likely show a change by half"),
        (0, "A change by half or more would most likely have shown."),
        (1, "About 1 more session like these would most likely show a change by half, if there is"),
        (12, "About 12 more sessions like these"),
    ],
)
def test_cannot_tell_yet_says_what_would(more, end):
    open_ = replace(
        MORE,
        ratio=Ratio(1.1, 0.8, 1.5, 0.4),
        verdict=Verdict.CANNOT_TELL,
        more_sessions=more,
        each_period=44,
    )
    assert sentence(open_)[0].startswith("Cannot tell yet: 1.10 times")
    assert end in sentence(open_)[0]


def test_too_little_and_nothing():
    assert "each period needs 4" in sentence(Comparison(BEFORE, replace(NOW, sessions=2)))[0]
    none = Comparison(BEFORE, NOW, verdict=Verdict.NONE)
    assert sentence(none)[0].startswith("No twitches in either period")


def test_more_muscles():
    found = Spread(
        (("calf", "left"),), (("calf", "left"), ("jaw", "")), 9, 8, 1.0, 2.5,
        Ratio(2.5, 1.4, 4.2, 0.002),
    )  # fmt: skip
    text = words.spread(found)
    assert text.startswith("Clearly in more muscles: 2.5 muscles a week against 1.0")
    assert text.endswith("New: jaw.")
    few = replace(found, weeks_now=2, ratio=None)
    assert words.spread(few).startswith("Too few weeks with entries yet")
    assert words.spread(replace(found, ratio=None)).startswith("No twitches were felt")
    nan = replace(found, a_week_now=math.nan, ratio=Ratio(1, 0.5, 2, 1))
    assert words.spread(nan).startswith("Cannot tell yet")


def test_factors():
    caffeine = Effect(FACTORS[0], 80, 60, Ratio(1.4, 1.2, 1.65, 0.001), 0.008, 8, Verdict.MORE)
    assert words.effect(caffeine) == (
        "With 200 mg more caffeine in the day (about two cups) go clearly more twitches: 1.40 "
        "times (95 % interval 1.20 to 1.65) as many twitches a minute; 80 sessions."
    )
    maybe = replace(caffeine, p_allowed=0.2, verdict=Verdict.CANNOT_TELL)
    assert words.effect(maybe).endswith("With 8 factors looked at, this may be chance.")
    open_ = replace(maybe, ratio=Ratio(1.1, 0.9, 1.3, 0.3))
    assert words.effect(open_).endswith("80 sessions.")
    less = replace(caffeine, ratio=Ratio(0.7, 0.6, 0.8, 0.001), verdict=Verdict.LESS)
    assert "go clearly fewer twitches" in words.effect(less)
    assert "it takes 20 on 10 days" in words.effect(Effect(FACTORS[0], 3, 2))
    assert words.effect(Effect(FACTORS[0], 30, 20, verdict=Verdict.NONE)).startswith("No twitches")
    assert "8 factors were looked at, which is allowed for" in words.factors_looked_at((caffeine,))
    assert words.factors_looked_at(()) == "No factor has been noted often enough yet."
    assert "need not be their cause" in words.GOES_WITH


def test_before_and_after():
    text = words.before_after(BeforeAfter(Change(date(2026, 2, 1), "stopped coffee"), MORE))
    assert text.startswith("1 February 2026, stopped coffee: Clearly more: 1.60 times")


def test_periods_and_figures():
    assert words.period(BEFORE) == "1 January 2026 to 31 January 2026"
    assert words.period(Period(date(2026, 1, 1), date(2026, 1, 2))) == "1 January 2026"
    assert words.range_of(Ratio(30.0, 0.011, 1e9, 0.5)) == (
        "30 times (95 % interval 0.01 to more than 1,000)"
    )


@pytest.mark.parametrize("topic", learn.TOPICS)
def test_every_page_reads_whole(topic):
    page = learn.page(topic)
    assert page.title
    assert page.markdown.startswith(f"# {page.title}\n")
    html = page.html
    assert html.startswith("<h2>")
    assert not re.search(r"^[#|-]|`|\*", re.sub(r"<[^>]*>", "", html), flags=re.MULTILINE)
    for tag in ("p", "ul", "li", "table", "tr", "td", "th", "h2", "em", "code"):
        assert len(re.findall(f"<{tag}[ >]", html)) == html.count(f"</{tag}>")
    used, given = (
        set(re.findall(r"\[(\d)(?=[\],])", page.markdown)),
        set(re.findall(r"^\[(\d)\] ", page.markdown, flags=re.MULTILINE)),
    )
    assert used == given, "each reference is used, and each used is given"


def test_pages_together_say_what_they_must():
    text = " ".join(page.markdown for page in learn.pages())
    for word in ("70 %", "magnesium", "doctor", "cramp", "motor neuron", "skin", "stretching"):
        assert word in text
    assert not re.search(r"\b(ALS|MND|sclerosis|motor neurone disease)\b", text)
    with pytest.raises(InputError, match=r"no page on 'x'\. There are: fasciculation, "):
        learn.page("x")


@pytest.mark.parametrize(
    ("cups", "mg"),
    [
        ("coffee", 90),
        ("2 coffee, 1 tea", 230),
        ("1.5 coffees and 2 energy drinks", 295),
        ("3 x Espresso; cola", 280),
        ("2 cups of tea", 100),
        ("0,5 coffee", 45),
        ("0 coffee", 0),
    ],
)
def test_cups(cups, mg):
    assert caffeine_mg(cups) == pytest.approx(mg)


@pytest.mark.parametrize("cups", ["", "2", "-1 coffee", "two coffee", "beer", "1e9 coffee", "nan"])
def test_cups_that_are_none(cups):
    with pytest.raises(InputError, match=r"is not known as a drink\. Known: coffee, espresso"):
        caffeine_mg(cups)
    with pytest.raises(InputError, match="mg of caffeine; up to 5,000"):
        caffeine_mg("99999 coffee")
    assert min(MG.values()) > 0
