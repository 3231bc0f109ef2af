"""The changes of one review: which event is what now, and the way back.

Events in, in the order in which they were found; each keeps its number for good, so that what was
found by itself can always be told from what a person made of it. Nothing of files or pages here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from fasciscope import events as ev
from fasciscope.errors import InputError
from fasciscope.events import EVENT_DTYPE, Events, Kind

KINDS = (Kind.FASCICULATION, Kind.CONTRACTION, Kind.CRAMP, Kind.ARTIFACT, Kind.CARDIAC)
"""What a person may call an event; where samples are missing is not a matter of opinion."""
ADDED_S = 0.02
"""Length given to a twitch that a person adds at a place (s), that of a longer potential."""


class Status(IntEnum):
    """What a person said of an event; the lower-case name stands in the table's ``review``."""

    UNSEEN = 0
    ACCEPTED = 1
    REJECTED = 2
    RELABELLED = 3
    ADDED = 4


_STATE_DTYPE = np.dtype([("status", "u1"), ("kind", "u1"), ("family", "<i2")])


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
class _Change:
    numbers: NDArray[np.int64]
    before: NDArray[np.void]
    after: NDArray[np.void]
    words: str
    added: Events | None = None  # the one event that came with it, and goes with it


class Review:
    """Events and what a person says of them.

    Parameters
    ----------
    found : ndarray of EVENT_DTYPE
        What was found by itself.
    fs_hz : float
    n_samples : int
        Length of the recording.

    Attributes
    ----------
    events : ndarray of EVENT_DTYPE
        All of them as they are held to be now, the rejected ones too; those added by hand come
        last.
    version : int
        Grows with every change; whoever shows the review compares it.
    """

    def __init__(self, found: Events, fs_hz: float, n_samples: int) -> None:
        self.found = found.copy()
        self.fs_hz, self.n_samples = fs_hz, n_samples
        self.version = 0
        self._added = ev.empty()
        self._anew = np.empty(0, dtype=np.int64)
        self._state = np.zeros(len(found), dtype=_STATE_DTYPE)
        self._state["kind"], self._state["family"] = found["kind"], found["family"]
        self._done: list[_Change] = []
        self._undone: list[_Change] = []

    @property
    def events(self) -> Events:
        """All events as they are held to be now; number k stays number k.

        The number of an added event is free again when the adding is undone.
        """
        every = np.concatenate([self.found, self._added])
        every["kind"], every["family"] = self._state["kind"], self._state["family"]
        return every

    @property
    def status(self) -> NDArray[np.uint8]:
        """What was said of each event (`Status`), shape (n,)."""
        return self._state["status"].copy()

    @property
    def standing(self) -> Events:
        """The events that stand: all but the rejected ones, in order."""
        return ev.merge(self.events[self._state["status"] != Status.REJECTED])

    @property
    def is_changed(self) -> bool:
        """Whether anything was said at all."""
        return bool(self._state["status"].any())

    @property
    def unseen_anew(self) -> int:
        """How many events were found only after the review was made, and are not judged yet."""
        return int((self._state["status"][self._anew] == Status.UNSEEN).sum())

    def __len__(self) -> int:
        return len(self._state)

    def finding(self, number: int) -> Finding:
        """Return one event and what was said of it.

        Raises
        ------
        InputError
            If there is no such number.
        """
        self._must_be(np.array([number]))
        state = self._state[number]
        found = Kind(int(self.found["kind"][number])) if number < len(self.found) else None
        return Finding(
            number,
            Status(int(state["status"])),
            Kind(int(state["kind"])),
            found,
            int(state["family"]),
        )

    def counts(self) -> dict[Status, int]:
        """Return how many events were accepted, rejected, relabelled, added, and not looked at."""
        numbers = np.bincount(self._state["status"], minlength=len(Status))
        return {status: int(numbers[status]) for status in Status}

    def accept(self, numbers: Iterable[int]) -> None:
        """Say of events that they are what they were found to be."""
        self._say(numbers, Status.ACCEPTED, "accepted")

    def reject(self, numbers: Iterable[int]) -> None:
        """Say of events that they are nothing."""
        self._say(numbers, Status.REJECTED, "rejected")

    def relabel(self, numbers: Iterable[int], kind: Kind) -> None:
        """Say of events that they are something else.

        Raises
        ------
        InputError
            If `kind` is none that a person may give, or a number is unknown.
        """
        kind = Kind(kind)
        if kind not in KINDS:
            raise InputError("Where samples are missing is known; that is not up to a review.")
        self._say(numbers, Status.RELABELLED, f"called {kind.name.lower()}", kind)

    def regroup(self, numbers: Iterable[int], family: int) -> None:
        """Say to which family events belong; 0 is none.

        Raises
        ------
        InputError
            If the family is not 0 to 9999, or a number is unknown.
        """
        if not 0 <= family <= 9999:
            raise InputError(f"A family has a number from 1, or 0 for none; not {family}.")
        self._say(numbers, Status.RELABELLED, f"put in family {family}", family=family)

    def add(self, start: int, stop: int, kind: Kind, channel: int = -1) -> int:
        """Add an event that was not found; return its number.

        Parameters
        ----------
        start, stop : int
            Half-open range of samples; a twitch may be given as a single place.
        kind : Kind
        channel : int, default -1
            -1 is the whole recording.

        Raises
        ------
        InputError
            If it does not lie within the recording, or `kind` is none that a person may give.
        """
        if kind not in KINDS:
            raise InputError("Where samples are missing is known; that is not up to a review.")
        if kind == Kind.FASCICULATION and stop - start < 2:
            half = round(ADDED_S / 2 * self.fs_hz)
            start, stop = max(start - half, 0), min(start + half, self.n_samples)
        if not 0 <= start < stop <= self.n_samples:
            raise InputError(
                f"An event lies between sample 0 and {self.n_samples}; this one would be at "
                f"{start} to {stop}."
            )
        event = ev.empty(1)
        event["start"], event["stop"], event["channel"] = start, stop, channel
        if kind == Kind.FASCICULATION:
            event["peak"] = (start + stop) // 2
        event["kind"] = kind
        state = np.zeros(1, dtype=_STATE_DTYPE)
        state["kind"], state["status"] = kind, Status.ADDED
        number = len(self)
        self._do(
            _Change(np.array([number]), state, state, f"added {kind.name.lower()}", added=event)
        )
        return number

    def undo(self) -> str:
        """Take the last change back; return it in words, "" if there is none."""
        if not self._done:
            return ""
        change = self._done.pop()
        if change.added is not None:  # the last one: what came after it is undone already
            self._added, self._state = self._added[:-1], self._state[:-1]
        else:
            self._state[change.numbers] = change.before
        self._undone.append(change)
        self.version += 1
        return change.words

    def redo(self) -> str:
        """Make the last undone change again; return it in words, "" if there is none."""
        if not self._undone:
            return ""
        change = self._undone.pop()
        self._apply(change)
        self._done.append(change)
        self.version += 1
        return change.words

    def restore(
        self,
        status: NDArray[np.uint8],
        events: Events,
        anew: NDArray[np.int64] | None = None,
    ) -> None:
        """Take over what an earlier review said: `status` and `events` as this class gives them.

        Events beyond those found are taken as added; `anew` are numbers of those that were not
        found yet when it was made. It cannot be undone.
        """
        if anew is not None:
            self._anew = anew
        n = len(self.found)
        self._added = events[n:].astype(EVENT_DTYPE)
        self._state = np.zeros(len(events), dtype=_STATE_DTYPE)
        self._state["status"], self._state["kind"] = status, events["kind"]
        self._state["family"] = events["family"]
        self._done, self._undone = [], []
        self.version += 1

    def _must_be(self, numbers: NDArray[np.int64]) -> None:
        bad = numbers[(numbers < 0) | (numbers >= len(self))]
        if len(bad):
            raise InputError(f"There is no event number {bad[0]}; there are {len(self)}.")

    def _say(
        self,
        numbers: Iterable[int],
        status: Status,
        words: str,
        kind: Kind | None = None,
        family: int | None = None,
    ) -> None:
        chosen = np.unique(np.fromiter(numbers, dtype=np.int64))
        self._must_be(chosen)
        # missing samples are no opinion, and an event added by hand stays one, or is taken away
        chosen = chosen[self._state["kind"][chosen] != Kind.GAP]
        before = self._state[chosen].copy()
        after = before.copy()
        after["status"] = status
        if status != Status.REJECTED:
            after["status"][chosen >= len(self.found)] = Status.ADDED
        if kind is not None:
            after["kind"] = kind
            after["family"] = 0
        if family is not None:
            after["family"] = family
        if len(chosen) and (before != after).any():
            many = f"{len(chosen)} events" if len(chosen) > 1 else "1 event"
            self._do(_Change(chosen, before, after, f"{words}: {many}"))

    def _apply(self, change: _Change) -> None:
        if change.added is None:
            self._state[change.numbers] = change.after
            return
        self._added = np.concatenate([self._added, change.added])
        self._state = np.concatenate([self._state, change.after])

    def _do(self, change: _Change) -> None:
        self._apply(change)
        self._done.append(change)
        self._undone.clear()
        self.version += 1
