"""What the commands of ``fasciscope journal`` share: the group, options, days and times."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fasciscope.cli import console
from fasciscope.errors import InputError

if TYPE_CHECKING:
    from fasciscope.journal.store import Journal

app = typer.Typer(
    no_args_is_help=True,
    help="Keep a journal: what the twitches do over weeks, what goes with them, and when to see a "
    "doctor. One file on this machine; nothing leaves it."
    "\n\n\b\nExamples:\n"
    "  fasciscope journal add evening_emg.edf --muscle calf --side left\n"
    '  fasciscope journal note --sleep 6.5 --cups "2 coffee" --stress 7\n'
    "  fasciscope journal felt eyelid --side right --minutes 10\n"
    "  fasciscope journal trends",
    epilog=console.NOT_A_DEVICE,
)

JournalOption = Annotated[
    Path | None,
    typer.Option("--journal", metavar="FILE", help="Another journal than your own."),
]
SideOption = Annotated[str, typer.Option(metavar="left|right", help="Side of the body.")]
FromOption = Annotated[str | None, typer.Option("--from", metavar="DAY", help="First day.")]
ToOption = Annotated[str | None, typer.Option("--to", metavar="DAY", help="Last day.")]
JsonOption = Annotated[bool, typer.Option("--json", help="As JSON, for scripts.")]
_TIME = re.compile(r"^(?:(?P<day>\S+)[ T])?(?P<hour>\d{1,2}):(?P<minute>\d{2})$")


def opened(path: Path | None, *, create: bool = False) -> Journal:
    """Open the journal for a command."""
    from fasciscope.journal.store import Journal

    return Journal.open(path, create=create)


def day_of(text: str, what: str = "The day") -> date:
    """Return the day in `text`: ``2026-03-14``, ``today``, ``yesterday`` or ``3 days ago``.

    Raises
    ------
    InputError
        If it is none.
    """
    words = text.strip().lower()
    if words in ("today", "now"):
        return date.today()
    if words == "yesterday":
        return date.today() - timedelta(days=1)
    ago = re.fullmatch(r"(\d{1,5}) (day|week)s? ago", words)
    if ago:
        return date.today() - timedelta(days=int(ago[1]) * (7 if ago[2] == "week" else 1))
    try:
        return date.fromisoformat(words)
    except ValueError:
        raise InputError(
            f"{what} is given as 2026-03-14, today, yesterday or 3 days ago; not {text!r}."
        ) from None


def maybe_day(text: str | None, what: str) -> date | None:
    """Return the day in `text`; None stays None."""
    return None if text is None else day_of(text, what)


def days_between(first: str | None, last: str | None) -> tuple[date | None, date | None]:
    """Return the days of ``--from`` and ``--to``.

    Raises
    ------
    InputError
        If one is no day, or the last comes before the first.
    """
    since, until = maybe_day(first, "--from"), maybe_day(last, "--to")
    if since and until and until < since:
        raise InputError(f"--to {until} comes before --from {since}.")
    return since, until


def moment_of(text: str) -> datetime:
    """Return the time in `text`: ``now``, ``09:15``, ``yesterday 21:00``, ``2026-03-14 09:15``.

    A day alone is its noon, or now if it is today.
    """
    from fasciscope.journal.store import local_now

    now = local_now()
    if text.strip().lower() == "now":
        return now
    found = _TIME.match(text.strip())
    day = day_of(text if found is None else found["day"] or "today", "The time")
    if found is None:
        return now if day == now.date() else datetime(day.year, day.month, day.day, 12).astimezone()
    try:
        return datetime(
            day.year, day.month, day.day, int(found["hour"]), int(found["minute"])
        ).astimezone()
    except ValueError:
        raise InputError(f"{text!r} is no time of the day; such as 2026-03-14 09:15.") from None


def site_of(muscle: str, side: str = "") -> tuple[str, str]:
    """Return muscle and side, where the side stands before the muscle: ``left calf``.

    Raises
    ------
    InputError
        If the words and the option name different sides.
    """
    first, _, rest = muscle.strip().partition(" ")
    said = first.lower()
    if said not in ("left", "right") or not rest:
        return muscle, side
    if side and side.strip().lower() != said:
        raise InputError(f"The {muscle.strip()} and --side {side} are two sides. Give one.")
    return rest, said


def muscle_hint(muscle: str) -> None:
    """Say if a muscle is not on the body map, and what may have been meant."""
    from fasciscope.journal import muscles

    key = muscles.key_of(muscle)
    if not key or muscles.is_known(key):
        return
    near = muscles.near(key)
    meant = f" Did you mean {near}?" if near else ""
    console.status(f"{key} is not on the body map; it is kept in your own words.{meant}")


def print_json(value: Any) -> None:
    """Print a result as JSON."""
    import json

    from fasciscope.journal.plain import plain

    console.result(json.dumps(plain(value), indent=2, ensure_ascii=False))


def columns(rows: list[tuple[str, ...]]) -> None:
    """Print rows with their columns under each other."""
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))] if rows else []
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        console.result("  " + "  ".join(cells).rstrip())
