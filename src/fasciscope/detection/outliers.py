"""What noise brings that is not Gaussian: crackle, wrong bits, an amplifier's far tail.

A surface potential lasts longer than 5 ms, and no sample of it says what the others are. What two
neighbouring samples explain, as the band-pass spreads them, is no potential, however large it is.

Potentials in, those that are left and where the large outliers lay out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fasciscope.detection import candidates as c
from fasciscope.detection import tails
from fasciscope.detection.channel import ChannelDetector
from fasciscope.detection.shape import CLEAR
from fasciscope.detection.untangle import Potentials

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Mask = NDArray[np.bool_]

LONGEST_S = 0.004
"""Two samples of 500 Hz: an outlier, and what a converter's own filter spreads of it. Where two
samples are longer they may be a potential, and nothing is left out."""
AROUND_S = 0.008
"""Compared on both sides of the peak: a potential, or what the band-pass makes of a sample."""
REACH_S = 0.006
"""Farthest that the samples may lie from the peak."""
WHOLE = 0.7
"""Part of what the band-pass makes of a sample that must lie within what is compared."""
CHANCE = 1.645
"""Standard deviations by which what is left may exceed noise: noise itself does once in twenty."""
MOST = 0.5
"""A waveform that comes again and again is judged by most of its members."""


def without(found: Potentials, channel: ChannelDetector) -> tuple[Potentials, I64]:
    """Leave out what the noise brings; return the large outliers' stretches beside the rest.

    It is what single samples explain, and what is like nothing else and no clearer than the noise's
    farthest tail. Faint potentials, taken in for their waveform only, go with their family.

    Returns
    -------
    left : Potentials
    pops : ndarray, shape (n, 2), int64
        Samples, half-open: outliers so large that their shape is beyond doubt.
    """
    rows, labels = found.rows, found.labels
    if len(rows) == 0 or channel.fs_hz * LONGEST_S < 2.0:
        return found, np.empty((0, 2), dtype=np.int64)
    noise_power = rows[:, c.FLOOR] / channel.median_over_mean()
    wanted, reached = channel.settings.threshold, channel.threshold
    strong = rows[:, c.SCORE] >= tails.familiar(wanted, reached)
    lone = strong.copy()
    lone[strong] = explained(found.shapes[strong], noise_power[strong], channel)
    share = np.bincount(labels, weights=lone) / np.maximum(np.bincount(labels, weights=strong), 1)
    lone = np.where(labels > 0, share[labels] > MOST, lone)
    far = tails.alone(wanted, reached)
    faint = (labels == 0) & (rows[:, c.SCORE] < far)
    # not the row's deflection: what was peeled off another potential still has that one's
    clear = np.abs(found.shapes[:, found.shapes.shape[1] // 2]) > CLEAR * np.sqrt(noise_power)
    pops = rows[lone & clear][:, [c.START, c.STOP]].astype(np.int64)
    return found.where(~lone & ~faint), pops


def explained(shapes: NDArray[np.float32], noise_power: F64, channel: ChannelDetector) -> Mask:
    """Return which waveforms two neighbouring samples explain: beside them there is only noise.

    Parameters
    ----------
    shapes : ndarray, shape (n, length), float32, µV
        Band-passed, the peak of the wide-band signal in the middle.
    noise_power : ndarray, shape (n,), float64, µV²
        Noise in the pass band.
    channel : ChannelDetector
    """
    fs_hz, settings = channel.fs_hz, channel.settings
    around, reach = round(AROUND_S * fs_hz), round(REACH_S * fs_hz)
    n, middle = 2 * around + 1, shapes.shape[1] // 2
    part = shapes[:, middle - around : middle + around + 1].astype(np.float64)
    after = impulse(channel.front.sections, n)
    begins = around - channel.band_delay + np.arange(-reach, reach + 1)
    late = np.arange(n)[:, None] - begins
    spread = np.where(late >= 0, after[np.clip(late, 0, n - 1)], 0.0)
    energy = (spread**2).sum(axis=0)
    spread = spread[:, energy > WHOLE * (after**2).sum()]
    spread /= np.sqrt((spread**2).sum(axis=0))
    along = part @ spread
    # least squares on two vectors of length 1 that are alike by `alike`
    alike = (spread[:, :-1] * spread[:, 1:]).sum(axis=0)
    first, second = along[:, :-1], along[:, 1:]
    both = (first**2 + second**2 - 2.0 * alike * first * second) / (1.0 - alike**2)
    left = ((part**2).sum(axis=1) - both.max(axis=1)) / (n * noise_power)
    # noise of so wide a band has two independent values a second and hertz
    band_hz = min(settings.lowpass_hz, 0.5 * fs_hz) - settings.highpass_hz
    return np.asarray(left < 1.0 + CHANCE * np.sqrt(fs_hz / (band_hz * n)))


def impulse(sections: F64, n_samples: int) -> F64:
    """Return what a filter makes of one sample of 1, shape (n_samples,).

    Parameters
    ----------
    sections : ndarray, shape (n_sections, 5)
        As `filters.band_sections` gives them.
    n_samples : int
    """
    values = [1.0] + [0.0] * (n_samples - 1)
    for b0, b1, b2, a1, a2 in sections.tolist():
        first = second = 0.0
        for k, value in enumerate(values):
            here = b0 * value + first
            first = b1 * value - a1 * here + second
            second = b2 * value - a2 * here
            values[k] = here
    return np.array(values)
