"""Sustained activity: found with its edges, at any strength, and told from single potentials."""

import numpy as np
import pytest

from detection_cases import SHAPES, add_potentials, as_truth, found, noise, spread_times
from fasciscope import events as ev
from fasciscope.analysis import detect
from fasciscope.detection import activity
from fasciscope.events import Kind
from fasciscope.scoring import score
from fasciscope.simulation import simulate

FS = 2000.0


def units(signal, start_s, stop_s, n_units, p2p_uv, seed, per_second=12.0):
    """Add motor units that fire irregularly between start and stop."""
    rng = np.random.default_rng([seed, 1])
    for k in range(n_units):
        n = round((stop_s - start_s) * per_second * 1.5) + 2
        times = start_s + 0.02 * k / n_units + np.cumsum(rng.normal(1.0, 0.15, n) / per_second)
        size = p2p_uv * rng.uniform(0.6, 1.4)
        shape = SHAPES[k % len(SHAPES)]
        add_potentials(signal, FS, times[times < stop_s - 0.02], size, shapes=(shape,))


def held(events):
    return ev.of_kind(events, Kind.CONTRACTION, Kind.CRAMP)


@pytest.mark.parametrize("n_units", [6, 15, 40])
@pytest.mark.parametrize("p2p_uv", [100.0, 400.0])
def test_a_contraction_is_found_with_its_edges(n_units, p2p_uv):
    signal = noise(round(40 * FS), FS, seed=1)
    units(signal, 15.0, 25.0, n_units, p2p_uv, seed=n_units)
    events = found(signal, FS)
    stretches = held(events)
    assert len(stretches) == 1
    assert abs(stretches["start"][0] / FS - 15.0) < 0.2
    assert abs(stretches["stop"][0] / FS - 25.0) < 0.2
    assert len(ev.of_kind(events, Kind.FASCICULATION)) == 0


@pytest.mark.parametrize("length_s", [0.5, 1.0, 3.0])
def test_short_contractions_are_found(length_s):
    signal = noise(round(30 * FS), FS, seed=2)
    units(signal, 12.0, 12.0 + length_s, 20, 200.0, seed=2)
    stretches = held(found(signal, FS))
    assert len(stretches) == 1
    assert (stretches["stop"] - stretches["start"])[0] / FS == pytest.approx(length_s, abs=0.2)


def test_activity_that_pauses_for_a_quarter_second_is_one_stretch():
    signal = noise(round(40 * FS), FS, seed=8)
    for k, start in enumerate(np.arange(15.0, 22.0, 0.75)):
        units(signal, start, start + 0.5, 20, 200.0, seed=80 + k)
    stretches = held(found(signal, FS))
    assert len(stretches) == 1
    assert stretches["start"][0] / FS == pytest.approx(15.0, abs=0.15)


def test_twitches_around_a_contraction_are_counted_and_none_within():
    signal = noise(round(60 * FS), FS, seed=3)
    units(signal, 20.0, 30.0, 20, 200.0, seed=3)
    times = spread_times(60.0, 60.0, 3)
    times = times[(times < 19.5) | (times > 30.5)]
    truth = as_truth(add_potentials(signal, FS, times, 250.0))
    result = score(found(signal, FS), truth, FS)
    assert (result.missed, result.false_positives) == (0, 0)


def test_runs_of_three_to_eight_a_second_are_twitches():
    signal = noise(round(60 * FS), FS, seed=4)
    rng = np.random.default_rng(4)
    runs = [start + np.cumsum(rng.uniform(0.13, 0.3, 6)) for start in np.arange(3.0, 55.0, 6.0)]
    truth = as_truth(add_potentials(signal, FS, np.concatenate(runs), 250.0, shapes=SHAPES[:1]))
    events = found(signal, FS)
    assert len(held(events)) == 0
    assert score(events, truth, FS).f1 > 0.97


def test_trains_are_tonic_and_scattered_twitches_are_not():
    regular = np.arange(10.0, 16.0, 0.08) * FS
    alone = np.array([1.0, 2.0, 30.0]) * FS
    stretches = activity.tonic_firing(np.concatenate([regular, alone]), FS)
    assert len(stretches) == 1
    assert stretches[0] / FS == pytest.approx([10.0, 15.92], abs=0.1)
    scattered = spread_times(120.0, 60.0, 5) * FS
    assert len(activity.tonic_firing(scattered, FS)) == 0
    assert activity.tonic_firing(np.empty(0), FS).shape == (0, 2)


def cramp(signal, start_s, length_s, n_units, p2p_uv, seed):
    """Units that join one by one over a third of the time, and leave so."""
    rng = np.random.default_rng([seed, 2])
    for k in range(n_units):
        begin = start_s + rng.uniform(0, 0.3) * length_s
        end = start_s + length_s * (1 - rng.uniform(0, 0.3))
        units(signal, begin, end, 1, p2p_uv * rng.uniform(0.5, 1.5), seed * 100 + k, 14.5)


