"""What the record to take along says: every word and number of it, before it is drawn.

A journal and days in, `Takeaway` out.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from fasciscope.journal import doctor, views, words
from fasciscope.journal.body import Mark, Site, marks, off_the_map
from fasciscope.journal.doctor import spoken
from fasciscope.journal.entries import SYMPTOMS, Everything, Note, Session
from fasciscope.journal.factors import before_and_after, factors
from fasciscope.journal.muscles import site
from fasciscope.journal.store import Journal
from fasciscope.journal.trends import Trends, trends
from fasciscope.report.words import DISCLAIMER, plural, span

DEFAULT_DAYS = 182
SESSIONS_LISTED = 26
TEXTS_LISTED = 8
LINES_LISTED = 10
Rows = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, and sentences or rows under it.

    Parameters
    ----------
    heading : str
    lines : tuple of str
    head, rows : tuple
        A table: names of its columns, and its rows.
    total : int
        Rows that there are in all; some may be left out.
    what : str
        What the rows are, in the plural.
    """

    heading: str
    lines: tuple[str, ...] = ()
    head: tuple[str, ...] = ()
    rows: Rows = ()
    total: int = 0
    what: str = ""

    def more(self, shown: int) -> str:
        """Return what to say below `shown` rows: how many are missing; empty if none."""
        rest = self.total - shown
        return f"{rest} more {self.what} are in the journal's export." if rest > 0 else ""


@dataclass(frozen=True, slots=True)
class Takeaway:
    """All that stands on the pages."""

    title: str
    about: str
    advice: str
    facts: tuple[str, ...]
    trends: Trends | None
    marks: dict[Site, Mark]
    changes: tuple[tuple[date, str], ...]
    sections: tuple[Section, ...]
    foot: tuple[str, ...]


def gather(journal: Journal, since: date | None, until: date | None) -> Takeaway:
    """Return what the record says of the days from `since` to `until`, both included."""
    newest = _newest(journal)
    last = until or newest or date.today()
    first = since or last - timedelta(days=DEFAULT_DAYS - 1)
    entries = journal.everything(first, last)
    found = trends(journal, since=first, until=last)
    reasons = views.reasons(journal, last, found)
    known = marks(entries.sessions, entries.felt)
    return Takeaway(
        "Twitch journal",
        f"{spoken(first)} to {spoken(last)}  ·  made {spoken(date.today())} from a person's own "
        "recordings and notes",
        doctor.advice(reasons),
        _facts(entries, known, found),
        found,
        known,
        tuple((c.day, c.what) for c in entries.changes),
        (
            _symptoms(entries),
            _sites(entries),
            _goes_with(journal, entries, first, last),
            _notes(entries.notes),
            _sessions(entries.sessions),
            _felt(entries),
        ),
        (DISCLAIMER, doctor.STANDING, words.COMPARED),
    )


def _newest(journal: Journal) -> date | None:
    found = journal.everything()
    days = [s.day for s in found.sessions[-1:]]
    days += [n.day for n in found.notes[-1:]]
    days += [f.when.date() for f in found.felt[-1:]]
    days += [max(s.since, s.until or s.since) for s in found.symptoms]
    days += [c.day for c in found.changes[-1:]]
    return max(days, default=None)


def _facts(entries: Everything, known: dict[Site, Mark], found: Trends | None) -> tuple[str, ...]:
    minutes = sum(s.analysable_s for s in entries.sessions)
    recorded = {(s.muscle, s.side) for s in entries.sessions}
    out = [
        f"{plural(len(entries.sessions), 'session', 'sessions')} in "
        f"{plural(len(recorded), 'muscle', 'muscles')}, {span(minutes)} of analysable time; "
        f"{plural(len(entries.felt), 'time', 'times')} felt without a sensor; "
        f"{plural(len(entries.notes), 'day', 'days')} noted."
    ]
    if found is not None:
        out.append(f"Compared: {words.period(found.now)} with {words.period(found.before)}.")
        for one in found.sites[:4]:
            out.append(f"{site(one.muscle, one.side).capitalize()}. {words.frequency(one)}")
            out.append(f"Strength: {words.strength(one)}")
        out.append(f"In how many muscles. {words.spread(found.spread)}")
        out.append(f"Cramps. {words.cramps(found)}")
        out += [sentence for sentence in words.to_mind(found) if sentence != words.COMPARED]
    elsewhere = off_the_map(known)
    if elsewhere:
        out.append(f"Not on the map: {', '.join(site(*one) for one in elsewhere)}.")
    return tuple(out)


