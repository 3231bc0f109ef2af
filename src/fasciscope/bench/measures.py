"""What is measured on one recording whose truth is known, and the figures of several together.

Events and truth in, a `Measure` out; any number of them in, a dictionary of figures out. Counts
are pooled before they are divided, so that a recording weighs by what is in it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fasciscope.events import Events, Kind, of_kind
from fasciscope.scoring import adjusted_rand, contingency, match, pair, times_s

BEAT_MS = 60.0
"""Largest distance between a true heartbeat and its mark: a beat is about that long."""
COVERED = 0.5
"""A contraction or cramp is found if this share of its length is marked as either."""
LOWER_IS_BETTER = frozenset({"false_per_minute", "time_error_ms", "inside", "seconds"})
"""Figures of which less is better; of all others, more is."""

Figures = dict[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Measure:
    """Counts from one recording.

    Parameters
    ----------
    case, name : str
        The case, and which recording of it (a seed or a file).
    fs_hz, minutes : float
    true, found, right : int
        True twitches, found ones, and pairs of the two within 15 ms.
    errors_ms : ndarray, shape (right,), float64
        Absolute time errors of those pairs.
    inside : int
        Twitches that were counted within a true contraction or cramp.
    sustained, sustained_found, sustained_told : int
        True contractions and cramps; how many of them were found; how many under their own name.
    beats, beats_marked : int
        True heartbeats, and how many of them were marked.
    rand : float
        Adjusted Rand index of the families of the pairs; NaN with fewer than two grouped pairs.
    right_family : int
        Pairs whose found family is the one that stands for their true one (one to one, best case);
        -1 where the truth tells no families.
    analysable : float
        Share of the recording that was analysed; NaN where it is not known.
    seconds : float
        Time that the analysis took.
    oracle_right, oracle_found : int
        The same pairs and findings for the oracle; -1 where there is none.
    """

    case: str
    name: str
    fs_hz: float
    minutes: float
    true: int
    found: int
    right: int
    errors_ms: NDArray[np.float64]
    inside: int
    sustained: int
    sustained_found: int
    sustained_told: int
    beats: int
    beats_marked: int
    rand: float
    right_family: int
    analysable: float
    seconds: float
    oracle_right: int = -1
    oracle_found: int = -1


def measure(
    events: Events,
    truth: Events,
    fs_hz: float,
    n_samples: int,
    *,
    case: str = "",
    name: str = "",
    analysable: float = math.nan,
    seconds: float = math.nan,
) -> Measure:
    """Hold `events` against `truth`, both counted in samples of one recording.

    Parameters
    ----------
    events, truth : ndarray of EVENT_DTYPE
    fs_hz : float
    n_samples : int
        Length of the recording.
    case, name, analysable, seconds
        As in `Measure`.
    """
    pairs = pair(events, truth, fs_hz)
    grouped_truth = bool(of_kind(truth, Kind.FASCICULATION)["family"].any())
    beats = np.sort(times_s(of_kind(truth, Kind.CARDIAC), fs_hz))
    marks = np.sort(times_s(of_kind(events, Kind.CARDIAC), fs_hz))
    busy = of_kind(truth, Kind.CONTRACTION, Kind.CRAMP)
    covered, told = _sustained(events, busy)
    peaks = np.round(pairs.found_s * fs_hz).astype(np.int64)
    within = (peaks >= busy["start"][:, np.newaxis]) & (peaks < busy["stop"][:, np.newaxis])
    return Measure(
        case,
        name,
        fs_hz,
        n_samples / fs_hz / 60.0,
        len(pairs.true_s),
        len(pairs.found_s),
        len(pairs.errors_ms),
        pairs.errors_ms,
        int(within.any(axis=0).sum()),
        len(busy),
        int(covered.sum()),
        int(told.sum()),
        len(beats),
        len(match(beats, marks, BEAT_MS / 1000)),
        adjusted_rand(*pairs.families),
        same_family(*pairs.families) if grouped_truth else -1,
        analysable,
        seconds,
    )


def figures(measures: Sequence[Measure]) -> Figures:
    """Return the figures of several recordings together.

    Returns
    -------
    dict
        ``f1 sensitivity ppv false_per_minute time_error_ms sustained inside told heart rand
        family analysable seconds oracle_f1``, in this order; NaN where nothing was to be measured.
        ``family`` is 2·(right family) / (true + found), ``sustained``, ``told`` and ``heart`` are
        shares of the true ones, ``seconds`` is per ten minutes of recording.
    """

    def total(name: str) -> float:
        return float(sum(getattr(one, name) for one in measures))

    true, found, right = total("true"), total("found"), total("right")
    errors = np.concatenate([np.empty(0), *(one.errors_ms for one in measures)])
    minutes, sustained = total("minutes"), total("sustained")
    oracle = [one for one in measures if one.oracle_found >= 0]
    told = [one for one in measures if one.right_family >= 0]
    return {
        "f1": _ratio(2 * right, true + found) if true else math.nan,
        "sensitivity": _ratio(right, true),
        "ppv": _ratio(right, found) if true else math.nan,
        "false_per_minute": _ratio(found - right, minutes),
        "time_error_ms": float(np.median(errors)) if len(errors) else math.nan,
        "sustained": _ratio(total("sustained_found"), sustained),
        "inside": total("inside") if sustained else math.nan,
        "told": _ratio(total("sustained_told"), sustained),
        "heart": _ratio(total("beats_marked"), total("beats")),
        "rand": _mean([one.rand for one in measures]),
        "family": _ratio(
            2.0 * sum(one.right_family for one in told),
            float(sum(one.true + one.found for one in told)),
        ),
        "analysable": _mean([one.analysable for one in measures]),
        "seconds": _ratio(10 * total("seconds"), minutes),
        "oracle_f1": _ratio(
            2.0 * sum(one.oracle_right for one in oracle),
            float(sum(one.true + one.oracle_found for one in oracle)),
        ),
    }


def missed_targets(values: Figures, targets: Mapping[str, float]) -> list[str]:
    """Return the names of the figures that do not reach their target, in the targets' order.

    A figure that could not be measured (NaN) does not reach it.
    """
    missed = []
    for name, bound in targets.items():
        value = values.get(name, math.nan)
        reached = value <= bound if name in LOWER_IS_BETTER else value >= bound
        if not reached:
            missed.append(name)
    return missed


def same_family(true: NDArray[np.int16], found: NDArray[np.int16]) -> int:
    """Return how many of the pairs agree when each found family stands for one true one, at best.

    Parameters
    ----------
    true, found : ndarray, shape (n,), int
        Family of each pair, on either side.
    """
    from scipy.optimize import linear_sum_assignment

    if not len(true):
        return 0
    table = contingency(true, found)
    rows, columns = linear_sum_assignment(table, maximize=True)
    return int(table[rows, columns].sum())


def _sustained(events: Events, busy: Events) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which true stretches were found, and which of them mostly under their own name."""
    covered, told = np.zeros(len(busy), dtype=bool), np.zeros(len(busy), dtype=bool)
    for k, stretch in enumerate(busy):
        shared = {
            kind: _overlap(of_kind(events, kind), int(stretch["start"]), int(stretch["stop"]))
            for kind in (Kind.CONTRACTION, Kind.CRAMP)
        }
        covered[k] = sum(shared.values()) >= COVERED * (stretch["stop"] - stretch["start"])
        own = Kind(int(stretch["kind"]))
        told[k] = covered[k] and shared[own] > sum(shared.values()) / 2
    return covered, told


def _overlap(events: Events, start: int, stop: int) -> int:
    """Return how many samples of [start, stop) the events cover; they do not overlap each other."""
    shared = np.minimum(events["stop"], stop) - np.maximum(events["start"], start)
    return int(np.clip(shared, 0, None).sum())


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return float(np.mean(known)) if known else math.nan


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan
