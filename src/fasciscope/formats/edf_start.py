"""When a recording started and with what, out of the header's identification fields.

A `Header` in, a date with a zone and the equipment's name out; None where the file does not say.

References
----------
EDF+ specification 2.1.3, items 2 to 6 (dates, recording identification).
"""

from __future__ import annotations

import contextlib
import re
from datetime import datetime, timedelta, timezone

from fasciscope.formats.edf_header import Header
from fasciscope.formats.edf_layout import MONTHS

_STAMP = re.compile(r"(\d{1,2})\D(\d{1,2})\D(\d{1,2})")
_DATE = re.compile(r"(\d{1,2})-([A-Z]{3})-(\d{4})")
_ZONE = re.compile(r"UTC([+-])(\d{2}):(\d{2})")


def start_of(header: Header, subsecond_us: int) -> tuple[datetime | None, str]:
    """Return the moment of sample 0, and the equipment.

    Parameters
    ----------
    header : Header
    subsecond_us : int
        What the first data record adds to the header's whole second, µs (EDF+ 2.2.4).

    Returns
    -------
    start : datetime or None
        None where date or time is missing, anonymous or impossible. Without a zone of ours in the
        recording field it is taken as local time on this computer, as EDF+ means local time.
    device : str
        The equipment field, empty where it is unknown.
    """
    fields = header.recording.split()
    is_plus = bool(fields) and fields[0] == "Startdate"
    device = fields[4].replace("_", " ") if is_plus and len(fields) > 4 else ""
    device = "" if device == "X" else device
    if is_plus and len(fields) > 1 and fields[1] == "X":
        return None, device
    date = _date(fields[1] if is_plus and len(fields) > 1 else "", header.startdate)
    time = _STAMP.fullmatch(header.starttime)
    if date is None or time is None:
        return None, device
    start = None
    with contextlib.suppress(ValueError, OverflowError, OSError):
        hour, minute, second = (int(part) for part in time.groups())
        naive = datetime(*date, hour, minute, second) + timedelta(microseconds=subsecond_us)
        zones = [found for found in map(_ZONE.fullmatch, fields[5:]) if found]
        start = naive.replace(tzinfo=_zone(zones[0])) if zones else naive.astimezone()
    return start, device


def _date(plus: str, plain: str) -> tuple[int, int, int] | None:
    """Return year, month, day from the EDF+ field, or else from the two-digit one."""
    found = _DATE.fullmatch(plus.upper())
    if found and found[2] in MONTHS:
        return int(found[3]), MONTHS.index(found[2]) + 1, int(found[1])
    short = _STAMP.fullmatch(plain)
    if short is None:
        return None
    day, month, year = (int(part) for part in short.groups())
    return year + (1900 if year >= 85 else 2000), month, day


def _zone(found: re.Match[str]) -> timezone:
    minutes = int(found[2]) * 60 + int(found[3])
    return timezone(timedelta(minutes=-minutes if found[1] == "-" else minutes))
