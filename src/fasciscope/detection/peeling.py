"""Telling overlapping potentials from the phases of one: templates fitted and taken away in turn.

Where candidates stand closer together than a potential lasts, the family templates are fitted to
that stretch, the best one first, each subtracted before the next. What a template explains is one
potential, with its phases; what stands out of the remainder is another one.

References
----------
Lewicki, Network 9 (1998) R53, section on overlapping spikes; here on a handful of potentials.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fasciscope.detection import candidates as c
from fasciscope.detection import fitting
from fasciscope.detection.families import Grouper
from fasciscope.detection.shape import misshapen

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

CLUSTER_S = 0.040
"""Candidates closer than this may be phases of one potential, or overlap."""
UNDER = 0.15
"""… and this part of all that stood within 10 ms of it: one unit's potentials differ by some 3 %
from their template, and what is left over must not be taken for another potential."""
LEFT_OVER, LEFT_OVER_ODD, LEFT_OVER_ALONE, LEFT_OVER_SUM = 0.4, 0.15, 0.12, 0.06
"""Part of a cluster's energy that may stay unexplained; with more, it is none of the families' and
no template has a say in it. What stood alone must be explained nearly whole by two."""
REFRACTORY_S = 0.009
"""A family cannot fire twice within this."""
BESIDE_S = 0.008
"""A candidate this close to a fitted potential's peak is that potential."""
ALIKE = 0.7
"""Correlation from which the second of a pair counts as the same waveform again."""
FAR_WEAKER = 0.1
"""Energy under which what follows an unknown waveform within 40 ms is its tail."""
PHASE_S = 0.022
"""Longest distance at which a phase can lie from the largest one."""


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A potential found in a cluster: row index it belongs to, family, place, amplitude factor."""

    row: int
    family: int
    place: float
    factor: float


@dataclass(frozen=True, slots=True, eq=False)
class _Cluster:
    """A stretch with candidates in it: where it starts, their places, itself, and what is left."""

    start: int
    places: I64
    whole: F32
    rest: F32


def clusters(peaks: F64, fs_hz: float) -> list[I64]:
    """Return the groups of two and more row numbers whose sorted peaks lie close together."""
    edges = np.flatnonzero(np.diff(peaks, prepend=-np.inf, append=np.inf) > CLUSTER_S * fs_hz)
    first = np.flatnonzero(np.diff(edges) > 1)
    return [np.arange(edges[k], edges[k + 1]) for k in first]


class Peeler:
    """Resolves the clusters of one channel with its templates."""

    def __init__(self, templates: F32, grouper: Grouper, fs_hz: float, threshold: float) -> None:
        self.grouper = grouper
        self.fs_hz = fs_hz
        self.threshold = threshold
        self.fine = grouper.finer(templates) if len(templates) else templates
        self.energies = (self.fine.astype(np.float64) ** 2).sum(axis=1)

    def explains(self, rows: F64, shapes: F32, members: I64) -> bool:
        """Return whether the templates explain a cluster nearly whole."""
        cluster = self._cut(rows, shapes, members)
        self._fit(cluster, members, rows)
        return self._left_over(cluster, rows[members, c.FLOOR]) <= LEFT_OVER_ALONE

    def parts(self, template: F32) -> list[int]:
        """Return the families that a template is the sum of, if it is nothing but a sum."""
        row = np.zeros((1, c.N_CANDIDATE))
        cluster = self._cut(row, template[None], np.array([0]))
        fitted = self._fit(cluster, np.array([0]), row)
        if len(fitted) < 2 or self._left_over(cluster, np.zeros(1)) > LEFT_OVER_SUM:
            return []
        return [one.family for one in fitted]

    def resolve(self, rows: F64, shapes: F32, members: I64) -> tuple[list[Fitted], list[int]]:
        """Return the potentials fitted in a cluster, and the rows that stand without a template."""
        cluster = self._cut(rows, shapes, members)
        fitted = self._fit(cluster, members, rows)
        if self._left_over(cluster, rows[members, c.FLOOR]) > self._limit(rows[members], fitted):
            fitted, cluster.rest[:] = [], cluster.whole
        taken = [round(one.place) for one in fitted]
        loose = []
        for place, member in zip(cluster.places, members, strict=True):
            beside = any(abs(place - t) < BESIDE_S * self.fs_hz for t in taken)
            if not beside and self._stands_out(cluster, int(place), rows[member]):
                loose.append(int(member))
        fitted = [Fitted(f.row, f.family, f.place + cluster.start, f.factor) for f in fitted]
        return fitted, self._without_phases(loose, rows, shapes)

    def _limit(self, rows: F64, fitted: list[Fitted]) -> float:
        """Return the part of a cluster's energy that templates may leave and still be believed.

        With some liberty in place and size templates add up to a step or a swing, too. What looks
        like one must be explained nearly whole, and by no more potentials than it has maxima. The
        largest maximum tells; what stands in its shadow has no shape of its own.
        """
        usual = LEFT_OVER if len(rows) > 1 else LEFT_OVER_ALONE
        top = rows[[np.argmax(rows[:, c.ENERGY])]]
        top[0, c.SWING] = 0.0  # what is around it may be a heartbeat's
        if top[0, c.RAILED] > 0 or not misshapen(top, np.zeros(1, dtype=np.int64), self.fs_hz)[0]:
            return usual
        return min(usual, LEFT_OVER_ODD) if len(fitted) <= len(rows) else 0.0

    def _cut(self, rows: F64, shapes: F32, members: I64) -> _Cluster:
        """Put the waveforms of a cluster's rows together, with room for templates at both ends."""
        peaks = rows[members, c.PEAK].astype(np.int64)
        half = shapes.shape[1] // 2
        pad = shapes.shape[1]
        start = int(peaks[0]) - half - pad
        whole = fitting.joined(peaks, shapes, members, pad)
        return _Cluster(start, peaks - start, whole, whole.copy())

    def _fit(self, cluster: _Cluster, members: I64, rows: F64) -> list[Fitted]:
        """Subtract the best templates from the cluster's rest, and return them."""
        places, rest = cluster.places, cluster.rest
        reach = round(0.010 * self.fs_hz)  # what a potential's own largest phase may be off by
        beyond = reach if len(members) > 1 else 2 * reach
        floor = float(rows[members, c.FLOOR].mean())
        least = fitting.least_gains(rest, reach, 2 * self.threshold * floor, UNDER)
        fine = self.grouper.fine
        found = fitting.peel(
            rest,
            self.fine,
            fine,
            self.energies,
            least,
            int(places[0]) - beyond,
            int(places[-1]) + beyond,
            round(REFRACTORY_S * self.fs_hz),
            2 * len(members) + 1,
        )
        fitting.settle(rest, self.fine, fine, self.energies, round(0.004 * self.fs_hz), *found)
        fitted = []
        for which, place, factor in zip(*(part.tolist() for part in found), strict=True):
            family, part = divmod(which, fine)
            # templates are centred on the largest deflection of the wide-band signal
            peak = place + part / fine
            row = int(members[np.argmin(np.abs(places - peak))])
            fitted.append(Fitted(row, family + 1, peak, factor))
        return fitted

    def _left_over(self, cluster: _Cluster, floors: F64) -> float:
        """Return the part of a cluster's energy, noise apart, that its templates do not explain."""
        reach = round(0.016 * self.fs_hz)
        part = slice(int(cluster.places[0]) - reach, int(cluster.places[-1]) + reach + 1)
        noise = 1.1 * float(floors.mean()) * (part.stop - part.start)
        whole = fitting.energy(cluster.whole[part]) - noise
        return (fitting.energy(cluster.rest[part]) - noise) / max(whole, noise, 1e-12)

    def _stands_out(self, cluster: _Cluster, place: int, row: F64) -> bool:
        """Return whether a candidate is still there after the templates are taken away."""
        reach = round(0.006 * self.fs_hz)
        part = slice(max(0, place - reach), place + reach + 1)
        before, after = fitting.energy(cluster.whole[part]), fitting.energy(cluster.rest[part])
        return bool(after > 0.35 * before and row[c.SCORE] * after / before > 1.3 * self.threshold)

    def _without_phases(self, loose: list[int], rows: F64, shapes: F32) -> list[int]:
        """Drop candidates that look like a phase of a larger one beside them.

        Without a template the waveform itself must tell: a potential that comes again looks like
        the first; a phase does not, and is smaller.
        """
        kept: list[int] = []
        reach = round(0.006 * self.fs_hz)
        middle = shapes.shape[1] // 2
        for j in sorted(loose, key=lambda k: -rows[k, c.ENERGY]):
            mine = shapes[j, middle - reach : middle + reach + 1].astype(np.float64)
            for k in kept:
                distance = abs(rows[j, c.PEAK] - rows[k, c.PEAK])
                if distance > CLUSTER_S * self.fs_hz:
                    continue
                if rows[j, c.ENERGY] < FAR_WEAKER * rows[k, c.ENERGY]:
                    break
                if distance > PHASE_S * self.fs_hz:
                    continue
                other = shapes[k, middle - reach : middle + reach + 1].astype(np.float64)
                alike = mine @ other / np.sqrt((mine @ mine) * (other @ other) + 1e-12)
                if alike < ALIKE or rows[j, c.ENERGY] < 0.25 * rows[k, c.ENERGY]:
                    break
            else:
                kept.append(j)
        return kept
