"""`order` and `phases`, held against numpy and against the plain way."""

import numpy as np
import pytest

from fasciscope.detection import order, phases


@pytest.mark.parametrize("n", [1, 2, 3, 13, 50, 127, 128, 129, 300])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_order_statistics_are_those_of_numpy_with_equal_values_too(n, dtype):
    rng = np.random.default_rng(n)
    for values in (rng.normal(size=n), np.round(rng.normal(size=n)), np.zeros(n)):
        values = values.astype(dtype)
        assert order.median(values) == float(np.median(values))
        for rank in (0, n // 5, n // 2, n - 1):
            assert order.pick(values, rank) == np.sort(values)[rank]


@pytest.mark.parametrize("n", [1, 2, 50])
def test_sorting_keeps_every_value(n):
    rng = np.random.default_rng(n)
    for values in (rng.normal(size=n), np.round(rng.normal(size=n)), np.ones(n)):
        out = np.empty(n)
        order.sort_into(values, out)
        assert np.array_equal(out, np.sort(values))


def plainly(peaks, energy, largest, same, tail, weak):
    keep = np.ones(len(peaks), dtype=bool)
    for j in largest:
        if keep[j]:
            apart = np.abs(peaks - peaks[j])
            lost = (apart < same) | ((apart <= tail) & (energy < weak * energy[j]))
            lost[j] = False
            keep &= ~lost
    return keep


@pytest.mark.parametrize("seed", range(5))
def test_phases_and_tails_are_left_out(seed):
    rng = np.random.default_rng(seed)
    peaks = np.sort(rng.uniform(0, 2000, 150))
    energy = 10.0 ** rng.uniform(0, 4, 150)
    largest = np.argsort(-energy, kind="stable")
    kept = phases.own(peaks, energy, largest, 18.0, 140.0, 0.03)
    assert 0 < kept.sum() < 150
    assert np.array_equal(kept, plainly(peaks, energy, largest, 18.0, 140.0, 0.03))


def test_a_maximum_is_shaded_by_a_larger_one_beside_it():
    energy = np.zeros(400, dtype=np.float32)
    energy[200] = 10.0
    assert not phases.shaded(energy, 200, 18, 140, 0.03)
    for place, size, shaded in (
        (215, 11.0, True),  # a larger phase
        (217, 11.0, True),
        (218, 11.0, False),  # far enough for a potential of its own
        (330, 400.0, True),  # its tail
        (330, 300.0, False),
        (341, 400.0, False),
    ):
        beside = energy.copy()
        beside[place] = size
        assert phases.shaded(beside, 200, 18, 140, 0.03) is shaded


@pytest.mark.parametrize("n", [2, 130, 511, 512, 2000, 20_000])
def test_quantiles_are_those_of_numpy_however_the_values_lie(n):
    rng = np.random.default_rng(n)
    some = np.abs(rng.normal(size=n))
    for values in (some, np.round(3 * some), np.sort(some), np.sort(some)[::-1].copy(), 0 * some):
        for share in (0.0, 0.05, 0.5, 0.93, 1.0):
            assert order.quantile(values, share) == np.quantile(values, share)
        assert order.median(values) == np.median(values)


def test_a_sample_that_misleads_changes_nothing():
    n = 4096
    values = np.random.default_rng(1).normal(size=n)
    values[:: n // 256] += 1000.0  # just those that are sampled
    assert order.median(values) == np.median(values)
    assert order.quantile(values, 0.05) == np.quantile(values, 0.05)
