"""What can be said of an event, and how one change of a review is kept."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from fasciscope.events import Events, Kind

KINDS = (Kind.FASCICULATION, Kind.CONTRACTION, Kind.CRAMP, Kind.ARTIFACT, Kind.CARDIAC)
"""What a person may call an event; where samples are missing is not a matter of opinion."""


class Status(IntEnum):
    """What a person said of an event; the lower-case name stands in the table's ``review``."""

    UNSEEN = 0
    ACCEPTED = 1
    REJECTED = 2
    RELABELLED = 3
    ADDED = 4


LAST_FAMILY = 9999
"""Families have numbers from 1 to this; the type of an event holds no more than 32767."""
STATE_DTYPE = np.dtype([("status", "u1"), ("kind", "u1"), ("family", "<i2")])


@dataclass(frozen=True, slots=True)
class Finding:
    """One event under review.

    Parameters
    ----------
    number : int
        Its place in `Review.events`, for good.
    status : Status
    kind : Kind
        What it is held to be now.
    found_as : Kind or None
        What it was found as; None if a person added it.
    family : int
        0 is none.
    """

    number: int
    status: Status
    kind: Kind
    found_as: Kind | None
    family: int


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """One change of some events, to be undone and made again."""

    numbers: NDArray[np.int64]
    before: NDArray[np.void]
    after: NDArray[np.void]
    words: str
    added: Events | None = None  # the one event that came with it, and goes with it
