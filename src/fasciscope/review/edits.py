"""The changes of one review: which event is what now, and the way back.

Events in, in the order in which they were found; each keeps its number for good, so that what was
found by itself can always be told from what a person made of it. Nothing of files or pages here.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from fasciscope import events as ev
from fasciscope.errors import InputError
from fasciscope.events import EVENT_DTYPE, Events, Kind
from fasciscope.review.states import KINDS, LAST_FAMILY, STATE_DTYPE, Change, Finding, Status

ADDED_S = 0.02
"""Length given to a twitch that a person adds at a place (s), that of a longer potential."""

LONGEST_TWITCH_S = 0.1
"""A stretch without a peak that is longer is not called a twitch (s)."""


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
        self._guard = threading.RLock()  # events and what was said of them are of one time
        self._added = ev.empty()
        self._anew = np.empty(0, dtype=np.int64)
        self._state = np.zeros(len(found), dtype=STATE_DTYPE)
        self._state["kind"], self._state["family"] = found["kind"], found["family"]
        self._done: list[Change] = []
        self._undone: list[Change] = []

    @property
    def events(self) -> Events:
        """All events as they are held to be now; number k stays number k.

        The number of an added event is free again when the adding is undone.
        """
        with self._guard:
            every = np.concatenate([self.found, self._added])
            every["kind"], every["family"] = self._state["kind"], self._state["family"]
        # a stretch that is called a twitch has no peak of its own: its middle stands for it
        bare = (every["kind"] == Kind.FASCICULATION) & (every["peak"] < 0)
        every["peak"][bare] = (every["start"][bare] + every["stop"][bare]) // 2
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

    def copy(self) -> Review:
        """Return the review as it is now, without its way back; changes leave it alone."""
        with self._guard:
            twin = Review(self.found, self.fs_hz, self.n_samples)
            twin.version = self.version
            twin._added, twin._state, twin._anew = self._added, self._state.copy(), self._anew
        return twin

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
        """Say of events that they are what they were found to be, of that family."""
        chosen = self._chosen(numbers)
        after = self._state[chosen].copy()
        after["status"] = self._standing_as(chosen, Status.ACCEPTED)
        own = chosen < len(self.found)
        after["kind"][own] = self.found["kind"][chosen[own]]
        after["family"][own] = self.found["family"][chosen[own]]
        self._change(chosen, after, "accepted")

    def reject(self, numbers: Iterable[int]) -> None:
        """Say of events that they are nothing."""
        chosen = self._chosen(numbers)
        after = self._state[chosen].copy()
        after["status"] = Status.REJECTED
        self._change(chosen, after, "rejected")

    def relabel(self, numbers: Iterable[int], kind: Kind) -> None:
        """Say of events that they are something else.

        What is that already stays as it is; what was found as that is accepted.

        Raises
        ------
        InputError
            If `kind` is none that a person may give, a number is unknown, or a stretch is too
            long for a twitch.
        """
        kind = Kind(kind)
        if kind not in KINDS:
            raise InputError("Where samples are missing is known; that is not up to a review.")
        chosen = self._chosen(numbers)
        if kind == Kind.FASCICULATION:
            self._must_be_short(chosen)
        before = self._state[chosen]
        after = before.copy()
        own = chosen < len(self.found)
        back = np.zeros(len(chosen), dtype=np.bool_)
        back[own] = self.found["kind"][chosen[own]] == kind
        after["status"] = self._standing_as(chosen, Status.RELABELLED)
        after["status"][back] = Status.ACCEPTED
        after["kind"] = kind
        after["family"] = np.where(before["kind"] == kind, before["family"], 0)
        after["family"][back] = self.found["family"][chosen[back]]
        same = (before["kind"] == kind) & (before["status"] != Status.REJECTED)
        after[same] = before[same]
        self._change(chosen, after, f"called {kind.name.lower()}")

    def regroup(self, numbers: Iterable[int], family: int) -> None:
        """Say to which family events belong; 0 is none.

        Raises
        ------
        InputError
            If the family is not 0 to 9999, or a number is unknown.
        """
        if not 0 <= family <= LAST_FAMILY:
            raise InputError(
                f"A family has a number from 1 to {LAST_FAMILY}, or 0 for none; not {family}."
            )
        chosen = self._chosen(numbers)
        before = self._state[chosen]
        after = before.copy()
        after["status"] = self._standing_as(chosen, Status.RELABELLED)
        after["family"] = family
        same = (before["family"] == family) & (before["status"] != Status.REJECTED)
        after[same] = before[same]
        self._change(chosen, after, f"put in family {family}")

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
        state = np.zeros(1, dtype=STATE_DTYPE)
        state["kind"], state["status"] = kind, Status.ADDED
        number = len(self)
        self._do(
            Change(np.array([number]), state, state, f"added {kind.name.lower()}", added=event)
        )
        return number

    def undo(self) -> str:
        """Take the last change back; return it in words, "" if there is none."""
        if not self._done:
            return ""
        with self._guard:
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
        with self._guard:
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
        self._state = np.zeros(len(events), dtype=STATE_DTYPE)
        self._state["status"], self._state["kind"] = status, events["kind"]
        self._state["family"] = events["family"]
        self._done, self._undone = [], []
        self.version += 1

    def _must_be(self, numbers: NDArray[np.int64]) -> None:
        bad = numbers[(numbers < 0) | (numbers >= len(self))]
        if len(bad):
            raise InputError(f"There is no event number {bad[0]}; there are {len(self)}.")

    def _must_be_short(self, chosen: NDArray[np.int64]) -> None:
        every = np.concatenate([self.found, self._added])[chosen]
        length_s = (every["stop"] - every["start"]) / self.fs_hz
        if ((every["peak"] < 0) & (length_s > LONGEST_TWITCH_S)).any():
            raise InputError(
                f"A stretch longer than {LONGEST_TWITCH_S:g} s is no single twitch. Reject it, and "
                "add the twitches that you see in it."
            )

    def _chosen(self, numbers: Iterable[int]) -> NDArray[np.int64]:
        """Return the numbers that can be judged, each once; missing samples are no opinion."""
        chosen = np.unique(np.fromiter(numbers, dtype=np.int64))
        self._must_be(chosen)
        return np.asarray(chosen[self._state["kind"][chosen] != Kind.GAP])

    def _standing_as(self, chosen: NDArray[np.int64], status: Status) -> NDArray[np.uint8]:
        """Return `status`, but of an event added by hand that it stays one, or is taken away."""
        return np.where(chosen >= len(self.found), Status.ADDED, status).astype(np.uint8)

    def _change(self, chosen: NDArray[np.int64], after: NDArray[np.void], words: str) -> None:
        before = self._state[chosen].copy()
        differs = before != after
        if not differs.any():
            return
        chosen, before, after = chosen[differs], before[differs], after[differs]
        many = f"{len(chosen)} events" if len(chosen) > 1 else "1 event"
        self._do(Change(chosen, before, after, f"{words}: {many}"))

    def _apply(self, change: Change) -> None:
        if change.added is None:
            self._state[change.numbers] = change.after
            return
        self._added = np.concatenate([self._added, change.added])
        self._state = np.concatenate([self._state, change.after])

    def _do(self, change: Change) -> None:
        with self._guard:
            self._apply(change)
            self._done.append(change)
            self._undone.clear()
            self.version += 1
