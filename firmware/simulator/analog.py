"""What hangs on the analogue inputs: an array of millivolts, or anything that gives codes."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

BITS = 10
_FINER = 4


class Analog(Protocol):
    """Something on the inputs."""

    def code(self, channel: int, cycle: int) -> int:
        """Return what an ideal 10-bit converter reads on `channel`, triggered at `cycle`."""


class Voltages:
    """Millivolts on the inputs over time, each value held until the next.

    Parameters
    ----------
    millivolts : array_like, shape (n_samples,) or (n_samples, n_channels)
        Channels that are not there lie at half the reference.
    fs_hz : float
        How many values a second.
    reference_mv : float, default 5000
    cpu_hz : float, default 16e6
    loop : bool, default False
        Begin again at the end; else the last value stays on.

    Attributes
    ----------
    origin : int or None
        Cycle of the first value. None: whenever the first conversion comes.
    """

    def __init__(
        self,
        millivolts: ArrayLike,
        fs_hz: float,
        *,
        reference_mv: float = 5000.0,
        cpu_hz: float = 16e6,
        loop: bool = False,
    ) -> None:
        values = np.asarray(millivolts, dtype=np.float64)
        values = values.reshape(len(values), -1)
        steps = np.floor(values * (1 << BITS) / reference_mv)
        codes = np.clip(steps, 0, (1 << BITS) - 1).astype(int)
        self._codes: list[list[int]] = [column.tolist() for column in codes.T]
        self._n = len(codes)
        self._loop = loop
        self._cycles_per_value = cpu_hz / fs_hz
        self.origin: int | None = None

    def code(self, channel: int, cycle: int) -> int:
        """Return what an ideal 10-bit converter reads on `channel`, triggered at `cycle`."""
        if self.origin is None:
            self.origin = cycle
        if channel >= len(self._codes):
            return 1 << (BITS - 1)
        # half a value's time is added: the trigger is seen a few cycles late, never early
        at = int((cycle - self.origin) / self._cycles_per_value + 0.5)
        return self._codes[channel][at % self._n if self._loop else min(at, self._n - 1)]


def from_recording(
    recording: Any, gain: float = 200.0, reference_mv: float = 5000.0, *, loop: bool = False
) -> Voltages:
    """Return what a sensor would have put on the inputs while `recording` was made.

    Parameters
    ----------
    recording : fasciscope.recording.Recording
        Its µV at the electrode are amplified and centred on half the reference. Between its samples
        the signal is interpolated, fourfold, as it goes on there.
    gain : float, default 200
        Of the sensor: MyoWare's RAW output.
    reference_mv : float, default 5000
    loop : bool, default False
    """
    from scipy.signal import resample_poly

    uv = np.column_stack([recording.uv(c) for c in range(recording.info.n_channels)])
    fine = resample_poly(np.nan_to_num(uv), _FINER, 1, axis=0)
    millivolts = reference_mv / 2 + fine * gain / 1000
    fs_hz = recording.info.fs_hz * _FINER
    return Voltages(millivolts, fs_hz, reference_mv=reference_mv, loop=loop)


class Quiet:
    """Every input at half the reference."""

    def code(self, channel: int, cycle: int) -> int:
        """Return half of what the converter can read."""
        del channel, cycle
        return 1 << (BITS - 1)
