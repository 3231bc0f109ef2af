"""Amplifier and skin noise: white plus 1/f, as the sensor's band-pass lets it through.

White noise goes through one cascade of first-order sections: pole and zero pairs that make the
1/f rise below a corner frequency, the sensor's high-pass, and its low-pass where the rate can
show it. At rates whose upper edge lies near or below the low-pass the noise above folds back, as
on a board without an anti-alias filter: it is then white up to the edge. The level is set at the
samples, from the cascade's own impulse response, so that the rms is as asked at every rate.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fasciscope.errors import InputError
from fasciscope.simulation.checks import ascending
from fasciscope.simulation.discharges import wander
from fasciscope.simulation.sensor import Sensor
from fasciscope.simulation.waves import Floats

_WARM_UP_S = 1.0
_STEP_S = 1.0  # of the level's course


@dataclass(frozen=True, slots=True)
class Noise:
    """Noise of a scene.

    Parameters
    ----------
    uv : float
        Rms at the electrode, µV, over the sensor's band.
    corner_hz : float, default 40
        Below it, 1/f noise is above the white noise.
    range_uv : (low, high) or None, default None
        The rms wanders slowly within these bounds and jumps now and then; None keeps it at `uv`.
    """

    uv: float
    corner_hz: float = 40.0
    range_uv: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.uv) and self.uv >= 0):
            raise InputError(f"Noise must be 0 µV or more, not {self.uv}.")
        if self.range_uv is not None:
            ascending("The noise and its range", "µV", self.uv)
            ascending("The noise's range", "µV", *self.range_uv)


class NoiseStream:
    """Noise of one channel, made stretch by stretch.

    Parameters
    ----------
    noise : Noise
    sensor : Sensor
    rate_hz : float
        Conversions a second.
    oversampling : int
        Conversions averaged into one sample; the rms holds for the samples.
    rng : numpy.random.Generator
    """

    def __init__(
        self,
        noise: Noise,
        sensor: Sensor,
        rate_hz: float,
        oversampling: int,
        rng: np.random.Generator,
    ) -> None:
        from scipy.signal import sosfilt  # importing it takes long

        self._sosfilt, self._rng = sosfilt, rng
        self._sections = _sections(noise.corner_hz, sensor, rate_hz)
        self._state = np.zeros((len(self._sections), 2))
        impulse = np.zeros(math.ceil(2.0 * rate_hz))
        impulse[0] = 1.0
        response = sosfilt(self._sections, impulse)
        samples = np.convolve(response, np.full(oversampling, 1.0 / oversampling))
        self._gain = noise.uv / float(np.sqrt(np.sum(samples**2)))
        self.take(math.ceil(_WARM_UP_S * rate_hz))

    def take(self, n: int) -> Floats:
        """Return the next `n` conversions' noise, µV, shape (n,), float64."""
        white = self._rng.standard_normal(n)
        values, self._state = self._sosfilt(self._sections, white, zi=self._state)
        return np.asarray(values) * self._gain


def _sections(corner_hz: float, sensor: Sensor, rate_hz: float) -> Floats:
    from scipy.signal import bilinear_zpk, zpk2sos

    edge = 0.4 * rate_hz
    zeros, poles = [], []
    ratio = 10.0**0.25  # two pairs a decade: within 0.3 dB of 10 dB a decade
    pole = 1.0
    while pole < corner_hz:
        poles.append(pole)
        zeros.append(min(pole * ratio, edge))
        pole *= ratio**2
    zeros.append(0.0)
    poles.append(sensor.high_pass_hz)
    gain = 1.0
    if sensor.low_pass_hz < edge:
        poles.append(sensor.low_pass_hz)
        gain = 2 * math.pi * sensor.low_pass_hz
    turn = -2 * math.pi
    analog = (turn * np.array(zeros), turn * np.array(poles), gain)
    return np.asarray(zpk2sos(*bilinear_zpk(*analog, fs=rate_hz)))


def level_course(
    noise: Noise, seconds: float, rng: np.random.Generator
) -> tuple[Floats, Floats] | None:
    """Return knots (seconds, factor on the noise) of its slow course, or None if it is steady.

    The level wanders within `Noise.range_uv`, evenly on a logarithmic scale, and once a minute on
    average it is somewhere else at once, as when a cable or the posture changes.
    """
    if noise.range_uv is None:
        return None
    n = math.ceil(seconds / _STEP_S) + 1
    times = np.arange(n) * _STEP_S
    jumps = rng.random(n) < _STEP_S / 60.0
    jumps[n // 2] = True  # never none at all
    share = 0.25 * wander(rng, n, _STEP_S, 30.0) + rng.uniform(0.0, 1.0, n)[np.cumsum(jumps)]
    share = np.abs((share + 1.0) % 2.0 - 1.0)  # reflect at both bounds
    low, high = noise.range_uv
    factor = low * (high / low) ** share / noise.uv
    before = times[1:][jumps[1:]] - 0.01  # a jump takes 10 ms, not a second
    knots = np.concatenate([times, before])
    values = np.concatenate([factor, factor[:-1][jumps[1:]]])
    order = np.argsort(knots)
    return knots[order], values[order]
