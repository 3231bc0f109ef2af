"""Which sessions may be compared: those of one muscle, side, posture and electrode place.

The journal's sessions in, arrays with a number for each such group out. Electrodes that sit
elsewhere, or a muscle that is held otherwise, change the rate by themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fasciscope.journal.store import Journal

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

LEAST_MINUTES = 2.0
"""Sessions with less analysable time (min) than this are left aside: too few twitches to say."""
_COLUMNS = (
    "day", "muscle", "side", "posture", "place", "analysable_s", "twitches", "amplitude_uv",
    "cramps",
)  # fmt: skip

Site = tuple[str, str]
"""Muscle and side."""


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """Sessions as columns, oldest first; all arrays have shape (n,).

    Parameters
    ----------
    day : ndarray of int64
        Days since the year 1, as `date.toordinal` counts.
    site, group : ndarray of int64
        Places in `sites`, and numbers that only sessions share which may be compared.
    minutes : ndarray of float64
        Analysable time.
    twitches, amplitude_uv, cramps : ndarray of float64
        Amplitudes are NaN where there are none.
    sites : tuple of (muscle, side)
    too_short : int
        Sessions that were left aside for their length.
    """

    day: I64
    site: I64
    group: I64
    minutes: F64
    twitches: F64
    amplitude_uv: F64
    cramps: F64
    sites: tuple[Site, ...]
    too_short: int

    def __len__(self) -> int:
        return len(self.day)

    def where(self, mask: NDArray[np.bool_]) -> Sheet:
        """Return only the sessions that `mask` says."""
        picked: dict[str, Any] = {
            f.name: getattr(self, f.name)[mask]
            for f in fields(self)
            if f.name not in ("sites", "too_short")
        }
        return Sheet(**picked, sites=self.sites, too_short=self.too_short)

    def between(self, start: date, stop: date) -> Sheet:
        """Return the sessions of the days from `start` up to and without `stop`."""
        return self.where((self.day >= start.toordinal()) & (self.day < stop.toordinal()))

    def at(self, site: int) -> Sheet:
        """Return the sessions of one site."""
        return self.where(self.site == site)


def sheet(
    journal: Journal,
    since: date | None = None,
    until: date | None = None,
    *,
    least_minutes: float = LEAST_MINUTES,
) -> Sheet:
    """Return the journal's sessions from `since` to `until`, both included, as columns."""
    return sheet_of(journal.columns(_COLUMNS, since, until), least_minutes)


def sheet_of(rows: Sequence[tuple[Any, ...]], least_minutes: float = LEAST_MINUTES) -> Sheet:
    """Return rows of ``day, muscle, side, posture, place, analysable_s, …`` as columns."""
    kept = [row for row in rows if row[5] >= 60.0 * least_minutes and row[5] > 0]
    groups: dict[tuple[str, ...], int] = {}
    sites: dict[Site, int] = {}
    group = [groups.setdefault(row[1:5], len(groups)) for row in kept]
    site = [sites.setdefault((row[1], row[2]), len(sites)) for row in kept]

    def column(at: int) -> F64:
        return np.array([row[at] for row in kept], dtype=np.float64)  # None becomes NaN

    return Sheet(
        day=np.array([row[0] for row in kept], dtype=np.int64),
        site=np.array(site, dtype=np.int64),
        group=np.array(group, dtype=np.int64),
        minutes=column(5) / 60.0,
        twitches=column(6),
        amplitude_uv=column(7),
        cramps=column(8),
        sites=tuple(sites),
        too_short=len(rows) - len(kept),
    )


def dummies(group: I64) -> F64:
    """Return a column of ones and zeros for each group, shape (n, n_groups)."""
    names, of = np.unique(group, return_inverse=True)
    out = np.zeros((len(group), len(names)))
    out[np.arange(len(group)), of] = 1.0
    return out
