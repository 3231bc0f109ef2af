"""What changed from one period to the next: each meaning of "worse" asked for alone.

A journal in; for each site whether twitches became more frequent or stronger, whether they came in
more muscles, and how many cramps there were. Only sessions that match are compared
(`matching`), with a model that allows for sessions being unlike (`fit`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from fasciscope.errors import InputError
from fasciscope.journal import fit
from fasciscope.journal.matching import LEAST_MINUTES, Sheet, dummies, sheet
from fasciscope.journal.series import Bin, amplitude_bins, rate_bins
from fasciscope.journal.spread import Spread, spread
from fasciscope.journal.store import Journal
from fasciscope.journal.verdicts import Verdict, verdict_of

WINDOW_DAYS = 91
"""Longest period (days) that is compared with the one before it unless the person says which."""
LEAST_SESSIONS = 4
"""Matched sessions that each of the two periods must have."""
WORTH_SEEING = 1.5
"""The change (a ratio) that "how many more sessions would tell" is about."""
_LEVEL_Z, _POWER_Z = 1.96, 0.8416  # a 95 % interval; four times out of five
MANY = 60
"""More sessions than this are not asked for; longer periods are."""
WEEK_DAYS = 7


@dataclass(frozen=True, slots=True)
class Period:
    """A period, half-open, and the matched sessions in it."""

    start: date
    stop: date
    sessions: int = 0
    minutes: float = 0.0
    twitches: int = 0

    @property
    def days(self) -> int:
        """Length in days."""
        return (self.stop - self.start).days


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two periods at one site.

    Parameters
    ----------
    before, now : Period
    ratio : Ratio or None
        How many times as many a minute (or as large) now as before; None if it cannot be said.
    verdict : Verdict
    looked_at : int
        How many sites were compared at once, each answered for itself.
    more_sessions : int or None
        About how many more sessions now would show a change by half, four times out of five; 0
        if it should have shown already; None if that is more than `MANY`.
    each_period : int or None
        How many sessions it takes in each of two periods; None if `more_sessions` is known.
    unmatched : int
        Sessions that have no match in the other period.
    """

    before: Period
    now: Period
    ratio: fit.Ratio | None = None
    verdict: Verdict = Verdict.TOO_FEW
    looked_at: int = 1
    more_sessions: int | None = None
    each_period: int | None = None
    unmatched: int = 0


@dataclass(frozen=True, slots=True)
class SiteTrend:
    """One muscle and side: more frequent, stronger, and the course of both over time."""

    muscle: str
    side: str
    frequency: Comparison
    strength: Comparison
    rates: tuple[Bin, ...]
    amplitudes: tuple[Bin, ...]
    cramps_before: int
    cramps_now: int


@dataclass(frozen=True, slots=True)
class Trends:
    """All that can be said of a stretch of time; see `trends`.

    Parameters
    ----------
    before, now : Period
    sites : tuple of SiteTrend
        Those with most sessions first.
    spread : Spread
    too_short : int
        Sessions that were left aside for their length.
    versions : int
        Kinds of software version and settings that made the figures of the two periods.
    cramps_noted_before, cramps_noted_now : int
        Noted as symptoms, beside those that were recorded.
    """

    before: Period
    now: Period
    sites: tuple[SiteTrend, ...]
    spread: Spread
    too_short: int
    versions: int
    cramps_noted_before: int
    cramps_noted_now: int


def trends(
    journal: Journal,
    *,
    since: date | None = None,
    split: date | None = None,
    until: date | None = None,
    least_minutes: float = LEAST_MINUTES,
) -> Trends | None:
    """Compare a period with the one before it.

    Parameters
    ----------
    journal : Journal
    since, until : date or None, default None
        First and last day looked at; None is as far as there are sessions.
    split : date or None, default None
        First day of the later period. None: the last 91 days are compared with the 91 days before
        them, or the later half with the earlier where there are fewer days.
    least_minutes : float, default 2.0
        Shorter sessions are left aside.

    Returns
    -------
    Trends or None
        None if there is no session of that length.

    Raises
    ------
    InputError
        If the days are the wrong way round.
    """
    whole = sheet(journal, since, until, least_minutes=least_minutes)
    if not len(whole):
        return None
    before, now = _periods(whole, since, split, until)
    return Trends(
        before,
        now,
        _sites(whole, before, now),
        spread(journal, whole, before.start, now.start, now.stop),
        whole.too_short,
        journal.versions(before.start, now.stop - timedelta(days=1)),
        _cramps_noted(journal, before),
        _cramps_noted(journal, now),
    )


