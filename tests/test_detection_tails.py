"""The noise's own tail: Gaussian noise keeps the threshold, slower noise moves it out."""

import math

import numpy as np
import pytest

from detection_cases import add_potentials, as_truth, found, noise, spread_times
from fasciscope import events as ev
from fasciscope.detection import tails
from fasciscope.events import Kind
from fasciscope.scoring import score


def drawn(fall, n, seed=0):
    """Count and sum of excess of `n` exponential scores, cut to the tail."""
    scores = tails.TAIL_FROM + np.random.default_rng([seed, 9]).exponential(1.0 / fall, n)
    scores = scores[scores < tails.TAIL_TO]
    return float(scores.size), float((scores - tails.TAIL_FROM).sum())


@pytest.mark.parametrize("fall", [0.3, 0.6, 0.85, 1.2])
def test_fall_is_measured(fall):
    assert tails.fall(*drawn(fall, 50_000)) == pytest.approx(fall, rel=0.03)


def test_threshold_never_moves_in_and_not_without_data():
    assert tails.threshold(17.0, *drawn(2.0, 2000)) == 17.0
    assert tails.threshold(17.0, tails.LEAST - 1, 300.0) == 17.0


def test_slower_noise_moves_the_threshold_out_as_far_as_it_is_slower():
    half = tails.threshold(17.0, *drawn(0.5 * tails.GAUSSIAN_FALL, 50_000))
    assert half == pytest.approx(6.0 + 2.0 * 11.0, rel=0.03)


def test_what_is_like_nothing_else_needs_more_the_more_the_tail_bends():
    assert tails.alone(17.0, 17.0) == 17.0
    assert tails.alone(6.0, 6.0) == 6.0
    reached = [18.0, 22.0, 28.0, 32.0]
    needed = [tails.alone(17.0, one) for one in reached]
    assert all(a > b for a, b in zip(needed, reached, strict=True))
    # exponential amplitudes: as many units of the root of the score as a Gaussian has of 11
    root = math.sqrt(6.0) + (math.sqrt(17.0) - math.sqrt(6.0)) * 2.0
    assert tails.alone(17.0, 28.0) == pytest.approx(root**2)


def changing(seconds, fs_hz, seed):
    """Noise whose level changes every 5 ms: its tail bends, and no single sample stands out."""
    rng = np.random.default_rng([seed, 4])
    every = round(0.005 * fs_hz)
    n = round(seconds * fs_hz)
    level = np.zeros(n // every + 1)
    for k in range(1, level.size):
        level[k] = 0.7 * level[k - 1] + 0.3 * rng.standard_normal()
    return 8.0 * rng.standard_normal(n) * np.repeat(np.exp(0.7 * level), every)[:n]


def test_noise_whose_tail_bends_brings_next_to_nothing():
    counted = 0
    for seed in range(4):
        events = found(changing(600.0, 1000.0, seed), 1000.0)
        counted += len(ev.of_kind(events, Kind.FASCICULATION))
    assert counted <= 14  # in 40 minutes; 29 where the tail is taken to be straight


def test_a_waveform_that_comes_again_is_still_counted_in_such_noise():
    signal = changing(120.0, 1000.0, 1)
    shape = lambda t: (1.0 - (t / 0.004) ** 2) * np.exp(-0.5 * (t / 0.004) ** 2)  # noqa: E731
    peaks = add_potentials(signal, 1000.0, spread_times(120.0, 30.0, 1), 110.0, shapes=(shape,))
    assert score(found(signal, 1000.0), as_truth(peaks), fs_hz=1000.0).sensitivity > 0.97


def test_gaussian_noise_loses_no_lonely_potential():
    signal = noise(round(60 * 2000.0), 2000.0, seed=3)
    peaks = add_potentials(signal, 2000.0, [20.0, 40.0], 60.0)
    assert score(found(signal, 2000.0), as_truth(peaks), fs_hz=2000.0).sensitivity == 1.0


def test_where_the_tail_is_hardly_slower_what_comes_again_is_asked_for_no_more():
    assert tails.familiar(17.0, 17.0) == 17.0
    assert tails.familiar(17.0, 19.5) == 17.0  # 1.23 times slower
    assert tails.familiar(17.0, 20.0) == 20.0  # 1.27 times
