"""`recordings/`: the examples are what their page says, and the detector does well on them."""

import json
import re
from pathlib import Path

import pytest

import fasciscope
from fasciscope import events as ev
from fasciscope import formats
from fasciscope.events import Kind
from fasciscope.simulation import SCENES

FOLDER = Path(__file__).resolve().parents[1] / "recordings"
FILES = sorted(FOLDER.glob("*_emg.edf"))
# a little under what was measured when they were made, see recordings/README.md
FLOORS = {"calf": 0.97, "contractions": 0.97, "grid": 0.95, "kit": 0.97}


def name_of(path):
    return path.stem.removesuffix("_emg")


def truth_of(path, recording):
    names = [channel.name for channel in recording.info.channels]
    return ev.read_tsv(formats.beside(path, "truth_events.tsv"), recording.info.fs_hz, names)


def test_there_are_three_to_five_and_the_page_names_each():
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert 3 <= len(FILES) <= 5
    assert set(re.findall(r"`(\w+_emg\.edf)`", page)) == {path.name for path in FILES}
    assert {name_of(path) for path in FILES} == {*FLOORS, "rest"}
    assert "nobody was" in page


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_each_is_small_and_says_that_nobody_was_recorded(path):
    assert path.stat().st_size < 1_000_000
    recording = fasciscope.read(path)
    assert not recording.truncated
    assert recording.lost_samples == 0
    side = json.loads(formats.beside(path, "emg.json").read_text(encoding="utf-8"))
    assert "Simulated" in side["fasciscope"]["note"]
    assert side["RecordingDuration"] == pytest.approx(recording.duration_s)
    measured = side["fasciscope"]["session"]["measured_hz"]
    assert measured == pytest.approx(recording.info.fs_hz, rel=1e-3)


def test_the_samples_are_those_that_were_simulated():
    path = FOLDER / "kit_emg.edf"
    made = fasciscope.simulate("kit", seconds=120, seed=14, fs_hz=1000)
    recording = fasciscope.read(path)
    assert (recording.samples == made.recording.samples).all()
    truth = truth_of(path, recording)
    assert (truth["peak"] == made.truth["peak"]).all()
    assert SCENES["kit"].converter.bits == 10


@pytest.mark.parametrize("path", [path for path in FILES if name_of(path) in FLOORS], ids=name_of)
def test_the_detector_does_what_it_did(path):
    recording = fasciscope.read(path)
    truth, analysis = truth_of(path, recording), fasciscope.detect(recording)
    assert fasciscope.score(analysis, truth).f1 >= FLOORS[name_of(path)]
    for stretch in ev.of_kind(truth, Kind.CONTRACTION):
        marked = ev.of_kind(analysis.events, Kind.CONTRACTION, Kind.CRAMP)
        assert ((marked["start"] < stretch["stop"]) & (marked["stop"] > stretch["start"])).any()
        peaks = ev.of_kind(analysis.events, Kind.FASCICULATION)["peak"]
        assert not ((peaks >= stretch["start"]) & (peaks < stretch["stop"])).any()


def test_rest_holds_nothing():
    recording = fasciscope.read(FOLDER / "rest_emg.edf")
    assert len(truth_of(FOLDER / "rest_emg.edf", recording)) == 0
    assert len(fasciscope.detect(recording).events) == 0
