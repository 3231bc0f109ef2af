"""Stretches that are not single potentials: sustained activity, movement, lead-off, saturation.

Hop table and floors in, stretches out, as hop ranges. A single potential is over in 25 ms; a
stretch that keeps more than half of a quarter second busy is something else.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from fasciscope.detection import ranges
from fasciscope.detection.buffers import Pile
from fasciscope.detection.kernels import FLAT, POWER, RAILED, SLOPE

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Mask = NDArray[np.bool_]

BUSY = 4.0
"""Hop power over the floor that counts as activity; noise reaches it in about 1 hop of 500."""
TAIL = 0.003
"""Hops this far below the strongest within 150 ms are the tail of a potential, not activity."""
HALF_WINDOW = 12
"""Hops on each side that occupancy is taken over: a window of a quarter second."""
OCCUPIED = 13
"""Busy hops among the 25 that make a stretch dense."""
NEAR = 15
HELD = 4
"""Hops at a rail one after the other that are saturation: 40 ms, longer than a potential."""
PROFILE_HOPS = 25
"""Hops in a quarter second."""


@njit(cache=True, nogil=True)
def _is_busy(hops: F64, h: int, floor: float) -> bool:
    power = hops[h, POWER]
    if power <= BUSY * floor:
        return False
    for g in range(max(0, h - NEAR), min(hops.shape[0], h + NEAR + 1)):
        if power < TAIL * hops[g, POWER]:
            return False
    return True


@njit(cache=True, nogil=True)
def mark_busy(hops: F64, floors: F64, hops_per_frame: int, out: I64) -> None:
    """Write 1 for each hop of `out` that is busy, 0 else; `hops` reach 15 further, or to the end.

    Parameters
    ----------
    floors : ndarray, shape (n_frames,), µV²
        Row of the frame that hop 0 belongs to comes first.
    """
    for h in range(out.size):
        out[h] = 1 if _is_busy(hops, h, floors[h // hops_per_frame]) else 0


@njit(cache=True, nogil=True)
def mark_dense(busy: I64, first: int, stop: int, out: I64) -> None:
    """Write 1 for each hop of [first, stop) in whose quarter second most hops are busy."""
    count = 0
    for g in range(max(0, first - HALF_WINDOW), min(busy.size, first + HALF_WINDOW)):
        count += busy[g]
    for h in range(first, stop):
        if h + HALF_WINDOW < busy.size:
            count += busy[h + HALF_WINDOW]
        if h - HALF_WINDOW - 1 >= max(0, first - HALF_WINDOW):
            count -= busy[h - HALF_WINDOW - 1]
        out[h] = 1 if count >= OCCUPIED else 0


@njit(cache=True, nogil=True)
def profile(hops: F64, floors: F64, hops_per_frame: int, median_over_mean: float) -> F32:
    """Return mean power, slope and clipped power over noise of each quarter second, shape (n, 3).

    Parameters
    ----------
    hops : ndarray, shape (n * PROFILE_HOPS, N_HOP)
    floors : ndarray, shape (n_frames,), µV²
    hops_per_frame : int
    median_over_mean : float
        Of a hop's power in noise.
    """
    out = np.empty((hops.shape[0] // PROFILE_HOPS, 3), dtype=np.float32)
    for q in range(out.shape[0]):
        power = slope = loud = 0.0
        for h in range(q * PROFILE_HOPS, (q + 1) * PROFILE_HOPS):
            power += hops[h, POWER]
            slope += hops[h, SLOPE]
            loud += min(hops[h, POWER] / floors[h // hops_per_frame], BUSY)
        out[q, 0] = power / PROFILE_HOPS
        out[q, 1] = slope / PROFILE_HOPS
        out[q, 2] = loud * median_over_mean / PROFILE_HOPS
    return out


@njit(cache=True, nogil=True)
def crowded(hops: F64, places: I64, floors: F64) -> Mask:
    """Return which hops lie in the midst of dense activity, where looking closer is waste.

    Parameters
    ----------
    places : ndarray of int64
        Rows of `hops`.
    floors : ndarray, float64, µV²
        Noise floor at each place.
    """
    out = np.zeros(places.size, dtype=np.bool_)
    for j in range(places.size):
        count = 0
        h = min(max(places[j], 0), hops.shape[0] - 1)
        for g in range(max(0, h - HALF_WINDOW), min(hops.shape[0], h + HALF_WINDOW + 1)):
            if _is_busy(hops, g, floors[j]):
                count += 1
        out[j] = count > OCCUPIED + 6
    return out


@njit(cache=True, nogil=True)
def beside_dense(hops: F64, places: I64, floors: F64, reach: int) -> Mask:
    """Return which hops lie within `reach` of one in whose quarter second most hops are busy.

    Parameters as for `crowded`; places before the first hop are not judged.
    """
    out = np.zeros(places.size, dtype=np.bool_)
    for j in range(places.size):
        first = max(0, places[j] - reach - HALF_WINDOW)
        stop = min(hops.shape[0], places[j] + reach + HALF_WINDOW + 1)
        count = 0
        for h in range(first, stop):
            count += 1 if _is_busy(hops, h, floors[j]) else 0
            if h - first > 2 * HALF_WINDOW and _is_busy(hops, h - 2 * HALF_WINDOW - 1, floors[j]):
                count -= 1
            if count >= OCCUPIED:
                out[j] = True
    return out


@njit(cache=True, nogil=True)
def unusable(hops: F64, flat_limit: float, rail_limit: int) -> Mask:
    """Return the hops in which nothing can be seen: no contact, or held at a rail.

    Parameters
    ----------
    flat_limit : float
        Equal samples in a row that no live electrode gives.
    rail_limit : int
        Railed samples in a hop beyond which it is saturated rather than a clipped potential.
    """
    out = np.zeros(hops.shape[0], dtype=np.bool_)
    held = 0
    for h in range(out.size):
        out[h] |= hops[h, FLAT] >= flat_limit
        held = held + 1 if hops[h, RAILED] >= rail_limit else 0
        if held >= HELD:
            out[h + 1 - HELD : h + 1] = True
    return out


@njit(cache=True, nogil=True)
def _marked(
    hops: F64,
    floors: F64,
    hops_per_frame: int,
    first_dense: int,
    until: int,
    flat_limit: float,
    rail_limit: int,
) -> tuple[Mask, Mask, Mask]:
    """Return which hops are busy, dense from `first_dense` up to `until`, and unusable."""
    stop = floors.size * hops_per_frame
    busy, dense = np.zeros(stop, dtype=np.int64), np.zeros(stop, dtype=np.int64)
    mark_busy(hops, floors, hops_per_frame, busy)
    mark_dense(busy, first_dense, until, dense)
    return busy > 0, dense > 0, unusable(hops[:stop], flat_limit, rail_limit)


class Stretches:
    """Collects the busy, dense and unusable stretches of one channel, in hops from its start.

    Parameters
    ----------
    hop : int
        Samples per hop.
    """

    def __init__(self, hop: int) -> None:
        self.hop = hop
        self.rail_limit = max(2, hop // 2)
        self.busy, self.dense, self.unusable = Pile(), Pile(), Pile()
        self._n_dense = 0  # hops whose occupancy is decided

    def collect(
        self,
        hops: F64,
        floors: F64,
        hops_per_frame: int,
        start: int,
        base: int,
        flat_limit: int,
        final: bool,
    ) -> None:
        """Take in the hops from `start` on, as far as their floors reach.

        Occupancy looks half a window ahead, so it is decided that much later than the floor.

        Parameters
        ----------
        hops : ndarray, shape (n, N_HOP)
        floors : ndarray, shape (n_frames,), µV²
            From the frame of ``hops[0]`` on.
        hops_per_frame, start, base : int
            `base` is the number of ``hops[0]``, counted from the beginning of the signal.
        flat_limit : int
            Equal samples in a row that no live electrode gives.
        final : bool
            True if the signal ends here.
        """
        stop = floors.size * hops_per_frame
        until = stop if final else stop - HALF_WINDOW
        busy, dense, dead = _marked(
            hops,
            floors,
            hops_per_frame,
            self._n_dense - base,
            until,
            flat_limit,
            self.rail_limit,
        )
        self._n_dense = until + base
        busy[:start] = False
        self.busy.append(ranges.runs(busy) + base)
        self.dense.append(ranges.runs(dense) + base)
        found = ranges.runs(dead) + base
        # a run of equal samples is known late: it reaches back to where it began
        flat = hops[np.minimum(found[:, 0] - base, len(hops) - 1), FLAT] >= flat_limit
        found[flat, 0] -= -(-flat_limit // self.hop)
        self.unusable.append(np.maximum(found, 0))
