"""What counts as a heart's rhythm, and what does not."""

from dataclasses import replace

import numpy as np
import pytest

from detection_cases import add_potentials, found, gabor
from fasciscope import events as ev
from fasciscope.analysis import detect
from fasciscope.detection import cardiac
from fasciscope.events import Kind
from fasciscope.scoring import score
from fasciscope.simulation import SCENES, simulate
from fasciscope.simulation.interference import Heart

FS = 2000.0


def beat_times(per_minute, n, spread, seed=0, breathing=0.0):
    rng = np.random.default_rng(seed)
    intervals = 60.0 / per_minute * (1.0 + spread * rng.standard_normal(n))
    intervals *= 1.0 + breathing * np.sin(2 * np.pi * np.cumsum(intervals) / 4.0)
    return np.cumsum(intervals)


@pytest.mark.parametrize("per_minute", [40.0, 68.0, 120.0, 170.0])
@pytest.mark.parametrize("spread", [0.01, 0.05])
def test_hearts_of_all_rates_are_hearts(per_minute, spread):
    assert cardiac.is_heartbeat(beat_times(per_minute, 40, spread, breathing=0.06))


def test_a_heart_with_beats_missed_is_a_heart():
    times = beat_times(70.0, 80, 0.03)
    keep = np.random.default_rng(1).random(80) > 0.15
    assert cardiac.is_heartbeat(times[keep])


@pytest.mark.parametrize("seed", range(6))
def test_twitches_once_a_second_are_no_heart(seed):
    rng = np.random.default_rng(seed)
    assert not cardiac.is_heartbeat(np.cumsum(rng.exponential(1.0, 60)))
    assert not cardiac.is_heartbeat(np.cumsum(rng.uniform(0.3, 1.7, 60)))


def test_trains_too_fast_or_too_slow_for_a_heart_are_none():
    assert not cardiac.is_heartbeat(np.arange(40) * 0.2)
    assert not cardiac.is_heartbeat(np.arange(40) * 3.0)


def test_seven_beats_are_too_few_to_say():
    assert not cardiac.is_heartbeat(np.arange(7) * 0.9)
    assert cardiac.is_heartbeat(np.arange(9) * 0.9)


def test_the_rms_frequency_of_a_tone_is_its_frequency():
    t = np.arange(0, 0.2, 1 / FS)
    for f in (20.0, 60.0, 200.0):
        shape = np.sin(2 * np.pi * f * t).astype(np.float32)[np.newaxis]
        assert cardiac.rms_frequency(shape, FS)[0] == pytest.approx(f, rel=0.02)


def snippets_of(kinds, f_hz):
    t = np.arange(-64, 65) / FS
    rng = np.random.default_rng(3)
    waves = [
        (200 * gabor(t, f_hz[k], 0.3, 0.25 / f_hz[k]) + 4 * rng.standard_normal(t.size))
        for k in kinds
    ]
    return np.array(waves, dtype=np.float32)


def test_beats_are_picked_out_of_a_mixture_by_shape_and_rhythm():
    beats = beat_times(68.0, 60, 0.04)
    twitches = np.sort(np.random.default_rng(4).uniform(0, beats[-1], 40))
    times = np.concatenate([beats, twitches])
    order = np.argsort(times)
    kinds = np.repeat([0, 1], [60, 40])[order]
    found = cardiac.find_beats(times[order], snippets_of(kinds, (25.0, 110.0)), FS)
    assert found[kinds == 0].mean() > 0.95
    assert not found[kinds == 1].any()


def test_quick_potentials_in_a_hearts_rhythm_are_not_taken_for_it():
    times = beat_times(68.0, 60, 0.04)
    shapes = snippets_of(np.zeros(60, dtype=int), (130.0,))
    assert not cardiac.find_beats(times, shapes, FS).any()


def test_without_candidates_there_is_no_heart():
    shapes = np.empty((0, 129), dtype=np.float32)
    assert cardiac.find_beats(np.empty(0), shapes, FS).size == 0


def test_a_family_that_always_comes_with_the_beat_belongs_to_it():
    beats = np.arange(1, 40) * 1600.0
    loyal, stray = beats + 60.0, np.random.default_rng(5).uniform(0, 64_000, 30)
    peaks = np.concatenate([loyal, stray])
    labels = np.repeat([1, 2], [len(loyal), len(stray)])
    found = cardiac.accompany(peaks, labels, beats, 160.0)
    assert found[labels == 1].all()
    assert not found[labels == 2].any()
    assert not cardiac.accompany(peaks, labels, np.empty(0), 160.0).any()


