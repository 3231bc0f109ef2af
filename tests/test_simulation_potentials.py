import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fasciscope.simulation.potentials import (
    Electrodes,
    MotorUnit,
    amplitudes_uv,
    duration_ms,
    membrane_slope,
    phases,
    random_potential,
    waveform,
)
from fasciscope.simulation.scenes import TWO_COLUMNS
from fasciscope.simulation.sensor import Sensor
from fasciscope.simulation.waves import FINE_S

LONG = {"half_lengths_mm": (300.0, 300.0), "end_plate_spread_mm": 0.0, "end_spread_mm": 0.0}


def monopolar(*places):
    return Electrodes(tuple(((x, y), (1e6, 0.0)) for x, y in places))


def seen(unit, electrodes, sensor=None):
    return waveform(unit, electrodes, np.random.default_rng(1), sensor)


def half_width_ms(values):
    height = np.abs(values)
    return np.count_nonzero(height > height.max() / 2) * FINE_S * 1e3


def test_membrane_voltage_rises_by_rosenfalcks_129_millivolts_and_comes_back_to_rest():
    u = np.linspace(0.0, 40.0, 40_001)
    voltage = np.concatenate([[0.0], np.cumsum(membrane_slope(u))[:-1]]) * (u[1] - u[0]) * 1e-3
    assert voltage.max() == pytest.approx(96.0 * 27.0 * np.exp(-3.0) * 1e-3, rel=1e-3)
    assert u[np.argmax(voltage)] == pytest.approx(3.0, abs=0.01)
    assert abs(voltage[-1]) < 1e-5
    assert membrane_slope(np.array([-1.0]))[0] == 0.0


@pytest.mark.parametrize(("shallow", "deep"), [(4.0, 7.0), (7.0, 12.0), (12.0, 20.0)])
def test_a_deeper_unit_is_smaller_and_wider(shallow, deep):
    electrodes = monopolar((0.0, 0.0))
    near = seen(MotorUnit(shallow, end_plate_mm=60.0, **LONG), electrodes)[0]
    far = seen(MotorUnit(deep, end_plate_mm=60.0, **LONG), electrodes)[0]
    assert np.ptp(far) < 0.6 * np.ptp(near)
    # on the skin, the negative wave of passing depolarisation grows broader with depth
    assert half_width_ms(np.minimum(far, 0)) > 1.1 * half_width_ms(np.minimum(near, 0))


def test_a_unit_to_the_side_is_smaller():
    under = seen(MotorUnit(6.0), Electrodes())
    aside = seen(MotorUnit(6.0, lateral_mm=15.0), Electrodes())
    assert np.ptp(aside) < 0.5 * np.ptp(under)


def test_a_single_fibre_at_a_centimetre_makes_a_microvolt_or_less():
    values = seen(MotorUnit(10.0, fibres=1.0), Electrodes())
    assert 0.05 < np.ptp(values) < 3.0


@pytest.mark.parametrize("velocity", [3.0, 4.0, 5.0])
def test_the_potential_travels_at_conduction_velocity(velocity):
    unit = MotorUnit(5.0, end_plate_mm=60.0, velocity_m_s=velocity, **LONG)
    first, second = seen(unit, monopolar((20.0, 0.0), (-20.0, 0.0)))
    lags = np.arange(-400, 401)
    match = [np.dot(second, np.roll(first, lag)) for lag in lags]
    delay_ms = lags[int(np.argmax(match))] * FINE_S * 1e3
    assert delay_ms == pytest.approx(40.0 / velocity, rel=0.06)


def test_a_grid_sees_a_unit_on_several_channels_later_and_smaller():
    unit = MotorUnit(6.0, lateral_mm=-6.0, end_plate_mm=70.0, **LONG)
    values = seen(unit, TWO_COLUMNS)
    size = np.ptp(values, axis=1)
    assert (size[:3] > 3 * size[3:]).all()  # the column above the unit against the other
    assert (size[3:] > 0.01 * size[:3]).all()
    peaks_ms = np.argmax(np.abs(values[:3]), axis=1) * FINE_S * 1e3
    assert np.diff(peaks_ms) == pytest.approx([15 / 4.0, 15 / 4.0], rel=0.1)