def _periods(
    whole: Sheet, since: date | None, split: date | None, until: date | None
) -> tuple[Period, Period]:
    first = since or date.fromordinal(int(whole.day.min()))
    stop = (until or date.fromordinal(int(whole.day.max()))) + timedelta(days=1)
    if split is None:
        length = max(1, min(WINDOW_DAYS, (stop - first).days // 2))
        split = stop - timedelta(days=length)
        start = split - timedelta(days=length)
    else:
        if not first <= split < stop:
            raise InputError(
                f"The two periods part on {split}; that day must lie between {first} and "
                f"{stop - timedelta(days=1)}, where the sessions are."
            )
        start = since or max(first, split - timedelta(days=max(WINDOW_DAYS, (stop - split).days)))
    if start >= split:
        start = split - timedelta(days=1)
    return Period(start, split), Period(split, stop)


def _sites(whole: Sheet, before: Period, now: Period) -> tuple[SiteTrend, ...]:
    window = whole.between(before.start, now.stop)
    later = window.day >= now.start.toordinal()
    numbers = range(len(whole.sites))
    frequency = compare_all(window, later, before, now, numbers, strength=False)
    strength = compare_all(window, later, before, now, numbers, strength=True)
    out = []
    for number in numbers:
        here = whole.at(number)
        mine = window.site == number
        out.append(
            SiteTrend(
                *whole.sites[number],
                frequency[number],
                strength[number],
                rate_bins(here),
                amplitude_bins(here),
                int(window.cramps[mine & ~later].sum()),
                int(window.cramps[mine & later].sum()),
            )
        )
    return tuple(sorted(out, key=lambda s: -sum(b.sessions for b in s.rates)))


def compare_all(
    window: Sheet,
    later: NDArray[np.bool_],
    before: Period,
    now: Period,
    sites: range,
    *,
    strength: bool,
) -> list[Comparison]:
    """Compare each site for itself; each then knows how many were looked at."""
    found = []
    for number in sites:
        mine = window.site == number
        found.append(compare(window.where(mine), later[mine], before, now, strength=strength))
    asked = sum(c.ratio is not None for c in found)
    return [judged(c, asked) for c in found]


def judged(comparison: Comparison, looked_at: int) -> Comparison:
    """Return the comparison with its verdict: clear if the interval leaves out "no change"."""
    ratio = comparison.ratio
    if ratio is None:
        return comparison
    verdict = verdict_of(ratio, ratio.p)
    more, each = None, None
    if verdict is Verdict.CANNOT_TELL:
        more, each = _sessions_needed(comparison, ratio)
    return replace(
        comparison, verdict=verdict, looked_at=looked_at, more_sessions=more, each_period=each
    )


def compare(
    window: Sheet, later: NDArray[np.bool_], before: Period, now: Period, *, strength: bool = False
) -> Comparison:
    """Compare the sessions of `later` with the others, group by group.

    Parameters
    ----------
    window : Sheet
        Sessions of one site (or of several; each group has its own level).
    later : ndarray of bool, shape (n,)
    before, now : Period
        Where the sessions come from.
    strength : bool, default False
        Compare amplitudes instead of twitches a minute.
    """
    usable = np.isfinite(window.amplitude_uv) & (window.amplitude_uv > 0)
    if strength:
        window, later = window.where(usable), later[usable]
    both = np.intersect1d(window.group[later], window.group[~later])
    matched = np.isin(window.group, both)
    part, late = window.where(matched), later[matched]
    out = Comparison(
        _filled(before, part, ~late), _filled(now, part, late), unmatched=int((~matched).sum())
    )
    if min(out.before.sessions, out.now.sessions) < LEAST_SESSIONS:
        return out
    if not strength and part.twitches.sum() == 0:
        return replace(out, verdict=Verdict.NONE)
    design = np.column_stack([dummies(part.group), late.astype(np.float64)])
    weeks = (part.day - now.start.toordinal()) // WEEK_DAYS
    try:
        if strength:
            found = fit.least_squares(np.log(part.amplitude_uv), design, weeks)
        else:
            found = fit.counts(_with_some(part, late), part.minutes, design, weeks)
    except ValueError:  # more groups than sessions can tell
        return out
    return replace(out, ratio=found.ratio(design.shape[1] - 1))


def _with_some(part: Sheet, late: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the counts; where one period has none, half a twitch is added to each period."""
    counts = part.twitches
    if counts[late].sum() and counts[~late].sum():
        return counts
    shares = np.where(
        late, part.minutes / part.minutes[late].sum(), part.minutes / part.minutes[~late].sum()
    )
    return np.asarray(counts + 0.5 * shares, dtype=np.float64)


def _filled(period: Period, part: Sheet, mine: NDArray[np.bool_]) -> Period:
    return replace(
        period,
        sessions=int(mine.sum()),
        minutes=float(part.minutes[mine].sum()),
        twitches=int(part.twitches[mine].sum()),
    )


def _sessions_needed(comparison: Comparison, ratio: fit.Ratio) -> tuple[int | None, int | None]:
    """Return `more_sessions` and `each_period` of a comparison that cannot tell yet."""
    n_before, n_now = comparison.before.sessions, comparison.now.sessions
    error = math.log(ratio.high / ratio.low) / 2
    error /= fit.t_quantile(0.5 + fit.LEVEL / 2, max(1, n_before + n_now - 2))
    one = error**2 / (1 / n_before + 1 / n_now)  # variance of one session, on the log scale
    needed = (math.log(WORTH_SEEING) / (_LEVEL_Z + _POWER_Z)) ** 2
    left = needed / max(one, 1e-12) - 1 / n_before
    more = max(0, math.ceil(1 / left - n_now)) if left > 0 else MANY + 1
    return (more, None) if more <= MANY else (None, math.ceil(2 * one / needed))


def _cramps_noted(journal: Journal, period: Period) -> int:
    last = period.stop - timedelta(days=1)
    noted = journal.symptoms(period.start, last)
    return sum(1 for s in noted if s.kind.value == "cramp" and s.since >= period.start)
