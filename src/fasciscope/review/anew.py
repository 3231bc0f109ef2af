"""A review that meets other automatic events than those it was made of.

The recording has grown, or the detector has changed. What a person judged stays as judged; what is
found now takes the judgement of what was found at its place before; the rest is new, and unseen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fasciscope.events import Events, Kind
from fasciscope.review.states import Status

NEAR_S = 0.015
"""Two findings this near to each other are the same potential (s)."""
SHARED = 0.5
"""Two stretches that share this part of the longer one are the same stretch."""


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """What a review holds, all of one order.

    Parameters
    ----------
    found : ndarray of EVENT_DTYPE, shape (m,)
        What was found by itself.
    now : ndarray of EVENT_DTYPE, shape (n,)
        What all of it is held to be; those beyond the first m were added.
    status : ndarray, shape (n,), uint8
    """

    found: Events
    now: Events
    status: NDArray[np.uint8]


def meet(kept: Kept, automatic: Events, fs_hz: float) -> tuple[Kept, NDArray[np.int64]]:
    """Return the review as it is of the `automatic` events, and which of those are new.

    Events that nobody judged and that are no longer found are dropped. An added event that is now
    found by itself is accepted, not counted twice.

    Returns
    -------
    Kept
        The automatic events come first, in their order, then those that were judged and are no
        longer found, then those added.
    ndarray, shape (k,), int64
        Numbers of the automatic events that were not there before.
    """
    m, n = len(kept.found), len(automatic)
    added = kept.status[m:] == Status.ADDED
    before = np.concatenate([kept.found, kept.now[m:][added]])
    place = np.concatenate([np.arange(m), m + np.flatnonzero(added)])
    olds, news = _pairs(before, automatic, fs_hz)
    olds = place[olds]
    now, status = automatic.copy(), np.full(n, Status.UNSEEN, dtype=np.uint8)
    said = kept.status[olds]
    status[news] = np.where(said == Status.ADDED, Status.ACCEPTED, said)
    # what was accepted is what it is found to be now; of the others it is known what they are
    own = (said == Status.REJECTED) | (said == Status.RELABELLED)
    now["kind"][news[own]] = kept.now["kind"][olds[own]]
    now["family"][news[own]] = kept.now["family"][olds[own]]
    alone = np.setdiff1d(np.arange(len(kept.now)), olds)
    left = alone[(alone < m) & (kept.status[alone] != Status.UNSEEN)]
    by_hand = alone[alone >= m]
    merged = Kept(
        np.concatenate([automatic, kept.found[left]]),
        np.concatenate([now, kept.now[left], kept.now[by_hand]]),
        np.concatenate([status, kept.status[left], kept.status[by_hand]]),
    )
    return merged, np.setdiff1d(np.arange(n), news)


def _pairs(
    before: Events, now: Events, fs_hz: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return which events of `before` and `now` are the same, one to one, the nearest first."""
    olds, news, costs = [], [], []
    for channel, kind in {(int(e["channel"]), int(e["kind"])) for e in before}:
        mine = np.flatnonzero((before["channel"] == channel) & (before["kind"] == kind))
        whole = channel < 0 and kind == Kind.FASCICULATION  # a place without its channel
        theirs = np.flatnonzero((whole | (now["channel"] == channel)) & (now["kind"] == kind))
        for old, new, cost in _near(before[mine], now[theirs], fs_hz):
            olds.append(mine[old])
            news.append(theirs[new])
            costs.append(cost)
    order = np.argsort(costs, kind="stable")
    taken_olds: set[int] = set()
    taken_news: set[int] = set()
    pairs = []
    for k in order:
        old, new = int(olds[k]), int(news[k])
        if old not in taken_olds and new not in taken_news:
            taken_olds.add(old)
            taken_news.add(new)
            pairs.append((old, new))
    both = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def _near(before: Events, now: Events, fs_hz: float) -> list[tuple[int, int, float]]:
    """Return pairs that may be the same, with how far apart they are (samples)."""
    near = NEAR_S * fs_hz
    at, there = _middle(before), _middle(now)
    order = np.argsort(there, kind="stable")
    first = np.searchsorted(there[order], at - near, side="left")
    last = np.searchsorted(there[order], at + near, side="right")
    pairs = [
        (k, int(new), float(abs(there[new] - at[k])))
        for k in range(len(before))
        for new in order[first[k] : last[k]]
    ]
    if before["kind"][0] == Kind.FASCICULATION:
        return pairs
    # a stretch that ended with the recording goes on now: its middle has moved, it has not
    for k, event in enumerate(before):
        shared = np.minimum(now["stop"], event["stop"]) - np.maximum(now["start"], event["start"])
        longer = np.maximum(now["stop"] - now["start"], event["stop"] - event["start"])
        pairs += [
            (k, int(new), float(longer[new] - shared[new]))
            for new in np.flatnonzero(shared >= SHARED * longer)
        ]
    return pairs


def _middle(events: Events) -> NDArray[np.float64]:
    middle = (events["start"] + events["stop"]) / 2
    return np.asarray(np.where(events["peak"] >= 0, events["peak"], middle))
