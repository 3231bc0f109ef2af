"""Algebra of half-open sample ranges: arrays of shape (n, 2), int64, sorted and disjoint."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Mask = NDArray[np.bool_]


@njit(cache=True, nogil=True)
def runs(mask: NDArray[np.bool_]) -> I64:
    """Return half-open ranges [start, stop) where `mask` is true, shape (n, 2), int64."""
    edges = np.empty(mask.size + 2, dtype=np.int64)
    n, inside = 0, False
    for k in range(mask.size):
        if mask[k] != inside:
            edges[n], inside = k, not inside
            n += 1
    if inside:
        edges[n] = mask.size
        n += 1
    return edges[:n].copy().reshape(-1, 2)


def join(ranges: I64, distance: int) -> I64:
    """Join sorted ranges that lie less than `distance` apart."""
    if len(ranges) == 0:
        return ranges
    apart = ranges[1:, 0] - ranges[:-1, 1] >= distance
    starts = ranges[np.concatenate([[True], apart]), 0]
    stops = ranges[np.concatenate([apart, [True]]), 1]
    return np.stack([starts, stops], axis=1)


def union(*parts: I64) -> I64:
    """Return the union of sets of ranges, sorted and disjoint, shape (n, 2)."""
    ranges = np.concatenate([np.empty((0, 2), dtype=np.int64), *parts])
    ranges = ranges[ranges[:, 1] > ranges[:, 0]]
    if len(ranges) == 0:
        return ranges
    ranges = ranges[np.argsort(ranges[:, 0], kind="stable")]
    reach = np.maximum.accumulate(ranges[:, 1])
    new = np.concatenate([[True], ranges[1:, 0] > reach[:-1]])
    last = np.concatenate([np.flatnonzero(new)[1:] - 1, [len(ranges) - 1]])
    return np.stack([ranges[new, 0], reach[last]], axis=1)


def length(ranges: I64) -> int:
    """Return the total length of disjoint ranges."""
    return int((ranges[:, 1] - ranges[:, 0]).sum())


def inside(places: NDArray[np.int64], ranges: I64) -> NDArray[np.bool_]:
    """Return which of `places` lie in one of the sorted, disjoint `ranges`."""
    if len(ranges) == 0:
        return np.zeros(len(places), dtype=np.bool_)
    at = np.searchsorted(ranges[:, 0], places, side="right") - 1
    return np.asarray((at >= 0) & (places < ranges[np.maximum(at, 0), 1]))


def clip(ranges: I64, n_samples: int) -> I64:
    """Cut ranges to [0, n_samples)."""
    return union(np.clip(ranges, 0, n_samples))


def widen(ranges: I64, by: int) -> I64:
    """Return ranges that begin `by` samples earlier and end `by` later."""
    return ranges + np.array([-by, by], dtype=np.int64)


def near(places: F64, others: F64, distance: float) -> Mask:
    """Return which `places` lie within `distance` of one of the sorted `others`."""
    if len(others) == 0:
        return np.zeros(len(places), dtype=np.bool_)
    at = np.searchsorted(others, places)
    left = np.abs(places - others[np.maximum(at - 1, 0)])
    right = np.abs(others[np.minimum(at, len(others) - 1)] - places)
    return np.asarray(np.minimum(left, right) <= distance)


def overlap(ranges: I64, others: I64) -> Mask:
    """Return which ranges touch one of the sorted, disjoint `others`."""
    at = np.searchsorted(others[:, 1], ranges[:, 0], side="right")
    first = others[np.minimum(at, len(others) - 1), 0] if len(others) else np.empty(0)
    return (
        np.asarray((at < len(others)) & (first < ranges[:, 1]))
        if len(others)
        else (np.zeros(len(ranges), dtype=np.bool_))
    )


def at_least(ranges: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return where at least `count` of the ranges overlap."""
    if len(ranges) == 0:
        return ranges.reshape(-1, 2)
    places = np.concatenate([ranges[:, 0], ranges[:, 1]])
    steps = np.concatenate([np.ones(len(ranges)), -np.ones(len(ranges))])
    order = np.lexsort((steps, places))
    depth = np.cumsum(steps[order])
    places = places[order]
    inside = np.flatnonzero(depth[:-1] >= count)
    return union(np.stack([places[inside], places[inside + 1]], axis=1).astype(np.int64))


def without(ranges: NDArray[np.int64], holes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return `ranges` with `holes` cut out."""
    out = []
    for start, stop in ranges:
        at = start
        for low, high in holes:
            if low < stop and high > at:
                out.append((at, low))
                at = max(at, high)
        out.append((at, stop))
    return union(np.array(out, dtype=np.int64).reshape(-1, 2))
