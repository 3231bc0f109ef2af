import numpy as np
import pytest

from fasciscope.errors import InputError
from fasciscope.events import Kind, of_kind
from fasciscope.simulation import SCENES, Scene, simulate
from fasciscope.simulation.interference import (
    Disturbances,
    Heart,
    Hum,
    HumCourse,
    heartbeats,
    movement,
    pop,
)
from fasciscope.simulation.noise import Noise
from fasciscope.simulation.sensor import Sensor
from fasciscope.simulation.waves import Grid


def spectrum(values, fs_hz):
    window = np.hanning(len(values))
    height = np.abs(np.fft.rfft((values - values.mean()) * window)) * 2 / window.sum()
    return np.fft.rfftfreq(len(values), 1 / fs_hz), height


@pytest.mark.parametrize("mains", [50.0, 60.0])
def test_hum_is_at_the_mains_with_its_harmonics(mains):
    scene = Scene("hum", "Hum alone.", noise=Noise(0.5), hum=Hum(60.0, hz=mains))
    uv = simulate(scene, seconds=10, seed=3).recording.uv(0)
    hz, height = spectrum(uv, 2000.0)
    assert hz[np.argmax(height)] == pytest.approx(mains, abs=0.35)
    around = [height[np.abs(hz - order * mains) < 1.5].max() for order in (1, 2, 3, 5, 7)]
    between = np.median(height)
    assert around[0] > 25.0
    assert around[2] > 0.1 * around[0]
    assert min(around) > 3 * between


def test_hum_wanders_in_frequency_and_amplitude_within_bounds():
    course = HumCourse(Hum(60.0), 600.0, 1, np.random.default_rng(0))
    assert np.abs(course.hz - 50.0).max() < 0.3
    assert course.hz.std() > 0.01
    grid = Grid(1000.0, 600_000)
    out = np.zeros((1, 600_000))
    course.add_to(out, 0, grid)
    rms = out.reshape(-1, 10_000).std(axis=1)
    assert rms.max() > 1.2 * rms.min()
    assert np.median(rms) == pytest.approx(60.0 / np.sqrt(2) * 1.05, rel=0.3)


def test_hum_is_continuous_over_stretches():
    course = HumCourse(Hum(60.0), 5.0, 2, np.random.default_rng(0))
    grid = Grid(1000.0, 5000, oversampling=3)
    whole = np.zeros((2, 15_000))
    course.add_to(whole, 0, grid)
    parts = [np.zeros((2, n)) for n in (1, 4000, 10_999)]
    first = 0
    for part in parts:
        course.add_to(part, first, grid)
        first += part.shape[1]
    assert np.allclose(np.concatenate(parts, axis=1), whole)
    steps = np.abs(np.diff(whole[0])).max()
    assert steps < 2 * np.pi * 50 * 60 * 3 / 3000 * 2


def test_the_heart_beats_at_its_rate_with_breathing_in_it_and_at_its_size():
    beats = heartbeats(Heart(350.0, 68.0), 600.0, 1, Sensor(), np.random.default_rng(0))
    intervals = np.diff(beats.times_s)
    assert 60.0 / intervals.mean() == pytest.approx(68.0, rel=0.02)
    assert 0.02 < intervals.std() / intervals.mean() < 0.06
    assert np.ptp(beats.wave.values) == pytest.approx(350.0, rel=0.01)
    assert beats.gains.std() > 0.02


def test_most_of_a_heartbeat_lies_below_40_hz():
    beats = heartbeats(Heart(350.0), 10.0, 1, Sensor(), np.random.default_rng(0))
    hz, height = spectrum(np.pad(beats.wave.values[0], 20_000), 20_000.0)
    power = height**2
    assert power[hz < 40].sum() > 0.8 * power.sum()


def test_heartbeats_are_labelled_where_they_are():
    made = simulate("heart", seconds=60, seed=1)
    cardiac = of_kind(made.truth, Kind.CARDIAC)
    assert 60 <= len(cardiac) <= 75
    assert (cardiac["family"] == 0).all()
    assert cardiac["amplitude_uv"].mean() == pytest.approx(350.0, rel=0.05)


def test_movement_is_slow_and_ends_at_rest():
    for seed in range(5):
        wave = movement(np.random.default_rng(seed), 5000.0, 5000.0, 1, Sensor())
        hz, height = spectrum(wave.values[0], 20_000.0)
        power = height**2
        assert power[hz < 50].sum() > 0.9 * power.sum()
        assert np.abs(wave.values[0, [0, -1]]).max() < 25.0
        assert 0.2 < wave.values.shape[1] * 50e-6 < 3.0


def test_a_pop_is_sudden_on_one_channel_and_dies_away():
    for seed in range(5):
        wave = pop(np.random.default_rng(seed), 5000.0, 5000.0, 3, Sensor())
        assert np.count_nonzero(np.ptp(wave.values, axis=1)) == 1
        values = wave.values[wave.channel]
        first = int(np.argmax(np.abs(values) > 0.5 * np.abs(values).max()))
        assert first * 50e-6 < 0.07
        assert np.abs(values[-1]) < 5.0
        assert np.abs(np.diff(values)).max() > 200.0


def test_artefacts_are_labelled_apart_from_twitches_and_from_each_other():
    made = simulate("movement", seconds=120, seed=4)
    artefacts = of_kind(made.truth, Kind.ARTIFACT)
    twitches = of_kind(made.truth, Kind.FASCICULATION)
    assert 12 <= len(artefacts) <= 16
    assert (artefacts["start"][1:] > artefacts["stop"][:-1]).all()
    for event in artefacts:
        apart = (twitches["stop"] <= event["start"]) | (twitches["start"] >= event["stop"])
        assert apart.all()
    uv = made.recording.uv(0)
    inside = np.zeros(len(uv), dtype=bool)
    for event in made.truth:
        inside[event["start"] : event["stop"] + 40] = True
    assert (uv - np.median(uv))[~inside].std() < 1.3 * SCENES["movement"].noise.uv


@pytest.mark.parametrize(
    "make",
    [
        lambda: Hum(-1.0),
        lambda: Hum(10.0, hz=float("nan")),
        lambda: Heart(0.0),
        lambda: Heart(100.0, per_minute=-1.0),
        lambda: Disturbances(movement_uv=(10.0, 5.0)),
        lambda: Disturbances(pop_uv=(0.0, 5.0)),
        lambda: Scene("x", "y", disturbances=Disturbances(pops_per_minute=float("nan"))),
    ],
)
def test_bad_interference_is_refused(make):
    with pytest.raises(InputError):
        make()
