"""Algebra of half-open sample ranges: arrays of shape (n, 2), int64, sorted and disjoint.

The loops are compiled with numba and cached on disk.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Mask = NDArray[np.bool_]


def runs(mask: Mask) -> I64:
    """Return half-open ranges [start, stop) where `mask` is true, shape (n, 2), int64."""
    return _runs(np.ascontiguousarray(mask, dtype=np.bool_))


@njit(cache=True, nogil=True)
def _runs(mask: Mask) -> I64:
    edges = 0
    for k in range(mask.size):
        edges += 1 if mask[k] != (k > 0 and mask[k - 1]) else 0
    out = np.empty(((edges + 1) // 2, 2), dtype=np.int64)
    n, inside = 0, False
    for k in range(mask.size):
        if mask[k] and not inside:
            out[n, 0] = k
        elif inside and not mask[k]:
            out[n, 1] = k
            n += 1
        inside = mask[k]
    if inside:
        out[n, 1] = mask.size
    return out


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
    some = [part for part in parts if len(part)]
    if not some:
        return np.empty((0, 2), dtype=np.int64)
    ranges = np.concatenate(some) if len(some) > 1 else np.ascontiguousarray(some[0])
    if not _in_order(ranges):
        ranges = ranges[np.argsort(ranges[:, 0], kind="stable")]
    return _merged(ranges)


@njit(cache=True, nogil=True)
def _in_order(ranges: I64) -> bool:
    falls = 0
    for k in range(1, len(ranges)):
        falls += 1 if ranges[k, 0] < ranges[k - 1, 0] else 0
    return falls == 0


@njit(cache=True, nogil=True)
def _merged(ranges: I64) -> I64:
    """Return ranges that come in order joined where they touch, those of no length left out."""
    out = np.empty_like(ranges)
    n = 0
    for k in range(len(ranges)):
        start, stop = ranges[k, 0], ranges[k, 1]
        if stop <= start:
            continue
        if n > 0 and start <= out[n - 1, 1]:
            out[n - 1, 1] = max(out[n - 1, 1], stop)
        else:
            out[n, 0], out[n, 1] = start, stop
            n += 1
    return out[:n]


def length(ranges: I64) -> int:
    """Return the total length of disjoint ranges."""
    return int((ranges[:, 1] - ranges[:, 0]).sum())


def inside(places: I64, ranges: I64) -> Mask:
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


def without(ranges: I64, holes: I64) -> I64:
    """Return `ranges` with `holes` cut out."""
    if len(ranges) == 0 or len(holes) == 0:
        return union(ranges)
    return union(_cut(np.ascontiguousarray(ranges), np.ascontiguousarray(holes)))


@njit(cache=True, nogil=True)
def _cut(ranges: I64, holes: I64) -> I64:
    """Return what is left beside the holes, some of it of no length."""
    parts = len(ranges)
    for k in range(len(ranges)):
        for j in range(len(holes)):
            parts += 1 if holes[j, 0] < ranges[k, 1] and holes[j, 1] > ranges[k, 0] else 0
    out = np.empty((parts, 2), dtype=np.int64)
    n = 0
    for k in range(len(ranges)):
        at = ranges[k, 0]
        for j in range(len(holes)):
            if holes[j, 0] < ranges[k, 1] and holes[j, 1] > at:
                out[n, 0], out[n, 1] = at, holes[j, 0]
                n += 1
                at = max(at, holes[j, 1])
        out[n, 0], out[n, 1] = at, ranges[k, 1]
        n += 1
    return out[:n]
