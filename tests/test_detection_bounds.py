"""The whole detector at the bounds of what it takes: lengths, rates, levels, and nonsense."""

import numpy as np
import pytest

import fasciscope
from detection_cases import (
    add_potentials,
    as_truth,
    found,
    in_blocks,
    noise,
    spread_times,
    twitches,
    twitching,
    with_gap,
)
from fasciscope import events as ev
from fasciscope.blocks import Block, Channel, StreamInfo
from fasciscope.detection import Detector, Settings
from fasciscope.errors import InputError
from fasciscope.events import Kind
from fasciscope.recording import Recording, from_array
from fasciscope.scoring import score

FS = 2000.0
RATES = [250.0, 333.0, 350.0, 500.0, 1000.0, 2000.0, 4096.0, 10_000.0]


@pytest.mark.parametrize("fs_hz", RATES)
@pytest.mark.parametrize("seconds", [0.0, 0.03, 0.3, 0.7, 3.1, 9.99])
def test_however_short_it_is_it_has_an_answer(fs_hz, seconds):
    signal = noise(round(seconds * fs_hz), fs_hz) if seconds * fs_hz > 2 else np.array([3.0])
    analysis = fasciscope.detect(signal, fs_hz)
    assert 0 <= analysis.summary["analysable_s"] <= signal.size / fs_hz + 1e-3
    assert analysis.summary["twitches_per_minute"] is None
    assert any("too little" in sentence for sentence in analysis.summary["quality"])


@pytest.mark.parametrize("fs_hz", RATES)
def test_every_rate_finds_clear_potentials_and_nothing_else(fs_hz):
    signal, truth = twitching(40.0, fs_hz, seed=2, p2p_uv=300.0)
    result = score(found(signal, fs_hz), truth, fs_hz)
    assert (result.missed, result.false_positives) == (0, 0)
    assert result.median_error_ms <= 1.0 + 500.0 / fs_hz


@pytest.mark.parametrize("fs_hz", RATES)
def test_every_rate_gives_the_same_bytes_from_blocks(fs_hz):
    signal, _ = twitching(13.0, fs_hz, seed=3)
    whole, _ = in_blocks(from_array(signal, fs_hz), None)
    cut, _ = in_blocks(from_array(signal, fs_hz), 61)
    assert whole.tobytes() == cut.tobytes()


@pytest.mark.parametrize("seconds", [2.0, 5.0, 9.0, 10.5])
def test_a_potential_in_a_recording_of_a_few_seconds_is_found(seconds):
    signal = noise(round(seconds * FS), FS)
    peaks = add_potentials(signal, FS, [0.5 * seconds])
    result = score(found(signal, FS), as_truth(peaks), FS)
    assert (result.missed, result.false_positives) == (0, 0)


@pytest.mark.parametrize("level", [0.0, -7.25, 1e5])
def test_a_constant_signal_is_all_artefact_and_no_count(level):
    analysis = fasciscope.detect(np.full(round(20 * FS), level), FS)
    assert analysis.summary["fasciculations"] == 0
    assert analysis.summary["analysable_s"] < 1.0
    assert analysis.summary["twitches_per_minute"] is None


def test_a_signal_held_at_the_rail_is_not_analysable():
    channel = Channel("EMG1", uv_per_count=1.0, count_min=0, count_max=1023)
    counts = np.full((round(20 * FS), 1), 1023, dtype=np.int16)
    counts[::40] = 1022  # not constant, but held
    events, detector = in_blocks(Recording(StreamInfo(FS, (channel,)), counts), None)
    assert len(ev.of_kind(events, Kind.FASCICULATION)) == 0
    assert detector.analysable_s < 1.0


@pytest.mark.parametrize("size", [1e4, 1e6, 1e8])
def test_one_huge_spike_is_no_twitch_and_blinds_for_a_second_at_most(size):
    signal, truth = twitching(30.0, FS, seed=1)
    at = round(15.2 * FS)
    assert np.abs(truth["peak"] - at).min() > 0.3 * FS
    signal[at] += size
    peaks = twitches(signal, FS)["peak"]
    assert not np.any(np.abs(peaks - at) < 0.2 * FS)
    far = truth["peak"][np.abs(truth["peak"] - at) > FS]
    assert all(np.abs(peaks - peak).min() < 30 for peak in far)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_samples_that_are_not_numbers_are_an_error_that_names_the_place(bad):
    signal = noise(4000, FS)
    signal[1234] = bad
    with pytest.raises(InputError, match="1234"):
        fasciscope.detect(signal, FS)
    info = StreamInfo(FS, (Channel("EMG1", uv_per_count=1.0),))
    with pytest.raises(InputError, match="EMG1"):
        Detector(info).process(Block(signal.reshape(-1, 1), 0))


