"""In how many muscles: the number of sites with twitches, week by week, and which are new.

Felt twitches count wherever they were. Recorded ones count only at sites that were recorded in at
least half of the weeks of both periods: a sensor on more muscles finds twitches in more muscles.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from fasciscope.journal import fit
from fasciscope.journal.matching import Sheet, Site
from fasciscope.journal.store import Journal
from fasciscope.journal.verdicts import Verdict, verdict_of

LEAST_TWITCHES = 3
"""Fewer in a session may be false alarms of the detector."""
LEAST_WEEKS = 4
"""Weeks with entries that each period must have."""
WEEK = 7
BLOCK_WEEKS = 3
"""Neighbouring weeks are alike; so many are taken together when the interval is found."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Sites with twitches in each of two periods.

    Parameters
    ----------
    before, now : tuple of (muscle, side)
        Sites with twitches on at least one day, felt or recorded.
    weeks_before, weeks_now : int
        Weeks in which something was kept.
    a_week_before, a_week_now : float
        Sites a week, on average; NaN without a week.
    ratio : Ratio or None
        Of the two; None with fewer than four weeks in either, or no twitches in both.
    """

    before: tuple[Site, ...]
    now: tuple[Site, ...]
    weeks_before: int
    weeks_now: int
    a_week_before: float
    a_week_now: float
    ratio: fit.Ratio | None

    @property
    def new(self) -> tuple[Site, ...]:
        """Sites with twitches now that had none before."""
        return tuple(site for site in self.now if site not in self.before)

    @property
    def verdict(self) -> Verdict:
        """The plain answer to whether there are more muscles than before."""
        if self.ratio is not None:
            return verdict_of(self.ratio, self.ratio.p)
        few = min(self.weeks_before, self.weeks_now) < LEAST_WEEKS
        return Verdict.TOO_FEW if few else Verdict.NONE


def spread(journal: Journal, sheet: Sheet, start: date, split: date, stop: date) -> Spread:
    """Return in how many muscles twitches were, from `start` to `split` and from there to `stop`.

    Parameters
    ----------
    journal : Journal
    sheet : Sheet
        Sessions, long enough ones.
    start, split, stop : date
        Half-open periods.
    """
    last = stop - timedelta(days=1)
    felt = [(f.when.date().toordinal(), (f.muscle, f.side)) for f in journal.felt(start, last)]
    noted = journal.noted_days(start, last)
    part = sheet.between(start, stop)
    zero = split.toordinal()
    recorded = _regular(part, zero)
    weeks: dict[int, set[Site]] = {}
    for day in [*part.day.tolist(), *noted]:
        weeks.setdefault((day - zero) // WEEK, set())
    for day, site in [*recorded, *felt]:
        weeks.setdefault((day - zero) // WEEK, set()).add(site)
    counts = {week: len(sites) for week, sites in sorted(weeks.items())}
    before = [n for week, n in counts.items() if week < 0]
    now = [n for week, n in counts.items() if week >= 0]
    return Spread(
        _names(site for day, site in [*recorded, *felt] if day < zero),
        _names(site for day, site in [*recorded, *felt] if day >= zero),
        len(before),
        len(now),
        float(np.mean(before)) if before else float("nan"),
        float(np.mean(now)) if now else float("nan"),
        _ratio(counts) if min(len(before), len(now)) >= LEAST_WEEKS else None,
    )


def _names(sites: Iterable[Site]) -> tuple[Site, ...]:
    return tuple(sorted(set(sites)))


def _regular(part: Sheet, zero: int) -> list[tuple[int, Site]]:
    """Return day and site of each session with twitches, at sites recorded regularly."""
    out = []
    week = (part.day - zero) // WEEK
    late = part.day >= zero
    for number, site in enumerate(part.sites):
        mine = part.site == number
        halves = [
            2 * len(np.unique(week[mine & side])) >= max(1, len(np.unique(week[side])))
            for side in (late, ~late)
        ]
        if all(halves):
            with_twitches = mine & (part.twitches >= LEAST_TWITCHES)
            out += [(day, site) for day in part.day[with_twitches].tolist()]
    return out


def _ratio(counts: dict[int, int]) -> fit.Ratio | None:
    """Return how many times as many sites a week from week 0 on as before."""
    week = np.array(list(counts), dtype=np.int64)
    y = np.array(list(counts.values()), dtype=np.float64)
    if y.sum() == 0:
        return None
    late = week >= 0
    for mine in (late, ~late):  # a period without any would have no logarithm
        if y[mine].sum() == 0:
            y = y + 0.5 / np.where(late, late.sum(), (~late).sum())
            break
    design = np.column_stack([np.ones(len(y)), late.astype(np.float64)])
    return fit.counts(y, np.ones(len(y)), design, week // BLOCK_WEEKS).ratio(1)