def _symptoms(entries: Everything) -> Section:
    rows = tuple(
        (
            SYMPTOMS[s.kind],
            site(s.muscle, s.side) if s.muscle else "",
            spoken(s.since),
            spoken(s.until) if s.until else "still there",
            " ".join(s.text.split()),
        )
        for s in entries.symptoms
    )
    return _table(
        "Symptoms noted", ("what", "where", "since", "until", ""), rows, LINES_LISTED, "symptoms"
    )


def _sites(entries: Everything) -> Section:
    groups: dict[tuple[str, str], list[Session]] = {}
    for session in entries.sessions:
        groups.setdefault((session.muscle, session.side), []).append(session)
    rows = []
    for where, group in sorted(groups.items(), key=lambda item: -len(item[1])):
        rates = sorted(s.per_minute for s in group if s.per_minute is not None)
        sizes = [s.amplitude_uv for s in group if s.amplitude_uv is not None]
        rows.append(
            (
                site(*where),
                str(len(group)),
                span(sum(s.analysable_s for s in group)),
                f"{statistics.median(rates):.1f}" if rates else "–",
                f"{rates[0]:.1f} to {rates[-1]:.1f}" if rates else "–",
                f"{statistics.median(sizes):.0f} µV" if sizes else "–",
                str(sum(s.cramps for s in group)),
            )
        )
    head = ("muscle", "sessions", "time", "a minute, median", "from … to", "size", "cramps")
    return _table("Recorded", head, tuple(rows), LINES_LISTED, "muscles")


def _goes_with(journal: Journal, entries: Everything, first: date, last: date) -> Section:
    effects = factors(journal, since=first, until=last)
    lines = [words.effect(e) for e in effects if e.ratio is not None]
    lines.append(words.factors_looked_at(effects))
    if len(lines) > 1:
        lines.append(words.GOES_WITH)
    mine = {c.uid for c in entries.changes}
    changes = [words.before_after(b) for b in before_and_after(journal) if b.change.uid in mine]
    return Section("What goes with it, before and after changes", tuple(lines + changes[-4:]))


def _notes(notes: Sequence[Note]) -> Section:
    kinds = (
        ("sleep", "sleep_hours", "h"),
        ("caffeine", "caffeine_mg", "mg"),
        ("stress", "stress", "of 10"),
        ("exercise", "exercise_minutes", "min"),
        ("fluids", "fluids_l", "l"),
        ("alcohol", "alcohol_drinks", "drinks"),
    )
    parts = []
    for name, field, unit in kinds:
        values = [v for v in (getattr(n, field) for n in notes) if v is not None]
        if values:
            ends = f"{min(values):g} to {max(values):g}"
            parts.append(f"{name} {statistics.median(values):g} {unit} ({ends})")
    lines = [f"Median (range) over the days noted: {'; '.join(parts)}."] if parts else []
    for field in ("medicines", "supplements"):
        taken = Counter(getattr(n, field) for n in notes if getattr(n, field))
        if taken:
            named = "; ".join(" ".join(text.split()) for text, _ in taken.most_common(4))
            lines.append(f"{field.capitalize()}: {named}.")
    texts = [n for n in notes if n.text]
    lines += [f"{n.day}: {' '.join(n.text.split())}" for n in texts[-TEXTS_LISTED:]]
    older = len(texts) - TEXTS_LISTED
    if older > 0:
        lines.append(
            f"{plural(older, 'older note is', 'older notes are')} in the journal's export."
        )
    return Section("Day notes", tuple(lines) or ("None.",))


def _sessions(sessions: Sequence[Session]) -> Section:
    rows = tuple(
        (
            f"{s.start:%Y-%m-%d}",
            site(s.muscle, s.side),
            span(s.analysable_s),
            str(s.twitches),
            "–" if s.per_minute is None else f"{s.per_minute:.1f}",
            "" if s.amplitude_uv is None else f"{s.amplitude_uv:.0f} µV",
            Path(s.recording).name,
        )
        for s in reversed(sessions)
    )
    head = ("day", "muscle", "time", "twitches", "a minute", "size", "recording")
    return _table("Sessions, newest first", head, rows, SESSIONS_LISTED, "older sessions")


def _felt(entries: Everything) -> Section:
    counts = Counter((f.muscle, f.side) for f in entries.felt)
    lines = tuple(
        f"{site(*where)}: {plural(n, 'time', 'times')}" for where, n in counts.most_common(12)
    )
    return Section("Felt without a sensor", lines or ("None.",))


def _table(heading: str, head: tuple[str, ...], rows: Rows, most: int, what: str) -> Section:
    if not rows:
        return Section(heading, ("None.",))
    return Section(heading, head=head, rows=rows[:most], total=len(rows), what=what)
