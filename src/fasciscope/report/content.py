"""What the report says, before anybody decides how it looks: words, facts and tables.

A `Recording` and an `Analysis` in, a `Content` out, which the page for the screen and the sheets
of the PDF both take. Text here is plain; whoever writes it into markup escapes it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from fasciscope.analysis import Analysis
from fasciscope.recording import Recording
from fasciscope.report import tables, words
from fasciscope.report.tables import Table
from fasciscope.report.trains import Trains, trains

PERSON_MOST = 80
MINDED_LINES, MINDED_LETTERS = 8, 48
"""Lines of what to mind that page one has room for, and letters in one; the rest is behind it."""
NOTE_FIRST = 160


@dataclass(frozen=True, slots=True)
class Content:
    """What the report says.

    Parameters
    ----------
    title : str
        The recording's name.
    facts : tuple of (str, str)
        Who, which muscle, when, how long: label and value.
    headline : tuple of str
        The number, what it counts, and how certain it is.
    sentences : tuple of str
        The figures in words.
    minded : tuple of str
        What to mind in reading them, the gravest first.
    note : str
    left_out, company : Table
        For page one: time that was left out, and doublets with runs.
    details : tuple of Table
        For the pages behind.
    events : Table or None
        Every event, up to a number; None for a calm report.
    low_detail : bool
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    headline: tuple[str, str, str]
    sentences: tuple[str, ...]
    minded: tuple[str, ...]
    note: str
    left_out: Table
    company: Table
    details: tuple[Table, ...]
    events: Table | None
    low_detail: bool

    @property
    def minded_first(self) -> tuple[str, ...]:
        """What to mind, as far as page one has room; says so if there is more."""
        kept: list[str] = []
        room = MINDED_LINES
        for sentence in self.minded:
            room -= math.ceil(len(sentence) / MINDED_LETTERS)
            if room < 0:
                break
            kept.append(sentence)
        if not kept and self.minded:
            kept.append(words.clip(self.minded[0], MINDED_LINES * MINDED_LETTERS))
        more = len(self.minded) - len(kept)
        if more:
            kept.append(f"{words.plural(more, 'sentence', 'sentences')} more: see the details.")
        return tuple(kept)

    @property
    def note_first(self) -> str:
        """The note, as far as page one has room."""
        return words.clip(self.note, NOTE_FIRST)


def content(
    recording: Recording, analysis: Analysis, *, low_detail: bool = False, person: str = ""
) -> Content:
    """Return what the report says.

    Parameters
    ----------
    recording : Recording
    analysis : Analysis
    low_detail : bool, default False
        Leave out what follows the twitches minute by minute.
    person : str, default ""
        Whom the recording is of, if that shall be on it.
    """
    company = trains(analysis)
    sentences = [*words.in_words(analysis), words.in_company(company)]
    return Content(
        title=words.one_line(recording.name),
        facts=_facts(recording, analysis, words.one_line(person)),
        headline=words.headline(analysis.summary),
        sentences=tuple(sentence for sentence in sentences if sentence),
        minded=tuple(str(sentence) for sentence in analysis.summary.get("quality") or ()),
        note=words.one_line(recording.info.note),
        left_out=tables.left_out(analysis),
        company=tables.company(company),
        details=_details(recording, analysis, company, low_detail),
        events=None if low_detail else tables.events(analysis),
        low_detail=low_detail,
    )


def _facts(recording: Recording, analysis: Analysis, person: str) -> tuple[tuple[str, str], ...]:
    info, summary = recording.info, analysis.summary
    duration_s, usable_s = float(summary["duration_s"]), float(summary["analysable_s"])
    sites: list[str] = []
    for channel in info.channels:
        site = " ".join(part for part in (channel.side, channel.muscle) if part)
        if site and site not in sites:
            sites.append(site)
    if len(sites) > 3:
        sites = [*sites[:2], f"and {len(sites) - 2} more"]
    share = f" ({100 * usable_s / duration_s:.0f} %)" if duration_s else ""
    start = info.start
    facts = [
        ("Person", words.clip(person, PERSON_MOST)),
        ("Muscle and side", words.clip(", ".join(sites), 90) or "not stated"),
        ("When", f"{start.day} {start:%B %Y, %H:%M}" if start else "not stated"),
        ("Recorded for", words.span(duration_s)),
        ("Usable", words.span(usable_s) + share),
    ]
    return tuple((label, value) for label, value in facts if value)


def _details(
    recording: Recording, analysis: Analysis, company: list[Trains], low_detail: bool
) -> tuple[Table, ...]:
    busy = [] if low_detail else [tables.rate(analysis), tables.intervals(analysis)]
    found = [
        *busy,
        tables.families(analysis),
        tables.company_by_family(company),
        tables.sustained(analysis, low_detail=low_detail),
        tables.channels(analysis) if analysis.info.n_channels > 1 else None,
        tables.settings(recording, analysis),
    ]
    return tuple(table for table in found if table is not None)
