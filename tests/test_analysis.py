"""From a recording to its summary: every figure follows from the events and the time."""

import json

import numpy as np
import pytest

from detection_cases import add_potentials, contraction, noise, spread_times, twitching, with_gap
from fasciscope import events as ev
from fasciscope.analysis import detect
from fasciscope.blocks import Channel, StreamInfo
from fasciscope.detection import Settings, ranges, rates
from fasciscope.errors import RecordingError
from fasciscope.events import Kind
from fasciscope.recording import Recording, from_array

FS = 2000.0
KEYS = {
    "duration_s", "analysable_s", "fasciculations", "twitches_per_minute",
    "twitches_per_minute_ci95", "noise_uv", "families", "contractions", "cramps", "artifacts",
    "lost_samples", "quality", "software_version", "settings",
}  # fmt: skip


@pytest.fixture(scope="module")
def plain():
    """Ninety seconds with 45 twitches, analysed."""
    return detect(from_array(twitching(90.0, FS, seed=1)[0], FS))


def test_the_summary_has_these_keys_and_is_json(plain):
    assert set(plain.summary) >= KEYS
    assert json.loads(json.dumps(plain.summary, allow_nan=False)) == plain.summary


def test_the_rate_is_events_over_analysable_time(plain):
    summary = plain.summary
    assert summary["duration_s"] == summary["analysable_s"] == 90.0
    assert summary["fasciculations"] == 45
    assert summary["twitches_per_minute"] == pytest.approx(30.0)
    low, high = summary["twitches_per_minute_ci95"]
    _, least, most = rates.per_minute(45, 90.0)
    assert low <= least + 1e-3
    assert high >= most - 1e-3


def test_counts_in_the_summary_are_those_of_the_events(plain):
    for key, kind in (("contractions", Kind.CONTRACTION), ("artifacts", Kind.ARTIFACT)):
        assert plain.summary[key] == len(ev.of_kind(plain.events, kind))
    twitches = ev.of_kind(plain.events, Kind.FASCICULATION)
    for family in plain.summary["families"]:
        assert family["fasciculations"] == (twitches["family"] == family["family"]).sum()
    assert {f.number for f in plain.families} == {f["family"] for f in plain.summary["families"]}
    assert set(twitches["family"]) <= {0} | {f.number for f in plain.families}


def test_noise_is_that_of_the_pass_band(plain):
    assert plain.summary["noise_uv"] == pytest.approx(8.0 * np.sqrt(330 / 1000), rel=0.08)


def test_gaps_and_contractions_are_no_analysable_time():
    signal, _ = twitching(60.0, FS, seed=2)
    contraction(signal, FS, 20.0, 30.0, seed=3)
    analysis = detect(with_gap(signal, FS, round(45 * FS), round(5 * FS)))
    summary = analysis.summary
    assert summary["duration_s"] == 65.0
    assert summary["lost_samples"] == round(5 * FS)
    held = ev.of_kind(analysis.events, Kind.CONTRACTION, Kind.CRAMP)
    artifacts = ev.of_kind(analysis.events, Kind.ARTIFACT)
    assert summary["contractions"] + summary["cramps"] == len(held) == 1
    assert 9.5 < (held["stop"] - held["start"])[0] / FS < 10.5
    out = sum((part["stop"] - part["start"]).sum() for part in (held, artifacts)) / FS
    # 60 ms on both sides of the gap are not analysable either
    assert summary["analysable_s"] == pytest.approx(60.0 - 0.12 - out, abs=0.05)
    assert summary["twitches_per_minute"] == pytest.approx(
        60 * summary["fasciculations"] / summary["analysable_s"], abs=0.01
    )


def test_events_are_in_order_and_within_the_recording(plain):
    events = plain.events
    assert np.all(np.diff(events["start"]) >= 0)
    assert events["start"].min() >= 0
    assert events["stop"].max() <= plain.n_samples


def test_bursts_widen_the_interval_of_the_rate():
    even = noise(round(300 * FS), FS, seed=4)
    bursts = even.copy()
    times = spread_times(300.0, 12.0, 4, apart_s=1.0)
    add_potentials(even, FS, times)
    runs = np.concatenate([start + 0.35 * np.arange(12) for start in (30, 95, 160, 210, 270)])
    add_potentials(bursts, FS, runs)
    wide = [
        np.ptp(detect(from_array(signal, FS)).summary["twitches_per_minute_ci95"])
        for signal in (even, bursts)
    ]
    assert wide[1] > 1.5 * wide[0]


def test_time_that_is_left_out_does_not_make_events_look_clustered():
    signal = noise(round(240 * FS), FS, seed=7)
    add_potentials(signal, FS, np.concatenate([np.arange(1, 60, 1.7), np.arange(181, 239, 1.7)]))
    signal[round(60 * FS) : round(180 * FS)] = 0.0
    summary = detect(from_array(signal, FS)).summary
    _, low, high = rates.per_minute(summary["fasciculations"], summary["analysable_s"])
    assert summary["fasciculations"] == 70
    assert summary["twitches_per_minute_ci95"] == pytest.approx([low, high], abs=0.1)


def test_the_time_left_out_is_what_the_figures_rest_on():
    signal = np.stack([noise(round(60 * FS), FS, seed=k) for k in range(3)], axis=1)
    contraction(signal[:, 1], FS, 20.0, 25.0, seed=9)
    found = detect(with_gap(signal, FS, round(40 * FS), round(1.5 * FS)))
    left_out_s = ranges.length(found.left_out) / FS
    assert left_out_s > 6
    assert found.summary["analysable_s"] == pytest.approx(61.5 - left_out_s, abs=1e-3)
    assert ranges.inside((np.array([22.0, 40.5]) * FS).astype(np.int64), found.left_out).all()


def test_progress_goes_from_nothing_to_one():
    told = []
    signal = noise(round(620 * 500.0), 500.0)
    detect(from_array(signal, 500.0), progress=told.append)
    assert told == sorted(told)
    assert len(told) >= 3
    assert told[-1] == 1.0


def test_settings_are_stated_and_used():
    signal, _ = twitching(30.0, FS, seed=5)
    analysis = detect(from_array(signal, FS), settings=Settings(threshold=900.0, highpass_hz=15.0))
    assert analysis.summary["settings"]["threshold"] == 900.0
    assert analysis.summary["settings"]["highpass_hz"] == 15.0
    fewer = analysis.summary["fasciculations"]
    assert fewer <= detect(from_array(signal, FS)).summary["fasciculations"]


def test_a_recording_without_samples_is_an_error_that_names_it():
    info = StreamInfo(FS, (Channel("EMG1", uv_per_count=1.0),))
    with pytest.raises(RecordingError, match=r"empty\.edf holds no samples"):
        detect(Recording(info, np.empty((0, 1), dtype=np.int16), name="empty.edf"))


def test_what_cannot_be_stated_is_none_in_the_summary():
    summary = detect(from_array(noise(4000, FS), FS)).summary
    assert summary["twitches_per_minute"] is None
    assert summary["twitches_per_minute_ci95"] == [None, None]


def test_the_same_recording_gives_the_same_analysis_twice():
    signal, _ = twitching(30.0, FS, seed=6)
    one, other = (detect(from_array(signal, FS)) for _ in range(2))
    assert one.events.tobytes() == other.events.tobytes()
    assert one.summary == other.summary
