"""What several channels saw, joined: one potential, one stretch of activity, each once.

Candidate rows and events of single channels in, events of the whole recording out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fasciscope import events as ev
from fasciscope.detection import candidates as c
from fasciscope.detection import ranges
from fasciscope.events import Events, Kind

SAME_EVENT_S = 0.016
"""Peaks on several channels within this are one potential: the largest phase may be
another one on another channel, and 4 m/s over 4 cm add 10 ms."""


def twitches(rows: NDArray[np.float64], channel: int) -> Events:
    """Return candidate rows of one channel as events."""
    out = ev.empty(len(rows))
    out["kind"] = Kind.FASCICULATION
    out["channel"] = channel
    out["start"], out["stop"], out["peak"] = rows[:, c.START], rows[:, c.STOP], rows[:, c.PEAK]
    out["amplitude_uv"] = rows[:, c.AMPLITUDE]
    out["score"] = np.sqrt(rows[:, c.SCORE])
    return out


def heartbeats(rows: NDArray[np.float64]) -> Events:
    """Return candidate rows as heartbeats."""
    out = ev.empty(len(rows))
    out["kind"] = Kind.CARDIAC
    out["start"], out["stop"], out["peak"] = rows[:, c.START], rows[:, c.STOP], rows[:, c.PEAK]
    out["amplitude_uv"], out["score"] = rows[:, c.AMPLITUDE], np.sqrt(rows[:, c.SCORE])
    return out


def together(events: Events, n_channels: int) -> Events:
    """Join what several channels saw at the same time, kind by kind, into one event each.

    Such an event belongs to the whole recording (channel -1). A cramp on any of them makes it a
    cramp.
    """
    if n_channels == 1:
        return events
    out = []
    held = ev.of_kind(events, Kind.CONTRACTION, Kind.CRAMP)
    for group in (held, *(ev.of_kind(events, kind) for kind in (Kind.ARTIFACT, Kind.CARDIAC))):
        group = group[np.argsort(group["start"], kind="stable")]
        spans = ranges.union(np.stack([group["start"], group["stop"]], axis=1))
        owner = np.searchsorted(spans[:, 0], group["start"], side="right") - 1
        for k, (start, stop) in enumerate(spans):
            low, high = np.searchsorted(owner, [k, k + 1])
            members = group[low:high]
            one = members[np.argmax(np.nan_to_num(members["score"], nan=0.0))].reshape(1).copy()
            one["start"], one["stop"] = start, stop
            if (members["kind"] == Kind.CRAMP).any():
                one["kind"] = Kind.CRAMP
            if len(np.unique(members["channel"])) > 1:
                one["channel"] = -1
            out.append(one)
    return ev.merge(*out)


def one_each(events: Events, distance: float) -> Events:
    """Keep, of potentials on different channels with peaks within `distance`, the clearest."""
    if len(np.unique(events["channel"])) < 2:
        return events
    events = events[np.argsort(events["peak"], kind="stable")]
    keep = np.ones(len(events), dtype=bool)
    peaks = events["peak"]
    for j in np.argsort(-events["score"], kind="stable"):
        if not keep[j]:
            continue
        low = int(np.searchsorted(peaks, peaks[j] - distance))
        high = int(np.searchsorted(peaks, peaks[j] + distance, side="right"))
        for k in range(low, high):
            if k != j and keep[k] and events["channel"][k] != events["channel"][j]:
                keep[k] = False
    return events[keep]
