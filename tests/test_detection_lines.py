"""Finding steady interference, and not finding it where there is none."""

import numpy as np
import pytest

from detection_cases import SHAPES, add_potentials, noise, spread_times
from fasciscope.detection import filters, following, lines, spectrum

FS = 2000.0
HIGHEST = 455.0


def seconds(n, fs_hz=FS):
    return np.arange(round(n * fs_hz)) / fs_hz


@pytest.mark.parametrize("f_hz", [49.7, 50.0, 50.13, 50.3, 59.7, 60.0, 60.3])
@pytest.mark.parametrize("fs_hz", [500.0, 2000.0, 4096.0])
def test_the_mains_are_found_to_a_twentieth_of_a_hertz(f_hz, fs_hz):
    t = seconds(4.0, fs_hz)
    x = noise(t.size, fs_hz, seed=1) + 15 * np.sin(2 * np.pi * f_hz * t + 0.3)
    found = spectrum.find_lines(x, fs_hz, min(HIGHEST, 0.47 * fs_hz))
    assert found.size
    assert found[0] == pytest.approx(f_hz, abs=0.05)


def test_harmonics_are_found_with_the_mains():
    t = seconds(4.0)
    x = noise(t.size, FS, seed=2)
    for k, size in ((1, 60), (2, 10), (3, 25), (5, 12), (7, 6)):
        x = x + size * np.sin(2 * np.pi * 50.02 * k * t + k)
    found = np.sort(spectrum.find_lines(x, FS, HIGHEST))
    assert np.allclose(found, 50.02 * np.array([1, 2, 3, 5, 7]), atol=0.1)


def test_a_pulse_train_of_20_hz_is_known_by_nearly_all_its_teeth():
    x = noise(round(10 * FS), FS, seed=3)
    x[::100] += 60.0
    x[1::100] += 60.0
    tracker = lines.LineTracker(FS, filters.band_sections(20.0, 350.0, FS), 350.0)
    tracker.learn(x)
    turn = np.arctan2(tracker.table[following.TURN_SIN], tracker.table[following.TURN_COS])
    tooth = turn * FS / (2 * np.pi) / 20.0
    assert np.abs(tooth - np.round(tooth)).max() * 20.0 < 0.3
    assert set(range(1, 17)) <= set(np.round(tooth).astype(int))


@pytest.mark.parametrize("colour", [0.0, 1.0, 2.0])
def test_noise_of_any_colour_has_no_lasting_line(colour):
    kept = 0
    for seed in range(12):
        x = noise(round(10 * FS), FS, colour=colour, seed=seed)
        window = round(4 * FS)
        first, last = (spectrum.find_lines(part, FS, HIGHEST) for part in (x[:window], x[-window:]))
        kept += lines.lasting(first, last).size
    assert kept == 0


def test_twitches_are_no_lines():
    kept = 0
    for seed in range(6):
        x = noise(round(10 * FS), FS, seed=seed)
        add_potentials(x, FS, spread_times(10.0, 60.0, seed), 600.0, shapes=SHAPES[:1])
        tracker = lines.LineTracker(FS, filters.band_sections(20.0, 350.0, FS), 350.0)
        tracker.learn(x)
        kept += tracker.table.shape[1]
    assert kept == 0


def test_a_train_of_one_a_second_is_no_line():
    x = noise(round(10 * FS), FS, seed=4)
    add_potentials(x, FS, np.arange(0.5, 9.9, 1.0), 600.0, shapes=SHAPES[:1])
    tracker = lines.LineTracker(FS, filters.band_sections(20.0, 350.0, FS), 350.0)
    tracker.learn(x)
    assert tracker.table.shape[1] == 0


def test_only_what_stands_twice_is_lasting():
    now, before = np.array([50.0, 77.0, 150.0]), np.array([50.2, 150.4, 90.0])
    assert lines.lasting(now, before).tolist() == [50.0]
    assert lines.lasting(now, np.empty(0)).size == 0


def test_too_short_or_silent_signals_have_no_lines():
    assert spectrum.find_lines(np.zeros(8000), FS, HIGHEST).size == 0
    assert spectrum.find_lines(np.full(8000, np.nan), FS, HIGHEST).size == 0
    assert spectrum.find_lines(noise(300, FS), FS, HIGHEST).size == 0


def test_the_strongest_line_is_told_with_its_size():
    t = seconds(10.0)
    x = noise(t.size, FS, seed=5) + 80 * np.sin(2 * np.pi * 50.1 * t)
    x += 20 * np.sin(2 * np.pi * 150.3 * t)
    tracker = lines.LineTracker(FS, filters.band_sections(20.0, 350.0, FS), 350.0)
    tracker.learn(x)
    assert tracker.strongest[0] == pytest.approx(50.1, abs=0.05)
    assert tracker.strongest[1] == pytest.approx(80.0, rel=0.1)


def test_lines_that_begin_later_are_taken_up_once_they_stood_twice():
    t = seconds(4.0)
    tracker = lines.LineTracker(FS, filters.band_sections(20.0, 350.0, FS), 350.0)
    tracker.learn(noise(round(10 * FS), FS, seed=6))
    assert tracker.table.shape[1] == 0
    hum = 60 * np.sin(2 * np.pi * 60.0 * t)
    tracker.look_again(noise(t.size, FS, seed=7) + hum)
    assert tracker.table.shape[1] == 0
    tracker.look_again(noise(t.size, FS, seed=8) + hum)
    assert tracker.table.shape[1] == 1


def test_there_are_never_more_lines_than_room():
    t = seconds(10.0)
    x = noise(t.size, FS, seed=9)
    for f in np.arange(17.0, 440.0, 11.3):
        x = x + 30 * np.sin(2 * np.pi * f * t + f)
    tracker = lines.LineTracker(FS, filters.band_sections(20.0, 350.0, FS), 350.0)
    tracker.learn(x)
    tracker.look_again(x[-8000:])
    assert 10 < tracker.table.shape[1] <= lines.MAX_LINES
