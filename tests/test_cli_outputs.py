"""`cli/outputs.py`: whole files or none, and nobody else's file is replaced."""

import json
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from fasciscope.blocks import Channel, StreamInfo
from fasciscope.cli import outputs
from fasciscope.errors import OutputError
from fasciscope.events import empty, read_tsv

INFO = StreamInfo(1000.0, (Channel("EMG1", 1.0),))


def analysis(n_events=1, **summary):
    events = empty(n_events)
    events["start"], events["stop"], events["peak"] = 100, 120, 110
    summary = {"twitches_per_minute": 1.0, "software_version": "0", **summary}
    return SimpleNamespace(info=INFO, events=events, summary=summary)


def write(folder, found, events="a_events.tsv", summary="a_summary.json"):
    outputs.write_results(folder / events, folder / summary, found)


def test_events_read_back(tmp_path):
    path = tmp_path / "a_events.tsv"
    write(tmp_path, analysis(3))
    assert len(read_tsv(path, 1000.0, ["EMG1"])) == 3


def test_older_results_of_ours_are_replaced(tmp_path):
    table, summary = tmp_path / "a_events.tsv", tmp_path / "a_summary.json"
    for n in (3, 1):
        outputs.write_results(table, summary, analysis(n, fasciculations=n))
    assert len(read_tsv(table, 1000.0, ["EMG1"])) == 1
    assert json.loads(summary.read_text())["fasciculations"] == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [table.name, summary.name]


@pytest.mark.parametrize(
    "content", ["onset\tduration\ttrial_type\n1\t2\tstimulus\n", "{}", '{"a": 1}', "\x00\xff", ""]
)
@pytest.mark.parametrize("which", ["events", "summary"])
def test_what_is_not_ours_is_left_alone(tmp_path, content, which):
    path = tmp_path / "precious"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(OutputError, match="precious exists and was not written by fasciscope"):
        write(tmp_path, analysis(), **{which: "precious"})
    assert path.read_bytes() == content.encode("latin-1")
    assert list(tmp_path.iterdir()) == [path]


def test_a_table_that_was_worked_on_is_left_alone(tmp_path):
    path = tmp_path / "a_events.tsv"
    write(tmp_path, analysis(3))
    mine = path.read_text().rsplit("\n", 2)[0] + "\n"
    path.write_text(mine)
    with pytest.raises(OutputError, match=r"a_events\.tsv holds a truth, or was changed since"):
        write(tmp_path, analysis(3))
    assert path.read_text() == mine


@pytest.mark.parametrize("name", ["a_truth_events.tsv", "a_desc-reviewed_events.tsv"])
def test_a_truth_or_a_review_is_left_alone(tmp_path, name):
    write(tmp_path, analysis(3))
    kept = (tmp_path / "a_events.tsv").rename(tmp_path / name)
    with pytest.raises(OutputError, match="left as it is"):
        write(tmp_path, analysis(1), events=name)
    assert len(read_tsv(kept, 1000.0, ["EMG1"])) == 3


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(OutputError, match=r"There is no folder .*nowhere"):
        write(tmp_path / "nowhere", analysis())


def test_a_folder_is_not_a_file(tmp_path):
    with pytest.raises(OutputError, match="is a folder"):
        outputs.write_results(tmp_path, tmp_path / "a.json", analysis())


def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a_summary.json"
    write(tmp_path, analysis(fasciculations=1))

    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(path), "replace", full)
    with pytest.raises(OutputError, match="No space left on device"):
        write(tmp_path, analysis(fasciculations=2))
    assert json.loads(path.read_text())["fasciculations"] == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a_events.tsv", path.name]


def test_a_device_is_written_to_and_not_replaced():
    device = Path(os.devnull)
    before = device.stat().st_rdev
    outputs.write_results(device, device, analysis())
    assert device.stat().st_rdev == before


def test_each_refusal_names_the_option_that_helps(tmp_path):
    path = tmp_path / "precious"
    path.write_text("mine")
    with pytest.raises(OutputError, match=r"another name with --events\.$"):
        write(tmp_path, analysis(), events="precious")
    with pytest.raises(OutputError, match=r"another name with --summary\.$"):
        write(tmp_path, analysis(), summary="precious")
    with pytest.raises(OutputError, match=r"another name with --csv\.$"):
        outputs.write_text(path, "", ours=False, option="--csv")
