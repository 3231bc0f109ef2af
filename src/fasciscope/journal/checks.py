"""What an entry of the journal may say: bounds of numbers, days that have been, words as words.

Values in, values or an `InputError` out that names the thing and the bound.
"""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from typing import Any

from fasciscope.errors import InputError
from fasciscope.journal.muscles import plain_words

LONGEST_TEXT = 4000
EARLIEST = date(1900, 1, 1)


def number(value: Any, what: str, low: float, high: float) -> float | None:
    """Return `value` as a number within bounds; None stays None.

    Raises
    ------
    InputError
        If it is not a finite number from `low` to `high`.
    """
    if value is None:
        return None
    try:
        found = float(value)
    except (TypeError, ValueError):
        raise InputError(f"{what} is a number from {low:g} to {high:g}, not {value!r}.") from None
    if not (math.isfinite(found) and low <= found <= high):
        raise InputError(f"{what} lies between {low:g} and {high:g}; {value} does not.")
    return found


def past_day(day: Any, what: str) -> date:
    """Return `day` as a date that is not still to come.

    Raises
    ------
    InputError
        If it is no date, lies ahead of today, or before 1900.
    """
    if isinstance(day, datetime) or not isinstance(day, date):
        raise InputError(f"{what} is a day such as 2026-03-14, not {day!r}.")
    if day < EARLIEST:
        raise InputError(f"{what} {day} lies before {EARLIEST}. Mind the year.")
    if day > date.today():
        raise InputError(f"{what} {day} lies ahead: today is {date.today()}.")
    return day


def past_moment(moment: Any, what: str) -> datetime:
    """Return `moment` with its time zone; see `past_day`."""
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise InputError(f"{what} needs a day, a time and a time zone.")
    if moment > datetime.now(moment.tzinfo) + timedelta(minutes=10):  # clocks differ
        raise InputError(f"{what} {moment:%Y-%m-%d %H:%M} lies ahead.")
    if moment.year < EARLIEST.year:
        raise InputError(f"{what} {moment:%Y-%m-%d} lies before {EARLIEST}. Mind the year.")
    return moment


def end_after(start: date, end: date | None, what: str) -> None:
    """Raise `InputError` if `end` comes before `start`."""
    if end is not None and end < start:
        raise InputError(f"{what}: the end, {end}, comes before the beginning, {start}.")


def set_words(entry: Any, **values: str) -> None:
    """Set fields of a frozen entry while it is made."""
    for name, value in values.items():
        object.__setattr__(entry, name, value)


def keep_text(entry: Any, name: str) -> None:
    """Keep lines apart in a long text, drop other control characters, bound its length."""
    value = getattr(entry, name)
    what = f"The words of {name!r}"
    if not isinstance(value, str):
        raise InputError(f"{what} are not words: {value!r}.")
    if len(value) > LONGEST_TEXT:
        raise InputError(f"{what} have {len(value)} characters; at most {LONGEST_TEXT} are kept.")
    lines = (plain_words(line, what, LONGEST_TEXT) for line in value.strip().splitlines())
    object.__setattr__(entry, name, "\n".join(lines))