def test_the_end_wave_reaches_both_electrodes_at_once():
    fibres = {"end_plate_spread_mm": 0.0, "end_spread_mm": 0.0, "territory_mm": 0.5}
    short = MotorUnit(8.0, end_plate_mm=0.0, half_lengths_mm=(60.0, 300.0), **fibres)
    endless = MotorUnit(8.0, end_plate_mm=0.0, half_lengths_mm=(300.0, 300.0), **fibres)
    places = monopolar((90.0, 0.0), (110.0, 0.0))  # both beyond the end
    peaks = np.argmax(np.abs(seen(short, places)), axis=1) * FINE_S * 1e3
    assert abs(peaks[0] - peaks[1]) < 0.5  # a travelling wave would need 5 ms
    passing = np.argmax(np.abs(seen(endless, places)), axis=1) * FINE_S * 1e3
    assert passing[1] - passing[0] == pytest.approx(5.0, abs=0.5)


def test_electrodes_either_side_of_the_end_plates_cancel():
    unit = MotorUnit(
        6.0,
        end_plate_mm=0.0,
        half_lengths_mm=(70.0, 70.0),
        **{
            "end_plate_spread_mm": 0.0,
            "end_spread_mm": 0.0,
        },
    )
    across = np.ptp(seen(unit, Electrodes()))
    aside = np.ptp(
        seen(MotorUnit(6.0, end_plate_mm=40.0, half_lengths_mm=(70.0, 70.0)), Electrodes())
    )
    assert across < 0.05 * aside


def test_swapping_the_electrodes_turns_the_sign():
    there = seen(MotorUnit(6.0), Electrodes((((15.0, 0.0), (-15.0, 0.0)),)))
    back = seen(MotorUnit(6.0), Electrodes((((-15.0, 0.0), (15.0, 0.0)),)))
    assert np.allclose(there, -back)


def test_amplitude_grows_with_the_number_of_fibres():
    one = seen(MotorUnit(6.0, fibres=100.0), Electrodes())
    assert np.allclose(seen(MotorUnit(6.0, fibres=250.0), Electrodes()), 2.5 * one)


def test_the_fibre_makes_no_net_current_so_a_far_electrode_sees_little():
    near, far = seen(MotorUnit(8.0), monopolar((0.0, 0.0), (0.0, 300.0)))
    assert np.ptp(far) < 1e-3 * np.ptp(near)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.floats(30.0, 1000.0))
def test_random_potentials_are_of_the_size_asked_for_and_of_surface_emgs_shape(seed, amplitude):
    wave = random_potential(np.random.default_rng(seed), Electrodes(), Sensor(), amplitude)
    values = wave.values[wave.channel]
    assert np.ptp(values) == pytest.approx(amplitude, rel=1e-3)
    assert 7.0 <= duration_ms(values) <= 22.0
    assert 1 <= phases(values) <= 4
    assert abs(values[wave.origin]) == np.abs(values).max()
    assert max(abs(values[0]), abs(values[-1])) < 1.0  # it begins and ends at rest


def test_durations_and_phases_spread_over_what_is_seen_in_people():
    rng = np.random.default_rng(5)
    waves = [
        random_potential(rng, Electrodes(), Sensor(), a).values[0]
        for a in amplitudes_uv(rng, 60, 30.0, 170.0, 1000.0)
    ]
    durations = [duration_ms(values) for values in waves]
    assert min(durations) < 12.0
    assert max(durations) > 18.0
    assert len({phases(values) for values in waves}) >= 2


def test_amplitudes_keep_to_their_bounds_and_middle():
    sizes = amplitudes_uv(np.random.default_rng(0), 4000, 30.0, 150.0, 1000.0)
    assert sizes.min() >= 30.0
    assert sizes.max() <= 1000.0
    assert np.median(sizes) == pytest.approx(150.0, rel=0.05)
    logs = np.log(sizes)
    assert (logs < np.log(150.0)).std() > 0  # on both sides of the middle
