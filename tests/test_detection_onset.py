"""Hum that begins in the midst of a recording is known within seconds, and is no contraction."""

import numpy as np
import pytest

from detection_cases import contraction, in_blocks, noise, twitching
from fasciscope import events as ev
from fasciscope.detection import noise as floor
from fasciscope.detection import onset
from fasciscope.events import Kind
from fasciscope.recording import from_array
from fasciscope.scoring import score

FS = 2000.0


def switched_on(size_uv, f_hz, at_s, seconds=80.0):
    """Twitches, and hum with two harmonics from a time on."""
    signal, truth = twitching(seconds, FS, seed=3)
    time_s = np.arange(signal.size) / FS
    for order, part in ((1, 1.0), (3, 0.3), (5, 0.15)):
        wave = np.cos(2 * np.pi * order * f_hz * time_s + order)
        signal += part * size_uv * wave * (time_s >= at_s)
    return signal, truth


@pytest.mark.parametrize("size_uv", [20.0, 60.0, 300.0])
@pytest.mark.parametrize(("f_hz", "at_s"), [(50.1, 33.0), (59.8, 40.3), (50.0, 4.0)])
def test_hum_that_begins_is_interference_for_three_seconds_and_then_known(size_uv, f_hz, at_s):
    signal, truth = switched_on(size_uv, f_hz, at_s)
    events, detector = in_blocks(from_array(signal[:, None], FS), 5000)
    assert len(ev.of_kind(events, Kind.CONTRACTION, Kind.CRAMP)) == 0
    assert detector.analysable_s >= 80.0 - 3.5
    away = np.abs(truth["peak"] / FS - at_s - 1.0) > 2.5
    result = score(events, truth[away], FS)
    assert result.missed == 0
    assert result.false_positives <= 2


def test_where_a_hum_is_known_does_not_depend_on_the_blocks():
    signal, _ = switched_on(60.0, 50.1, 31.3, 50.0)
    recording = from_array(signal[:, None], FS)
    whole, _ = in_blocks(recording, signal.size)
    for n_samples in (997, 7777, 60_000):
        assert in_blocks(recording, n_samples)[0].tobytes() == whole.tobytes()


def test_a_contraction_that_begins_at_once_has_no_line():
    for seed in range(5):
        signal = noise(round(30 * FS), FS, 8.0, seed=seed)
        contraction(signal, FS, 12.0, 20.0, seed)
        events, detector = in_blocks(from_array(signal[:, None], FS), 5000)
        assert len(ev.of_kind(events, Kind.CONTRACTION, Kind.CRAMP)) == 1
        assert len(detector.channels[0].hum_ranges) == 0


def test_what_becomes_louder_is_told_once_it_has_been_so_for_two_seconds():
    frames = np.ones((20, floor.N_FRAME))
    frames[9:, floor.LEVEL] = 3.0
    assert onset.beginnings(frames, 0) == [12]
    assert onset.beginnings(frames, 13) == []
    frames[10, floor.LEVEL] = 1.5
    assert onset.beginnings(frames, 0) == []
