"""`bench/oracle.py`: the ceiling is one, and falls as it must when there is more noise."""

from dataclasses import replace

import numpy as np
import pytest

from fasciscope.bench import oracle
from fasciscope.bench.cases import CASES
from fasciscope.errors import InputError
from fasciscope.events import Kind, of_kind
from fasciscope.recording import from_array
from fasciscope.scoring import score
from fasciscope.simulation import SCENES, simulate
from fasciscope.simulation.discharges import Twitching
from fasciscope.simulation.noise import Noise


def f1(found, made, threshold):
    return score(found.above(threshold), made.truth, made.recording.info.fs_hz)


def test_clear_potentials_are_all_found_at_their_sample_and_in_their_family():
    made = simulate("calm", seconds=60, seed=1)
    found = oracle.candidates(made)
    result = f1(found, made, oracle.best_threshold([found], [made]))
    assert result.f1 == 1.0
    assert result.median_error_ms <= 0.5  # one sample
    assert result.families_agree == 1.0


@pytest.mark.parametrize("scene", ["hum", "heart", "contractions", "movement", "drift", "kit"])
def test_what_it_is_told_does_not_disturb_it(scene):
    made = simulate(scene, seconds=60, seed=2)
    found = oracle.candidates(made)
    assert f1(found, made, oracle.best_threshold([found], [made])).f1 >= 0.97


def test_more_noise_makes_it_worse():
    scores = []
    for uv in (8.0, 40.0):
        scene = replace(CASES["noise-8"].scene, noise=Noise(uv))
        made = simulate(scene, seconds=60, seed=3)
        found = oracle.candidates(made)
        scores.append(f1(found, made, oracle.best_threshold([found], [made])).f1)
    assert scores[0] >= 0.98
    assert scores[1] < scores[0] - 0.1


def test_overlapping_potentials_are_peeled_apart():
    twitching = Twitching(500.0, families=6, amplitude_uv=(100.0, 200.0, 400.0), clustering=0.0)
    made = simulate(replace(SCENES["busy"], twitching=twitching), seconds=30, seed=4)
    true = np.sort(of_kind(made.truth, Kind.FASCICULATION)["peak"])
    assert (np.diff(true) < 20).sum() >= 10  # within 10 ms
    found = oracle.candidates(made)
    assert f1(found, made, oracle.best_threshold([found], [made])).sensitivity >= 0.97


def test_several_channels_are_used_together():
    made = simulate("grid", seconds=20, seed=5)
    found = oracle.candidates(made)
    assert f1(found, made, oracle.best_threshold([found], [made])).f1 >= 0.97


def test_the_gain_is_half_the_energy_over_the_power_of_white_noise():
    twitching = Twitching(20.0, families=1, amplitude_uv=(150.0,) * 3, echoes=0.0, runs=0.0)
    silent = replace(SCENES["calm"], noise=Noise(0.0), twitching=twitching)
    made = simulate(silent, seconds=60, seed=6)
    clean = made.recording.uv(0) - np.median(made.recording.uv(0))
    n = len(of_kind(made.truth, Kind.FASCICULATION))
    expected = 0.5 * (clean**2).sum() / n / 8.0**2
    noisy = clean + 8.0 * np.random.default_rng(6).standard_normal(len(clean))
    found = oracle.candidates(replace(made, recording=from_array(noisy, 2000.0)))
    assert (found.gain > expected / 2).sum() == n
    assert np.median(found.gain[found.gain > expected / 2]) == pytest.approx(expected, rel=0.1)


def test_the_threshold_is_the_best_there_is():
    made = simulate("weak", seconds=60, seed=7)
    found = oracle.candidates(made)
    best = f1(found, made, oracle.best_threshold([found], [made])).f1
    others = np.quantile(found.gain, np.linspace(0, 1, 25))
    assert best >= max(f1(found, made, threshold).f1 for threshold in others) - 0.02


def test_nothing_to_know_is_nothing_found():
    found = oracle.candidates(simulate("rest", seconds=20, seed=8))
    assert len(found.peak) == len(found.above(0.0)) == 0


def test_a_recording_whose_plan_cannot_be_made_again_is_refused():
    made = simulate("calm", seconds=60, seed=1)
    with pytest.raises(InputError, match="whole number"):
        oracle.candidates(replace(made, seed=2))
