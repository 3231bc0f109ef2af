"""The registry, the names beside a recording, memory to file, and the BIDS sidecar."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from fasciscope.blocks import Channel, Marker, StreamInfo
from fasciscope.errors import InputError, OutputError
from fasciscope.formats import beside, read, write_edf, write_sidecar
from fasciscope.recording import Recording, from_array


@pytest.mark.parametrize(
    ("name", "suffix", "want"),
    [
        ("calf.edf", "events.tsv", "calf_events.tsv"),
        ("calf_emg.edf", "events.tsv", "calf_events.tsv"),
        ("calf_emg.edf", "emg.json", "calf_emg.json"),
        ("calf.edf", "emg.json", "calf_emg.json"),
        ("sub-1.run.2_emg.bdf", "truth_events.tsv", "sub-1.run.2_truth_events.tsv"),
        ("_emg.edf", "summary.json", "_emg_summary.json"),
    ],
)
def test_names_beside(name, suffix, want):
    assert beside(Path("a") / name, suffix) == Path("a") / want


def test_microvolts_in_memory_are_written_to_a_65535th_of_their_range(tmp_path):
    uv = np.random.default_rng(0).normal((0, 5000, -20), 100, (2500, 3))
    write_edf(from_array(uv, 1000.0), tmp_path / "a.edf")
    back = read(tmp_path / "a.edf")
    for i in range(3):
        half_step = 0.51 * (np.ptp(uv[:, i]) + 0.1) / 65535
        assert np.abs(back.uv(i) - uv[:, i]).max() <= half_step


def test_a_flat_signal_can_be_written(tmp_path):
    write_edf(from_array(np.full(500, 12.5), 500.0), tmp_path / "a.edf")
    np.testing.assert_allclose(read(tmp_path / "a.edf").uv(0), 12.5, atol=1e-4)


def recording(dtype=np.int16, scale=1):
    samples = (np.arange(3000).reshape(-1, 1) % 800 - 400).astype(dtype) * scale
    channel = Channel("EMG1", 0.5 / scale, count_min=-512 * scale, count_max=511 * scale)
    return Recording(
        StreamInfo(1000.0, (channel,)),
        np.asfortranarray(samples.astype(dtype)),
        gaps=np.array([[0, 5], [1200, 1300], [2900, 3000]]),
        markers=(Marker(1250, "inside a gap"), Marker(10, "early"), Marker(2999, "at the end")),
    )  # fmt: skip


def test_counts_gaps_at_both_ends_and_markers_inside_gaps_come_back(tmp_path):
    source = recording()
    write_edf(source, tmp_path / "a.edf")
    back = read(tmp_path / "a.edf")
    assert back.n_samples == 3000
    assert np.array_equal(back.gaps, source.gaps)
    assert sorted(m.text for m in back.markers) == sorted(m.text for m in source.markers)
    assert [m.sample_index for m in back.markers] == [10, 1250, 2999]
    assert np.array_equal(back.samples[5:1200], source.samples[5:1200])
    assert np.array_equal(back.samples[1300:2900], source.samples[1300:2900])


def test_the_markers_of_a_recording_that_is_one_gap_come_back(tmp_path):
    source = replace(recording(), gaps=np.array([[0, 3000]]))
    write_edf(source, tmp_path / "a.edf")
    back = read(tmp_path / "a.edf")
    assert np.array_equal(back.gaps, source.gaps)
    assert [m.sample_index for m in back.markers] == [10, 1250, 2999]


def test_counts_of_24_bits_are_brought_to_16(tmp_path):
    source = recording(np.int32, 1000)
    write_edf(source, tmp_path / "a.edf")
    back = read(tmp_path / "a.edf")
    assert np.nanmax(np.abs(back.uv(0) - source.uv(0))) <= 400 / 65535
    assert np.array_equal(back.gaps, source.gaps)


def test_small_counts_in_wide_integers_are_written_as_they_are(tmp_path):
    write_edf(recording(np.int32), tmp_path / "a.edf")
    assert np.array_equal(read(tmp_path / "a.edf").samples[5:1200], recording().samples[5:1200])


def test_what_is_not_finite_is_refused_and_nothing_is_left_behind(tmp_path):
    samples = np.zeros((100, 1))
    samples[42] = np.nan
    info = StreamInfo(1000.0, (Channel("EMG1", 1.0),))
    with pytest.raises(InputError, match="the first at sample 42"):
        write_edf(Recording(info, samples), tmp_path / "a.edf")
    assert list(tmp_path.iterdir()) == []


def test_beyond_ten_volts_is_refused_with_the_bounds(tmp_path):
    with pytest.raises(InputError, match="9999999 µV"):
        write_edf(from_array([0.0, 1e9, -1e9], 1000.0), tmp_path / "a.edf")


INFO = StreamInfo(
    2000.0,
    (Channel("EMG1", 24.4, muscle="soleus", side="left", prefilter="HP:20Hz LP:0.5kHz N:50Hz"),),
    datetime(2024, 3, 2, 13, 5, tzinfo=UTC),
    "Uno",
    "a note",
)


def test_sidecar_has_what_bids_requires_and_ours_in_its_own_corner(tmp_path):
    path = write_sidecar(
        tmp_path / "calf_emg.edf",
        INFO,
        {"RecordingDuration": np.float64(61.5), "PowerLineFrequency": 50, "adc_bits": np.int64(10),
         "bad": float("nan"), "where": Path("x")},
    )  # fmt: skip
    assert path == tmp_path / "calf_emg.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    for key in ("TaskName", "SamplingFrequency", "PowerLineFrequency", "EMGPlacementScheme",
                "EMGReference", "SoftwareFilters", "HardwareFilters", "Manufacturer",
                "RecordingDuration", "RecordingType"):  # fmt: skip
        assert key in content, key
    assert content["SamplingFrequency"] == 2000
    assert content["PowerLineFrequency"] == 50
    assert content["RecordingDuration"] == 61.5
    assert content["HardwareFilters"] == {
        "HighPassFilter": {"CutoffFrequency": 20.0},
        "LowPassFilter": {"CutoffFrequency": 500.0},
        "NotchFilter": {"CutoffFrequency": 50.0},
    }
    ours = content["fasciscope"]
    assert (ours["adc_bits"], ours["bad"], ours["where"]) == (10, None, "x")
    assert ours["start"] == "2024-03-02T13:05:00+00:00"
    assert ours["channels"][0]["muscle"] == "soleus"


def test_sidecar_of_an_unfiltered_stream_and_an_older_one_replaced(tmp_path):
    info = StreamInfo(1000.0, (Channel("EMG1", 1.0),))
    write_sidecar(tmp_path / "a.edf", INFO)
    content = json.loads(write_sidecar(tmp_path / "a.edf", info).read_text())
    assert content["HardwareFilters"] == content["PowerLineFrequency"] == "n/a"
    assert content["fasciscope"]["start"] is None
    assert [p.name for p in tmp_path.iterdir()] == ["a_emg.json"]


def test_sidecar_in_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(OutputError, match="Cannot write"):
        write_sidecar(tmp_path / "no" / "a.edf", INFO)
