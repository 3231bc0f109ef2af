"""From candidates to potentials: families learned, clusters resolved, each potential once.

Candidate rows and waveforms in; rows, waveforms and families of single potentials out. Families are
learned from potentials that stand alone or are the largest where they stand; with their templates
the close ones are told into overlapping potentials and phases of one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fasciscope.detection import candidates as c
from fasciscope.detection.families import Grouper, Grouping, group
from fasciscope.detection.peeling import PHASE_S, Fitted, Peeler, clusters

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

BY_CHANCE = 7
"""Overlaps of two families that may lie equally far apart by chance: at one a second each, two meet
at one millisecond's distance 0.6 times in ten minutes."""


@dataclass(frozen=True, slots=True, eq=False)
class Potentials:
    """Single potentials, ordered by their peaks.

    Parameters
    ----------
    rows : ndarray, shape (n, N_CANDIDATE)
    shapes : ndarray, shape (n, length), float32, µV
        Band-passed waveforms.
    labels : ndarray, shape (n,), int64
        Family, 0 = none.
    offsets : ndarray, shape (n,), float64
        How much later than its family's template each lies in its waveform, samples.
    templates : ndarray, shape (n_families, length), float32, µV
    """

    rows: F64
    shapes: F32
    labels: I64
    offsets: F64
    templates: F32

    def where(self, kept: NDArray[np.bool_]) -> Self:
        """Return those that are kept."""
        return replace(
            self,
            rows=self.rows[kept],
            shapes=self.shapes[kept],
            labels=self.labels[kept],
            offsets=self.offsets[kept],
        )


def untangle(
    rows: F64, shapes: F32, noise_power: F64, fs_hz: float, threshold: float
) -> Potentials:
    """Return the single potentials among candidates.

    Parameters
    ----------
    rows : ndarray, shape (n, N_CANDIDATE)
        Ordered by their peaks.
    shapes : ndarray, shape (n, length), float32, µV
    noise_power : ndarray, shape (n,), float64, µV²
        Noise power in the pass band at each row.
    fs_hz, threshold : float
        Rate, and the least score.
    """
    close = clusters(rows[:, c.PEAK], fs_hz)
    alone = np.ones(len(rows), dtype=np.bool_)
    for members in close:
        alone[members] = False
    templates = _learn(rows, shapes, noise_power, close, alone, fs_hz, threshold)
    labels, offsets = np.zeros(len(rows), dtype=np.int64), np.zeros(len(rows))
    if len(templates):
        grouper = Grouper(fs_hz)
        fits = grouper.assign(shapes[alone], templates, noise_power[alone])
        labels[alone], offsets[alone] = fits
        # what fits no family may be two potentials at once
        close = close + [np.array([k]) for k in np.flatnonzero(alone & (labels == 0))]
        alone &= labels > 0

    peeler = Peeler(templates, Grouper(fs_hz), fs_hz, threshold)
    resolved = [peeler.resolve(rows, shapes, members) for members in close]
    fitted = [(members, fitted) for members, (fitted, _) in zip(close, resolved, strict=True)]
    shift = _peak_shifts(rows, labels, offsets, fitted, len(templates), fs_hz)
    out = _Collected(rows, shapes, labels, offsets)
    out.take(np.flatnonzero(alone))
    for members, (placed, loose) in zip(close, resolved, strict=True):
        out.take(np.array(loose, dtype=np.int64))
        out.place(members, placed, shift, templates, fs_hz)
    return out.sorted(templates)


def _learn(
    rows: F64,
    shapes: F32,
    noise_power: F64,
    close: list[I64],
    alone: NDArray[np.bool_],
    fs_hz: float,
    threshold: float,
) -> F32:
    """Return the templates of the families, largest first.

    First from potentials that stand alone. Then from the largest in each cluster that these leave
    unexplained: a family with wide phases never stands alone. Doublets, which the first round
    explains, can so not pass for a family of their own.
    """
    grouper = Grouper(fs_hz)
    first = _prime(group(shapes[alone], noise_power[alone], fs_hz), grouper, threshold)
    peeler = Peeler(first, grouper, fs_hz, threshold)
    left = [
        members[np.argmax(rows[members, c.ENERGY])]
        for members in close
        if len(first) == 0 or not peeler.explains(rows, shapes, members)
    ]
    if not left:
        return first
    more = np.concatenate([np.flatnonzero(alone), np.array(left, dtype=np.int64)])
    return _prime(group(shapes[more], noise_power[more], fs_hz), grouper, threshold)


