"""Floors under the detector's accuracy, on the package's scenes and on signals not from it."""

import numpy as np
import pytest

from detection_cases import add_potentials, as_truth, contraction, found, noise, spread_times
from fasciscope import events as ev
from fasciscope.analysis import detect
from fasciscope.events import Kind
from fasciscope.scoring import score
from fasciscope.simulation import simulate

FS = 2000.0


@pytest.mark.parametrize("seed", [101, 102, 103])
def test_a_calm_calf_is_counted_right(seed):
    made = simulate("calm", seconds=300, seed=seed)
    result = score(detect(made.recording).events, made.truth, FS)
    assert result.f1 >= 0.97
    assert result.median_error_ms <= 1.0


@pytest.mark.parametrize("seed", [101, 102])
def test_a_quarter_of_an_hour_of_rest_holds_one_event_at_most(seed):
    made = simulate("rest", seconds=900, seed=seed)
    assert len(detect(made.recording).events) <= 1


@pytest.mark.parametrize(
    ("seconds", "per_minute", "p2p_uv", "floor"),
    [(240, 30.0, 200.0, 0.985), (240, 30.0, 80.0, 0.93)],
)
def test_shapes_that_no_scene_has_are_found(seconds, per_minute, p2p_uv, floor):
    signal = noise(round(seconds * FS), FS, seed=21)
    peaks = add_potentials(signal, FS, spread_times(seconds, per_minute, 21), p2p_uv)
    assert score(found(signal, FS), as_truth(peaks), FS).f1 >= floor


def test_potentials_in_strong_hum_that_wanders_slowly_are_found():
    n = round(120 * FS)
    t = np.arange(n) / FS
    signal = noise(n, FS, seed=22)
    peaks = add_potentials(signal, FS, spread_times(120.0, 30.0, 22), 150.0)
    phase = 2 * np.pi * (49.8 * t + 0.03 * np.sin(2 * np.pi * t / 40))
    size = 1.0 + 0.1 * np.sin(2 * np.pi * t / 15)
    for harmonic, uv in ((1, 300.0), (2, 40.0), (3, 90.0), (5, 30.0)):
        signal += uv * size * np.sin(harmonic * phase + harmonic)
    events = found(signal, FS)
    assert score(events, as_truth(peaks), FS).f1 >= 0.96
    assert len(ev.of_kind(events, Kind.CONTRACTION, Kind.CRAMP)) == 0


def test_hum_alone_is_nothing():
    n = round(120 * FS)
    t = np.arange(n) / FS
    signal = noise(n, FS, seed=23) + 400 * np.sin(2 * np.pi * 60.2 * t)
    assert len(found(signal, FS)) == 0


@pytest.mark.parametrize("rms_uv", [40.0, 150.0, 600.0])
def test_contractions_are_found_with_their_edges_and_nothing_is_counted_in_them(rms_uv):
    signal = noise(round(90 * FS), FS, seed=24)
    spans = [(15.0, 15.6), (25.0, 28.0), (45.0, 60.0)]
    for k, (start, stop) in enumerate(spans):
        contraction(signal, FS, start, stop, 30 + k, rms_uv)
    times = [
        t for t in spread_times(90.0, 25.0, 24) if all(abs(t - e) > 0.4 for s in spans for e in s)
    ]
    times = [t for t in times if not any(a < t < b for a, b in spans)]
    peaks = add_potentials(signal, FS, times)
    events = found(signal, FS)
    held = ev.of_kind(events, Kind.CONTRACTION, Kind.CRAMP)
    assert len(held) == len(spans)
    assert np.abs(held["start"] / FS - [s for s, _ in spans]).max() < 0.1
    assert np.abs(held["stop"] / FS - [s for _, s in spans]).max() < 0.1
    result = score(events, as_truth(peaks), FS)
    assert result.f1 >= 0.97
    counted = ev.of_kind(events, Kind.FASCICULATION)["peak"] / FS
    assert not any(np.any((counted > a) & (counted < b)) for a, b in spans)


def test_steps_and_single_sample_pops_are_never_counted():
    signal = noise(round(120 * FS), FS, seed=25)
    rng = np.random.default_rng(25)
    for k, time_s in enumerate(spread_times(120.0, 12.0, 25, apart_s=2.0)):
        at = round(time_s * FS)
        size = rng.choice([-1, 1]) * rng.uniform(300, 3000)
        if k % 2:
            signal[at:] += size
        else:
            signal[at : at + 2] += size
    assert len(ev.of_kind(found(signal, FS), Kind.FASCICULATION)) <= 1


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_noise_floor_that_jumps_and_comes_back_makes_no_events(seed):
    n = round(180 * FS)
    t = np.arange(n) / FS
    level = np.where((t > 60) & (t < 110), 20.0, 5.0 + 1.5 * np.sin(2 * np.pi * t / 50))
    signal = noise(n, FS, 1.0, seed=seed) * level
    peaks = add_potentials(signal, FS, spread_times(180.0, 20.0, seed), 400.0)
    events = found(signal, FS)
    assert score(events, as_truth(peaks), FS).f1 >= 0.97
    assert len(ev.of_kind(events, Kind.CONTRACTION, Kind.CRAMP)) == 0


def heart(seconds, per_minute, seed, fs_hz, uv):
    """A train of fixed slow shapes with a beat-to-beat variation of 4 %."""
    rng = np.random.default_rng([seed, 9])
    beat_s = 60.0 / per_minute
    times = np.cumsum(beat_s * (1.0 + 0.04 * rng.standard_normal(int(seconds / beat_s) - 2)))
    signal = np.zeros(round(seconds * fs_hz))
    t = np.arange(signal.size) / fs_hz
    for time_s in times:
        near = slice(int((time_s - 0.2) * fs_hz), int((time_s + 0.2) * fs_hz))
        if near.start < 0 or near.stop > signal.size:
            continue
        z = t[near] - time_s
        signal[near] += uv * (
            np.exp(-0.5 * (z / 0.011) ** 2)
            - 0.25 * np.exp(-0.5 * ((z + 0.025) / 0.009) ** 2)
            - 0.3 * np.exp(-0.5 * ((z - 0.028) / 0.01) ** 2)
        )
    return signal, times


@pytest.mark.parametrize("per_minute", [50.0, 68.0, 110.0])
def test_a_heart_is_marked_and_not_counted(per_minute):
    signal, times = heart(120.0, per_minute, 26, FS, 350.0)
    signal += noise(signal.size, FS, seed=26)
    free = [s for s in spread_times(120.0, 10.0, 26) if np.abs(times - s).min() > 0.12]
    peaks = add_potentials(signal, FS, free)
    events = found(signal, FS)
    assert len(ev.of_kind(events, Kind.CARDIAC)) >= 0.95 * len(times)
    assert score(events, as_truth(peaks), FS).f1 >= 0.95


def test_a_muscle_that_twitches_about_once_a_second_is_not_silenced():
    rng = np.random.default_rng(27)
    times = 1.0 + np.cumsum(rng.uniform(0.5, 1.5, 110))
    signal = noise(round((times[-1] + 1) * FS), FS, seed=27)
    peaks = add_potentials(
        signal, FS, times, shapes=(lambda t: np.exp(-0.5 * (t / 0.004) ** 2) * np.cos(500 * t),)
    )
    events = found(signal, FS)
    assert score(events, as_truth(peaks), FS).f1 >= 0.97
    assert len(ev.of_kind(events, Kind.CARDIAC)) == 0
