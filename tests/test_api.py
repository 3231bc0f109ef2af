"""`api.py` and the package's own names: few, loaded late, and honest about wrong input."""

from __future__ import annotations

import inspect
import json
import threading
from dataclasses import replace
from importlib.metadata import version

import numpy as np
import pytest

import fasciscope
from fasciscope import api
from fasciscope.blocks import Block
from fasciscope.device.emulator import EmulatedBoard
from fasciscope.errors import DeviceError, FasciscopeError, InputError, OutputError
from fasciscope.events import Kind, of_kind
from fasciscope.sources import ReplaySource, SerialSource


@pytest.fixture(scope="module")
def made():
    return fasciscope.simulate("calm", seconds=30, seed=4)


def test_the_names_are_few_and_all_there():
    assert fasciscope.__version__ == version("fasciscope")
    assert fasciscope.FasciscopeError is FasciscopeError
    for name in fasciscope.__all__:
        assert getattr(fasciscope, name) is not None
        assert name in dir(fasciscope)


def test_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match="no attribute 'diagnose'"):
        fasciscope.diagnose  # noqa: B018


def test_defaults_that_are_stated_twice_agree():
    # the public names and the commands state them, since their rooms load late
    from fasciscope.cli.record import record as command
    from fasciscope.device.playback import GAIN
    from fasciscope.device.stream import WAIT_S
    from fasciscope.scoring import TOLERANCE_MS
    from fasciscope.simulation import SCENES

    def default(function, name):
        return inspect.signature(function).parameters[name].default

    assert default(fasciscope.score, "tolerance_ms") == TOLERANCE_MS
    assert default(fasciscope.record, "wait_s") == default(command, "wait") == WAIT_S
    assert {scene.sensor.gain for scene in SCENES.values()} == {GAIN}


def test_simulate_takes_the_rate_of_the_scene():
    assert fasciscope.simulate("kit", seconds=1).recording.info.fs_hz == 1000
    assert fasciscope.simulate("kit", seconds=1, fs_hz=500).recording.info.fs_hz == 500


def test_simulate_detect_score(made):
    found = fasciscope.detect(made.recording)
    result = fasciscope.score(found, made)
    assert result.f1 >= 0.95
    plain = fasciscope.score(found.events, made.truth, made.recording.info.fs_hz)
    assert plain == result
    assert plain == fasciscope.score(found, made.truth)


def test_an_array_gives_the_same_events_as_its_recording(made):
    recording = made.recording
    from_array = fasciscope.detect(recording.uv(0), fs_hz=recording.info.fs_hz)
    peaks = of_kind(fasciscope.detect(recording).events, Kind.FASCICULATION)["peak"]
    assert len(peaks) > 5
    assert np.array_equal(of_kind(from_array.events, Kind.FASCICULATION)["peak"], peaks)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((np.zeros(5000),), "needs its sampling rate"),
        ((np.zeros(5000), 0), "between 250 and 10000 Hz"),
        ((np.zeros(5000), -2000.0), "between 250 and 10000 Hz"),
        ((np.full(5000, np.nan), 1000), "not finite numbers"),
        ((np.zeros(0), 1000), "not empty"),
        (("rest.edf",), "Read the file first"),
        ((["a", "b"], 1000), "not an array of numbers"),
        ((np.zeros(5000, complex), 1000), "not an array of numbers"),
        ((np.zeros(5000), "fast"), "a number of hertz, not 'fast'"),
    ],
)
def test_detect_refuses(args, words):
    with pytest.raises(InputError, match=words):
        fasciscope.detect(*args)


@pytest.mark.parametrize("path", [None, 3, b"a.edf"])
def test_read_wants_a_name(path):
    with pytest.raises(InputError, match="by the name of its file"):
        fasciscope.read(path)


def test_detect_does_not_let_a_recording_have_another_rate(made):
    with pytest.raises(InputError, match="sampled at 2000 Hz"):
        fasciscope.detect(made.recording, fs_hz=1000)


def test_score_wants_one_rate(made):
    found = fasciscope.detect(made.recording)
    with pytest.raises(InputError, match="give fs_hz"):
        fasciscope.score(found.events, made.truth)
    with pytest.raises(InputError, match=r"1000\.0, 2000\.0"):
        fasciscope.score(found, made, fs_hz=1000.0)


