import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fasciscope.events import Kind
from fasciscope.simulation.seeds import stream
from fasciscope.simulation.waves import FINE_S, Grid, Train, Wave, trimmed, truth_of


def bump(width_s=0.004, n_channels=1):
    time = np.arange(-0.02, 0.02, FINE_S)
    shape = 100.0 * np.exp(-(time**2) / (2 * width_s**2))
    return trimmed(np.outer(np.linspace(1.0, 0.5, n_channels), shape))


def train(*times, wave=None):
    return Train(wave or bump(), np.array(times), np.ones(len(times)))


@settings(max_examples=40, deadline=None)
@given(st.floats(0.05, 0.95), st.sampled_from([250.0, 999.0, 2000.0, 10_000.0]))
def test_a_wave_is_sampled_at_its_place_between_samples_too(at, fs_hz):
    n = round(fs_hz)
    out = np.zeros((1, n))
    train(at).add_to(out, 0, Grid(fs_hz, n))
    times = np.arange(n) / fs_hz
    expected = 100.0 * np.exp(-((times - at) ** 2) / (2 * 0.004**2))
    assert np.abs(out[0] - expected).max() < 0.6


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 1999), st.integers(1, 4))
def test_stretch_by_stretch_is_the_whole(cut, oversampling):
    grid = Grid(2000.0, 2000, oversampling)
    pulses = train(0.1, 0.11, 0.5, 0.9, wave=bump(n_channels=2))
    whole = np.zeros((2, 2000 * oversampling))
    pulses.add_to(whole, 0, grid)
    first = np.zeros((2, cut * oversampling))
    second = np.zeros((2, (2000 - cut) * oversampling))
    pulses.add_to(first, 0, grid)
    pulses.add_to(second, cut * oversampling, grid)
    assert np.allclose(np.concatenate([first, second], axis=1), whole)


@pytest.mark.parametrize("oversampling", [1, 2, 4, 7])
def test_oversampled_samples_stay_centred_in_time(oversampling):
    grid = Grid(1000.0, 1000, oversampling)
    out = np.zeros((1, 1000 * oversampling))
    train(0.5).add_to(out, 0, grid)
    samples = out[0].reshape(-1, oversampling).mean(axis=1)
    centre = np.sum(samples * np.arange(1000)) / samples.sum() / 1000.0
    assert centre == pytest.approx(0.5, abs=2e-5)


@pytest.mark.parametrize("oversampling", [1, 4])
def test_truth_is_measured_on_the_samples(oversampling):
    grid = Grid(1000.0, 1000, oversampling)
    pulses = train(0.2003, 0.6)
    events = truth_of(pulses, Kind.FASCICULATION, grid, family=3)
    out = np.zeros((1, 1000 * oversampling))
    pulses.add_to(out, 0, grid)
    samples = out[0].reshape(-1, oversampling).mean(axis=1)
    assert events["peak"].tolist() == [200, 600]
    assert events["family"].tolist() == [3, 3]
    for event in events:
        part = samples[event["start"] : event["stop"]]
        assert np.abs(part).min() > 0.05 * np.abs(part).max()
        assert abs(samples[event["start"] - 1]) <= 0.05 * part.max()
        assert abs(samples[event["stop"]]) <= 0.05 * part.max()
        assert samples[event["peak"]] == part.max()
        assert event["amplitude_uv"] == pytest.approx(part.max(), abs=0.6)


def test_truth_names_the_channel_where_it_is_largest():
    wave = Wave(np.vstack([bump().values[0], 3 * bump().values[0]]), bump().origin)
    events = truth_of(train(0.5, wave=wave), Kind.FASCICULATION, Grid(2000.0, 2000))
    assert events["channel"].tolist() == [1]
    assert events["amplitude_uv"][0] == pytest.approx(300.0, rel=0.01)


def test_streams_do_not_disturb_each_other():
    first = stream(1, "hum").random(4)
    assert np.array_equal(first, stream(1, "hum").random(4))
    for other in (stream(1, "heart"), stream(2, "hum"), stream(1, "hum", 0)):
        assert not np.array_equal(first, other.random(4))
