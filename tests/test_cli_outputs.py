"""`cli/outputs.py`: whole files or none, and nobody else's file is replaced."""

import json
import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
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


def test_events_read_back(tmp_path):
    path = tmp_path / "a_events.tsv"
    outputs.write_events(path, analysis(3))
    assert len(read_tsv(path, 1000.0, ["EMG1"])) == 3


def test_older_results_of_ours_are_replaced(tmp_path):
    table, summary = tmp_path / "a_events.tsv", tmp_path / "a_summary.json"
    for n in (3, 1):
        outputs.write_events(table, analysis(n))
        outputs.write_summary(summary, analysis(n, fasciculations=n))
    assert len(read_tsv(table, 1000.0, ["EMG1"])) == 1
    assert json.loads(summary.read_text())["fasciculations"] == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [table.name, summary.name]


@pytest.mark.parametrize(
    "content", ["onset\tduration\ttrial_type\n1\t2\tstimulus\n", "{}", '{"a": 1}', "\x00\xff", ""]
)
@pytest.mark.parametrize("write", [outputs.write_events, outputs.write_summary])
def test_what_is_not_ours_is_left_alone(tmp_path, content, write):
    path = tmp_path / "precious"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(OutputError, match="precious exists and was not written by fasciscope"):
        write(path, analysis())
    assert path.read_bytes() == content.encode("latin-1")


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(OutputError, match=r"There is no folder .*nowhere"):
        outputs.write_events(tmp_path / "nowhere" / "a.tsv", analysis())


def test_a_folder_is_not_a_file(tmp_path):
    with pytest.raises(OutputError, match="is a folder"):
        outputs.write_events(tmp_path, analysis())


def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a_summary.json"
    outputs.write_summary(path, analysis(fasciculations=1))

    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(path), "replace", full)
    with pytest.raises(OutputError, match="No space left on device"):
        outputs.write_summary(path, analysis(fasciculations=2))
    assert json.loads(path.read_text())["fasciculations"] == 1
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_device_is_written_to_and_not_replaced():
    device = Path(os.devnull)
    before = device.stat().st_rdev
    outputs.write_events(device, analysis())
    assert device.stat().st_rdev == before


def test_json_holds_only_what_json_knows():
    value = {
        "a": np.float32(1.5),
        "b": (np.int64(2), float("nan")),
        "c": np.array([1.0, np.inf]),
        3: None,
    }
    assert outputs.plain(value) == {"a": 1.5, "b": [2, None], "c": [1.0, None], "3": None}
    json.dumps(outputs.plain(value), allow_nan=False)
