"""The clock of a stream: sample index to board tick to the host's monotonic clock.

Data in: when frames arrived and the (index, tick) pairs of status frames; out: the rate as the
host's clock sees it, the rate in the board's own ticks, and the host time of any sample.

Bytes are never early, only late: a busy host or a USB packet delays them, by much and unevenly.
So the line through the arrivals is not the middle one but the highest line that none of them lies
under; of all such lines, the one closest to them on the whole. It is an edge of their lower convex
hull, found in one pass. The time of a sample is thus that of its arrival on the quickest way, a
constant short delay included.

References
----------
S. Moon, P. Skelly, D. Towsley, "Estimation and removal of clock skew from network delay
measurements", IEEE INFOCOM 1999: the same line, by linear programming.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from dataclasses import dataclass
from itertools import pairwise

_WINDOW_S = 0.5
_WINDOWS_MAX = 120
_WINDOWS_MIN = 4
_KEEP_S = 60.0
_KEPT_MAX = 2048
_LATE_S = 0.05
"""How late a single arrival may be on a computer that is not overwhelmed."""
_CRYSTAL_SHARE = 0.005
"""How far a board's clock may be off: a ceramic resonator."""
_WANDER_SHARE = 50e-6
"""How far it may wander meanwhile, with the temperature."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class ClockFit:
    """A line from sample index to host time.

    Parameters
    ----------
    fs_hz : float
        Sampling rate by the host's monotonic clock.
    error_s : float
        How far a typical earliest arrival in half a second lies above the line, seconds.
    index0, host0_s : float
        A point on the line.
    """

    fs_hz: float
    error_s: float
    index0: float
    host0_s: float

    def host_s(self, index: float) -> float:
        """Return the host's monotonic time of sample `index`, seconds."""
        return self.host0_s + (index - self.index0) / self.fs_hz


