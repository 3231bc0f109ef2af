"""Rates and their limits, held against scipy's chi-squared and against seeded event trains."""

import math

import numpy as np
import pytest
from scipy.stats import chi2

from fasciscope.detection import rates


@pytest.mark.parametrize("n", [1, 2, 10, 57, 900])
def test_poisson_limits_are_garwoods(n):
    rate, low, high = rates.per_minute(n, 60.0)
    assert rate == pytest.approx(n)
    assert low == pytest.approx(chi2.ppf(0.025, 2 * n) / 2)
    assert high == pytest.approx(chi2.ppf(0.975, 2 * n + 2) / 2)


def test_no_event_has_an_upper_limit_of_three_point_seven():
    assert rates.per_minute(0, 60.0) == pytest.approx((0.0, 0.0, -math.log(0.025)))


def test_rates_are_over_the_analysable_time():
    assert np.allclose(rates.per_minute(30, 120.0), np.array(rates.per_minute(30, 60.0)) / 2)


def test_under_ten_seconds_no_rate_is_stated():
    assert all(math.isnan(value) for value in rates.per_minute(5, 9.99))
    assert not any(math.isnan(value) for value in rates.per_minute(5, 10.0))


def test_clustering_widens_the_limits_and_leaves_the_rate():
    plain, wide = rates.per_minute(40, 60.0), rates.per_minute(40, 60.0, 4.0)
    assert wide[0] == plain[0]
    assert wide[2] - wide[1] == pytest.approx(2 * (plain[2] - plain[1]), rel=0.1)


def test_even_events_are_not_clustered_and_bursts_are():
    assert rates.clustering(np.linspace(1.0, 299.0, 100), 300.0) == 1.0
    bursts = np.concatenate([start + np.linspace(0, 2, 20) for start in (20.0, 110.0, 250.0)])
    assert rates.clustering(bursts, 300.0) > 5.0


def test_few_events_say_nothing_of_clustering():
    assert rates.clustering(np.zeros(9), 300.0) == 1.0
    assert rates.clustering(np.empty(0), 0.0) == 1.0


def coverage(draw, true_rate, seconds=600.0, runs=400):
    """Share of seeded runs whose interval holds the true rate."""
    hits = 0
    for seed in range(runs):
        times = np.sort(draw(np.random.default_rng([seed, 3]), seconds))
        excess = rates.clustering(times, seconds)
        _, low, high = rates.per_minute(len(times), seconds, excess)
        hits += low <= true_rate <= high
    return hits / runs


def poisson(per_minute):
    def draw(rng, seconds):
        return rng.uniform(0, seconds, rng.poisson(per_minute * seconds / 60))

    return draw


def doublets(per_minute):
    """Half of the events bring another one 30 ms later."""

    def draw(rng, seconds):
        first = poisson(per_minute / 1.5)(rng, seconds)
        return np.concatenate([first, first[rng.random(first.size) < 0.5] + 0.03])

    return draw


def bursts(per_minute, size=5):
    """Runs of about `size` events over three seconds."""

    def draw(rng, seconds):
        starts = rng.uniform(-3.0, seconds, rng.poisson(per_minute / size * (seconds + 3) / 60))
        times = [start + rng.uniform(0, 3.0, rng.poisson(size)) for start in starts]
        joined = np.concatenate([np.empty(0), *times])
        return joined[(joined >= 0) & (joined < seconds)]

    return draw


@pytest.mark.parametrize("per_minute", [3.0, 25.0, 100.0])
def test_the_interval_of_independent_events_covers_as_it_says(per_minute):
    assert 0.93 <= coverage(poisson(per_minute), per_minute) <= 0.99


@pytest.mark.parametrize("per_minute", [10.0, 40.0])
def test_the_interval_of_doublets_covers_as_it_says(per_minute):
    assert 0.92 <= coverage(doublets(per_minute), per_minute) <= 0.98


@pytest.mark.parametrize("per_minute", [20.0, 60.0])
def test_the_interval_of_bursts_covers_nearly_as_it_says(per_minute):
    share = coverage(bursts(per_minute), per_minute)
    assert 0.90 <= share <= 0.98
