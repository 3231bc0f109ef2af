"""Waveform families: potentials of one shape, found by looking, their number not given.

Snippets in; family numbers, alignments and templates out. A family is not a motor unit: one bipolar
channel cannot tell most units apart.

Method: the largest ungrouped potential starts a template; all potentials that differ from it, at
their best alignment (to a fraction of a sample), by no more than noise and a little natural
variation join it; the template becomes their mean; repeat. Templates that another explains are
dropped. Potentials that fit none, and families of fewer than three, stay ungrouped.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fasciscope.detection import grouping, shifting
from fasciscope.detection.waveforms import STEP_S

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

COMPARED_S = 0.016
"""Waveforms are compared over this much on both sides of the largest deflection; what lies further
out is kept to take a potential's tail away with it."""
SHIFT_S = 0.006
"""Alignment is searched this far: noise can move the largest deflection by a phase's width."""
FINE_HZ = 4000.0
"""Alignment is done on a grid this fine; a quarter of a millisecond costs 1 % of a residual."""
NOISE_LIMIT = 1.9
"""Residual over noise power that noise alone exceeds once in some hundred potentials."""
VARIATION = 0.03
"""Residual power, as a part of the template's, that one unit's potentials differ by naturally."""
COMPARED_HZ = 1000.0
"""Samples compared a second: the pass band ends at 350 Hz, more would tell nothing new."""
LEAST_MEMBERS = 3
MOST_FAMILIES = 40
MOST_SEEDS = 1500
ROUNDS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """Potentials of one waveform on one channel.

    Parameters
    ----------
    number : int
        From 1, by falling amplitude.
    channel : int
    count : int
        Potentials in it.
    amplitude_uv : float
        Median peak-to-peak amplitude, µV.
    waveform_uv, spread_uv : ndarray, shape (n,), float64, µV
        Average waveform in the pass band, and the standard deviation around it (from quartiles).
    peak_offset : int
        Index of the largest deflection in `waveform_uv`.
    """

    number: int
    channel: int
    count: int
    amplitude_uv: float
    waveform_uv: F64
    spread_uv: F64
    peak_offset: int


@dataclass(frozen=True, slots=True, eq=False)
class Grouping:
    """What `group` found.

    Parameters
    ----------
    labels : ndarray, shape (n,), int64
        1, 2, … by falling size; 0 = not grouped.
    offsets : ndarray, shape (n,), float64
        How much later than its template each potential lies, in samples.
    templates : ndarray, shape (n_families, length), float32, µV
    """

    labels: I64
    offsets: F64
    templates: F32


class Grouper:
    """The grid and the limits for one rate; see the module's text for the method."""

    def __init__(self, fs_hz: float) -> None:
        self.fs_hz = fs_hz
        self.fine = max(1, math.ceil(FINE_HZ / fs_hz))
        self.stride = max(1, int(fs_hz // COMPARED_HZ))
        self.reach = max(1, round(SHIFT_S * fs_hz))
        self.step = max(1, int(STEP_S * fs_hz))
        self.compared = max(2, round(COMPARED_S * fs_hz))

    def finer(self, templates: F32) -> F32:
        """Return each template delayed by 0, 1/q, … of a sample, shape (n * q, length)."""
        return shifting.finer(templates, self.fine)

    def grid(self, shapes: F32) -> grouping.Grid:
        """Return how waveforms of this length are compared, see `grouping`."""
        middle = shapes.shape[1] // 2
        half = min(self.compared, middle - self.reach)
        first, stop = middle - half, middle + half + 1
        return self.fine, first, stop, self.reach, self.step, self.stride

    def power(self, shapes: F32) -> F64:
        """Return the mean square of the part that is compared, µV²."""
        _, first, stop, _, _, _ = self.grid(shapes)
        return grouping.power(shapes, first, stop)

    def assign(self, shapes: F32, templates: F32, noise: F64) -> tuple[I64, F64]:
        """Return the family of each shape, 0 where none fits, and its offset."""
        return grouping.assign(
            shapes, templates, noise, self.grid(shapes), (NOISE_LIMIT, VARIATION)
        )

    def seed(self, shapes: F32, noise: F64) -> F32:
        """Pick templates: the largest shape that fits no template yet becomes the next one."""
        order = np.argsort(-self.power(shapes), kind="stable")[:MOST_SEEDS]
        return grouping.seeds(
            shapes[order],
            noise[order],
            self.grid(shapes),
            (NOISE_LIMIT, VARIATION),
            LEAST_MEMBERS,
            MOST_FAMILIES,
        )

    def distinct(self, templates: F32, counts: I64, noise: float) -> F32:
        """Drop every template that a more frequent one explains."""
        order = np.argsort(-counts, kind="stable")
        return templates[
            grouping.distinct(templates, counts, order, noise, self.grid(templates), VARIATION)
        ]


def group(shapes: F32, noise: F64, fs_hz: float) -> Grouping:
    """Group potentials by waveform.

    Parameters
    ----------
    shapes : ndarray, shape (n, length), float32, µV
        Band-passed signal, centred on each potential's largest deflection.
    noise : ndarray, shape (n,), float64, µV²
        Noise power in the pass band at each potential.
    fs_hz : float
    """
    n = len(shapes)
    empty = np.empty((0, shapes.shape[1]), dtype=np.float32)
    nothing = Grouping(np.zeros(n, dtype=np.int64), np.zeros(n), empty)
    if n < LEAST_MEMBERS:
        return nothing
    grouper = Grouper(fs_hz)
    templates = grouper.seed(shapes, noise)
    for _ in range(ROUNDS):
        if len(templates) == 0:
            return nothing
        labels, offsets = grouper.assign(shapes, templates, noise)
        counts = np.bincount(labels, minlength=len(templates) + 1)[1:]
        templates = shifting.means(shapes, labels, offsets, len(templates))
        templates = grouper.distinct(templates, counts[counts > 0], float(np.median(noise)))
    return settle(grouper, shapes, templates, noise)


def settle(grouper: Grouper, shapes: F32, templates: F32, noise: F64) -> Grouping:
    """Assign for the last time, drop the small families, number the rest by falling size."""
    labels, offsets = grouper.assign(shapes, templates, noise)
    counts = np.bincount(labels, minlength=len(templates) + 1)[1:]
    order = np.argsort(-grouper.power(templates), kind="stable")
    keep = order[counts[order] >= LEAST_MEMBERS]
    renumber = np.zeros(len(templates) + 1, dtype=np.int64)
    renumber[keep + 1] = np.arange(1, len(keep) + 1)
    return Grouping(renumber[labels], offsets, templates[keep])


def describe(channel: int, count: int, shapes: F32, offsets: F64, amplitudes: F64) -> Family:
    """Return the figures of one family, not numbered yet (number 0), from its members."""
    aligned = shifting.delayed(shapes, -offsets)
    ordered = np.sort(aligned, axis=0)  # quicker than np.quantile, and the same
    low, high = _quantile(ordered, 0.25), _quantile(ordered, 0.75)
    waveform = aligned.mean(axis=0, dtype=np.float64)
    return Family(
        0,
        channel,
        count,
        float(np.median(amplitudes)),
        waveform,
        (high - low) / 1.349,
        int(np.argmax(np.abs(waveform))),
    )


def _quantile(ordered: F32, share: float) -> F64:
    """Return a quantile of each column of which the values are in order."""
    rank, part = divmod(share * (len(ordered) - 1), 1.0)
    low = ordered[int(rank)].astype(np.float64)
    above = ordered[min(int(rank) + 1, len(ordered) - 1)].astype(np.float64)
    return np.asarray(low + part * (above - low))