def test_record_gives_what_the_board_sent(made, tmp_path):
    path = tmp_path / "rest_emg.edf"
    with EmulatedBoard(made.recording, speed=15.0) as board:
        recording = fasciscope.record(
            path, port=board.port, seconds=12.5, muscles=["calf"], side="left", note="rest"
        )
    assert np.array_equal(recording.samples, made.recording.samples[:25_000])
    assert recording.info.channels[0].muscle == "calf"
    assert json.loads((tmp_path / "rest_emg.json").read_text())["RecordingDuration"] == 12.5


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        ({"seconds": -1.0}, "above 0"),
        ({"seconds": float("nan")}, "above 0"),
        ({"seconds": 1e7}, "a week"),
        ({"fs_hz": 0.0}, "between 250 and 10000 Hz"),
        ({"channels": 0}, "1 to 64"),
        ({"side": "up"}, "left or right"),
    ],
)
def test_record_refuses_before_it_looks_for_a_board(tmp_path, wishes, words):
    with pytest.raises(InputError, match=words):
        fasciscope.record(tmp_path / "x.edf", port="/dev/ttyNONE7", **wishes)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("taken", ["rest_emg.edf", "rest_emg.json"])
def test_record_overwrites_nothing(tmp_path, taken):
    (tmp_path / taken).write_text("mine")
    with pytest.raises(OutputError, match="exists already"):
        fasciscope.record(tmp_path / "rest_emg.edf", port="/dev/ttyNONE7")
    assert (tmp_path / taken).read_text() == "mine"


class Breaking(ReplaySource):
    """A source that breaks off after `n` blocks."""

    def __init__(self, recording, n):
        super().__init__(recording)
        self.n = n

    def __iter__(self):
        for i, block in enumerate(super().__iter__()):
            if i == self.n:
                raise DeviceError("The board has gone.")
            yield block


def test_what_was_captured_is_kept_and_described_when_the_source_breaks(made, tmp_path):
    path = tmp_path / "broken_emg.edf"
    with pytest.raises(DeviceError, match="gone"):
        api.capture(Breaking(made.recording, 30), path)
    kept = fasciscope.read(path)
    assert np.array_equal(kept.samples, made.recording.samples[:6000])
    session = json.loads((tmp_path / "broken_emg.json").read_text())["fasciscope"]["session"]
    assert session["samples"] == 6000


def test_a_capture_without_a_sample_leaves_no_file(made, tmp_path):
    with pytest.raises(DeviceError):
        api.capture(Breaking(made.recording, 0), tmp_path / "none_emg.edf")
    assert not list(tmp_path.iterdir())


def test_capture_closes_the_source_when_the_file_cannot_be_made(made, tmp_path):
    class Watched(ReplaySource):
        closed = False

        def close(self):
            Watched.closed = True

    with pytest.raises(OutputError):
        api.capture(Watched(made.recording), tmp_path / "nowhere" / "x.edf")
    assert Watched.closed


def test_capture_stops_when_told(made, tmp_path):
    stop = threading.Event()

    def after_two_seconds(block: Block, _health):
        if block.stop_index >= 4000:
            stop.set()
            source.close()

    source = ReplaySource(made.recording)
    health = api.capture(source, tmp_path / "x.edf", stop=stop, on_block=after_two_seconds)
    assert health.samples == 4000
    assert fasciscope.read(tmp_path / "x.edf").n_samples == 4000


def test_note_and_names_travel_with_the_recording(made, tmp_path):
    info = replace(made.recording.info, note="lying down")
    recording = replace(made.recording, info=info)
    api.capture(ReplaySource(recording), tmp_path / "x_emg.edf", seconds=3)
    got = fasciscope.read(tmp_path / "x_emg.edf")
    assert got.info.note == "lying down"
    assert got.n_samples == 6000


def test_a_sink_that_stalls_costs_no_sample(made, tmp_path):
    class Stalling:
        stalled = False

        def process(self, _block):
            if not self.stalled:
                self.stalled = True
                threading.Event().wait(1.5)  # at four times real time: six seconds of signal

        def finish(self):
            pass

    with EmulatedBoard(made.recording, speed=4.0) as board:
        health = api.capture(
            SerialSource(board.port), tmp_path / "x.edf", seconds=12, sinks=[Stalling()]
        )
    assert health.lost == 0
    assert np.array_equal(
        fasciscope.read(tmp_path / "x.edf").samples, made.recording.samples[:24_000]
    )
