"""Coarse converters: noise of less than a step comes and goes with the offset, and is nothing."""

import numpy as np
import pytest

from detection_cases import add_potentials, as_truth, in_blocks, noise, spread_times
from fasciscope.detection.converter import learn_step, noise_power, toggling_power
from fasciscope.recording import from_array
from fasciscope.scoring import score

STEP_UV = 24.4


def coarse(fs_hz, rms_uv, seed, seconds=120.0):
    """Noise on a wandering offset, and the same with twitches, both before the converter."""
    n = round(seconds * fs_hz)
    time_s = np.arange(n) / fs_hz
    offset = 20.0 * np.sin(2 * np.pi * time_s / 31.0) + 9.0 * np.sin(2 * np.pi * time_s / 7.7)
    return noise(n, fs_hz, rms_uv, seed=seed) + offset


def steps(signal):
    return STEP_UV * np.round(signal / STEP_UV)[:, None]


@pytest.mark.parametrize("fs_hz", [500.0, 1000.0, 2000.0, 4000.0])
@pytest.mark.parametrize("rms_uv", [2.0, 4.0, 8.0])
def test_nothing_is_made_of_counts_that_come_and_go(fs_hz, rms_uv):
    signal = coarse(fs_hz, rms_uv, seed=2)
    events, detector = in_blocks(from_array(steps(signal), fs_hz), 4096)
    assert len(events) == 0
    assert detector.analysable_s == pytest.approx(120.0)


@pytest.mark.parametrize("rms_uv", [3.0, 8.0])
def test_twitches_in_coarse_counts_are_found(rms_uv):
    signal = coarse(1000.0, rms_uv, seed=4)
    peaks = add_potentials(signal, 1000.0, spread_times(120.0, 30.0, 4), 200.0)
    events, _ = in_blocks(from_array(steps(signal), 1000.0), 4096)
    assert score(events, as_truth(peaks), 1000.0).f1 >= 0.97


def test_counts_that_change_between_two_are_three_times_the_rounding_noise():
    assert toggling_power(STEP_UV) == pytest.approx(3 * noise_power(STEP_UV))
    assert toggling_power(0.5) == 0.0


@pytest.mark.parametrize("step_uv", [0.1, 1.0, STEP_UV])
def test_the_step_is_learned_from_the_data(step_uv):
    signal = noise(20_000, 2000.0, 4.0 * step_uv, seed=9)
    signal[500:900] = np.nan
    counts = step_uv * np.round(signal / step_uv)
    change = np.abs(np.diff(counts))
    usual = np.median(change[change > 0.0])
    assert learn_step(counts, 0.01) == (pytest.approx(step_uv), usual)


def test_where_there_are_no_steps_the_stated_one_or_the_noise_stands():
    signal = noise(20_000, 2000.0, 5.0, seed=10)
    change = np.abs(np.diff(signal))
    assert learn_step(signal, 0.02) == (0.02, np.median(change))
    assert learn_step(signal, 9.0) == (np.quantile(change, 0.05), np.median(change))


def test_what_does_not_move_tells_no_step():
    assert learn_step(np.ones(1000), 0.5) == (0.5, 0.5)
    assert learn_step(np.full(1000, np.nan), 0.5) == (0.5, 0.5)
    assert learn_step(np.array([1.0, 1.0, 4.0]), 0.5) == (3.0, 3.0)
