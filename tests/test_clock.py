"""The sample clock: the board's rate out of late and uneven arrivals."""

from __future__ import annotations

import numpy as np
import pytest

from fasciscope.device.clock import SampleClock

FS = 2000.0


def arrivals(seconds, ppm, *, seed=0, frame=64, late_s=0.004, stall=None):
    """Stop index and arrival time of each frame of a board whose clock is `ppm` slow."""
    rng = np.random.default_rng(seed)
    index = np.arange(frame, int(seconds * FS), frame)
    true = 100.0 + index / FS * (1 + ppm * 1e-6)
    host = true + 0.0005 + rng.exponential(late_s, len(index))
    if stall:
        start, stop = stall
        host = np.where((host > start) & (host < stop), stop, host)
    return index, true, np.maximum.accumulate(host)


def fed(index, host, nominal=FS):
    clock = SampleClock(nominal)
    for i, t in zip(index, host, strict=True):
        clock.arrived(int(i), float(t))
    return clock


@pytest.mark.parametrize("ppm", [0.0, 2000.0, -2000.0])
@pytest.mark.parametrize("late_s", [0.0002, 0.004, 0.02])
def test_a_slow_clock_with_uneven_arrivals(ppm, late_s):
    index, true, host = arrivals(120, ppm, late_s=late_s, stall=(130.0, 133.0))
    fit = fed(index, host).fit()
    assert fit.fs_hz == pytest.approx(FS / (1 + ppm * 1e-6), rel=2e-5)
    error = np.array([fit.host_s(i) for i in index]) - true
    assert np.abs(error).max() < 0.0005 + 0.25 * late_s
    assert 0 <= fit.error_s < 2 * late_s


def test_the_middle_line_would_be_fooled_where_this_one_is_not():
    """A host that grows busier and busier: every arrival is late, more and more."""
    index, _, host = arrivals(60, 0.0)
    rng = np.random.default_rng(3)
    busy = np.linspace(0, 0.1, len(index)) * (rng.random(len(index)) < 0.9)
    late = np.maximum.accumulate(host + busy)
    least_squares = 1 / np.polyfit(index, late, 1)[0]
    ours = fed(index, late).fit().fs_hz
    assert abs(ours / FS - 1) < 2e-4
    assert abs(ours / FS - 1) < abs(least_squares / FS - 1) / 3


def test_a_wandering_clock_is_followed_and_memory_is_bounded():
    rng = np.random.default_rng(5)
    index = np.arange(64, int(3 * 3600 * FS), 640)
    ppm = 2000 + 20 * np.sin(2 * np.pi * index / FS / 3600)
    true = np.cumsum(640 / FS * (1 + ppm * 1e-6))
    clock = fed(index, true + rng.exponential(0.002, len(index)))
    assert len(clock._points) <= 1200
    assert clock.fit().fs_hz == pytest.approx(FS / (1 + ppm[-1000:].mean() * 1e-6), rel=2e-5)
    assert abs(clock.fit().host_s(index[-1]) - true[-1]) < 0.002


def test_a_board_in_a_hurry():
    index, _, host = arrivals(60, 0.0, late_s=0.0)
    fit = fed(index, 100 + (host - 100) / 20).fit()
    assert fit.fs_hz == pytest.approx(20 * FS, rel=1e-3)


def test_nothing_is_claimed_in_the_first_two_seconds():
    index, _, host = arrivals(1.9, 0.0)
    assert fed(index, host).fit() is None
    assert SampleClock(FS).fit() is None
    index, _, host = arrivals(3.0, 0.0)
    assert fed(index, host).fit() is not None


def test_the_rate_in_board_ticks_is_exact_over_a_wrap():
    clock = SampleClock(FS, tick_hz=16e6)
    assert clock.board_hz is None
    for second in range(1, 600):
        index = int(second * FS)
        clock.ticked(index, ((index - 1) * 8001) & 0xFFFFFFFF)
    assert clock.board_hz == pytest.approx(16e6 / 8001, rel=1e-12)


def test_a_repeated_status_changes_nothing():
    clock = SampleClock(FS, tick_hz=1e6)
    for index, tick in ((0, 5), (2000, 1_000_000), (2000, 1_000_000), (4000, 2_000_000)):
        clock.ticked(index, tick)
    assert clock.board_hz == pytest.approx(2000)


def test_points_once_a_minute_are_true_and_never_too_many():
    index, true, host = arrivals(1500, 300.0, late_s=0.002)
    clock = fed(index, host)
    points = clock.points()
    assert len(points) == 25
    for at, at_s in points:
        assert at_s == pytest.approx(np.interp(at, index, true) + 0.0005, abs=5e-4)
    slow = SampleClock(1000.0)
    for second in range(200_000):
        slow.arrived(second * 1000, float(second))
    assert 1000 < len(slow.points()) < 2048
    assert slow.points()[0][0] < 120_000
    assert slow.points()[-1][0] > 199_000_000
