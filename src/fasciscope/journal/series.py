"""The course over time: a site's sessions in weeks, months or quarters, each with its interval.

A `matching.Sheet` of one site in, bins out. A bin's interval allows for sessions being unlike: how
much so is found once from all bins of the site.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from fasciscope.journal import fit
from fasciscope.journal.matching import Sheet

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Bin:
    """A stretch of days, half-open, that has sessions in it.

    Parameters
    ----------
    start, stop : date
    sessions : int
    minutes : float
        Analysable time.
    value, low, high : float
        Twitches a minute, or median amplitude in µV, with the 95 % interval (NaN if it cannot be
        said).
    """

    start: date
    stop: date
    sessions: int
    minutes: float
    value: float
    low: float
    high: float


def bin_days(span_days: int) -> int:
    """Return the length of a bin in days: a week, a month of 30 days, or a quarter of 91."""
    return 7 if span_days <= 200 else 30 if span_days <= 3 * 366 else 91


def _binned(day: I64) -> tuple[I64, int, int]:
    """Return the bin of each day, the first day of the first bin, and a bin's length."""
    first, last = int(day.min()), int(day.max())
    length = bin_days(last - first + 1)
    return (day - first) // length, first, length


def rate_bins(site: Sheet) -> tuple[Bin, ...]:
    """Return twitches a minute over time, at one site."""
    if not len(site):
        return ()
    index, first, length = _binned(site.day)
    n = int(index.max()) + 1
    minutes = np.bincount(index, site.minutes, n)
    twitches = np.bincount(index, site.twitches, n)
    sessions = np.bincount(index, minlength=n)
    level = np.divide(twitches, minutes, out=np.zeros(n), where=minutes > 0)
    mean = level[index] * site.minutes
    excess = _excess(site.twitches, mean, len(site) - int((sessions > 0).sum()))
    wider = 1 + excess * np.bincount(index, mean**2, n) / np.maximum(twitches, 1e-12)
    out = []
    for k in np.flatnonzero(sessions).tolist():
        times = float(wider[k]) if twitches[k] else 1.0
        limits = fit.count_limits(float(twitches[k]), times)
        rate, low, high = (float(x / minutes[k]) for x in (twitches[k], *limits))
        start = date.fromordinal(first + k * length)
        stop = start + timedelta(days=length)
        out.append(Bin(start, stop, int(sessions[k]), float(minutes[k]), rate, low, high))
    return tuple(out)


def _excess(twitches: F64, mean: F64, df: int) -> float:
    """Return the excess over all bins; half, where there is too little to find it from."""
    known = mean > 0
    if df < 3 or not known.any():
        return 0.5
    return fit.excess_of(twitches[known], mean[known], df)


def amplitude_bins(site: Sheet) -> tuple[Bin, ...]:
    """Return the typical size of the twitches over time, in µV, at one site."""
    site = site.where(np.isfinite(site.amplitude_uv) & (site.amplitude_uv > 0))
    if not len(site):
        return ()
    index, first, length = _binned(site.day)
    logs = np.log(site.amplitude_uv)
    out = []
    for k in np.unique(index).tolist():
        mine = logs[index == k]
        middle, half = float(mine.mean()), math.nan
        if len(mine) > 1:
            error = float(mine.std(ddof=1)) / math.sqrt(len(mine))
            half = fit.t_quantile(0.5 + fit.LEVEL / 2, len(mine) - 1) * error
        start = date.fromordinal(first + k * length)
        limits = [math.exp(min(700.0, middle + sign * half)) for sign in (-1, 0, 1)]
        if math.isnan(half):
            limits = [math.nan, math.exp(middle), math.nan]
        minutes = float(site.minutes[index == k].sum())
        stop = start + timedelta(days=length)
        out.append(Bin(start, stop, len(mine), minutes, limits[1], limits[0], limits[2]))
    return tuple(out)
