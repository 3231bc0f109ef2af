"""How often the 95 % interval of the rate holds the true rate: it should, 95 times in 100.

Event times are drawn from processes whose long-run rate is known, the interval is taken exactly as
an analysis takes it, and it is counted how often the true rate lies within.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fasciscope.detection import rates
from fasciscope.simulation.discharges import wander

TARGET = (0.92, 0.98)
"""Between these, coverage is as it should be."""
SECONDS = 600.0
"""Length of each sequence: ten minutes of rest."""
RUNS = 200

Times = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Coverage for one kind of sequence.

    Parameters
    ----------
    name : str
    per_minute : float
        The true rate.
    covered : float
        Share of the intervals that hold it.
    width : float
        Median of upper over lower limit: how much the interval says.
    """

    name: str
    per_minute: float
    covered: float
    width: float

    @property
    def ok(self) -> bool:
        """Whether the coverage is as it should be."""
        return TARGET[0] <= self.covered <= TARGET[1]


def poisson(rng: np.random.Generator, per_minute: float, seconds: float) -> Times:
    """Return the times of a steady process, s."""
    return np.sort(rng.uniform(0.0, seconds, rng.poisson(per_minute * seconds / 60.0)))


def bursts(rng: np.random.Generator, per_minute: float, seconds: float) -> Times:
    """Return the times of events that come in bursts of three on average, within some seconds."""
    mean, spread_s, lead_s = 3.0, 2.0, 20.0
    parents = poisson(rng, per_minute / mean, seconds + lead_s) - lead_s
    sizes = rng.geometric(1.0 / mean, len(parents))
    times = np.repeat(parents, sizes) + rng.exponential(spread_s, int(sizes.sum()))
    return np.sort(times[(times >= 0) & (times < seconds)])


def wandering(rng: np.random.Generator, per_minute: float, seconds: float) -> Times:
    """Return the times of a process whose rate wanders by a factor of two over 15 seconds."""
    step_s, spread = 0.25, 0.7
    course = spread * wander(rng, math.ceil(seconds / step_s), step_s, 15.0)
    rate = per_minute / 60.0 * np.exp(course - spread**2 / 2)  # its mean is the rate asked for
    counts = rng.poisson(rate * step_s)
    first = np.repeat(np.arange(len(counts)) * step_s, counts)
    return np.sort(first + rng.uniform(0.0, step_s, len(first)))


_PROCESSES: tuple[tuple[str, Callable[[np.random.Generator, float, float], Times], float], ...] = (
    ("coverage-steady", poisson, 30.0),
    ("coverage-steady-rare", poisson, 3.0),
    ("coverage-bursts", bursts, 30.0),
    ("coverage-wandering", wandering, 30.0),
)


def coverage(seed: int = 0, runs: int = RUNS) -> list[Coverage]:
    """Return the coverage for each kind of sequence.

    Parameters
    ----------
    seed : int, default 0
    runs : int, default 200
        Sequences of each kind.
    """
    out = []
    for place, (name, draw, per_minute) in enumerate(_PROCESSES):
        limits = np.empty((runs, 2))
        for run in range(runs):
            times = draw(np.random.default_rng([seed, place, run]), per_minute, SECONDS)
            excess = rates.clustering(times, SECONDS)
            _, *limits[run] = rates.per_minute(len(times), SECONDS, excess)
        held = (limits[:, 0] <= per_minute) & (per_minute <= limits[:, 1])
        width = float(np.median(limits[:, 1] / np.maximum(limits[:, 0], 1e-9)))
        out.append(Coverage(name, per_minute, float(held.mean()), width))
    return out