class SampleClock:
    """Collect arrivals and status frames, and fit them when asked.

    Parameters
    ----------
    nominal_hz : float
        Announced sampling rate.
    tick_hz : float, default 0
        Nominal frequency of the board's clock; 0 if it has none.

    Notes
    -----
    Memory is bounded: of each half second the earliest arrival is kept, for a minute back. In a
    minute a clock that wanders with the temperature hardly bends (0.2 ppm a second is 0.1 ms), and
    a hundred arrivals are enough to find the quick ones among the late.
    """

    def __init__(self, nominal_hz: float, tick_hz: float = 0.0) -> None:
        self._nominal_hz = nominal_hz
        self._tick_hz = tick_hz
        self._window = -1
        self._keep_s = _KEEP_S
        self._latest = (0, 0.0)
        self._kept: list[tuple[int, float]] = []
        self._best: Point = (0.0, 0.0)
        self._points: deque[Point] = deque(maxlen=_WINDOWS_MAX)
        self._slope_s = 1.0 / nominal_hz
        self._lock = threading.Lock()  # one thread feeds, another asks
        self._stale = False
        self._fit: ClockFit | None = None
        self._first_tick: tuple[int, int] | None = None
        self._last_tick = (0, 0)

    def arrived(self, stop_index: int, host_s: float) -> None:
        """Take note that the samples before `stop_index` had all come by `host_s`."""
        self._latest = (stop_index, host_s)
        window = int(stop_index / (_WINDOW_S * self._nominal_hz))
        lateness = host_s - stop_index * self._slope_s
        if window != self._window:
            if self._window >= 0:
                with self._lock:
                    self._points.append(self._best)
                    self._stale = True
                self._refine()
                self._keep()
            self._window = window
        elif lateness >= self._best[1] - self._best[0] * self._slope_s:
            return
        self._best = (float(stop_index), host_s)

    def ticked(self, index: int, tick: int) -> None:
        """Take the pair of a status frame: `tick` (u32) is when scan ``index - 1`` was taken."""
        if index < 1:
            return
        if self._first_tick is None:
            self._first_tick = self._last_tick = (index, tick)
            return
        last_index, last_tick = self._last_tick
        if index > last_index:
            self._last_tick = (index, last_tick + ((tick - last_tick) & 0xFFFFFFFF))

    @property
    def board_hz(self) -> float | None:
        """Sampling rate by the board's own clock, Hz; None until there are two status frames."""
        if self._first_tick is None or self._last_tick[0] == self._first_tick[0]:
            return None
        scans = self._last_tick[0] - self._first_tick[0]
        ticks = self._last_tick[1] - self._first_tick[1]
        return scans * self._tick_hz / ticks if ticks > 0 else None

    def when(self, index: int) -> tuple[float, float]:
        """Return the host time at which the scans before `index` had come, and how far it is off.

        Before there is a line, that is when they came; `index` is then at most the newest.
        """
        fit = self.fit()
        if fit is None:
            stop_index, host_s = self._latest
            return host_s - (stop_index - index) / self._nominal_hz, _LATE_S
        with self._lock:
            span_s = (self._points[-1][1] - self._points[0][1]) if self._points else 0.0
        beyond_s = abs(index - self._latest[0]) / fit.fs_hz
        return fit.host_s(index), fit.error_s * (1 + beyond_s / max(span_s, 1.0))

    @property
    def rate(self) -> tuple[float, float]:
        """Scans a second by the host's clock, and by which share they may be off."""
        fit = self.fit()
        if fit is None:
            return self._nominal_hz, _CRYSTAL_SHARE
        with self._lock:
            span_s = (self._points[-1][1] - self._points[0][1]) if self._points else 0.0
        return fit.fs_hz, _WANDER_SHARE + 2 * fit.error_s / max(span_s, 1.0)

    def points(self) -> list[tuple[int, float]]:
        """Return (index, host time) about once a minute, from the start on.

        Each lies in the middle of the arrivals that told it, where the line is most certain. For
        longer than a day they are thinned out, so that they stay below `_KEPT_MAX`.
        """
        return list(self._kept)

    def _keep(self) -> None:
        middle = self._points[len(self._points) // 2][0]
        newest = self._kept[-1][0] if self._kept else -math.inf
        if middle - newest < self._keep_s * self._nominal_hz:
            return
        fit = self.fit()
        if fit is None:
            return
        self._kept.append((int(middle), fit.host_s(int(middle))))
        if len(self._kept) >= _KEPT_MAX:
            self._kept = self._kept[::2]
            self._keep_s *= 2

    def fit(self) -> ClockFit | None:
        """Return the line as it stands now, or None in the first two seconds."""
        if self._stale and len(self._points) >= _WINDOWS_MIN:
            with self._lock:
                self._stale = False
                points = list(self._points)
            (x0, y0), slope = _supporting_line(points)
            if slope > 0:
                above = sorted(y - y0 - (x - x0) * slope for x, y in points)
                self._fit = ClockFit(1.0 / slope, above[len(above) // 2], x0, y0)
        return self._fit

    def _refine(self) -> None:
        # the slope decides which arrival of a window is the earliest; the nominal one is good
        # enough unless the stream runs at another pace altogether (an emulated board in a hurry)
        if len(self._points) in (2, 4, 8, 64, 512):
            (x0, y0), (x1, y1) = self._points[0], self._points[-1]
            if x1 > x0 and y1 > y0:
                self._slope_s = (y1 - y0) / (x1 - x0)


def _supporting_line(points: list[Point]) -> tuple[Point, float]:
    """Return a point and the slope of the hull edge under the middle of `points` (sorted by x)."""
    hull: list[Point] = []
    for x, y in points:
        while len(hull) >= 2 and _is_above(hull[-2], hull[-1], (x, y)):
            hull.pop()
        hull.append((x, y))
    middle = sum(x for x, _ in points) / len(points)
    for (x0, y0), (x1, y1) in pairwise(hull):
        if x1 >= middle:
            return (x0, y0), (y1 - y0) / (x1 - x0)
    return hull[0], 0.0


def _is_above(a: Point, b: Point, c: Point) -> bool:
    """Tell whether `b` lies on or above the straight line from `a` to `c`."""
    return (b[1] - a[1]) * (c[0] - a[0]) >= (c[1] - a[1]) * (b[0] - a[0])
