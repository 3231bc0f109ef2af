import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fasciscope.errors import InputError
from fasciscope.simulation import Scene, simulate
from fasciscope.simulation.interference import Disturbances
from fasciscope.simulation.noise import Noise
from fasciscope.simulation.scenes import UNO, UNO_SENSOR, UNO_SUM_OF_4
from fasciscope.simulation.sensor import Converter, Sensor
from fasciscope.simulation.waves import FINE_S


def test_an_unos_step_is_24_microvolts_and_a_sum_of_four_a_quarter():
    assert UNO.uv_per_count(UNO_SENSOR) == pytest.approx(5.0 / 1024 / 200 * 1e6)
    assert UNO.uv_per_count(UNO_SENSOR) == pytest.approx(24.4, abs=0.02)
    assert UNO_SUM_OF_4.uv_per_count(UNO_SENSOR) == pytest.approx(24.414 / 4, abs=0.001)
    assert Converter(12, 3.3).uv_per_count(Sensor()) == pytest.approx(4.03, abs=0.01)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([(8, 1), (10, 1), (10, 4), (10, 64), (12, 16), (14, 4), (16, 1)]),
    st.floats(-0.9, 0.9),
)
def test_counts_times_their_scale_are_the_microvolts(kind, share):
    bits, many = kind
    sensor, converter = Sensor(supply_v=5.0), Converter(bits, 5.0, many)
    uv = share * sensor.rail_uv
    counts = converter.counts(np.full(many, uv), sensor)
    channel = converter.channel(sensor, "EMG1")
    back = float(counts[0]) * channel.uv_per_count + channel.uv_at_zero
    step = channel.uv_per_count * many  # one code of one conversion
    assert abs(back - uv) <= step / 2 * 1.001


@pytest.mark.parametrize("converter", [UNO, UNO_SUM_OF_4, Converter(16, 5.0)])
def test_the_rails_of_the_channel_are_the_counts_at_the_rails(converter):
    channel = converter.channel(UNO_SENSOR, "EMG1")
    high = converter.counts(np.full(converter.oversampling, 1e6), UNO_SENSOR)
    low = converter.counts(np.full(converter.oversampling, -1e6), UNO_SENSOR)
    assert (low[0], high[0]) == (channel.count_min, channel.count_max)


@pytest.mark.parametrize(
    "bad",
    [
        {"bits": 7},
        {"bits": 17},
        {"bits": 12, "oversampling": 32},
        {"oversampling": 0},
        {"reference_v": 0.0},
    ],
)
def test_a_converter_that_cannot_be_is_refused(bad):
    with pytest.raises(InputError):
        Converter(**bad)


def test_the_filter_passes_its_band_and_halves_the_power_at_its_corners():
    gain = np.abs(Sensor().response(np.array([2.0, 20.0, 100.0, 500.0, 5000.0])))
    assert gain[1] == pytest.approx(np.sqrt(0.5), abs=0.01)
    assert gain[3] == pytest.approx(np.sqrt(0.5), abs=0.01)
    assert gain[2] > 0.95
    assert gain[0] == pytest.approx(0.1, abs=0.01)
    assert gain[4] == pytest.approx(0.1, abs=0.01)


def test_a_step_decays_with_the_high_pass_and_does_not_ring_before():
    values = np.zeros(8000)
    values[2000:] = 1000.0
    out = Sensor().filtered(values)
    assert np.abs(out[:1990]).max() < 5.0
    late = out[2000 + round(0.02 / FINE_S)] / out[2000 + round(0.01 / FINE_S)]
    assert late == pytest.approx(np.exp(-2 * np.pi * 20 * 0.01), rel=0.05)


def test_without_overload_nothing_changes():
    values = np.random.default_rng(0).normal(0, 500, 20_000)
    shown, shift, at_rail = Sensor().overload(values, 5e-4)
    assert np.array_equal(shown, values)
    assert shift == 0.0
    assert not at_rail.any()


def test_an_overload_clips_and_comes_back_slowly_from_the_other_side():
    sensor = Sensor()
    values = np.zeros(10_000)
    values[1000:1100] = 3 * sensor.rail_uv
    shown, _, at_rail = sensor.overload(values, 5e-4)
    assert at_rail[1000:1100].all()
    assert not at_rail[1100:].any()
    assert shown.max() <= sensor.rail_uv
    assert shown[1100] < -100.0
    later = 1100 + round(sensor.recovery_s / 5e-4)
    assert shown[later] / shown[1100] == pytest.approx(np.exp(-1.0), rel=0.01)
    assert abs(shown[-1]) < 1.0


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 9999))
def test_overload_in_two_parts_is_overload_in_one(seed, cut):
    rng = np.random.default_rng(seed)
    values = np.repeat(rng.normal(0, 8000, 100), 100)
    sensor = Sensor()
    whole, shift, at_rail = sensor.overload(values, 5e-4, 0.0, 20.0)
    first, middle, rail_1 = sensor.overload(values[:cut], 5e-4, 0.0, 20.0)
    second, end, rail_2 = sensor.overload(values[cut:], 5e-4, middle, 20.0)
    assert np.allclose(np.concatenate([first, second]), whole, atol=1e-6)
    assert end == pytest.approx(shift, abs=1e-6)
    assert np.array_equal(np.concatenate([rail_1, rail_2]), at_rail)


def test_a_saturated_recording_stays_within_its_rails_and_is_labelled():
    scene = Scene(
        "pops",
        "Nothing but large pops.",
        noise=Noise(5.0),
        disturbances=Disturbances(pops_per_minute=10.0, pop_uv=(25_000.0, 60_000.0)),
    )
    made = simulate(scene, seconds=30, seed=2)
    counts, channel = made.recording.samples[:, 0], made.recording.info.channels[0]
    railed = (counts == channel.count_min) | (counts == channel.count_max)
    assert railed.any()
    labelled = np.zeros(len(counts), dtype=bool)
    for event in made.truth:
        labelled[event["start"] : event["stop"]] = True
    assert labelled[railed].all()
    uv = made.recording.uv(0)
    assert np.abs(uv[~labelled] - np.median(uv)).max() < 400.0
    assert labelled.mean() < 0.8
