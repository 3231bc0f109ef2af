"""Beside a session while it runs: what was found so far, provisionally, for whoever looks on.

`Block`s in, as to any sink; at any moment, from any thread, a `Snapshot` out. After `finish` it is
the verdict on the whole.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from fasciscope import events as ev
from fasciscope.blocks import CHANNELS_MAX, Block, Channel, StreamInfo
from fasciscope.detection import Detector, rates
from fasciscope.detection.online import OnlineFamilies
from fasciscope.events import Events, Kind

KEPT_S = 15.0
"""Signal kept to cut waveforms from (s): longer than the detector's first ten seconds, which it
holds back."""
RECENT_S = 60.0


_READY = threading.Lock()


def warm_up() -> None:
    """Have the detector's kernels compiled, or loaded, before the first sample comes.

    The very first time takes some ten seconds; later ones, half a second. Done ahead of opening a
    port, since a busy interpreter would read the port too late.
    """
    with _READY:
        _run_once()


@cache
def _run_once() -> None:
    # longer than the ten seconds that are learned from, so that something is told, too
    counts = np.random.default_rng(0).normal(0, 8, (28_000, 1))
    time_ms = np.arange(-10, 10.5, 0.5)
    for middle in range(1500, 27_000, 600):
        pulse = 200 * np.exp(-((time_ms / 3) ** 2)) * np.cos(time_ms / 2)
        counts[middle - 20 : middle + 21, 0] += pulse
    detector = Detector(StreamInfo(2000.0, (Channel("EMG1", 1.0),)))
    detector.process(Block(counts.astype(np.int16), 0))
    detector.finish()


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """How things stand.

    Parameters
    ----------
    n_samples : int
        Samples a channel so far, missing ones included.
    twitches : int
        Counted so far.
    last_minute : int
        Of these, in the last 60 s.
    usable_s : float
        Time over which they were counted: without gaps, at the end without all that is left out.
    rate, low, high : float
        Twitches a minute with the 95 % interval; NaN while too little is known.
    noise_uv : ndarray, shape (n_channels,), µV
        0 until it is known.
    families : tuple of (int, int)
        Number and count of each family.
    finished : bool
        Whether this is the verdict on the whole.
    """

    n_samples: int
    twitches: int
    last_minute: int
    usable_s: float
    rate: float
    low: float
    high: float
    noise_uv: NDArray[np.float64]
    families: tuple[tuple[int, int], ...]
    finished: bool


class LiveCounter:
    """A sink that runs the detector beside a recording.

    Parameters
    ----------
    info : StreamInfo

    Attributes
    ----------
    version : int
        Grows whenever `events` changes.
    """

    def __init__(self, info: StreamInfo) -> None:
        self.info = info
        self.detector = Detector(info)
        self.version = 0
        self.finished = False
        self._lock = threading.Lock()
        self._events = ev.empty()
        self._families = [OnlineFamilies(info.fs_hz) for _ in info.channels]
        self._kept = np.empty((0, info.n_channels), dtype=np.float32)
        self._first = 0

    def process(self, block: Block) -> None:
        """Take a block; add what is told with it, and take off what is taken back."""
        told = ev.of_kind(self.detector.process(block), Kind.FASCICULATION)
        withdrawn = self.detector.withdrawn
        self._keep(block)
        if not (len(told) or len(withdrawn)):
            return
        for event in told:
            event["family"] = self._family(event)
        with self._lock:
            stands = ~np.isin(_mark(self._events), _mark(withdrawn))
            self._events = ev.merge(self._events[stands], told)
            self.version += 1

    def finish(self) -> None:
        """Take the detector's verdict on the whole."""
        events = self.detector.finish()
        with self._lock:
            self._events, self.finished = events, True
            self.version += 1

    @property
    def twitches(self) -> int:
        """Twitches counted so far."""
        with self._lock:
            return len(ev.of_kind(self._events, Kind.FASCICULATION))

    def events(self, since: int = 0) -> Events:
        """Return the events that end after sample `since`."""
        with self._lock:
            return self._events[self._events["stop"] > since].copy()

    def snapshot(self) -> Snapshot:
        """Return how things stand."""
        fs_hz = self.info.fs_hz
        with self._lock:
            twitches = ev.of_kind(self._events, Kind.FASCICULATION)
            n = self.detector.n_samples
            usable_s = max(self.detector.analysable_s, 0.0)
        peaks_s = twitches["peak"] / fs_hz
        # on the clock of all time: the little that is left out moves no stretch by much
        rate, low, high = rates.per_minute(
            len(twitches), usable_s, rates.clustering(peaks_s, max(usable_s, 1e-9))
        )
        numbers, counts = np.unique(twitches["family"], return_counts=True)
        return Snapshot(
            n_samples=n,
            twitches=len(twitches),
            last_minute=int((peaks_s > n / fs_hz - RECENT_S).sum()),
            usable_s=usable_s,
            rate=rate,
            low=low,
            high=high,
            noise_uv=self.detector.noise_uv,
            families=tuple(
                (int(number), int(count))
                for number, count in zip(numbers, counts, strict=True)
                if number > 0
            ),
            finished=self.finished,
        )

    def _keep(self, block: Block) -> None:
        values = block.samples * self.info.uv_per_count + self.info.uv_at_zero
        if block.lost_before or not len(self._kept):
            self._first = block.first_index
            self._kept = self._kept[:0]
        self._kept = np.concatenate([self._kept, values.astype(np.float32)])
        surplus = len(self._kept) - round(KEPT_S * self.info.fs_hz)
        if surplus > 0:
            self._kept, self._first = self._kept[surplus:], self._first + surplus

    def _family(self, event: Events) -> int:
        channel = int(event["channel"])
        grouper = self._families[channel]
        start = int(event["peak"]) - grouper.half - self._first
        stop = start + 2 * grouper.half + 1
        if start < 0 or stop > len(self._kept):
            return 0
        shape = self._kept[start:stop, channel]
        noise_uv = float(self.detector.noise_uv[channel])
        return grouper.number(shape - np.median(shape), noise_uv)


def _mark(events: Events) -> NDArray[np.int64]:
    """Return a number for each twitch that tells it from all others."""
    return np.asarray(events["peak"] * CHANNELS_MAX + events["channel"], dtype=np.int64)
