"""Files and folders made by somebody who means harm: escaped, bounded, refused."""

from __future__ import annotations

import re

import edfio
import numpy as np
import pytest

from fasciscope import formats, read
from fasciscope.blocks import Block, Channel, Marker, StreamInfo
from fasciscope.cli import console, main, outputs
from fasciscope.errors import OutputError, RecordingError
from fasciscope.formats import EdfWriter
from fasciscope.formats.whole_file import write_whole
from fasciscope.recorder import must_be_new

EVIL = "<script>alert(1)</script>\x1b[2J\x07\u202e../../evil"
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]")


@pytest.fixture
def evil_file(tmp_path):
    """A recording in which every text that there is means harm."""
    channel = Channel(EVIL, 0.5, muscle=EVIL, prefilter=EVIL)
    info = StreamInfo(1000.0, (channel,), device=EVIL, note=EVIL)
    counts = np.random.default_rng(0).normal(0, 20, (20_000, 1)).astype(np.int16)
    counts[5000:5012] += 900
    folder = tmp_path / "inside" / "deep"
    folder.mkdir(parents=True)
    path = folder / "evil.edf"
    with EdfWriter(path, info) as writer:
        writer.process(Block(counts, 0, 0, (Marker(100, EVIL), Marker(200, "\x14\x00Gap: 1"))))
    return path


def run(monkeypatch, *args):
    monkeypatch.setattr("sys.argv", ["fasciscope", *map(str, args)])
    with pytest.raises(SystemExit) as done:
        main.run()
    return done.value.code


def test_markup_and_control_characters_are_text_and_no_more(
    evil_file, tmp_path, monkeypatch, capsys
):
    for command in ("check", "detect", "report"):
        assert run(monkeypatch, command, evil_file) == 0
    said = capsys.readouterr()
    assert not STEERING.search(said.out.replace("\n", "") + said.err.replace("\n", ""))
    page = (evil_file.parent / "evil_report.html").read_text()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    table = (evil_file.parent / "evil_events.tsv").read_text()
    widths = {len(line.split("\t")) for line in table.splitlines()}
    assert widths == {7}
    made = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert made == {
        f"inside/deep/{name}"
        for name in ("evil.edf", "evil_events.tsv", "evil_summary.json", "evil_report.html")
    }


def test_a_marker_cannot_pass_for_a_gap_or_end_its_annotation(evil_file):
    got = read(evil_file)
    assert not len(got.gaps)
    assert got.n_samples == 20_000
    assert [mark.sample_index for mark in got.markers] == [100, 200]
    assert not any(STEERING.search(mark.text) for mark in got.markers)


def test_labels_of_others_reach_no_terminal_raw(tmp_path):
    signal = edfio.EdfSignal(np.linspace(36, 37, 2000), 500, label="T", physical_dimension="degC")
    edfio.Edf([signal]).write(tmp_path / "a.edf")
    raw = (tmp_path / "a.edf").read_bytes()
    (tmp_path / "a.edf").write_bytes(raw[:256] + b"T\x1b[2J\x9b31m".ljust(16) + raw[272:])
    with pytest.raises(RecordingError) as refused:
        read(tmp_path / "a.edf")
    assert "T?[2J?31m" in str(refused.value)
    assert console.harmless("a\x1b[2J\tb\n\u202ec µV") == "a?[2J\tb\n?c µV"


def test_text_is_not_written_through_a_link_that_waits(tmp_path):
    mine = tmp_path / "mine"
    mine.write_text("mine")
    (tmp_path / ".a_emg.json.part").symlink_to(mine)
    formats.write_sidecar(tmp_path / "a.edf", StreamInfo(1000.0, (Channel("EMG1", 1.0),)))
    (tmp_path / ".b.tsv.part").symlink_to(mine)
    outputs.write_text(tmp_path / "b.tsv", "table", ours=False)
    (tmp_path / "link.json").symlink_to(mine)
    write_whole(tmp_path / "link.json", "new")  # the link goes, what it led to stays
    assert mine.read_text() == "mine"
    assert not (tmp_path / "link.json").is_symlink()
    assert {path.name for path in tmp_path.iterdir()} == {
        "mine",
        "a_emg.json",
        "b.tsv",
        "link.json",
    }


def test_text_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "a.json"
    path.write_text("old")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="No space"):
        write_whole(path, "new")
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.json"]


def test_links_are_no_place_for_a_recording(tmp_path):
    (tmp_path / "dangling.edf").symlink_to(tmp_path / "nowhere")
    with pytest.raises(OutputError, match="is a link"):
        must_be_new(tmp_path / "dangling.edf")
    with pytest.raises(OutputError, match="exists already"):
        EdfWriter(tmp_path / "dangling.edf", StreamInfo(1000.0, (Channel("EMG1", 1.0),)))
    assert not (tmp_path / "nowhere").exists()


def test_a_pipe_is_not_waited_for(tmp_path):
    import os

    os.mkfifo(tmp_path / "pipe.edf")
    for look in (read, formats.check, formats.repair):
        with pytest.raises(RecordingError, match="a device or a pipe"):
            look(tmp_path / "pipe.edf")
