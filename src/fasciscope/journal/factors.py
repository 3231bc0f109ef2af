"""What goes with the twitches: each noted factor, and before against after a change.

A journal in; for each factor that was noted often enough the ratio of twitches a minute that goes
with so much more of it, beside muscle, electrode place and the course of time. What goes with
something need not be caused by it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from fasciscope.journal import fit
from fasciscope.journal.entries import Change, Note
from fasciscope.journal.matching import LEAST_MINUTES, Sheet, Site, dummies, sheet
from fasciscope.journal.store import Journal
from fasciscope.journal.trends import Comparison, Period, compare, judged
from fasciscope.journal.verdicts import Verdict, verdict_of

LEAST_SESSIONS = 20
"""Sessions with the factor noted that it takes to say anything."""
LEAST_DAYS = 10
"""Days with sessions on which the factor was noted."""
LEAST_OTHER_DAYS = 5
"""Of them, days on which it was not what it was on most."""
SLOPE_SESSIONS = 8
"""A group with as many gets a time trend of its own."""
KNOT_DAYS = 182
"""In longer journals the common course of time may bend so often."""
AROUND_DAYS = 28
"""Days looked at before a change, and from it on."""
WEEK_DAYS = 7

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Factor:
    """Something a day note says in numbers, and the step of it that a ratio is given for."""

    key: str
    name: str
    step: float
    more: str


FACTORS: tuple[Factor, ...] = (
    Factor("caffeine_mg", "caffeine", 200, "200 mg more caffeine in the day (about two cups)"),
    Factor("sleep_hours", "sleep", 1, "an hour more sleep the night before"),
    Factor("sleep_quality", "quality of sleep", 1, "a point more of 10 in quality of sleep"),
    Factor("stress", "stress", 1, "a point more of 10 in stress"),
    Factor("exercise_minutes", "exercise", 30, "30 minutes more exercise"),
    Factor("fluids_l", "fluids", 1, "a litre more to drink"),
    Factor("alcohol_drinks", "alcohol", 1, "an alcoholic drink more"),
    Factor("tired", "fatigue of that muscle", 1, "a point more of 10 in fatigue of that muscle"),
)


@dataclass(frozen=True, slots=True)
class Effect:
    """What goes with one factor.

    Parameters
    ----------
    factor : Factor
    sessions, days : int
        With the factor noted.
    ratio : Ratio or None
        Of twitches a minute for one step more; None while there is too little.
    p_allowed : float
        The p value, allowed for all factors that were looked at.
    looked_at : int
    verdict : Verdict
    """

    factor: Factor
    sessions: int
    days: int
    ratio: fit.Ratio | None = None
    p_allowed: float = 1.0
    looked_at: int = 0
    verdict: Verdict = Verdict.TOO_FEW


@dataclass(frozen=True, slots=True)
class BeforeAfter:
    """Twitches a minute before and from a change on, all matched sites together."""

    change: Change
    comparison: Comparison


def factors(
    journal: Journal,
    *,
    since: date | None = None,
    until: date | None = None,
    least_minutes: float = LEAST_MINUTES,
) -> tuple[Effect, ...]:
    """Return what goes with each factor, those with an answer first, in the order of `FACTORS`.

    Each factor is looked at by itself, with a level for each muscle, side, posture and place, and
    with the course of time (a line for each group, bending together every half year). Sessions are
    told by the note of their day.
    """
    whole = sheet(journal, since, until, least_minutes=least_minutes)
    notes = {note.day.toordinal(): note for note in journal.notes(since, until)}
    effects = [_effect(factor, whole, notes) for factor in FACTORS]
    asked = [i for i, e in enumerate(effects) if e.ratio is not None]
    allowed = fit.holm([e.ratio.p for e in effects if e.ratio is not None])
    for i, p in zip(asked, allowed, strict=True):
        ratio = effects[i].ratio
        if ratio is not None:
            effects[i] = replace(
                effects[i], p_allowed=p, looked_at=len(asked), verdict=verdict_of(ratio, p)
            )
    return tuple(sorted(effects, key=lambda e: e.ratio is None))


def _effect(factor: Factor, whole: Sheet, notes: Mapping[int, Note]) -> Effect:
    values = _values(factor, whole, notes)
    known = np.isfinite(values)
    part, x = whole.where(known), values[known]
    by_day = dict(zip(part.day.tolist(), x.tolist(), strict=True))
    effect = Effect(factor, len(part), len(by_day))
    common = Counter(by_day.values()).most_common(1)
    other = len(by_day) - common[0][1] if common else 0
    if len(part) < LEAST_SESSIONS or len(by_day) < LEAST_DAYS or other < LEAST_OTHER_DAYS:
        return effect
    if part.twitches.sum() == 0:
        return replace(effect, verdict=Verdict.NONE)
    weeks = part.day // WEEK_DAYS
    scaled = (x - x.mean()) / factor.step
    for course in (_own_lines, _one_line):
        design = np.column_stack([*course(part), scaled])
        try:
            found = fit.counts(part.twitches, part.minutes, design, weeks)
        except (ValueError, np.linalg.LinAlgError):  # too many groups for so few sessions
            continue
        return replace(effect, ratio=found.ratio(design.shape[1] - 1))
    return effect


def _values(factor: Factor, whole: Sheet, notes: Mapping[int, Note]) -> F64:
    """Return the factor's value for each session, NaN where it was not noted."""
    of_day: Callable[[Note, Site], float | None]
    if factor.key == "tired":
        of_day = _fatigue
    else:

        def of_day(note: Note, _: Site) -> float | None:
            value: float | None = getattr(note, factor.key)
            return value

    out = np.full(len(whole), np.nan)
    for k, (day, site) in enumerate(zip(whole.day.tolist(), whole.site.tolist(), strict=True)):
        note = notes.get(day)
        value = None if note is None else of_day(note, whole.sites[site])
        if value is not None:
            out[k] = value
    return out


