import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fasciscope.errors import InputError
from fasciscope.events import Kind, of_kind
from fasciscope.simulation import SCENES, simulate
from fasciscope.simulation.discharges import (
    Twitching,
    discharges,
    echo_intervals_s,
    outside,
    shares,
    wander,
)

NEVER = np.empty((0, 2))


def times(seed=0, per_minute=30.0, seconds=3600.0, busy=NEVER, **changes):
    twitching = Twitching(per_minute, **changes)
    return discharges(np.random.default_rng(seed), twitching, per_minute, seconds, busy)


def test_the_mean_rate_is_as_asked_second_discharges_included():
    counts = [len(times(seed, echoes=0.15, runs=0.02)) for seed in range(20)]
    assert np.mean(counts) == pytest.approx(1800, rel=0.03)


def test_the_rate_holds_over_the_free_time_only():
    busy = np.array([[100.0, 400.0], [1000.0, 2500.0]])
    found = times(3, busy=busy)
    assert len(found) == pytest.approx(30.0 / 60.0 * 1800.0, rel=0.15)
    for start, stop in busy:
        assert not ((found >= start) & (found < stop)).any()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.floats(1.0, 900.0), st.floats(0.002, 0.2))
def test_a_unit_never_discharges_within_its_refractory_time(seed, per_minute, refractory_s):
    found = times(seed, per_minute, 60.0, refractory_s=refractory_s, echoes=0.3, runs=0.1)
    assert (np.diff(found) >= refractory_s).all()
    assert ((found >= 0) & (found < 60.0)).all()


def fano(seconds_apart, found, seconds):
    counts = np.histogram(found, np.arange(0.0, seconds + 1e-9, seconds_apart))[0]
    return counts.var() / counts.mean()


def test_counts_are_more_scattered_than_a_poisson_process_unless_asked_not_to_be():
    plain = times(1, seconds=7200.0, echoes=0.0, runs=0.0, clustering=0.0)
    clustered = times(1, seconds=7200.0, echoes=0.0, runs=0.0, clustering=0.8)
    assert 0.7 < fano(20.0, plain, 7200.0) < 1.35
    assert fano(20.0, clustered, 7200.0) > 2.0


def test_echoes_come_10_to_110_ms_later_mostly_at_33():
    after = echo_intervals_s(np.random.default_rng(0), 5000)
    assert after.min() >= 0.010
    assert after.max() <= 0.110
    heights, edges = np.histogram(after, np.arange(0.0095, 0.112, 0.003))
    mode = edges[np.argmax(heights)] + 0.0015
    assert 0.030 <= mode <= 0.037
    intervals = np.diff(times(2, echoes=0.2, runs=0.0, clustering=0.0))
    assert np.mean((intervals > 0.01) & (intervals < 0.11)) == pytest.approx(
        0.2 / 1.2 + 0.04, abs=0.04
    )


def test_runs_are_at_three_to_eight_a_second():
    intervals = np.diff(times(4, per_minute=6.0, seconds=36_000.0, echoes=0.0, runs=0.2))
    close = intervals[intervals < 0.6]
    assert len(close) > 500
    assert np.percentile(close, 2) >= 1 / 8.0 * 0.6
    assert np.percentile(close, 95) <= 1 / 3.0 * 1.45


def test_shares_are_unequal_but_none_is_lost():
    parts = shares(np.random.default_rng(0), 8)
    assert parts.sum() == pytest.approx(1.0)
    assert parts.min() >= 1 / 24
    assert parts.max() > 1.5 * parts.min()


def test_outside_takes_half_open_stretches():
    busy = np.array([[1.0, 2.0], [3.0, 4.0]])
    kept = outside(np.array([0.5, 1.0, 1.9, 2.0, 3.5, 4.0, 9.0]), busy)
    assert kept.tolist() == [0.5, 2.0, 4.0, 9.0]
    assert outside(np.array([0.5]), NEVER).tolist() == [0.5]


def test_the_course_has_unit_spread_and_its_time_constant():
    course = wander(np.random.default_rng(0), 200_000, 0.1, 2.0)
    assert course.std() == pytest.approx(1.0, rel=0.1)
    lagged = np.corrcoef(course[:-20], course[20:])[0, 1]
    assert lagged == pytest.approx(np.exp(-1.0), abs=0.07)


@pytest.mark.parametrize("name", ["calm", "busy", "heart"])
def test_scenes_keep_their_stated_rate(name):
    made = simulate(name, seconds=3600, seed=9, fs_hz=250)
    count = len(of_kind(made.truth, Kind.FASCICULATION))
    assert count / 60.0 == pytest.approx(SCENES[name].twitching.per_minute, rel=0.15)
    families = np.unique(of_kind(made.truth, Kind.FASCICULATION)["family"])
    assert families.tolist() == list(range(1, SCENES[name].twitching.families + 1))


@pytest.mark.parametrize(
    "bad",
    [
        {"per_minute": 0.0},
        {"per_minute": float("nan")},
        {"per_minute": 5000.0},
        {"per_minute": 10.0, "families": 0},
        {"per_minute": 10.0, "amplitude_uv": (100.0, 50.0, 200.0)},
        {"per_minute": 10.0, "amplitude_uv": (0.0, 50.0, 200.0)},
        {"per_minute": 10.0, "echoes": 0.8, "runs": 0.4},
    ],
)
def test_bad_twitching_is_refused(bad):
    with pytest.raises(InputError):
        Twitching(**bad)
