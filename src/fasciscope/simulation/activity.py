"""Sustained activity: voluntary contractions and cramps, each made of many units.

Voluntary: units are recruited by size (Fuglevand, Winter and Patla 1993: thresholds spread
exponentially, a unit's rate rises with the drive above its threshold), 5-31 discharges a second,
intervals varying by 10-25 %. The drive rises in 0.1-0.6 s, holds with some unsteadiness and falls.

Cramp: units join over the first seconds and fall silent one by one; each discharges irregularly,
14.5 ± 5.1 a second (6-25), for 23.6 ± 16.2 s, intervals varying by 45 %, 4 % of them doublets
(Minetto et al. 2009, PMID 19571196).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fasciscope.simulation.checks import ascending
from fasciscope.simulation.potentials import Electrodes, random_potential
from fasciscope.simulation.sensor import Sensor
from fasciscope.simulation.waves import Floats, Wave

_STEP_S = 0.005


@dataclass(frozen=True, slots=True)
class Contractions:
    """Voluntary contractions of a scene.

    Parameters
    ----------
    per_minute : float
        At least one happens where there is room.
    seconds : (low, high), default (1.2, 20)
        Length, evenly on a logarithmic scale.
    strength : (low, high), default (0.1, 0.8)
        Largest drive, 1 being all there is.
    """

    per_minute: float
    seconds: tuple[float, float] = (1.2, 20.0)
    strength: tuple[float, float] = (0.1, 0.8)

    def __post_init__(self) -> None:
        ascending("A contraction", "s", *self.seconds)
        ascending("Strength", "(1 is all)", *self.strength)


@dataclass(frozen=True, slots=True)
class Cramps:
    """Cramps of a scene.

    Parameters
    ----------
    per_minute : float
        At least one happens where there is room.
    seconds : (low, high), default (18, 45)
    units : (low, high), default (12, 30)
        Number of units that take part.
    """

    per_minute: float
    seconds: tuple[float, float] = (18.0, 45.0)
    units: tuple[int, int] = (12, 30)

    def __post_init__(self) -> None:
        ascending("A cramp", "s", *self.seconds)
        ascending("The number of units", "units", *self.units)


def pool(
    rng: np.random.Generator, electrodes: Electrodes, sensor: Sensor, n_units: int = 45
) -> list[Wave]:
    """Return the potentials of a muscle's units near the electrodes, small to large.

    Sizes grow exponentially over the units, 20-600 µV peak to peak, as thresholds do; place
    within the muscle scatters them by a third.
    """
    sizes = 20.0 * (600.0 / 20.0) ** (np.arange(n_units) / max(n_units - 1, 1))
    sizes *= np.exp(np.clip(rng.normal(0.0, 0.33, n_units), -0.8, 0.8))
    return [random_potential(rng, electrodes, sensor, float(size)) for size in sizes]


def contraction(
    rng: np.random.Generator, n_units: int, start_s: float, length_s: float, strength: float
) -> list[Floats]:
    """Return the discharge times (s) of each unit of the pool in one voluntary contraction."""
    time = np.arange(0.0, length_s, _STEP_S)
    rise = min(rng.uniform(0.1, 0.6), 0.3 * length_s)
    fall = min(rng.uniform(0.1, 0.5), 0.3 * length_s)
    hold = np.clip(np.minimum(time / rise, (length_s - time) / fall), 0.0, 1.0)
    swing = np.sin(2 * math.pi * rng.uniform(0.3, 1.5) * time + rng.uniform(0, 2 * math.pi))
    drive = strength * hold * (1.0 + 0.12 * swing)
    times = []
    for unit in range(n_units):
        threshold = 0.02 * 40.0 ** (unit / max(n_units - 1, 1))
        top = rng.uniform(18.0, 31.0)
        rate = np.where(drive > threshold, np.minimum(6.0 + 40.0 * (drive - threshold), top), 0.0)
        spread = rng.uniform(0.10, 0.25)
        intervals = np.clip(rng.normal(1.0, spread, math.ceil(32 * length_s) + 2), 0.4, 1.8)
        times.append(start_s + _at_rate(rng, rate, intervals))
    return times


def cramp(
    rng: np.random.Generator, n_units: int, start_s: float, length_s: float, taking_part: int
) -> list[Floats]:
    """Return the discharge times (s) of each unit of the pool in one cramp."""
    times: list[Floats] = [np.empty(0)] * n_units
    chosen = np.sort(rng.permutation(n_units)[:taking_part])
    # small units tend to join before large ones; one of middling size is there from first to last,
    # so that it is one cramp
    turn = np.argsort(np.arange(len(chosen)) + 0.3 * len(chosen) * rng.standard_normal(len(chosen)))
    joins = np.sort(0.4 * length_s * rng.beta(1.2, 2.5, len(chosen)))
    lead = len(chosen) // 2
    for place, unit in enumerate(chosen[turn]):
        begin = 0.0 if place == lead else float(joins[place])
        lasts = max(0.3 * length_s, float(rng.normal(23.6, 16.2)))
        end = min(begin + lasts, length_s * (1.0 - 0.35 * float(rng.beta(1.0, 2.0))))
        end = length_s if place == lead else end
        span = np.arange(0.0, end - begin, _STEP_S)
        mean = float(np.clip(rng.normal(14.5, 5.1), 6.0, 25.0))
        rate = mean * (1.1 - 0.35 * span / max(end - begin, _STEP_S))
        many = math.ceil(2 * 28 * (end - begin)) + 10
        intervals = rng.gamma(1 / 0.45**2, 0.45**2, many)
        pairs = rng.random(many) < 0.04
        intervals[pairs] = rng.uniform(0.006, 0.015, int(pairs.sum())) * mean
        times[unit] = start_s + begin + _at_rate(rng, rate, np.maximum(intervals, 0.005 * mean))
    return times


def _at_rate(rng: np.random.Generator, rate: Floats, intervals: Floats) -> Floats:
    """Return times (s) whose intervals, stretched by the course of the rate, are `intervals`."""
    ripe = np.concatenate([[0.0], np.cumsum(rate)]) * _STEP_S
    due = np.cumsum(intervals) - intervals[0] * rng.random()
    due = due[due < ripe[-1]]
    return np.asarray(np.interp(due, ripe, np.arange(len(ripe)) * _STEP_S))
