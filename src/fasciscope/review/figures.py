"""The figures that follow from a review: the same keys as the automatic ones.

An `Analysis` and its `Review` in, an `Analysis` out that reports and pages take like any other.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fasciscope import events as ev
from fasciscope.analysis import Analysis, rate_figures
from fasciscope.detection import ranges
from fasciscope.events import Events, Kind
from fasciscope.review.edits import Review
from fasciscope.review.states import Status

MARGIN_S = 0.06
"""Time on both sides of a stretch in which nothing is counted (s), as in the detector."""
_HELD = (Kind.CONTRACTION, Kind.CRAMP, Kind.ARTIFACT)


def reviewed_analysis(automatic: Analysis, review: Review, remark: str = "") -> Analysis:
    """Return the analysis as the person left it.

    Twitches count if they stand and lie in analysable time. The detector did not look for twitches
    in what it held for a contraction, cramp or artefact, so that the time of one that was rejected
    or called something else stays out: counted as analysable, it would lower the rate. It is
    given back where a person put a twitch into it, and so looked through it. One that was added
    takes its time.

    Parameters
    ----------
    automatic : Analysis
    review : Review
        Of its events.
    remark : str, default ""
        A sentence for the list of what a reader must know.
    """
    standing = review.standing
    left_out = _left_out(automatic, review)
    twitches = ev.of_kind(standing, Kind.FASCICULATION)
    counted = twitches[~ranges.inside(twitches["peak"], left_out)]
    others = standing[standing["kind"] != Kind.FASCICULATION]
    n = automatic.n_samples
    summary: dict[str, Any] = {
        **automatic.summary,
        **rate_figures(counted, left_out, n, automatic.info.fs_hz),
        "families": [
            {**family, "fasciculations": int((counted["family"] == family["family"]).sum())}
            for family in automatic.summary["families"]
        ],
        "contractions": len(ev.of_kind(others, Kind.CONTRACTION)),
        "cramps": len(ev.of_kind(others, Kind.CRAMP)),
        "artifacts": len(ev.of_kind(others, Kind.ARTIFACT)),
    }
    if remark:
        summary["quality"] = [remark, *automatic.summary["quality"]]
    return replace(automatic, events=ev.merge(counted, others), left_out=left_out, summary=summary)


def unsearched(automatic: Analysis, review: Review) -> int:
    """Return how many stretches were taken away by the person and stay out of the usable time.

    What took no time away, as an artefact on one of many channels, is none of them.
    """
    freed = _freed(review)
    freed = freed[~_with_twitches(freed, review)]
    return int(ranges.overlap(_spans(freed), automatic.left_out).sum())


def _left_out(automatic: Analysis, review: Review) -> NDArray[np.int64]:
    margin = round(MARGIN_S * review.fs_hz)
    found, now, status = review.found, review.events, review.status
    n = len(found)
    was = np.concatenate([np.isin(found["kind"], _HELD), np.zeros(len(now) - n, dtype=bool)])
    holds = np.isin(now["kind"], _HELD) & (status != Status.REJECTED)
    gaps = _spans(ev.of_kind(now, Kind.GAP))
    kept = ranges.union(ranges.widen(_spans(now[was & holds]), margin), gaps)
    freed = _spans(_freed(review))[_with_twitches(_freed(review), review)]
    given = ranges.without(ranges.union(ranges.widen(freed, margin)), _rest(review, margin))
    rest = ranges.without(automatic.left_out, ranges.without(given, kept))
    return ranges.clip(ranges.union(rest, _spans(now[holds & ~was])), automatic.n_samples)


def _rest(review: Review, margin: int) -> NDArray[np.int64]:
    """Return the stretches taken away that nobody searched, which may overlap those searched."""
    freed = _freed(review)
    return ranges.union(ranges.widen(_spans(freed[~_with_twitches(freed, review)]), margin))


def _freed(review: Review) -> Events:
    """Return what held time when it was found, and is nothing or something else now."""
    n = len(review.found)
    now, status = review.events[:n], review.status[:n]
    holds = np.isin(now["kind"], _HELD) & (status != Status.REJECTED)
    freed: Events = review.found[np.isin(review.found["kind"], _HELD) & ~holds]
    return freed


def _with_twitches(freed: Events, review: Review) -> NDArray[np.bool_]:
    """Say in which of the stretches a person found twitches, and so looked for them."""
    now, status = review.events, review.status
    told = (status == Status.ADDED) | (status == Status.RELABELLED)
    places = np.sort(now["peak"][told & (now["kind"] == Kind.FASCICULATION)])
    first = np.searchsorted(places, freed["start"], side="left")
    return np.asarray(np.searchsorted(places, freed["stop"], side="left") > first)


def _spans(events: Events) -> NDArray[np.int64]:
    return np.stack([events["start"], events["stop"]], axis=1)
