import numpy as np
import pytest

from fasciscope.errors import InputError
from fasciscope.simulation import Scene, simulate
from fasciscope.simulation.noise import Noise, NoiseStream, level_course
from fasciscope.simulation.scenes import UNO_SENSOR, UNO_SUM_OF_4
from fasciscope.simulation.sensor import Converter, Sensor


@pytest.mark.parametrize("fs_hz", [250.0, 500.0, 1000.0, 2000.0, 4000.0, 10_000.0])
@pytest.mark.parametrize("oversampling", [1, 4])
def test_the_rms_is_as_asked_at_every_rate(fs_hz, oversampling):
    made = NoiseStream(
        Noise(8.0), Sensor(), fs_hz * oversampling, oversampling, np.random.default_rng(1)
    )
    values = made.take(round(40 * fs_hz) * oversampling)
    samples = values.reshape(-1, oversampling).mean(axis=1)
    assert samples.std() == pytest.approx(8.0, rel=0.03)


def test_the_recording_has_that_rms_too_with_the_converters_share():
    scene = Scene("fine", "Noise through 16 bits.", converter=Converter(16, 3.3))
    uv = simulate(scene, seconds=30, seed=1).recording.uv(0)
    assert uv.std() == pytest.approx(8.0, rel=0.03)
    summed = Scene(
        "uno", "Noise through an Uno.", noise=Noise(30.0), sensor=UNO_SENSOR, converter=UNO_SUM_OF_4
    )
    uv = simulate(summed, seconds=30, seed=1).recording.uv(0)
    assert uv.std() == pytest.approx(np.hypot(30.0, 24.41 / np.sqrt(12 * 4)), rel=0.03)


def band(values, fs_hz, low, high):
    spectrum = np.abs(np.fft.rfft(values)) ** 2
    hz = np.fft.rfftfreq(len(values), 1 / fs_hz)
    return spectrum[(hz >= low) & (hz < high)].mean()


def test_the_spectrum_is_the_sensors_band_with_more_below_the_corner():
    values = NoiseStream(Noise(8.0), Sensor(), 4000.0, 1, np.random.default_rng(2)).take(400_000)
    pass_band = band(values, 4000.0, 100.0, 300.0)
    assert band(values, 4000.0, 0.5, 4.0) < 0.6 * pass_band
    assert band(values, 4000.0, 1500.0, 2000.0) < 0.2 * pass_band
    flat = NoiseStream(Noise(8.0, corner_hz=1.0), Sensor(), 4000.0, 1, np.random.default_rng(2))
    flat_values = flat.take(400_000)
    pink = band(values, 4000.0, 15.0, 30.0) / pass_band
    white = band(flat_values, 4000.0, 15.0, 30.0) / band(flat_values, 4000.0, 100.0, 300.0)
    assert pink > 1.5 * white


def test_stretch_by_stretch_is_the_same_stream():
    whole = NoiseStream(Noise(8.0), Sensor(), 2000.0, 1, np.random.default_rng(3)).take(5000)
    parts = NoiseStream(Noise(8.0), Sensor(), 2000.0, 1, np.random.default_rng(3))
    joined = np.concatenate([parts.take(n) for n in (1, 7, 997, 3995)])
    assert np.allclose(whole, joined)


def test_a_wandering_level_keeps_to_its_range_and_uses_it():
    course = level_course(Noise(10.0, range_uv=(5.0, 20.0)), 1200.0, np.random.default_rng(0))
    assert course is not None
    knots, factor = course
    assert (np.diff(knots) > 0).all()
    assert factor.min() >= 0.5 - 1e-9
    assert factor.max() <= 2.0 + 1e-9
    assert factor.min() < 0.7
    assert factor.max() > 1.5
    assert level_course(Noise(8.0), 100.0, np.random.default_rng(0)) is None
    levels = simulate("drift", seconds=300, seed=2).recording.uv(0).reshape(-1, 2000)
    rms = np.median(np.abs(levels - np.median(levels)), axis=1) / 0.6745
    assert rms.max() > 1.7 * rms.min()


@pytest.mark.parametrize(
    "bad",
    [
        {"uv": -1.0},
        {"uv": float("nan")},
        {"uv": 8.0, "range_uv": (9.0, 3.0)},
        {"uv": 0.0, "range_uv": (1.0, 3.0)},
    ],
)
def test_bad_noise_is_refused(bad):
    with pytest.raises(InputError):
        Noise(**bad)
