"""What single samples explain is noise, at any size; what lasts longer is not."""

import numpy as np
import pytest

from detection_cases import add_potentials, as_truth, found, gabor, noise, spread_times
from fasciscope import events as ev
from fasciscope.detection import filters, outliers
from fasciscope.detection.channel import ChannelDetector
from fasciscope.detection.settings import Settings
from fasciscope.events import Kind
from fasciscope.scoring import score


def crackle(seconds, fs_hz, seed, per_minute=30.0, sizes=(6.0, 18.0)):
    """Gaussian noise of 8 µV in which single samples stand out."""
    signal = noise(round(seconds * fs_hz), fs_hz, seed=seed)
    rng = np.random.default_rng([seed, 3])
    at = np.round(spread_times(seconds, per_minute, seed) * fs_hz).astype(int)
    signal[at] += 8.0 * rng.uniform(*sizes, at.size) * rng.choice([-1.0, 1.0], at.size)
    return signal


def twitches(events):
    return ev.of_kind(events, Kind.FASCICULATION)


@pytest.mark.parametrize("fs_hz", [500.0, 1000.0, 2000.0, 4000.0])
def test_crackle_is_not_counted(fs_hz):
    assert len(twitches(found(crackle(120.0, fs_hz, seed=1), fs_hz))) == 0


@pytest.mark.parametrize("fs_hz", [500.0, 1000.0])
def test_two_neighbouring_samples_are_not_counted(fs_hz):
    signal = noise(round(60.0 * fs_hz), fs_hz, seed=2)
    at = np.round(spread_times(60.0, 30.0, 2) * fs_hz).astype(int)
    signal[at] += 90.0
    signal[at + 1] += 70.0
    assert len(twitches(found(signal, fs_hz))) == 0


def test_a_large_pop_takes_its_time_out():
    fs_hz = 500.0
    signal = noise(round(30.0 * fs_hz), fs_hz, seed=3)
    signal[round(12.0 * fs_hz)] += 400.0
    events = found(signal, fs_hz)
    assert len(twitches(events)) == 0
    (pop,) = ev.of_kind(events, Kind.ARTIFACT)
    assert pop["start"] / fs_hz == pytest.approx(12.0, abs=0.1)
    assert pop["stop"] / fs_hz == pytest.approx(12.0, abs=0.1)


@pytest.mark.parametrize("fs_hz", [250.0, 350.0, 500.0, 1000.0, 2000.0])
@pytest.mark.parametrize("width_s", [0.0025, 0.0035])
def test_brief_potentials_are_counted_beside_crackle(fs_hz, width_s):
    signal = noise(round(60.0 * fs_hz), fs_hz, seed=4)
    shape = lambda t: gabor(t, 70.0, 0.4, width_s)  # noqa: E731
    peaks = add_potentials(signal, fs_hz, spread_times(60.0, 30.0, 4), 200.0, shapes=(shape,))
    assert score(found(signal, fs_hz), as_truth(peaks), fs_hz=fs_hz).sensitivity == 1.0


@pytest.mark.parametrize("fs_hz", [500.0, 2000.0])
def test_a_single_one_is_left_out_nineteen_times_in_twenty(fs_hz):
    counted = 0
    for seed in range(30):
        signal = noise(round(12.0 * fs_hz), fs_hz, seed=seed)
        signal[round(8.0 * fs_hz)] += 70.0
        counted += len(twitches(found(signal, fs_hz)))
    assert counted <= 3


def test_impulse_is_the_filters_answer_to_one_sample():
    sections = filters.band_sections(20.0, 350.0, 2000.0)
    answer = outliers.impulse(sections, 512)
    f_hz = 100.0
    turned = answer @ np.exp(-2j * np.pi * f_hz / 2000.0 * np.arange(512))
    assert turned == pytest.approx(filters.response(sections, f_hz, 2000.0), abs=1e-6)


def test_noise_beside_a_sample_explains_it_nineteen_times_in_twenty():
    fs_hz = 2000.0
    channel = ChannelDetector(fs_hz, Settings(), 0.1, -1e4, 1e4)
    after = outliers.impulse(channel.front.sections, 64)
    rng = np.random.default_rng(6)
    white = rng.standard_normal((2000, 256))
    spectrum = np.fft.rfftfreq(256, 1.0 / fs_hz)
    gain = np.array([abs(filters.response(channel.front.sections, f, fs_hz)) for f in spectrum])
    shapes = np.fft.irfft(np.fft.rfft(white) * gain, 256)[:, : 2 * channel.snippet_half + 1]
    power = (gain**2).mean()
    begin = channel.snippet_half - channel.band_delay
    shapes[:, begin : begin + 64] += 12.0 * after
    alone = outliers.explained(shapes.astype(np.float32), np.full(2000, power), channel)
    assert 0.93 < alone.mean() < 1.0
