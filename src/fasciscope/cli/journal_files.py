"""``fasciscope journal report|export|import|delete|simulate``: the journal as files."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from fasciscope.cli import console
from fasciscope.cli.journal_app import (
    FromOption,
    JournalOption,
    ToOption,
    app,
    columns,
    day_of,
    days_between,
    opened,
)
from fasciscope.errors import InputError


@app.command()
def report(
    since: FromOption = None,
    until: ToOption = None,
    sessions: Annotated[
        str, typer.Option(metavar="NUMBERS", help="Append these recordings' reports: 3,7.")
    ] = "",
    output: Annotated[
        Path | None, typer.Option(metavar="OUT.pdf|.html", help="Default: journal-DAY.pdf here.")
    ] = None,
    journal: JournalOption = None,
) -> None:
    """Make two pages to take along to a doctor: trend, body map, sessions, notes, symptoms.

    By default the half year up to the newest entry. Reports of chosen
    recordings are appended, a page each.
    """
    from fasciscope.api import must_have_folder
    from fasciscope.journal.takeaway import write_takeaway

    first, last = days_between(since, until)
    output = output or Path(f"journal-{(last or date.today()).isoformat()}.pdf")
    must_have_folder(output)
    with opened(journal) as book:
        numbers = [_number(word) for word in sessions.split(",") if word.strip()]
        missing = write_takeaway(book, output, since=first, until=last, sessions=numbers)
    for sentence in missing:
        console.status(sentence)
    console.result(f"written: {output}")
    console.closing_line()


def _number(word: str) -> int:
    if not word.strip().isdecimal():
        raise InputError(
            f"--sessions takes numbers with commas between, such as 3,7; not {word!r}."
        )
    return int(word)


@app.command()
def export(
    output: Annotated[Path, typer.Argument(metavar="OUT.zip", help="The file to make.")],
    journal: JournalOption = None,
) -> None:
    """Write everything in the journal to one zip: CSV tables, and the SQLite file."""
    from fasciscope.journal.exchange import export_all

    with opened(journal) as book:
        export_all(book, output)
        counts = book.counts()
    columns([(name, f"{number:,}") for name, number in counts.items()])
    console.result(f"written: {output}; only you can read it. The recordings are not in it.")


@app.command(name="import")
def import_(
    source: Annotated[Path, typer.Argument(metavar="FILE.zip", help="An export of a journal.")],
    journal: JournalOption = None,
) -> None:
    """Add everything in an export to the journal; what is there already is not doubled."""
    from fasciscope.journal.exchange import import_all

    with opened(journal, create=True) as book:
        new = import_all(book, source)
        where = book.path
    columns([(name, f"{number:,} new") for name, number in new.items()])
    console.result(f"now in {where}")


@app.command()
def delete(
    kind: Annotated[
        str, typer.Argument(metavar="KIND", help="session, note, felt, symptom, change; or all.")
    ],
    which: Annotated[str, typer.Argument(metavar="NUMBER|DAY", help="See the list.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask back.")] = False,
    journal: JournalOption = None,
) -> None:
    """Take one entry out of the journal, or delete all of it.

    Recordings and exports are not touched.
    """
    if kind == "all":
        if which:
            raise InputError(f"Delete either all, or one entry; not all and {which}.")
        _delete_all(journal, yes)
        return
    if not which:
        raise InputError(f"Say which {kind}: its number (a note: its day). See the list.")
    if kind != "note" and not which.isdecimal():
        raise InputError(f"A {kind} is named by its number in the list, not by {which!r}.")
    with opened(journal) as book:
        book.delete(kind, day_of(which) if kind == "note" else int(which))
    console.result(f"{kind} {which} is deleted.")


def _delete_all(journal: Path | None, yes: bool) -> None:
    from fasciscope.journal.database import default_path
    from fasciscope.journal.exchange import delete_all

    path = journal or default_path()
    if not yes:
        if not _on_a_terminal():
            raise InputError(f"This deletes the whole journal {path}. If you mean it, add --yes.")
        if not typer.confirm(f"Delete the whole journal {path}? It cannot be brought back"):
            console.result("Nothing was deleted.")
            return
    for gone in delete_all(path).paths:
        console.result(f"deleted: {gone}")
    console.result("Recordings and exports are untouched.")


def _on_a_terminal() -> bool:
    return sys.stdin.isatty()


@app.command()
def simulate(
    output: Annotated[Path, typer.Argument(metavar="OUT.zip", help="The file to make.")],
    seed: Annotated[int, typer.Option(metavar="N", help="Another seed, another half year.")] = 8,
    days: Annotated[int, typer.Option(metavar="N", help="How many days.")] = 182,
    sessions: Annotated[int, typer.Option(metavar="N", help="How many sessions.")] = 150,
) -> None:
    """Make up a journal whose truth is known, to try the others on: half a year in three muscles.

    Caffeine has a true ratio of 1.4 for 200 mg, the left calf rises by 60 % from day 100, nothing
    else matters. Look at it with: fasciscope journal import OUT.zip --journal try.sqlite
    """
    import tempfile

    from fasciscope.journal.exchange import export_all
    from fasciscope.journal.simulate import half_year
    from fasciscope.journal.store import Journal

    made = half_year(seed, days=days, sessions=sessions)
    with (
        tempfile.TemporaryDirectory() as folder,
        Journal.open(Path(folder) / "made.sqlite", create=True) as book,
    ):
        book.add_everything(made.entries)
        export_all(book, output)
    console.result(f"written: {output}; the rise begins on {made.split}. Nobody lived it.")