def _prime(grouping: Grouping, grouper: Grouper, threshold: float) -> F32:
    """Drop templates that are sums of others: doublets at like intervals, overlaps that recur.

    Both parts must be at least twice as frequent as their sum, since with some liberty in place and
    size two waveforms can pass for many a third. Two units do not meet at one and the same distance
    again and again; one unit's doublets do.
    """
    templates = grouping.templates
    counts = np.bincount(grouping.labels, minlength=len(templates) + 1)[1:]
    keep = np.ones(len(templates), dtype=np.bool_)
    for k in np.argsort(counts, kind="stable"):
        others = np.flatnonzero(keep & (counts >= 2 * counts[k]))
        if len(others):
            peeler = Peeler(templates[others], grouper, grouper.fs_hz, threshold)
            parts = peeler.parts(templates[k])
            keep[k] = not parts or (len(set(parts)) > 1 and counts[k] > BY_CHANCE)
    return templates[keep]


def _peak_shifts(
    rows: F64,
    labels: I64,
    offsets: F64,
    fits: list[tuple[I64, list[Fitted]]],
    n_families: int,
    fs_hz: float,
) -> F64:
    """Return, for each family, how far its largest deflection lies behind its template's middle.

    Of two phases of like size noise makes now one, now the other the larger; the family's median
    decides for all of its members. Index 0 is not used.
    """
    seen: list[list[float]] = [[] for _ in range(n_families + 1)]
    for k in range(1, n_families + 1):
        seen[k] = (-offsets[labels == k]).tolist()
    for members, fitted in fits:
        if len(fitted) == 1:
            one = fitted[0]
            own = members[np.abs(rows[members, c.PEAK] - one.place) < PHASE_S * fs_hz]
            if len(own):
                peak = rows[own[np.argmax(np.abs(rows[own, c.DEFLECTION]))], c.PEAK]
                seen[one.family].append(float(peak - one.place))
    return np.array([float(np.median(v)) if v else 0.0 for v in seen])


class _Collected:
    """Gathers potentials from rows as they are and from fitted templates."""

    def __init__(self, rows: F64, shapes: F32, labels: I64, offsets: F64) -> None:
        self._all = (rows, shapes, labels, offsets)
        self._rows = [rows[:0]]
        self._shapes = [shapes[:0]]
        self._labels = [labels[:0]]
        self._offsets = [offsets[:0]]

    def take(self, members: I64) -> None:
        """Take rows as they are."""
        rows, shapes, labels, offsets = self._all
        self._rows.append(rows[members])
        self._shapes.append(shapes[members])
        self._labels.append(labels[members])
        self._offsets.append(offsets[members])

    def place(
        self, members: I64, fitted: list[Fitted], shift: F64, templates: F32, fs_hz: float
    ) -> None:
        """Take fitted potentials, each with the figures of the row that it explains best."""
        rows, shapes, _, _ = self._all
        used: set[int] = set()
        for one in fitted:
            distance = np.abs(rows[members, c.PEAK] - one.place)
            own = [int(m) for m in members[distance < PHASE_S * fs_hz] if int(m) not in used]
            base = max(own, key=lambda m: float(rows[m, c.ENERGY])) if own else one.row
            row = rows[base].copy()
            row[c.PEAK] = round(one.place + float(shift[one.family]))
            row[c.START] = min(row[c.START], row[c.PEAK])
            row[c.STOP] = max(row[c.STOP], row[c.PEAK] + 1)
            if own:
                used.add(base)
                shape, offset = shapes[base], one.place - rows[base, c.PEAK]
            else:
                shape, offset = templates[one.family - 1], 0.0
            self._rows.append(row[None])
            self._shapes.append(shape[None])
            self._labels.append(np.array([one.family]))
            self._offsets.append(np.array([offset]))

    def sorted(self, templates: F32) -> Potentials:
        """Return all, ordered by their peaks."""
        rows = np.concatenate(self._rows)
        order = np.argsort(rows[:, c.PEAK], kind="stable")
        return Potentials(
            rows[order],
            np.concatenate(self._shapes)[order],
            np.concatenate(self._labels)[order],
            np.concatenate(self._offsets)[order],
            templates,
        )