def _fatigue(note: Note, site: Site) -> float | None:
    """Return the fatigue noted for a site; of its muscle, where no side was said."""
    levels = {(t.muscle, t.side): t.level for t in note.tired}
    return levels.get(site, levels.get((site[0], "")))


def _time(part: Sheet) -> F64:
    """Return the days as numbers from -1 to 1."""
    first, last = int(part.day.min()), int(part.day.max())
    return np.asarray(2.0 * (part.day - first) / max(1, last - first) - 1.0, dtype=np.float64)


def _bends(part: Sheet) -> list[F64]:
    """Return a column for each bend that the common course may have."""
    span = int(part.day.max() - part.day.min())
    pieces = min(12, round(span / KNOT_DAYS))
    time = _time(part)
    knots = np.linspace(-1, 1, pieces + 1)[1:-1] if pieces > 1 else np.empty(0)
    return [np.maximum(0.0, time - knot) for knot in knots]


def _own_lines(part: Sheet) -> list[F64]:
    groups = dummies(part.group)
    large = groups[:, groups.sum(axis=0) >= SLOPE_SESSIONS]
    return [*groups.T, *(large.T * _time(part)), *_bends(part)]


def _one_line(part: Sheet) -> list[F64]:
    return [*dummies(part.group).T, _time(part), *_bends(part)]


def before_and_after(
    journal: Journal,
    *,
    around_days: int = AROUND_DAYS,
    least_minutes: float = LEAST_MINUTES,
) -> tuple[BeforeAfter, ...]:
    """Compare the weeks before each change with those from it on, matched sessions only.

    A change that ended is looked at until its end. Other things may have changed with it.
    """
    whole = sheet(journal, least_minutes=least_minutes)
    out = []
    for change in journal.changes():
        stop = change.day + timedelta(days=around_days)
        if change.until is not None:
            stop = min(stop, change.until + timedelta(days=1))
        before = Period(change.day - timedelta(days=around_days), change.day)
        now = Period(change.day, stop)
        window = whole.between(before.start, now.stop)
        later = window.day >= now.start.toordinal()
        out.append(BeforeAfter(change, compare(window, later, before, now)))
    asked = sum(b.comparison.ratio is not None for b in out)
    return tuple(replace(b, comparison=judged(b.comparison, asked)) for b in out)