@pytest.mark.parametrize("uv", [75.0, 100.0, 150.0])
def test_a_small_heart_in_noise_is_known_by_its_rhythm(uv):
    scene = replace(SCENES["heart"], heart=Heart(uv, 68.0))
    made = simulate(scene, seconds=120.0, seed=2)
    fs_hz = made.recording.info.fs_hz
    analysis = detect(made.recording)
    truth = ev.of_kind(made.truth, Kind.CARDIAC)["peak"]
    marked = ev.of_kind(analysis.events, Kind.CARDIAC)["peak"]
    near = np.abs(truth[:, None] - marked[None, :]).min(axis=1) < 0.06 * fs_hz
    assert near.mean() > 0.9
    assert len(marked) <= len(truth)
    result = score(analysis.events, made.truth, fs_hz)
    assert result.false_positives == 0
    assert result.missed <= 1


@pytest.mark.parametrize("fs_hz", [300.0, 500.0, 2000.0])
def test_smoothing_is_a_running_mean_around_each_sample(fs_hz):
    shapes = np.random.default_rng(3).normal(0, 50, (4, 90)).astype(np.float32)
    width = round(cardiac.SMOOTH_S * fs_hz)
    smooth = cardiac.smoothed(shapes, fs_hz)
    before = width - 1 - width // 2
    for k in range(before, 90 - width // 2):
        mean = shapes[:, k - before : k + width // 2 + 1].mean(axis=1)
        np.testing.assert_allclose(smooth[:, k], mean, atol=1e-4)


def test_beats_of_which_two_came_together_count_once():
    times = beat_times(70.0, 40, 0.02)
    at = np.sort(np.concatenate([times, times[:10] + 0.12]))
    beat = gabor((np.arange(161) - 80) / FS, 25.0, 0.3, 0.012)
    size = np.where(np.isin(at, times), 300.0, 200.0)
    shapes = (size[:, None] * beat).astype(np.float32)
    found = cardiac.find_beats(at, shapes, FS)
    np.testing.assert_array_equal(found, np.isin(at, times))


def test_beats_are_known_where_the_largest_deflection_strays():
    rng = np.random.default_rng(5)
    times = beat_times(66.0, 40, 0.03)
    stray_s = rng.integers(-8, 9, 40) / 1000.0
    shapes = np.array([gabor((np.arange(161) - 80) / FS - s, 25.0, 0.3, 0.012) for s in stray_s])
    noise_uv = rng.normal(0, 6, shapes.shape)
    assert cardiac.find_beats(times, (250.0 * shapes + noise_uv).astype(np.float32), FS).all()


def test_what_comes_at_one_distance_from_many_beats_is_theirs_and_what_comes_anywhere_is_not():
    beats = np.arange(100) * 1800.0 + 500.0
    waves = beats[::3] + 100.0
    anywhere = beats[[5, 20, 41, 77]] + np.array([-110.0, 60.0, 30.0, 140.0])
    peaks = np.sort(np.concatenate([beats, waves, anywhere]))
    rare = cardiac.rarely_there(peaks, beats, 2000.0)
    assert rare[np.isin(peaks, anywhere)].all()
    assert not rare[np.isin(peaks, waves)].any()
    assert cardiac.rarely_there(peaks, np.empty(0), 2000.0).all()


def test_a_twitch_just_behind_a_beat_is_counted():
    made = simulate("heart", seconds=240.0, seed=2)
    fs_hz = made.recording.info.fs_hz
    beats = np.sort(made.truth["peak"][made.truth["kind"] == Kind.CARDIAC])
    signal = made.recording.uv(0).copy()
    late = beats[7::40] / fs_hz + np.linspace(0.040, 0.076, len(beats[7::40]))
    peaks = add_potentials(signal, fs_hz, late, 250.0)
    events = found(signal, fs_hz)
    twitches = np.sort(events["peak"][events["kind"] == Kind.FASCICULATION])
    seen = np.abs(twitches[:, None] - np.asarray(peaks)[None, :]).min(axis=0) < 0.015 * fs_hz
    assert seen.mean() > 0.8
