"""Potentials of motor units, as a bipolar pair on the skin sees them, from muscle fibre physics.

A unit is a bundle of fibres. In each fibre two waves of excitation leave the end plate and run to
the two ends, where they go out. The membrane voltage along a wave is Rosenfalck's,

    V(u) = 96 u³ exp(-u) - 90 mV,   u in mm behind the front,

and the current through the membrane is its second derivative along the fibre, cut off at the end
plate and the ends so that a fibre never makes net current (Farina and Merletti 2001): this alone
gives the end-plate and end-of-fibre waves, which do not travel. The tissue is an anisotropic
half-space below an insulating skin; a point current I at depth ρ and distance z along the fibre
makes

    I / (2 π σ_r sqrt(z² + (σ_z / σ_r) ρ²))

on it. An electrode is a point; a channel is the difference of two. Integrating by parts leaves,
for either wave and each electrode, one convolution of V'(u) with the slope of that field along
the fibre, which is done for all fibres at once by Fourier transform, with the sensor's filter in
the same step.

Left out, and why it may be: skin and fat as layers of their own (they act as more depth), the
electrodes' area (a slight low-pass), the bend of the limb.

References
----------
Rosenfalck P. Intra- and extracellular potential fields of active nerve and muscle fibres. Acta
Physiol Scand Suppl 1969;321.
Andreassen S, Rosenfalck A. Relationship of intracellular and extracellular action potentials of
skeletal muscle fibers. CRC Crit Rev Bioeng 1981;6:267-306 (conductivities).
Farina D, Merletti R. A novel approach for precise simulation of the EMG signal detected by
surface electrodes. IEEE Trans Biomed Eng 2001;48:637-646.
Hermens HJ et al. Development of recommendations for SEMG sensors and sensor placement procedures.
J Electromyogr Kinesiol 2000;10:361-374.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from fasciscope.simulation.sensor import Sensor
from fasciscope.simulation.waves import FINE_S, Floats, Wave, trimmed

SIGMA_INSIDE = 1.01  # S/m, fibre's inside
SIGMA_ALONG = 0.33  # S/m, tissue along the fibres
SIGMA_ACROSS = 0.063  # S/m, tissue across the fibres
FIBRE_RADIUS_M = 27.5e-6
MODEL_FIBRES = 40  # stand for all of a unit
_POINTS = 2048  # 102 ms: the longest potential with its filter's tail, without wrapping round
_LEAD_POINTS = 100  # rest before the end plate is excited, 5 ms


@dataclass(frozen=True, slots=True)
class Electrodes:
    """Where the electrodes are on the skin.

    Parameters
    ----------
    pairs : tuple of ((x, y), (x, y)), mm
        One pair a channel; x runs along the muscle, y across it. A channel shows the first
        electrode's potential less the second's. The default is a pair 20 mm apart along the
        muscle, as SENIAM recommends (Hermens et al. 2000).
    """

    pairs: tuple[tuple[tuple[float, float], tuple[float, float]], ...] = (
        ((10.0, 0.0), (-10.0, 0.0)),
    )


@dataclass(frozen=True, slots=True)
class MotorUnit:
    """The geometry of one unit; all lengths in mm.

    Parameters
    ----------
    depth_mm : float
        Depth of the middle of the unit's territory below the skin.
    lateral_mm : float
        Its place across the muscle (the electrodes' y).
    end_plate_mm : float
        Place of its end plates along the muscle (the electrodes' x).
    half_lengths_mm : tuple of float
        Fibre length from the end plate to the end at high x, and to the end at low x.
    angle_deg : float
        Angle of the fibres to the electrodes' x axis.
    velocity_m_s : float
        Conduction velocity.
    fibres : float
        Number of fibres; it scales the potential.
    territory_mm, end_plate_spread_mm, end_spread_mm : float
        Spread (standard deviation) of the fibres round the middle, of their end plates and of
        their ends.
    """

    depth_mm: float
    lateral_mm: float = 0.0
    end_plate_mm: float = 35.0
    half_lengths_mm: tuple[float, float] = (55.0, 60.0)
    angle_deg: float = 0.0
    velocity_m_s: float = 4.0
    fibres: float = 300.0
    territory_mm: float = 2.0
    end_plate_spread_mm: float = 3.0
    end_spread_mm: float = 3.0


def membrane_slope(u_mm: Floats) -> Floats:
    """Return the slope of Rosenfalck's membrane voltage, V/m, `u_mm` behind the wave's front."""
    u = np.maximum(u_mm, 0.0)
    return 96.0 * u**2 * (3.0 - u) * np.exp(-u)


def _field_slope(z_mm: Floats, rho_mm: Floats) -> Floats:
    """Return the slope along the fibre of the field of a unit current, V/(A m)."""
    squared = z_mm**2 + (SIGMA_ALONG / SIGMA_ACROSS) * rho_mm**2
    return -z_mm / squared**1.5 / (2 * math.pi * SIGMA_ACROSS) * 1e6


def waveform(
    unit: MotorUnit,
    electrodes: Electrodes,
    rng: np.random.Generator,
    sensor: Sensor | None = None,
) -> Floats:
    """Return a unit's potential on each channel, from the moment its end plates are excited.

    Parameters
    ----------
    unit : MotorUnit
    electrodes : Electrodes
    rng : numpy.random.Generator
        Places the fibres within the territory.
    sensor : Sensor or None, default None
        Filter to apply; None shows the potential on the skin.

    Returns
    -------
    ndarray, shape (n_channels, 2048), float64, µV
        On a grid of 50 µs; the first 5 ms are rest.
    """
    n = MODEL_FIBRES
    across = unit.lateral_mm + unit.territory_mm * rng.standard_normal(n)
    depth = np.maximum(unit.depth_mm + unit.territory_mm * rng.standard_normal(n), 1.5)
    plate = unit.end_plate_mm + unit.end_plate_spread_mm * rng.standard_normal(n)
    spread = unit.end_spread_mm * rng.standard_normal((2, n))
    velocity = unit.velocity_m_s * (1.0 + 0.02 * rng.standard_normal(n))
    delay_s = np.abs(0.3e-3 * rng.standard_normal(n))  # in the nerve's last branches
    step_mm = velocity[:, np.newaxis] * FINE_S * 1e3
    total = np.stack(
        [
            _seen_along(unit, pair[0], step_mm, across, depth, plate, spread)
            - _seen_along(unit, pair[1], step_mm, across, depth, plate, spread)
            for pair in electrodes.pairs
        ]
    )
    slope = membrane_slope(np.arange(_POINTS // 2) * step_mm)
    hz = np.fft.rfftfreq(_POINTS, FINE_S)
    shift = np.exp(-2j * np.pi * hz * (_LEAD_POINTS * FINE_S + delay_s[:, np.newaxis]))
    spectrum = np.einsum(
        "cnf,nf->cf",
        np.fft.rfft(total, _POINTS),
        np.fft.rfft(slope, _POINTS) * shift * step_mm * 1e-3,
    )
    if sensor is not None:
        spectrum *= sensor.response(hz)
    scale = math.pi * FIBRE_RADIUS_M**2 * SIGMA_INSIDE * unit.fibres / n * 1e6
    return scale * np.asarray(np.fft.irfft(spectrum, _POINTS))


def _seen_along(
    unit: MotorUnit,
    place: tuple[float, float],
    step_mm: Floats,
    across: Floats,
    depth: Floats,
    plate: Floats,
    spread: Floats,
) -> Floats:
    """Return how one electrode sees each step of each fibre's two waves, shape (fibres, steps)."""
    (x, y), turn = place, math.radians(unit.angle_deg)
    along = x * math.cos(turn) + y * math.sin(turn)
    rho = np.hypot(y * math.cos(turn) - x * math.sin(turn) - across, depth)
    steps = np.arange(_POINTS // 2)
    seen = np.zeros((len(plate), len(steps)))
    for side, half, ends in zip((1, -1), unit.half_lengths_mm, spread, strict=True):
        inside = np.clip((half + ends)[:, np.newaxis] / step_mm - steps, 0.0, 1.0)
        ahead = (steps + 0.5) * step_mm - (side * (along - plate))[:, np.newaxis]
        seen += inside * _field_slope(ahead, rho[:, np.newaxis])
    return seen


def duration_ms(values: Floats, share: float = 0.1) -> float:
    """Return how long one channel's waveform stays above `share` of its peak, first to last."""
    above = np.flatnonzero(np.abs(values) > share * np.abs(values).max())
    return float(above[-1] - above[0] + 1) * FINE_S * 1e3


def phases(values: Floats, share: float = 0.1) -> int:
    """Return the number of phases: runs of one sign that reach `share` of the peak."""
    signs = np.sign(values[np.abs(values) > share * np.abs(values).max()])
    return 1 + int(np.count_nonzero(np.diff(signs)))


def random_unit(rng: np.random.Generator, depth_mm: tuple[float, float]) -> MotorUnit:
    """Return a unit at random in a muscle such as the calf's, its depth within the bounds."""
    reach = rng.uniform(45.0, 75.0, 2)
    return MotorUnit(
        depth_mm=float(rng.uniform(*depth_mm)),
        lateral_mm=float(rng.normal(0.0, 5.0)),
        end_plate_mm=float(rng.choice([-1.0, 1.0]) * rng.uniform(15.0, 45.0)),
        half_lengths_mm=(float(reach[0]), float(reach[1])),
        angle_deg=float(rng.normal(0.0, 10.0)),
        velocity_m_s=float(np.clip(rng.normal(4.0, 0.4), 3.0, 5.0)),
        territory_mm=float(rng.uniform(1.0, 3.5)),
        end_plate_spread_mm=float(rng.uniform(1.0, 6.0)),
        end_spread_mm=float(rng.uniform(1.0, 6.0)),
    )


def random_potential(
    rng: np.random.Generator, electrodes: Electrodes, sensor: Sensor, amplitude_uv: float
) -> Wave:
    """Return a potential of a given size from a unit at random.

    Small potentials come from deeper units. The number of fibres is what the amplitude asks for
    at that depth; a geometry that would need more fibres than a large unit has (2,000), or that
    gives a potential outside 7-22 ms or of more than four phases, is drawn again.

    Parameters
    ----------
    rng : numpy.random.Generator
    electrodes : Electrodes
    sensor : Sensor
        Its filter shapes the potential.
    amplitude_uv : float
        Peak to peak, after the filter, on the channel where it is largest.

    Returns
    -------
    Wave
    """
    middle = float(np.clip(11.0 - 1.6 * math.log2(amplitude_uv / 30.0), 4.0, 11.0))
    for attempt in range(50):
        unit = random_unit(rng, (middle - 2.0, middle + 2.0))
        values = waveform(unit, electrodes, rng, sensor)
        size = np.ptp(values, axis=1)
        best = values[int(np.argmax(size))]
        fibres = unit.fibres * amplitude_uv / float(size.max())
        fits = 20 <= fibres <= 2000 and 7.0 <= duration_ms(best) <= 22.0 and phases(best) <= 4
        if fits or attempt == 49:
            unit = replace(unit, fibres=fibres)
            break
    sign = float(rng.choice([-1.0, 1.0]))  # which electrode is which is chance
    return trimmed(values * (sign * unit.fibres / 300.0))


def amplitudes_uv(
    rng: np.random.Generator, n: int, low_uv: float, middle_uv: float, high_uv: float
) -> Floats:
    """Return `n` amplitudes (µV peak to peak): log-normal round `middle_uv`, within the bounds.

    The spread puts each bound two standard deviations (of the logarithm) away, on its own side.
    """
    deviate = np.clip(rng.standard_normal(n), -2.0, 2.0) / 2.0
    room = np.where(deviate < 0, math.log(middle_uv / low_uv), math.log(high_uv / middle_uv))
    return middle_uv * np.exp(deviate * room)