def test_a_cramp_that_swells_and_fades_is_a_cramp_and_a_willed_hold_is_not():
    kinds = []
    for seed in range(3):
        signal = noise(round(70 * FS), FS, seed=seed)
        cramp(signal, 15.0, 30.0, 40, 150.0, seed)
        longest = held(found(signal, FS))
        kinds.append(int(longest["kind"][np.argmax(longest["stop"] - longest["start"])]))
        signal = noise(round(70 * FS), FS, seed=seed)
        units(signal, 15.0, 40.0, 40, 150.0, seed=seed)
        longest = held(found(signal, FS))
        kinds.append(int(longest["kind"][np.argmax(longest["stop"] - longest["start"])]))
    assert kinds == [Kind.CRAMP, Kind.CONTRACTION] * 3


def test_a_contraction_on_several_channels_is_one():
    signal = noise(round(40 * FS), FS, seed=6)
    units(signal, 15.0, 25.0, 20, 200.0, seed=6)
    both = np.stack([signal, 0.6 * signal + noise(signal.size, FS, 4.0, seed=7)], axis=1)
    stretches = held(found(both, FS))
    assert len(stretches) == 1
    assert stretches["channel"][0] == -1


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_first_and_last_units_of_a_cramp_are_not_counted(seed):
    made = simulate("cramp", seconds=300.0, seed=seed)
    result = score(detect(made.recording).events, made.truth, made.recording.info.fs_hz)
    assert result.false_positives == 0
    assert result.sensitivity >= 0.98


@pytest.mark.parametrize("seed", range(4))
def test_units_too_faint_to_be_counted_lead_into_an_activity_and_out_of_it(seed):
    signal = noise(round(40 * FS), FS, seed=seed)
    units(signal, 15.0, 25.0, 20, 200.0, seed=seed)
    for begin in (13.0, 25.1):  # one unit of 9 a second
        add_potentials(signal, FS, begin + np.arange(0.0, 1.9, 0.11), 34.0, shapes=SHAPES[:1])
    (stretch,) = held(found(signal, FS))
    assert stretch["start"] / FS == pytest.approx(13.0, abs=0.3)
    assert stretch["stop"] / FS == pytest.approx(26.9, abs=0.3)


def test_a_twitch_after_a_pause_is_no_part_of_a_train():
    regular = np.arange(10.0, 16.0, 0.08)
    twitches = np.array([9.0, 9.5, 16.45, 16.9])
    stretches = activity.tonic_firing(np.sort(np.concatenate([regular, twitches])) * FS, FS)
    assert stretches / FS == pytest.approx(np.array([[10.0, 15.92]]), abs=0.01)


def test_a_twitch_of_a_muscle_at_rest_is_no_unit_of_a_cramp():
    signal = noise(round(100 * FS), FS, seed=5)
    cramp(signal, 30.0, 30.0, 30, 150.0, 5)
    alone = noise(round(100 * FS), FS, seed=5)
    rest = np.array([5.0, 9.0, 13.0, 17.0, 21.0, 70.0, 74.0, 78.0, 82.0, 86.0])
    add_potentials(alone, FS, rest, 300.0, shapes=SHAPES[1:2])
    signal += alone - noise(round(100 * FS), FS, seed=5)
    before = held(found(signal, FS))
    edges = (before["start"][0] / FS - 0.38, before["stop"][-1] / FS + 0.38)
    add_potentials(signal, FS, edges, 300.0, shapes=SHAPES[1:2])
    events = found(signal, FS)
    np.testing.assert_allclose(held(events)["start"][0], before["start"][0], atol=0.02 * FS)
    np.testing.assert_allclose(held(events)["stop"][-1], before["stop"][-1], atol=0.02 * FS)
    assert len(ev.of_kind(events, Kind.FASCICULATION)) == len(rest) + 2


def test_families_seen_far_from_all_activity_are_known_at_rest():
    sustained = np.array([[10, 20]], dtype=np.int64) * round(FS)
    peaks = np.array([1.0, 2.0, 3.0, 7.5, 8.0, 9.5, 20.5, 22.0, 30.0]) * FS
    labels = np.array([1, 1, 1, 2, 2, 1, 2, 2, 0])
    expected = [True, True, True, False, False, True, False, False, False]
    assert activity.at_rest(peaks, labels, sustained, FS).tolist() == expected


@pytest.mark.parametrize("seed", [1, 4])
def test_a_movement_with_a_tug_in_it_is_no_contraction(seed):
    made = simulate("calf", seconds=300.0, seed=seed)
    events = detect(made.recording).events
    assert len(held(events)) == len(held(made.truth))


@pytest.mark.parametrize("swing_hz", [20.0, 30.0, 40.0])
def test_tugs_of_a_half_second_are_movement(swing_hz):
    signal = noise(round(30 * FS), FS, seed=9)
    for start in (10.0, 10.1, 10.2, 10.3, 10.4):
        since = np.arange(round(0.15 * FS)) / FS
        tug = 300.0 * np.sin(2 * np.pi * swing_hz * since) * np.exp(-since / 0.05)
        signal[round(start * FS) : round(start * FS) + since.size] += tug
    events = found(signal, FS)
    assert len(held(events)) == 0
    assert len(ev.of_kind(events, Kind.FASCICULATION)) == 0
    assert len(ev.of_kind(events, Kind.ARTIFACT)) == 1
