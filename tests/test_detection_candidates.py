"""What is measured of each potential: place, size and extent, and what is refused by its shape."""

import numpy as np
import pytest

from detection_cases import SHAPES, add_potentials, found, noise, spread_times, twitches
from fasciscope import events as ev
from fasciscope.events import Kind

FS = 2000.0


@pytest.mark.parametrize("fs_hz", [1000.0, 2000.0, 4000.0])
@pytest.mark.parametrize("shape", [0, 2])
def test_peaks_lie_within_a_sample_or_half_a_millisecond(fs_hz, shape):
    signal = noise(round(60 * fs_hz), fs_hz, 4.0, seed=1)
    times = spread_times(60.0, 40.0, 1)
    true = add_potentials(signal, fs_hz, times, 300.0, shapes=SHAPES[shape : shape + 1])
    peaks = twitches(signal, fs_hz)["peak"]
    assert len(peaks) == len(true)
    assert np.median(np.abs(peaks - true)) <= max(1.0, 0.0005 * fs_hz)


@pytest.mark.parametrize("p2p_uv", [100.0, 400.0, 5000.0])
def test_amplitudes_are_peak_to_peak_within_the_noise(p2p_uv):
    signal = noise(round(60 * FS), FS, 6.0, seed=2)
    add_potentials(signal, FS, spread_times(60.0, 40.0, 2), p2p_uv)
    sizes = twitches(signal, FS)["amplitude_uv"]
    assert len(sizes) == 40
    assert np.median(sizes) == pytest.approx(p2p_uv, rel=0.08, abs=6.0)
    assert np.abs(sizes - p2p_uv).max() < 0.1 * p2p_uv + 5 * 6.0


def test_an_event_spans_its_peak_and_a_potentials_length():
    signal = noise(round(60 * FS), FS, 4.0, seed=3)
    add_potentials(signal, FS, spread_times(60.0, 40.0, 3), 400.0)
    events = twitches(signal, FS)
    assert np.all((events["start"] <= events["peak"]) & (events["peak"] < events["stop"]))
    lengths = (events["stop"] - events["start"]) / FS
    assert lengths.min() > 0.005
    assert lengths.max() < 0.05


def test_the_score_rises_with_the_size_over_the_noise():
    scores = []
    for p2p_uv in (80.0, 160.0, 640.0):
        signal = noise(round(40 * FS), FS, 5.0, seed=4)
        add_potentials(signal, FS, spread_times(40.0, 30.0, 4), p2p_uv)
        scores.append(np.median(twitches(signal, FS)["score"]))
    assert scores[1] / scores[0] == pytest.approx(2.0, rel=0.25)
    assert scores[2] / scores[1] == pytest.approx(4.0, rel=0.2)


def test_a_potential_that_clips_is_counted_and_said_so():
    from dataclasses import replace

    from detection_cases import in_blocks
    from fasciscope.recording import Recording, from_array

    signal = noise(round(40 * FS), FS, seed=5)
    add_potentials(signal, FS, spread_times(40.0, 30.0, 5), 1500.0)
    clipped = np.clip(np.round(signal), -500, 500)
    whole = from_array(clipped, FS)
    channel = replace(whole.info.channels[0], count_min=-500, count_max=500)
    recording = Recording(
        replace(whole.info, channels=(channel,)), clipped.astype(np.int16).reshape(-1, 1)
    )
    events, detector = in_blocks(recording, None)
    assert len(ev.of_kind(events, Kind.FASCICULATION)) == 20
    assert detector.clipped == 20


@pytest.mark.parametrize("size", [300.0, 3000.0])
def test_a_step_of_the_baseline_is_no_potential(size):
    signal = noise(round(40 * FS), FS, seed=6)
    for k, time_s in enumerate(spread_times(40.0, 15.0, 6, apart_s=2.0)):
        signal[round(time_s * FS) :] += size * (-1) ** k
    assert len(twitches(signal, FS)) == 0


def test_slow_swings_of_the_skin_are_no_potentials():
    signal = noise(round(60 * FS), FS, seed=7)
    t = np.arange(signal.size) / FS
    for time_s in spread_times(60.0, 12.0, 7, apart_s=3.0):
        signal += 4000.0 * np.exp(-0.5 * ((t - time_s) / 0.08) ** 2) * np.sin(20 * (t - time_s))
    assert len(twitches(signal, FS)) == 0


def test_the_phases_of_one_potential_are_one_event():
    signal = noise(round(60 * FS), FS, seed=8)
    t = np.arange(signal.size) / FS
    times = spread_times(60.0, 30.0, 8)
    for time_s in times:  # four phases, 20 ms long
        z = t - time_s
        signal += 400.0 * np.exp(-0.5 * (z / 0.005) ** 2) * np.sin(2 * np.pi * 95.0 * z)
    assert len(twitches(signal, FS)) == len(times)


def test_events_of_noise_alone_are_none_at_any_setting_of_the_gain():
    assert len(found(noise(round(60 * FS), FS, 0.5, seed=9), FS)) == 0
    assert len(found(noise(round(60 * FS), FS, 90.0, seed=9), FS)) == 0
