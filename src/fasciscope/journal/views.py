"""What a page shows at once: a day, a month. Commands print the same."""

from __future__ import annotations

import calendar
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from fasciscope.journal import doctor
from fasciscope.journal.entries import Everything
from fasciscope.journal.store import Journal
from fasciscope.journal.trends import Trends, trends

FELT_DAYS = 120
"""Felt twitches are looked at so far back for whether they persist."""


@dataclass(frozen=True, slots=True)
class DayView:
    """One day: its entries, and what is to be said about a doctor.

    Parameters
    ----------
    day : date
    entries : Everything
        Symptoms are those that were there on that day.
    reasons : tuple of Reason
    advice : str
        The sentence that follows from the reasons; empty without any.
    standing : str
        The words that are shown always.
    """

    day: date
    entries: Everything
    reasons: tuple[doctor.Reason, ...]
    advice: str
    standing: str


@dataclass(frozen=True, slots=True)
class DayMark:
    """How much there is on a day of a calendar."""

    day: date
    sessions: int
    has_note: bool
    felt: int
    symptoms: int
    changes: int


def day(journal: Journal, which: date) -> DayView:
    """Return the view of a day."""
    found = reasons(journal, which)
    entries = journal.everything(which, which)
    return DayView(which, entries, found, doctor.advice(found), doctor.STANDING)


def reasons(
    journal: Journal, today: date | None = None, found: Trends | None = None
) -> tuple[doctor.Reason, ...]:
    """Return every reason to see a doctor that the journal holds up to a day.

    Parameters
    ----------
    journal : Journal
    today : date or None, default None
    found : Trends or None, default None
        Trends that are known already; None works them out.
    """
    today = today or date.today()
    if found is None:  # the periods end where the sessions do
        days = journal.columns(["day"], until=today)
        found = trends(journal, until=date.fromordinal(days[-1][0])) if days else None
    felt = journal.felt(today - timedelta(days=FELT_DAYS), today)
    return doctor.reasons(journal.symptoms(until=today), found, felt, today)


def month(journal: Journal, within: date) -> tuple[DayMark, ...]:
    """Return a mark for each day of the month that `within` lies in."""
    first = within.replace(day=1)
    length = calendar.monthrange(first.year, first.month)[1]
    days = [first + timedelta(days=d) for d in range(length)]
    found = journal.everything(days[0], days[-1])
    sessions = Counter(s.day for s in found.sessions)
    felt = Counter(f.when.date() for f in found.felt)
    noted = {n.day for n in found.notes}
    changes = Counter(c.day for c in found.changes)
    return tuple(
        DayMark(
            d,
            sessions[d],
            d in noted,
            felt[d],
            sum(s.since <= d and (s.until is None or d <= s.until) for s in found.symptoms),
            changes[d],
        )
        for d in days
    )
