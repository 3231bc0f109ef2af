"""When to see a doctor: the rules, and every word of them.

Symptoms, felt twitches and trends in, reasons out. The rules never say that all is well, never name
a disease and never score. No reason is no reassurance: `STANDING` is shown always.

The rules are those of common advice: twitching that persists or gets worse (more frequent,
stronger, in more muscles), or that comes with weakness or wasting of a muscle, numbness, tingling,
slurred speech, trouble swallowing or breathing.

References
----------
NHS, "Twitching eyes and muscles" (a twitch for more than two weeks; the area feels weak).
MedlinePlus Medical Encyclopedia, "Muscle twitching", article 003296 (long-term or persistent
twitches; with weakness or loss of muscle).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from fasciscope.journal.entries import Felt, Symptom, SymptomKind
from fasciscope.journal.muscles import site
from fasciscope.journal.trends import Trends
from fasciscope.journal.verdicts import Verdict

STANDING = (
    "If you notice weakness, a muscle getting thinner, numbness, tingling, or trouble with "
    "speaking, swallowing or breathing, see a doctor, whatever the count says."
)
"""Shown always, with reasons or without."""
PERSISTS_DAYS = 14
"""Felt in one muscle over more days than this (NHS: two weeks) is called persistent."""
PERSISTS_TIMES = 3
"""Different days on which it must have been felt."""
REMEMBERED_DAYS = 365
"""A symptom that went away longer ago is not brought up again."""


class Rule(StrEnum):
    """What a reason rests on."""

    WEAKNESS = "weakness"
    WASTING = "wasting"
    NUMBNESS = "numbness"
    TINGLING = "tingling"
    SPEECH = "speech"
    SWALLOWING = "swallowing"
    BREATHING = "breathing"
    MORE_FREQUENT = "more frequent"
    STRONGER = "stronger"
    MORE_MUSCLES = "in more muscles"
    PERSISTS = "persists"


WORDS: dict[Rule, str] = {
    Rule.WEAKNESS: "you noted weakness{where} {when}",
    Rule.WASTING: "you noted a muscle getting thinner{where} {when}",
    Rule.NUMBNESS: "you noted numbness{where} {when}",
    Rule.TINGLING: "you noted tingling{where} {when}",
    Rule.SPEECH: "you noted slurred speech {when}",
    Rule.SWALLOWING: "you noted trouble swallowing {when}",
    Rule.BREATHING: "you noted trouble breathing {when}",
    Rule.MORE_FREQUENT: "in the {where} twitches have clearly become more frequent",
    Rule.STRONGER: "in the {where} twitches have clearly become stronger",
    Rule.MORE_MUSCLES: "twitches now come in clearly more muscles",
    Rule.PERSISTS: "in the {where} you have felt twitches for more than two weeks, {when}",
}
"""The reasons; ``{where}`` and ``{when}`` are filled in."""
SINCE = "since {day}"
FROM_TO = "from {day} to {end}"
IN_THE = " in the {site}"
SHOW_IT = "This is something to show to a doctor: {reasons}."
SOON = "Do not wait with it."
AT_ONCE = (
    "If it came on suddenly, or you cannot breathe or swallow well now, call your local emergency "
    "number."
)
NO_DIAGNOSIS = "This follows from what you noted and measured; it is not a diagnosis."
URGENT = {Rule.SPEECH, Rule.SWALLOWING, Rule.BREATHING}
"""Not to be waited with."""
SUDDEN = URGENT | {Rule.WEAKNESS, Rule.NUMBNESS}
"""May be an emergency when they come on suddenly."""
_OF_SYMPTOM = {
    SymptomKind.WEAKNESS: Rule.WEAKNESS,
    SymptomKind.WASTING: Rule.WASTING,
    SymptomKind.NUMBNESS: Rule.NUMBNESS,
    SymptomKind.TINGLING: Rule.TINGLING,
    SymptomKind.SPEECH: Rule.SPEECH,
    SymptomKind.SWALLOWING: Rule.SWALLOWING,
    SymptomKind.BREATHING: Rule.BREATHING,
}
"""A cramp alone is none."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason to see a doctor, in words that go on from "since" or a colon."""

    rule: Rule
    text: str


