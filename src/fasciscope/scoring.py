"""Comparing events with truth: one-to-one matching in time, and the figures that follow.

Events and truth in, a `Score` out. Each true event is matched at most once, and each found one at
most once; among all such matchings the one with the most pairs is taken, and among those the one
with the smallest sum of time errors.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fasciscope.blocks import check_rate
from fasciscope.errors import InputError
from fasciscope.events import Events, Kind, of_kind

TOLERANCE_MS = 15.0
"""Largest distance between two peaks that count as the same potential: about its own length."""


@dataclass(frozen=True, slots=True)
class Score:
    """How well a set of events agrees with the truth.

    Parameters
    ----------
    true_positives, false_positives, missed : int
    median_error_ms : float
        Median absolute time error of the matched pairs, ms; NaN without any.
    families_agree : float
        Adjusted Rand index between true and found families over the matched pairs that were
        grouped; NaN with fewer than two.
    """

    true_positives: int
    false_positives: int
    missed: int
    median_error_ms: float
    families_agree: float

    @property
    def sensitivity(self) -> float:
        """Part of the true events that were found; NaN if there are none."""
        return _ratio(self.true_positives, self.true_positives + self.missed)

    @property
    def ppv(self) -> float:
        """Part of the found events that are true (positive predictive value); NaN if none."""
        return _ratio(self.true_positives, self.true_positives + self.false_positives)

    @property
    def f1(self) -> float:
        """Harmonic mean of sensitivity and PPV; NaN if there is neither truth nor finding."""
        return _ratio(
            2 * self.true_positives, 2 * self.true_positives + self.false_positives + self.missed
        )


def score(events: Events, truth: Events, fs_hz: float, tolerance_ms: float = TOLERANCE_MS) -> Score:
    """Score the fasciculations in `events` against those in `truth`.

    Parameters
    ----------
    events, truth : ndarray of EVENT_DTYPE
        Other kinds than fasciculations are passed over. Times are those of the peaks, or of the
        starts where there is no peak.
    fs_hz : float
        Sampling rate that both are counted in, Hz.
    tolerance_ms : float, default 15.0

    Raises
    ------
    InputError
        If the rate or the tolerance is out of bounds.
    """
    check_rate(fs_hz)
    if not (math.isfinite(tolerance_ms) and 0 < tolerance_ms <= 1000):
        raise InputError(f"The tolerance must lie between 0 and 1000 ms, not {tolerance_ms}.")
    pairs = pair(events, truth, fs_hz, tolerance_ms)
    n = len(pairs.errors_ms)
    return Score(
        n,
        len(pairs.found_s) - n,
        len(pairs.true_s) - n,
        float(np.median(pairs.errors_ms)) if n else math.nan,
        adjusted_rand(*pairs.families),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """The fasciculations of two sets of events, matched one to one.

    Parameters
    ----------
    found_s, true_s : ndarray, float64, s
        All of them, in order.
    errors_ms : ndarray, shape (pairs,), float64
        Absolute time error of each pair.
    families : tuple of two ndarrays, int16
        True and found family of the pairs that are grouped on both sides.
    """

    found_s: NDArray[np.float64]
    true_s: NDArray[np.float64]
    errors_ms: NDArray[np.float64]
    families: tuple[NDArray[np.int16], NDArray[np.int16]]


def pair(events: Events, truth: Events, fs_hz: float, tolerance_ms: float = TOLERANCE_MS) -> Pairs:
    """Match the fasciculations in `events` with those in `truth`; see `score`."""
    found, true = (in_order(of_kind(part, Kind.FASCICULATION)) for part in (events, truth))
    found_s, true_s = times_s(found, fs_hz), times_s(true, fs_hz)
    pairs = match(true_s, found_s, tolerance_ms / 1000.0)
    errors_ms = np.abs(true_s[pairs[:, 0]] - found_s[pairs[:, 1]]) * 1000.0
    families = true["family"][pairs[:, 0]], found["family"][pairs[:, 1]]
    grouped = (families[0] > 0) & (families[1] > 0)
    return Pairs(found_s, true_s, errors_ms, (families[0][grouped], families[1][grouped]))


def match(
    first: NDArray[np.float64], second: NDArray[np.float64], tolerance: float
) -> NDArray[np.int64]:
    """Match two sorted lists of times one to one; return index pairs, shape (n, 2).

    The most pairs, then the least sum of distances. Such a matching never crosses itself, so it is
    found by dynamic programming within each cluster of times.
    """
    tolerance += 1e-9  # so that 30 samples at 2 kHz are 15 ms, however they are rounded
    joined = np.concatenate([first, second])
    order = np.argsort(joined, kind="stable")
    breaks = np.flatnonzero(np.diff(joined[order]) > tolerance) + 1
    pairs: list[tuple[int, int]] = []
    for cluster in np.split(order, breaks):
        mine = np.sort(cluster[cluster < len(first)])
        theirs = np.sort(cluster[cluster >= len(first)]) - len(first)
        if len(mine) and len(theirs):
            pairs += [
                (int(mine[i]), int(theirs[j]))
                for i, j in _align(first[mine], second[theirs], tolerance)
            ]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def _align(
    first: NDArray[np.float64], second: NDArray[np.float64], tolerance: float
) -> list[tuple[int, int]]:
    """Match one cluster: table of (pairs, -distance) over prefixes, then the way back."""
    worth = tolerance * (min(len(first), len(second)) + 1)  # one pair outweighs all distances
    table = np.zeros((len(first) + 1, len(second) + 1))
    for i in range(1, len(first) + 1):
        for j in range(1, len(second) + 1):
            table[i, j] = max(table[i - 1, j], table[i, j - 1])
            distance = abs(first[i - 1] - second[j - 1])
            if distance <= tolerance:
                table[i, j] = max(table[i, j], table[i - 1, j - 1] + worth - distance)
    pairs = []
    i, j = len(first), len(second)
    while i and j:
        if table[i, j] == table[i - 1, j]:
            i -= 1
        elif table[i, j] == table[i, j - 1]:
            j -= 1
        else:
            i, j = i - 1, j - 1
            pairs.append((i, j))
    return pairs[::-1]


def adjusted_rand(first: NDArray[np.int16], second: NDArray[np.int16]) -> float:
    """Return the adjusted Rand index of two labellings, NaN for fewer than two items.

    References
    ----------
    Hubert & Arabie, Journal of Classification 2 (1985) 193.
    """
    n = len(first)
    if n < 2:
        return math.nan
    table = contingency(first, second)

    def pairs(counts: NDArray[np.int64]) -> float:
        return float((counts * (counts - 1) / 2).sum())

    both, rows, columns = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    expected = rows * columns / (n * (n - 1) / 2)
    largest = 0.5 * (rows + columns)
    return 1.0 if largest == expected else (both - expected) / (largest - expected)


def contingency(first: NDArray[np.int16], second: NDArray[np.int16]) -> NDArray[np.int64]:
    """Return how many items have each pair of labels, shape (labels of first, of second)."""
    _, a = np.unique(first, return_inverse=True)
    _, b = np.unique(second, return_inverse=True)
    table = np.zeros((a.max() + 1, b.max() + 1), dtype=np.int64)
    np.add.at(table, (a, b), 1)
    return table


def in_order(events: Events) -> Events:
    """Return `events` in the order of their times; see `times_s`."""
    return events[np.argsort(times_s(events, 1.0), kind="stable")]


def times_s(events: Events, fs_hz: float) -> NDArray[np.float64]:
    """Return when each event is, s: its peak, or its start where there is no peak."""
    return np.asarray(np.where(events["peak"] >= 0, events["peak"], events["start"]) / fs_hz)


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else math.nan