def test_a_block_that_goes_back_in_time_or_has_other_channels_is_an_error():
    info = StreamInfo(FS, (Channel("EMG1", uv_per_count=1.0),))
    detector = Detector(info)
    detector.process(Block(np.zeros((100, 1)), 0))
    with pytest.raises(InputError, match="99"):
        detector.process(Block(np.zeros((100, 1)), 99))
    with pytest.raises(InputError, match="1 channels"):
        detector.process(Block(np.zeros((100, 2)), 100))


@pytest.mark.parametrize("fs_hz", [0.0, 249.0, 10_001.0, -5.0, np.nan, np.inf])
def test_a_rate_out_of_bounds_is_an_error(fs_hz):
    with pytest.raises(InputError, match=r"between 250 and 10000 Hz"):
        fasciscope.detect(np.zeros(100), fs_hz)


def test_volts_in_place_of_microvolts_are_said_so():
    signal, _ = twitching(30.0, FS, seed=1)
    quality = fasciscope.detect(signal * 1e-6, FS).summary["quality"]
    assert any("really are microvolts" in sentence for sentence in quality)


def test_nanovolts_in_place_of_microvolts_are_said_so():
    signal, _ = twitching(30.0, FS, seed=1)
    quality = fasciscope.detect(signal * 1e3, FS).summary["quality"]
    assert any("really are microvolts" in sentence for sentence in quality)


def test_a_recording_that_is_all_gap_has_an_answer():
    whole = from_array(np.zeros(round(5 * FS)), FS)
    events, detector = in_blocks(
        Recording(whole.info, whole.samples, np.array([[0, round(5 * FS)]])), None
    )
    assert len(events) == 0 or set(events["kind"]) == {Kind.GAP}
    assert detector.analysable_s == 0.0


def test_a_gap_at_the_beginning_is_a_gap():
    signal, truth = twitching(30.0, FS, seed=1)
    result = found(with_gap(signal, FS, 0, 3000), FS)
    gaps = ev.of_kind(result, Kind.GAP)
    assert gaps[["start", "stop"]].tolist() == [(0, 3000)]
    truth["peak"] += 3000
    assert score(result, truth, FS).f1 == 1.0


@pytest.mark.parametrize("colour", [0.0, 1.0, 1.8])
@pytest.mark.parametrize("fs_hz", [500.0, 2000.0])
def test_a_quarter_of_an_hour_of_noise_holds_one_event_at_most(colour, fs_hz):
    signal = noise(round(900 * fs_hz), fs_hz, colour=colour, seed=round(10 * colour))
    events = found(signal, fs_hz)
    assert len(events) <= 1


def test_coarse_noise_of_ten_bits_holds_one_event_at_most():
    step = 24.4
    signal = step * np.round(noise(900 * 1000, 1000.0, seed=12) / step + 0.3)
    assert len(found(signal, 1000.0)) <= 1


def test_potentials_at_the_very_ends_are_no_trouble():
    signal = noise(round(20 * FS), FS)
    add_potentials(signal, FS, [0.004, 0.03, 19.97, 19.998], p2p_uv=500.0)
    events = found(signal, FS)
    assert np.all(events["start"] >= 0)
    assert np.all(events["stop"] <= signal.size)
    assert np.all(events["start"] < events["stop"])


@pytest.mark.parametrize(
    "change",
    [
        {"highpass_hz": 4.0},
        {"highpass_hz": 61.0},
        {"lowpass_hz": 99.0},
        {"lowpass_hz": 1001.0},
        {"threshold": 4.9},
        {"threshold": float("nan")},
        {"min_contraction_s": 0.05},
        {"min_contraction_s": 11.0},
    ],
)
def test_settings_out_of_bounds_are_an_error_that_names_them(change):
    with pytest.raises(InputError, match=next(iter(change))):
        Settings(**change)


def test_settings_take_effect():
    signal, _ = twitching(30.0, FS, seed=1, p2p_uv=120.0)
    recording = from_array(signal, FS)
    counts = []
    for threshold in (17.0, 1000.0):
        detector = Detector(recording.info, Settings(threshold=threshold))
        for block in recording.blocks():
            detector.process(block)
        counts.append(len(ev.of_kind(detector.finish(), Kind.FASCICULATION)))
    assert counts == [15, 0]


def test_times_do_not_depend_on_where_a_stream_starts_its_count():
    signal = noise(round(20 * FS), FS)
    peaks = add_potentials(signal, FS, spread_times(20.0, 30.0, 3))
    info = StreamInfo(FS, (Channel("EMG1", uv_per_count=1.0),))
    detector = Detector(info)
    detector.process(Block(signal.reshape(-1, 1), 5000, 5000))
    truth = as_truth(peaks + 5000)
    assert score(detector.finish(), truth, FS).f1 == 1.0
