"""When the units of a quiet muscle discharge: fasciculations in time.

Each family is a point process of its own. Its rate wanders (a log-normal Ornstein-Uhlenbeck
course), which makes counts over-dispersed and clustered as those of people are. A discharge may
be followed by the same unit once more, 10-110 ms later, most often at about 33 ms (a doublet, or
the echo that comes back from the spinal cord), or may open a run of discharges at 3-8 a second.
A unit never discharges twice within its refractory time.

References
----------
Kleine BU et al. Clin Neurophysiol 2012 (PMID 21820354): intervals after fasciculations, modes at
32 ms (benign) and 35 ms (ALS). Median 40.5/min, quartiles 10.6-79.4/min, in ALS; healthy foot
muscles now and then above 100/min (PMID 7515791).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fasciscope.errors import InputError
from fasciscope.simulation.checks import ascending
from fasciscope.simulation.waves import Floats

_COURSE_S = 0.25  # step of the rate's course


@dataclass(frozen=True, slots=True)
class Twitching:
    """Fasciculations of a scene.

    Parameters
    ----------
    per_minute : float
        Mean number a minute, all families and second discharges together, over the time in
        which fasciculations can be seen.
    families : int, default 3
        Number of units, each with its own potential.
    amplitude_uv : (low, middle, high), default (60, 170, 700)
        Peak to peak, log-normal over the families.
    echoes : float, default 0.08
        Share of discharges that are followed by a second one.
    runs : float, default 0.01
        Share of discharges that open a run of 3 to 8.
    clustering : float, default 0.7
        Standard deviation of the logarithm of the wandering rate; 0 gives a steady rate.
    refractory_s : float, default 0.01
    """

    per_minute: float
    families: int = 3
    amplitude_uv: tuple[float, float, float] = (60.0, 170.0, 700.0)
    echoes: float = 0.08
    runs: float = 0.01
    clustering: float = 0.7
    refractory_s: float = 0.01

    def __post_init__(self) -> None:
        if not (math.isfinite(self.per_minute) and 0 < self.per_minute <= 1000):
            raise InputError(
                f"Twitches a minute must lie above 0 and up to 1000, not {self.per_minute}."
            )
        if not 1 <= self.families <= 100:
            raise InputError(f"A scene has 1 to 100 families, not {self.families}.")
        ascending("Amplitudes", "µV", *self.amplitude_uv)
        if min(self.echoes, self.runs) < 0 or self.echoes + self.runs > 1:
            raise InputError("Shares of echoes and runs are 0 or more, together at most 1.")


def shares(rng: np.random.Generator, families: int) -> Floats:
    """Return each family's share of all discharges: unequal, none below a third of the mean."""
    return 1.0 / (3.0 * families) + np.asarray(rng.dirichlet(np.full(families, 2.0))) * (2.0 / 3.0)


def allowed_s(seconds: float, busy_s: Floats) -> float:
    """Return how much of a recording lies outside `busy_s`, shape (n, 2), sorted, disjoint."""
    return seconds - float((busy_s[:, 1] - busy_s[:, 0]).sum())


def outside(times_s: Floats, busy_s: Floats) -> Floats:
    """Return the times that lie in none of the stretches `busy_s`, shape (n, 2), sorted."""
    place = np.searchsorted(busy_s[:, 0], times_s, side="right") - 1
    inside = (place >= 0) & (times_s < busy_s[np.maximum(place, 0), 1]) if len(busy_s) else False
    return np.asarray(times_s[~np.broadcast_to(inside, times_s.shape)])


def discharges(
    rng: np.random.Generator,
    twitching: Twitching,
    per_minute: float,
    seconds: float,
    busy_s: Floats,
) -> Floats:
    """Return one family's discharge times, ascending, seconds.

    Parameters
    ----------
    rng : numpy.random.Generator
    twitching : Twitching
    per_minute : float
        This family's mean rate, over the time outside `busy_s`.
    seconds : float
        Length of the recording.
    busy_s : ndarray, shape (n, 2), float64, seconds
        Sorted stretches to keep free of discharges.
    """
    mean_run = 4.5  # further discharges of a run of 3 to 8, on average
    more = 1.0 + twitching.echoes + twitching.runs * mean_run
    first = _primaries(rng, twitching, per_minute / more, seconds, busy_s)
    kind = rng.random(len(first))
    parts = [first]
    echoed = first[kind < twitching.echoes]
    parts.append(echoed + echo_intervals_s(rng, len(echoed)))
    opens = first[kind > 1.0 - twitching.runs]
    for time in opens:
        length = int(rng.integers(2, 8))
        period = 1.0 / rng.uniform(3.0, 8.0)
        parts.append(time + np.cumsum(period * np.clip(rng.normal(1.0, 0.12, length), 0.6, 1.4)))
    times = np.sort(np.concatenate(parts))
    times = outside(times[(times >= 0) & (times < seconds)], busy_s)
    return _refractory(times, twitching.refractory_s)


def echo_intervals_s(rng: np.random.Generator, n: int) -> Floats:
    """Return `n` intervals from a discharge to its second one: 10-110 ms, mode at 33 ms."""
    near = rng.normal(0.0335, 0.006, n)
    wide = rng.uniform(0.010, 0.110, n)
    return np.clip(np.where(rng.random(n) < 0.7, near, wide), 0.010, 0.110)


def _primaries(
    rng: np.random.Generator,
    twitching: Twitching,
    per_minute: float,
    seconds: float,
    busy_s: Floats,
) -> Floats:
    """Draw a Poisson process of wandering rate; its mean over the free time is as asked."""
    n = max(2, math.ceil(seconds / _COURSE_S))
    edges = np.linspace(0.0, seconds, n + 1)
    rate = np.exp(twitching.clustering * wander(rng, n, seconds / n, 15.0))
    for start, stop in busy_s:  # the part of each step that is free
        covered = np.minimum(edges[1:], stop) - np.maximum(edges[:-1], start)
        rate *= 1.0 - np.clip(covered / (seconds / n), 0.0, 1.0)
    expected = per_minute / 60.0 * allowed_s(seconds, busy_s)
    total = float(rate.sum())
    if total <= 0 or expected <= 0:
        return np.empty(0)
    course = np.concatenate([[0.0], np.cumsum(rate)]) / total
    return np.interp(np.sort(rng.random(rng.poisson(expected))), course, edges)


def wander(rng: np.random.Generator, n: int, step_s: float, time_constant_s: float) -> Floats:
    """Return `n` steps of an Ornstein-Uhlenbeck course of mean 0 and standard deviation 1."""
    keep = math.exp(-step_s / time_constant_s)
    push = math.sqrt(1.0 - keep**2)
    value = float(rng.standard_normal())
    course = np.empty(n)
    for i, kick in enumerate(rng.standard_normal(n)):
        course[i] = value
        value = keep * value + push * float(kick)
    return course


def _refractory(times_s: Floats, refractory_s: float) -> Floats:
    kept: list[float] = []
    for time in times_s.tolist():
        if not kept or time - kept[-1] >= refractory_s:
            kept.append(time)
    return np.array(kept)
