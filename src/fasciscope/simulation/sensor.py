"""The sensor and the converter: what the board's counts are made of.

Sensor: a differential amplifier of gain 200 whose output rests at half the supply and cannot
leave 0 to supply, with a first-order band-pass. After an overload its output comes back slowly:
while it is at a rail, the excess charges the coupling capacitor and shifts the working point,
and the shift then leaks away. All in µV at the electrode (output divided by gain).

Converter: rounds to 2^bits codes over its reference, and may send the sum of several conversions
as one sample. Counts are that sum less half its span, so that mid-supply is about zero.

References
----------
MyoWare muscle sensor data sheets 1.0 and 2.0 (RAW output: gain 200, centred on half the supply).
ATmega328P data sheet, "ADC Conversion Result": code = V_in · 1024 / V_ref.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fasciscope.blocks import Channel
from fasciscope.errors import InputError
from fasciscope.simulation.waves import FINE_S, Floats

_STRETCH = 4096  # samples looked at together between overloads


@dataclass(frozen=True, slots=True)
class Sensor:
    """An EMG amplifier.

    Parameters
    ----------
    gain : float, default 200
    supply_v : float, default 3.3
        Supply, V; the output rests at half of it.
    high_pass_hz, low_pass_hz : float, default 20, 500
        Corner frequencies, each of first order.
    recovery_s : float, default 0.35
        Time constant with which the working point comes back after an overload.
    charge_s : float, default 0.08
        Time constant with which an overload shifts it.
    offset_v : float, default 0.006
        Spread of the resting output round half the supply, V: resistors are not equal.
    """

    gain: float = 200.0
    supply_v: float = 3.3
    high_pass_hz: float = 20.0
    low_pass_hz: float = 500.0
    recovery_s: float = 0.35
    charge_s: float = 0.08
    offset_v: float = 0.006

    @property
    def rail_uv(self) -> float:
        """Largest deflection that the output can show, µV at the electrode."""
        return self.supply_v / 2 / self.gain * 1e6

    def response(self, hz: NDArray[np.floating[Any]]) -> NDArray[np.complex128]:
        """Return the filter's complex gain at frequencies `hz`, 1 in the pass band."""
        up = 1j * hz / self.high_pass_hz
        gain: NDArray[np.complex128] = up / (1 + up) / (1 + 1j * hz / self.low_pass_hz)
        return gain

    def filtered(self, values: Floats) -> Floats:
        """Return waveforms on the fine grid as the filter passes them.

        Parameters
        ----------
        values : ndarray, shape (..., n), float64
            From rest; anything after the end is cut off.
        """
        n = values.shape[-1]
        size = 1 << math.ceil(math.log2(2 * n))
        spectrum = np.fft.rfft(values, size) * self.response(np.fft.rfftfreq(size, FINE_S))
        return np.asarray(np.fft.irfft(spectrum, size))[..., :n]

    def overload(
        self, values: Floats, step_s: float, shift_uv: float = 0.0, offset_uv: float = 0.0
    ) -> tuple[Floats, float, NDArray[np.bool_]]:
        """Return what the output shows of `values`, with rails and the slow way back from them.

        Parameters
        ----------
        values : ndarray, shape (n,), float64, µV
        step_s : float
            Time between values, seconds.
        shift_uv : float, default 0
            Shift of the working point before the first value.
        offset_uv : float, default 0
            Resting output, off half the supply.

        Returns
        -------
        shown : ndarray, shape (n,), float64, µV
        shift_uv : float
            Shift after the last value, to go on with.
        at_rail : ndarray, shape (n,), bool
        """
        low, high = -self.rail_uv - offset_uv, self.rail_uv - offset_uv
        keep = math.exp(-step_s / self.recovery_s)
        charge = 1.0 - math.exp(-step_s / self.charge_s)
        shown, at_rail = np.empty_like(values), np.zeros(len(values), dtype=bool)
        place = 0
        while place < len(values):
            stretch = values[place : place + _STRETCH]
            if abs(shift_uv) > 1e-3:
                stretch = stretch - shift_uv * keep ** np.arange(len(stretch))
            beyond = (stretch < low) | (stretch > high)
            free = int(np.argmax(beyond)) if beyond.any() else len(stretch)
            shown[place : place + free] = stretch[:free]
            shift_uv *= keep**free
            place += free
            while place < len(values):
                rest = float(values[place]) - shift_uv
                if low <= rest <= high:
                    break
                shown[place] = min(max(rest, low), high)
                at_rail[place] = True
                shift_uv = shift_uv * keep + (rest - shown[place]) * charge
                place += 1
        return shown + offset_uv, shift_uv, at_rail


@dataclass(frozen=True, slots=True)
class Converter:
    """An analogue-to-digital converter that may send sums of conversions.

    Parameters
    ----------
    bits : int, default 12
        8 to 16.
    reference_v : float, default 3.3
        Voltage of the full span.
    oversampling : int, default 1
        Conversions summed into a sample; span of the sum at most 65,536 codes.

    Raises
    ------
    InputError
        If the bits, the reference or the span of the sum are out of bounds.
    """

    bits: int = 12
    reference_v: float = 3.3
    oversampling: int = 1

    def __post_init__(self) -> None:
        if not 8 <= self.bits <= 16:
            raise InputError(f"A converter has 8 to 16 bits, not {self.bits}.")
        if not (math.isfinite(self.reference_v) and self.reference_v > 0):
            raise InputError(f"A converter's reference is above 0 V, not {self.reference_v}.")
        if self.oversampling < 1 or self.span > 65_536:
            raise InputError(
                f"The sum of {self.oversampling} conversions of {self.bits} bits does not fit "
                "16 bits; lower one of the two."
            )

    @property
    def span(self) -> int:
        """Codes of the full reference, of the sum."""
        return self.oversampling << self.bits

    def uv_per_count(self, sensor: Sensor) -> float:
        """Return the size of one count of the sum, µV at the electrode."""
        return self.reference_v / self.span / sensor.gain * 1e6

    def channel(self, sensor: Sensor, name: str, muscle: str = "", side: str = "") -> Channel:
        """Return what is known of a channel made by `sensor` and this converter."""
        middle = self.span // 2
        return Channel(
            name,
            uv_per_count=self.uv_per_count(sensor),
            count_min=-middle,
            count_max=self.oversampling * ((1 << self.bits) - 1) - middle,
            muscle=muscle,
            side=side,
            prefilter=f"HP:{sensor.high_pass_hz:g}Hz LP:{sensor.low_pass_hz:g}Hz",
        )

    def counts(self, shown_uv: Floats, sensor: Sensor) -> NDArray[np.int16]:
        """Return centred counts of the sensor's output.

        Parameters
        ----------
        shown_uv : ndarray, shape (n * oversampling,), float64
            Output off half the supply, µV at the electrode.

        Returns
        -------
        ndarray, shape (n,), int16
        """
        volts = shown_uv * (sensor.gain * 1e-6) + sensor.supply_v / 2
        codes = np.rint(volts * ((1 << self.bits) / self.reference_v))
        np.clip(codes, 0, (1 << self.bits) - 1, out=codes)
        sums = codes.reshape(-1, self.oversampling).sum(axis=1) - self.span // 2
        return np.asarray(sums, dtype=np.int16)
