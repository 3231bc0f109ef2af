"""Biquad coefficients by the bilinear transform, normalised so that a0 = 1.

Written out here because the few that are needed are a line of algebra each, and importing a signal
library costs a second at every start.

References
----------
Oppenheim & Schafer, Discrete-Time Signal Processing, ch. 7 (bilinear transform, Butterworth).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

BUTTERWORTH_4 = (0.541196100146197, 1.306562964876377)
"""Quality factors of the two sections of a fourth-order Butterworth filter."""


def lowpass(corner_hz: float, fs_hz: float, quality: float) -> NDArray[np.float64]:
    """Return one second-order low-pass section (b0, b1, b2, a1, a2), shape (5,)."""
    k = math.tan(math.pi * corner_hz / fs_hz)
    norm = 1.0 / (1.0 + k / quality + k * k)
    gain = k * k * norm
    return np.array(
        [gain, 2 * gain, gain, 2 * (k * k - 1) * norm, (1 - k / quality + k * k) * norm]
    )


def highpass(corner_hz: float, fs_hz: float, quality: float) -> NDArray[np.float64]:
    """Return one second-order high-pass section (b0, b1, b2, a1, a2), shape (5,)."""
    k = math.tan(math.pi * corner_hz / fs_hz)
    norm = 1.0 / (1.0 + k / quality + k * k)
    return np.array(
        [norm, -2 * norm, norm, 2 * (k * k - 1) * norm, (1 - k / quality + k * k) * norm]
    )


def band_sections(highpass_hz: float, lowpass_hz: float, fs_hz: float) -> NDArray[np.float64]:
    """Return the band-pass as sections, shape (n_sections, 5).

    A second-order Butterworth high-pass, then a fourth-order low-pass where its corner lies below
    0.4 of the rate (above, sampling itself has cut the noise).
    """
    sections = [highpass(highpass_hz, fs_hz, math.sqrt(0.5))]
    if lowpass_hz < 0.4 * fs_hz:
        sections += [lowpass(lowpass_hz, fs_hz, quality) for quality in BUTTERWORTH_4]
    return np.array(sections)


def band_share(highpass_hz: float, lowpass_hz: float, fs_hz: float) -> float:
    """Return the part of white noise that lies in the pass band."""
    return (min(lowpass_hz, 0.5 * fs_hz) - highpass_hz) / (0.5 * fs_hz)


def response(sections: NDArray[np.float64], f_hz: float, fs_hz: float) -> complex:
    """Return the complex gain of `sections` at `f_hz`."""
    z = np.exp(-2j * math.pi * f_hz / fs_hz)
    gain = complex(1.0)
    for b0, b1, b2, a1, a2 in sections:
        gain *= (b0 + b1 * z + b2 * z * z) / (1 + a1 * z + a2 * z * z)
    return gain


def delay_samples(sections: NDArray[np.float64], f_hz: float, fs_hz: float) -> float:
    """Return the group delay of `sections` at `f_hz`, in samples."""
    step = 0.5
    above = response(sections, f_hz + step, fs_hz)
    below = response(sections, f_hz - step, fs_hz)
    return -float(np.angle(above / below)) / (2 * math.pi * 2 * step) * fs_hz
