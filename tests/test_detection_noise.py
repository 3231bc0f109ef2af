"""The noise floor: what it follows, and what it must not."""

import math

import numpy as np
import pytest

from detection_cases import add_potentials, noise, spread_times
from fasciscope.detection import Detector
from fasciscope.recording import from_array

FS = 2000.0


def history(signal, fs_hz=FS):
    """Noise (µV rms in the pass band) of each frame, and the frame's length in s."""
    recording = from_array(signal, fs_hz)
    detector = Detector(recording.info)
    for block in recording.blocks():
        detector.process(block)
    detector.finish()
    channel = detector.channels[0]
    return channel.noise_history(), channel.frame / fs_hz


def in_band(rms_uv, fs_hz=FS, low=20.0, high=350.0):
    """What is left of white noise in the pass band."""
    from scipy import signal

    sos = np.concatenate(
        [
            signal.butter(2, low, "highpass", fs=fs_hz, output="sos"),
            *([signal.butter(4, high, fs=fs_hz, output="sos")] if high < 0.4 * fs_hz else []),
        ]
    )
    _, gain = signal.sosfreqz(sos, 4096, fs=fs_hz)
    return rms_uv * math.sqrt(float((np.abs(gain) ** 2).mean()))


@pytest.mark.parametrize("rms_uv", [1.0, 8.0, 40.0])
@pytest.mark.parametrize("fs_hz", [500.0, 2000.0, 10_000.0])
def test_steady_noise_is_measured_within_a_twentieth(rms_uv, fs_hz):
    levels, _ = history(noise(round(40 * fs_hz), fs_hz, rms_uv, seed=1), fs_hz)
    assert np.median(levels) == pytest.approx(in_band(rms_uv, fs_hz), rel=0.06)
    assert levels.max() < 1.25 * np.median(levels)


def test_a_slow_wander_from_5_to_20_and_back_is_followed():
    t = np.arange(round(120 * FS)) / FS
    true = 12.5 - 7.5 * np.cos(2 * np.pi * t / 120)
    levels, frame_s = history(noise(t.size, FS, 1.0, seed=2) * true)
    middle = (np.arange(levels.size) + 0.5) * frame_s
    expected = in_band(1.0) * np.interp(middle, t, true)
    assert np.abs(np.log(levels / expected)).max() < math.log(1.35)


@pytest.mark.parametrize(("before", "after"), [(5.0, 20.0), (20.0, 5.0), (6.0, 24.0)])
def test_a_jump_is_followed_within_a_second(before, after):
    n = round(60 * FS)
    signal = noise(n, FS, 1.0, seed=3) * np.where(np.arange(n) < n // 2, before, after)
    levels, frame_s = history(signal)
    jump = round(30 / frame_s)
    settled = levels[jump + 2 :]
    assert np.allclose(settled, in_band(after), rtol=0.25)
    assert np.allclose(levels[: jump - 2], in_band(before), rtol=0.25)


def test_frequent_large_potentials_do_not_raise_it():
    signal = noise(round(60 * FS), FS, seed=4)
    add_potentials(signal, FS, spread_times(60.0, 150.0, 4, apart_s=0.05), 800.0)
    levels, _ = history(signal)
    assert np.median(levels) < 1.15 * in_band(8.0)
    assert levels.max() < 1.35 * in_band(8.0)


def test_a_contraction_of_20_s_does_not_raise_it():
    signal = noise(round(60 * FS), FS, seed=5)
    rng = np.random.default_rng(5)
    for _ in range(12):  # units at some 12 a second, each of its own size
        times = 20.0 + np.cumsum(rng.normal(0.083, 0.015, 240))
        add_potentials(signal, FS, times[times < 40.0], rng.uniform(60, 200))
    levels, frame_s = history(signal)
    held = slice(round(20.5 / frame_s), round(39 / frame_s))
    assert np.all(levels[held] < 1.3 * in_band(8.0))
    assert np.allclose(levels[round(43 / frame_s) :], in_band(8.0), rtol=0.2)


def test_it_is_never_below_the_steps_of_the_converter():
    step = 24.4
    signal = step * np.round(noise(round(30 * FS), FS, 2.0, seed=6) / step + 0.4)
    assert np.unique(signal).tolist() == [0.0, step]
    levels, _ = history(signal)
    assert levels.min() > 0.7 * in_band(step / math.sqrt(12))


def test_missing_and_constant_stretches_do_not_lower_it():
    signal = noise(round(40 * FS), FS, seed=7)
    signal[round(20 * FS) : round(25 * FS)] = signal[round(20 * FS)]
    levels, frame_s = history(signal)
    assert np.allclose(levels[round(15 / frame_s) : round(30 / frame_s)], in_band(8.0), rtol=0.2)
