import numpy as np
import pytest

from fasciscope import simulate
from fasciscope.signal_check import (
    TENSE,
    Fitness,
    SignalChecker,
    check_channel,
    times_rest,
    verdict,
)

FS = 2000.0
RAILS = (-2500.0, 2500.0)


def noise(uv=6.0, seconds=4.0, seed=0):
    return np.random.default_rng(seed).normal(0, uv, round(seconds * FS))


def look(signal, step_uv=1.0, fs_hz=FS):
    return check_channel("A", np.round(signal / step_uv) * step_uv, fs_hz, RAILS, step_uv)


def level(check, name):
    return next(one for one in check.levels if one.name == name)


def test_quiet_muscle_is_good_enough():
    check = look(noise())
    assert check.fitness == Fitness.GOOD
    assert verdict([check]) == "This signal is good enough to count in."
    assert "twitches from about" in level(check, "Noise").text


@pytest.mark.parametrize("offset", [-900.0, 0.0, 900.0])
@pytest.mark.parametrize("size", [1.0, 3.0])
def test_the_noise_follows_the_signal_and_not_its_offset(offset, size):
    plain, other = look(noise()), look(size * noise() + offset)
    assert other.rest_uv == pytest.approx(size * plain.rest_uv, rel=0.03)


def test_twitches_are_not_noise():
    signal = noise()
    for at in (500, 1130, 1900, 2200, 3333, 4100, 4250, 5600, 6410, 7300):
        signal[at : at + 20] += 300 * np.sin(np.linspace(0, 2 * np.pi, 20))
    assert look(signal).rest_uv < 1.3 * look(noise()).rest_uv


@pytest.mark.parametrize(("uv", "fitness"), [(6, 0), (40, 1), (90, 2), (2000, 2)])
def test_loud_noise_is_said(uv, fitness):
    assert level(look(noise(uv)), "Noise").fitness == fitness


@pytest.mark.parametrize("mains", [49.8, 50.0, 50.2, 59.9, 60.0])
def test_hum_is_measured_and_taken_away(mains):
    t = np.arange(8000) / FS
    hum = 60 * np.sin(2 * np.pi * mains * t) + 20 * np.sin(2 * np.pi * 3 * mains * t + 1)
    check = look(noise() + hum)
    hummed = level(check, "Hum")
    assert hummed.fitness == Fitness.FAIR
    assert f"at {round(mains)} Hz" in hummed.text
    assert 50 < float(hummed.text.split()[0]) < 66
    assert check.rest_uv < 1.6 * look(noise()).rest_uv


def test_no_hum_is_no_hum():
    for seed in range(20):
        assert "None" in level(look(noise(seed=seed)), "Hum").text


def test_a_lead_that_is_off_is_said():
    signal = noise()
    signal[3000:] = 12.0
    check = look(signal)
    assert check.fitness == Fitness.POOR
    assert "lead is off" in check.levels[0].text


def test_coarse_steps_are_no_lead_that_is_off():
    check = look(noise(8.0), step_uv=24.4)
    assert check.fitness == Fitness.GOOD
    assert look(np.zeros(8000), step_uv=24.4).fitness == Fitness.POOR


def test_a_signal_at_the_end_of_its_range():
    signal = np.clip(noise(6.0) + 2497.0, *RAILS)
    assert level(look(signal), "Range").fitness == Fitness.POOR


def test_a_channel_without_electrode_noise_is_doubted():
    assert level(look(noise(0.05), step_uv=0.001), "Noise").fitness == Fitness.POOR


def test_too_little_signal_is_no_answer():
    check = look(noise(seconds=1.0))
    assert check.fitness == Fitness.POOR
    assert "not enough signal yet" in check.levels[0].text


@pytest.mark.parametrize("fs_hz", [250.0, 500.0, 1000.0, 10_000.0])
def test_any_rate(fs_hz):
    signal = np.random.default_rng(1).normal(0, 6, round(4 * fs_hz))
    assert look(signal, fs_hz=fs_hz).fitness == Fitness.GOOD


def test_a_tensed_muscle_is_seen():
    rest = look(noise()).rest_uv
    signal = noise()
    signal[-1500:] += noise(60, seconds=0.75, seed=3)
    assert times_rest([look(signal)], [rest]) > TENSE
    assert times_rest([look(noise(seed=9))], [rest]) < TENSE
    assert times_rest([], []) == times_rest([look(np.zeros(8000))], [rest]) == 0.0


def test_the_sink_looks_at_the_last_seconds():
    made = simulate("grid", seconds=10, seed=1).recording
    checker = SignalChecker(made.info)
    assert {check.fitness for check in checker.look()} == {Fitness.POOR}
    for block in made.blocks(333):
        checker.process(block)
    checks = checker.look()
    assert [check.name for check in checks] == [channel.name for channel in made.info.channels]
    last = made.uv(0)[-8000:]
    again = check_channel("x", last, 2000.0, RAILS, 1.0)
    assert checks[0].rest_uv == pytest.approx(again.rest_uv, rel=0.1)