def reasons(
    symptoms: Iterable[Symptom] = (),
    trends: Trends | None = None,
    felt: Iterable[Felt] = (),
    today: date | None = None,
) -> tuple[Reason, ...]:
    """Return every reason there is, symptoms first.

    Parameters
    ----------
    symptoms : iterable of Symptom
        Whatever the counts say, these count.
    trends : Trends or None
    felt : iterable of Felt
    today : date or None, default None
    """
    today = today or date.today()
    found = [_of_symptom(symptom, today) for symptom in symptoms]
    order = list(Rule)
    out = sorted((r for r in found if r is not None), key=lambda r: order.index(r.rule))
    out += [*_of_trends(trends), *_persisting(felt, today)]
    return tuple(dict.fromkeys(out))


def advice(found: Iterable[Reason]) -> str:
    """Return the calm sentence for these reasons; empty without any."""
    known = list(found)
    if not known:
        return ""
    rules = {reason.rule for reason in known}
    parts = [SHOW_IT.format(reasons="; ".join(reason.text for reason in known))]
    if rules & URGENT:
        parts.append(SOON)
    if rules & SUDDEN:
        parts.append(AT_ONCE)
    return " ".join([*parts, NO_DIAGNOSIS])


def _of_symptom(symptom: Symptom, today: date) -> Reason | None:
    rule = _OF_SYMPTOM.get(symptom.kind)
    ended = symptom.until
    if rule is None or (ended and ended < today - timedelta(days=REMEMBERED_DAYS)):
        return None
    when = (
        FROM_TO.format(day=spoken(symptom.since), end=spoken(ended))
        if ended
        else SINCE.format(day=spoken(symptom.since))
    )
    where = IN_THE.format(site=site(symptom.muscle, symptom.side)) if symptom.muscle else ""
    return Reason(rule, WORDS[rule].format(where=where, when=when))


def _of_trends(trends: Trends | None) -> list[Reason]:
    if trends is None:
        return []
    out = []
    for rule in (Rule.MORE_FREQUENT, Rule.STRONGER):
        for one in trends.sites:
            comparison = one.frequency if rule is Rule.MORE_FREQUENT else one.strength
            if comparison.verdict is Verdict.MORE:
                text = WORDS[rule].format(where=site(one.muscle, one.side), when="")
                out.append(Reason(rule, text))
    if trends.spread.verdict is Verdict.MORE:
        out.append(Reason(Rule.MORE_MUSCLES, WORDS[Rule.MORE_MUSCLES]))
    return out


def _persisting(felt: Iterable[Felt], today: date) -> list[Reason]:
    days: dict[tuple[str, str], set[date]] = {}
    for one in felt:
        days.setdefault((one.muscle, one.side), set()).add(one.when.date())
    out = []
    for (muscle, side), seen in sorted(days.items()):
        recent = _without_pause(seen)
        lasting = (recent[-1] - recent[0]).days > PERSISTS_DAYS
        still = (today - recent[-1]).days <= PERSISTS_DAYS
        if lasting and still and len(recent) >= PERSISTS_TIMES:
            text = WORDS[Rule.PERSISTS].format(
                where=site(muscle, side), when=SINCE.format(day=spoken(recent[0]))
            )
            out.append(Reason(Rule.PERSISTS, text))
    return out


def _without_pause(seen: set[date]) -> list[date]:
    """Return the last run of days that is not broken by a pause of more than two weeks."""
    run: list[date] = []
    for day in sorted(seen):
        if run and (day - run[-1]).days > PERSISTS_DAYS:
            run = []
        run.append(day)
    return run


def spoken(day: date) -> str:
    """Return a day in words: ``3 March 2026``."""
    return f"{day.day} {day:%B} {day.year}"
