"""What gets into the signal from elsewhere: mains hum, the heart, movement, electrode pops.

References
----------
McSharry PE et al. A dynamical model for generating synthetic electrocardiogram signals. IEEE
Trans Biomed Eng 2003;50:289-294 (the heartbeat as a sum of Gaussian waves; breathing at 0.25 Hz
and the Mayer wave at 0.1 Hz in the intervals).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fasciscope.simulation.checks import ascending
from fasciscope.simulation.discharges import wander
from fasciscope.simulation.sensor import Sensor
from fasciscope.simulation.waves import FINE_S, Floats, Grid, Train, Wave, trimmed

_HUM_STEP_S = 1.0
_BEAT = (  # P, Q, R, S, T: time from R (s), height, width (s)
    (-0.17, 0.12, 0.025),
    (-0.028, -0.14, 0.008),
    (0.0, 1.0, 0.010),
    (0.028, -0.26, 0.009),
    (0.24, 0.30, 0.045),
)


@dataclass(frozen=True, slots=True)
class Hum:
    """Mains hum.

    Parameters
    ----------
    uv : float
        Amplitude of the fundamental at the electrode, µV (half of peak to peak).
    hz : float, default 50
        Mains frequency; the true one is within 0.2 Hz and wanders.
    harmonics : tuple of (int, float)
        Order and amplitude as a share of the fundamental.
    """

    uv: float
    hz: float = 50.0
    harmonics: tuple[tuple[int, float], ...] = ((1, 1.0), (2, 0.06), (3, 0.3), (5, 0.12), (7, 0.05))

    def __post_init__(self) -> None:
        ascending("Hum", "µV", self.uv)
        ascending("The mains frequency", "Hz", self.hz)


class HumCourse:
    """Hum of one recording: frequency and amplitude at knots a second apart.

    Parameters
    ----------
    hum : Hum
    seconds : float
    n_channels : int
    rng : numpy.random.Generator
    """

    def __init__(self, hum: Hum, seconds: float, n_channels: int, rng: np.random.Generator) -> None:
        n = math.ceil(seconds / _HUM_STEP_S) + 3
        mean = hum.hz + rng.uniform(-0.15, 0.15)
        self.hz = mean + 0.04 * np.clip(wander(rng, n, _HUM_STEP_S, 20.0), -3.0, 3.0)
        self._amplitude = hum.uv * np.exp(0.2 * wander(rng, n, _HUM_STEP_S, 10.0))
        turns = (self.hz[1:] + self.hz[:-1]) / 2 * _HUM_STEP_S
        self._turns = np.concatenate([[0.0], np.cumsum(turns)])
        self._harmonics = hum.harmonics
        self._phases = rng.uniform(0.0, 2 * math.pi, len(hum.harmonics))
        self._gains = np.ones(n_channels) if n_channels == 1 else rng.uniform(0.4, 1.6, n_channels)

    def add_to(self, out: Floats, first: int, grid: Grid) -> None:
        """Add the hum to conversions `first`, `first` + 1, … of `grid`, in place."""
        place = (grid.time_s(first) + np.arange(out.shape[1]) * grid.step_s) / _HUM_STEP_S + 1.0
        knot = place.astype(np.intp)
        share = place - knot
        bend = (self.hz[knot + 1] - self.hz[knot]) / 2
        turns = self._turns[knot] + share * _HUM_STEP_S * (self.hz[knot] + share * bend)
        turns -= np.floor(turns)
        steps = np.diff(self._amplitude, append=self._amplitude[-1])
        level = self._amplitude[knot] + share * steps[knot]
        total = np.zeros(out.shape[1])
        for (order, part), phase in zip(self._harmonics, self._phases, strict=True):
            total += part * np.sin(2 * math.pi * order * turns + phase)
        out += self._gains[:, np.newaxis] * (total * level)


@dataclass(frozen=True, slots=True)
class Heart:
    """The heartbeat, as electrodes near the trunk see it.

    Parameters
    ----------
    uv : float
        Peak to peak at the electrode after the sensor's filter, µV.
    per_minute : float, default 68
    """

    uv: float
    per_minute: float = 68.0

    def __post_init__(self) -> None:
        ascending("A heartbeat", "µV", self.uv)
        ascending("The heart's rate", "a minute", self.per_minute)


def heartbeats(
    heart: Heart, seconds: float, n_channels: int, sensor: Sensor, rng: np.random.Generator
) -> Train:
    """Return the heartbeats of a recording: intervals vary with breathing, height a little."""
    time = np.arange(-0.3, 0.5, FINE_S)
    beat = sum(h * np.exp(-((time - at) ** 2) / (2 * w**2)) for at, h, w in _BEAT)
    gains = np.ones(n_channels) if n_channels == 1 else rng.uniform(0.7, 1.0, n_channels)
    shape = sensor.filtered(gains[:, np.newaxis] * np.asarray(beat))
    wave = trimmed(shape * (heart.uv / np.ptp(shape[int(np.argmax(gains))])))
    mean = 60.0 / heart.per_minute
    phases = rng.uniform(0.0, 2 * math.pi, 3)
    beats, breath, now = [], [], rng.uniform(0.0, mean)
    while now + wave.after_s < seconds:
        if now > wave.before_s:
            beats.append(now)
            breath.append(math.sin(2 * math.pi * 0.25 * now + phases[2]))
        slow = 0.025 * math.sin(2 * math.pi * 0.1 * now + phases[0])
        fast = 0.03 * math.sin(2 * math.pi * 0.25 * now + phases[1])
        now += mean * (1.0 + slow + fast + 0.012 * float(np.clip(rng.standard_normal(), -3, 3)))
    return Train(wave, np.array(beats), 1.0 + 0.06 * np.array(breath))


@dataclass(frozen=True, slots=True)
class Disturbances:
    """Movements and pops.

    Parameters
    ----------
    movements_per_minute, pops_per_minute : float, default 0
    movement_uv : (low, high), default (800, 9000)
        Size of movements on the skin, µV, before the sensor's high-pass takes most of it.
    pop_uv : (low, high), default (400, 30000)
        Size of the steps that pops are.
    """

    movements_per_minute: float = 0.0
    pops_per_minute: float = 0.0
    movement_uv: tuple[float, float] = (800.0, 9000.0)
    pop_uv: tuple[float, float] = (400.0, 30_000.0)

    def __post_init__(self) -> None:
        ascending("Movements", "µV", *self.movement_uv)
        ascending("Pops", "µV", *self.pop_uv)


def movement(
    rng: np.random.Generator, low_uv: float, high_uv: float, n_channels: int, sensor: Sensor
) -> Wave:
    """Return one movement: skin and cable pulled about for 0.4-2.5 s, with a tug or two in it.

    The slow part (below about 12 Hz) is what electrode and skin make of being moved; a tug is a
    short damped swing of 12-35 Hz. The channels share it in unequal parts.
    """
    length_s = float(np.exp(rng.uniform(math.log(0.4), math.log(2.5))))
    time = np.arange(0.0, length_s + 0.3, FINE_S)
    knots = np.arange(0.0, length_s + 0.3, 0.04)
    slow = np.interp(time, knots, np.cumsum(rng.standard_normal(len(knots))))
    half = np.hanning(2 * round(0.03 / FINE_S) + 1)
    slow = np.convolve(slow - slow.mean(), half / half.sum(), mode="same")
    slow /= np.abs(slow).max()
    rise, fall = rng.uniform(0.05, 0.15), rng.uniform(0.15, 0.35) * length_s
    hold = np.clip(time / rise, 0.0, 1.0) * np.clip((length_s - time) / fall, 0.0, 1.0)
    values = slow * np.sin(hold * math.pi / 2) ** 2
    for _ in range(int(rng.integers(1, 4))):
        since = time - rng.uniform(0.05, 0.8) * length_s
        swing = np.sin(2 * math.pi * rng.uniform(12.0, 35.0) * np.maximum(since, 0.0))
        damped = np.exp(-np.maximum(since, 0.0) / rng.uniform(0.02, 0.05))
        values += rng.uniform(0.05, 0.3) * rng.choice([-1.0, 1.0]) * swing * damped
    size = float(np.exp(rng.uniform(math.log(low_uv), math.log(high_uv))))
    return trimmed(sensor.filtered(_shared(rng, values * size, n_channels)))


def pop(
    rng: np.random.Generator, low_uv: float, high_uv: float, n_channels: int, sensor: Sensor
) -> Wave:
    """Return one electrode pop: a step of the half-cell voltage that leaks away."""
    leak_s = rng.uniform(0.02, 0.15)
    time = np.arange(-1e-3, 8 * leak_s + 0.06, FINE_S)
    values = _step(time, 0.0, leak_s)
    if rng.random() < 0.4:  # the contact goes, too
        values -= rng.uniform(0.3, 1.0) * _step(time, rng.uniform(0.01, 0.06), leak_s)
    size = float(np.exp(rng.uniform(math.log(low_uv), math.log(high_uv))))
    shared = np.zeros((n_channels, len(time)))
    shared[rng.integers(n_channels)] = values * size * rng.choice([-1.0, 1.0])
    return trimmed(sensor.filtered(shared))


def _step(time: Floats, at_s: float, leak_s: float) -> Floats:
    return np.where(time < at_s, 0.0, np.exp(-np.maximum(time - at_s, 0.0) / leak_s))


def _shared(rng: np.random.Generator, values: Floats, n_channels: int) -> Floats:
    parts = rng.uniform(0.3, 1.0, n_channels) * rng.choice([-1.0, 1.0], n_channels)
    parts[rng.integers(n_channels)] = 1.0
    return np.outer(parts, values)
