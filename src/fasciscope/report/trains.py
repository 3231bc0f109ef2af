"""Twitches that come in company: doublets and runs within one family, and what chance would give.

An `Analysis` in; for each family, how many doublets and runs, and how many of either would be
expected if its twitches came at their mean rate and knew nothing of each other.

References
----------
Kleine BU et al., Clin Neurophysiol 2012 (PMID 21820354): a fasciculation is often followed by a
second one of the same unit after 10 to 110 ms, most often after 32 to 35 ms.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fasciscope.analysis import Analysis, usable_before
from fasciscope.report import shape

DOUBLET_S = (0.010, 0.110)
"""Two of one family this far apart, and no third near them, are a doublet (see References)."""
RUN_STEP_S = 0.35
"""Three or more of one family, each this soon after the one before (3 a second), are a run."""
RUN_LEAST = 3
_HAIR_S = 1e-9


@dataclass(frozen=True, slots=True)
class Trains:
    """Doublets and runs of one family.

    Parameters
    ----------
    family, twitches, doublets, runs : int
    longest : int
        Twitches in the longest run, 0 without any.
    doublets_by_chance, runs_by_chance : float
        How many a Poisson process of the same rate would show on average.
    """

    family: int
    twitches: int
    doublets: int
    runs: int
    longest: int
    doublets_by_chance: float
    runs_by_chance: float


def trains(analysis: Analysis) -> list[Trains]:
    """Return the doublets and runs of each family; none reaches across time that was left out."""
    found = shape.twitches(analysis)
    usable_s = float(analysis.summary["analysable_s"])
    out = []
    for family in analysis.families:
        peaks = np.sort(found["peak"][found["family"] == family.number])
        steps = np.diff(peaks)
        unbroken = steps == np.diff(usable_before(peaks, analysis.left_out))
        doublets, lengths = _count(steps / analysis.info.fs_hz, unbroken)
        chance = _by_chance(len(peaks), usable_s)
        longest = max(lengths, default=0)
        out.append(Trains(family.number, len(peaks), doublets, len(lengths), longest, *chance))
    return out


def _count(steps_s: shape.F64, unbroken: np.ndarray) -> tuple[int, list[int]]:
    """Return the number of doublets, and how many twitches each run has."""
    close = unbroken & (steps_s > 0) & (steps_s <= RUN_STEP_S + _HAIR_S)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], close.astype(np.int8), [0]])))
    doublets, lengths = 0, []
    for first, stop in edges.reshape(-1, 2).tolist():
        if stop - first + 1 >= RUN_LEAST:
            lengths.append(stop - first + 1)
        else:
            low, high = DOUBLET_S
            doublets += bool(low - _HAIR_S <= steps_s[first] <= high + _HAIR_S)
    return doublets, lengths


def _by_chance(n: int, usable_s: float) -> tuple[float, float]:
    if n < 2 or usable_s <= 0:
        return 0.0, 0.0
    rate = n / usable_s
    soon = 1.0 - math.exp(-rate * RUN_STEP_S)
    between = math.exp(-rate * DOUBLET_S[0]) - math.exp(-rate * DOUBLET_S[1])
    return n * between * (1.0 - soon) ** 2, n * soon**2 * (1.0 - soon)
