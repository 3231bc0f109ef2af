"""Stretches in which nothing can be seen: taken out as long as they last, and not longer."""

from dataclasses import replace

import numpy as np
import pytest

from detection_cases import found, twitching
from fasciscope import events as ev
from fasciscope.detection import Detector
from fasciscope.events import Kind
from fasciscope.recording import from_array
from fasciscope.scoring import score

FS = 2000.0


@pytest.fixture(scope="module")
def clear():
    return twitching(60.0, FS, seed=11)


def without(truth, start_s, stop_s, clear_s=0.15):
    """The true events that lie clear of a stretch."""
    at = truth["peak"] / FS
    return truth[(at < start_s - clear_s) | (at > stop_s + clear_s)]


@pytest.mark.parametrize("level", [0.0, -1500.0])
@pytest.mark.parametrize("seconds", [0.6, 5.0, 20.0])
def test_a_lead_that_falls_off_is_out_from_its_start_to_its_end(clear, level, seconds):
    signal, truth = clear[0].copy(), clear[1]
    stop_s = 25.0 + seconds
    signal[round(25.0 * FS) : round(stop_s * FS)] = level
    events = found(signal, FS)
    artifacts = ev.of_kind(events, Kind.ARTIFACT)
    assert len(artifacts) == 1
    assert artifacts["start"][0] / FS == pytest.approx(25.0, abs=0.1)
    assert artifacts["stop"][0] / FS == pytest.approx(stop_s, abs=0.15)
    result = score(events, without(truth, 25.0, stop_s), FS)
    assert result.missed == 0
    assert len(ev.of_kind(events, Kind.CONTRACTION, Kind.CRAMP)) == 0


def test_time_at_a_rail_is_out_and_not_counted(clear):
    signal = clear[0].copy()
    held = slice(round(25 * FS), round(27 * FS))
    signal[held] = 2000.0
    signal[held][::9] = 1990.0  # not constant
    whole = from_array(np.minimum(signal, 2000.0), FS)
    channel = replace(whole.info.channels[0], count_min=-2000, count_max=2000)
    detector = Detector(replace(whole.info, channels=(channel,)))
    for block in whole.blocks():
        detector.process(block)
    events = detector.finish()
    out = detector.excluded / FS
    covered = sum(min(b, 27.0) - max(a, 25.0) for a, b in out if a < 27.0 and b > 25.0)
    assert covered > 1.95
    assert (out[:, 1] - out[:, 0]).sum() < 3.0
    assert score(events, without(clear[1], 24.5, 27.5), FS).missed == 0
    peaks = ev.of_kind(events, Kind.FASCICULATION)["peak"] / FS
    assert not np.any((peaks > 24.9) & (peaks < 27.1))


def test_what_is_excluded_is_in_order_disjoint_and_told_as_events(clear):
    signal = clear[0].copy()
    for start_s in (10.0, 30.0, 50.0):
        signal[round(start_s * FS) : round((start_s + 1) * FS)] = 5.0
    recording = from_array(signal, FS)
    detector = Detector(recording.info)
    for block in recording.blocks():
        detector.process(block)
    events = detector.finish()
    excluded = detector.excluded
    assert len(excluded) == 3
    assert np.all(excluded[:, 0] < excluded[:, 1])
    assert np.all(excluded[1:, 0] > excluded[:-1, 1])
    artifacts = ev.of_kind(events, Kind.ARTIFACT)
    assert np.array_equal(np.stack([artifacts["start"], artifacts["stop"]], axis=1), excluded)
    expected = (signal.size - (excluded[:, 1] - excluded[:, 0]).sum()) / FS
    assert detector.analysable_s == pytest.approx(expected)
    twitches = ev.of_kind(events, Kind.FASCICULATION)["peak"]
    assert not any(np.any((twitches >= a) & (twitches < b)) for a, b in excluded)


def test_a_lead_off_on_one_of_three_channels_takes_no_time_from_the_others(clear):
    many = np.stack([clear[0]] * 3, axis=1)
    many[round(20 * FS) : round(30 * FS), 1] = 0.0
    recording = from_array(many, FS)
    detector = Detector(recording.info)
    for block in recording.blocks():
        detector.process(block)
    events = detector.finish()
    assert detector.analysable_s == 60.0
    assert score(events, clear[1], FS).f1 == 1.0
