"""The second look: what is too faint to be seen by itself, but looks just like a known family.

A wavelet collects most of a potential's energy, its family's own template all of it, and a family
that is known asks for one waveform instead of many. So a candidate below the threshold is still a
potential if it fits a template, and stands out along that template as far as chance never brings
noise. Only families that the first look established count.

References
----------
Turin, IRE Transactions on Information Theory 6 (1960) 311: the matched filter is the best there is
for a known waveform.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fasciscope.detection import candidates as c
from fasciscope.detection.families import Grouper
from fasciscope.detection.score import ATOMS_HZ
from fasciscope.detection.shifting import delayed

LEAST_SCORE = 9.0
"""Below this a candidate is not even kept; noise brings some ten a minute above it."""
STANDS_OUT = 5.2
"""Standard deviations of the noise along the template: one in ten million, one-sided."""
MEMBERS = 8
"""Potentials that a family must have for its template to be trusted with this."""


def look_again(
    rows: NDArray[np.float64],
    shapes: NDArray[np.float32],
    noise_power: NDArray[np.float64],
    templates: NDArray[np.float32],
    counts: NDArray[np.int64],
    grouper: Grouper,
    share: NDArray[np.float64],
    tail: float,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the family of each faint candidate, 0 = none, and its offset in samples.

    Parameters
    ----------
    rows : ndarray, shape (n, N_CANDIDATE)
    shapes : ndarray, shape (n, length), float32, µV
    noise_power : ndarray, shape (n,), float64, µV²
    templates : ndarray, shape (n_families, length), float32, µV
    counts : ndarray, shape (n_families,), int64
        Potentials that the first look gave each family.
    grouper : Grouper
    share : ndarray, shape (n_atoms,), float64
        Part of the floor that each wavelet hears: the colour of the noise.
    tail : float
        How many times slower than Gaussian the noise thins out, at least 1 (see `tails`).
    """
    if len(rows) == 0 or len(templates) == 0:
        return np.zeros(len(rows), dtype=np.int64), np.zeros(len(rows))
    labels, offsets = grouper.assign(shapes, templates, noise_power)
    labels[(labels > 0) & (counts[np.maximum(labels - 1, 0)] < MEMBERS)] = 0
    chosen = templates[np.maximum(labels - 1, 0)].astype(np.float64)
    aligned = delayed(shapes, -offsets).astype(np.float64)
    size = np.sqrt((chosen**2).sum(axis=1))
    colour = hears(templates, share, grouper.fs_hz)[np.maximum(labels - 1, 0)]
    noise = rows[:, c.HEARD] * colour / share[rows[:, c.ATOM].astype(np.int64)]
    along = (aligned * chosen).sum(axis=1) / size / np.sqrt(noise)
    return np.where(along >= STANDS_OUT * np.sqrt(tail), labels, 0), offsets


def hears(
    templates: NDArray[np.float32], share: NDArray[np.float64], fs_hz: float
) -> NDArray[np.float64]:
    """Return what a matched filter of each template hears of the noise, in floors, shape (n,).

    The wavelets' shares are a spectrum of the noise at five places; what lies between is taken from
    the straight line over the logarithm of the frequency.
    """
    f_hz = np.maximum(np.fft.rfftfreq(templates.shape[1], 1.0 / fs_hz), 1.0)
    noise = np.interp(np.log(f_hz), np.log(ATOMS_HZ[: share.size]), share)
    power = np.abs(np.fft.rfft(templates.astype(np.float64), axis=1)) ** 2
    return np.asarray(power @ noise / np.maximum(power.sum(axis=1), 1e-12))
