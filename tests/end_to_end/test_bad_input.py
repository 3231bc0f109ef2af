"""Bad input: exit code 2, a sentence that names the thing, and nothing recorded is touched."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import numpy as np
import pytest
from typer.testing import CliRunner

from fasciscope import read
from fasciscope.cli import main
from fasciscope.device.emulator import EmulatedBoard
from fasciscope.formats import write_edf


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command in `tmp_path`, within this process: there are many of them here."""
    monkeypatch.chdir(tmp_path)

    def run_it(*args: object) -> SimpleNamespace:
        done = CliRunner().invoke(main.app, list(map(str, args)))
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return SimpleNamespace(returncode=done.exit_code, stdout=done.stdout, stderr=done.stderr)

    return run_it


def refused(done, *words: str) -> None:
    """Check that a command was refused in words, without a traceback or output."""
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    said = " ".join(done.stderr.split())
    for word in words:
        assert word in said
    assert 1 <= len(done.stderr.strip().splitlines()) <= 3


@pytest.fixture(scope="session")
def sound(calm) -> bytes:
    """A sound recording, as the bytes of its file."""
    with TemporaryDirectory() as folder:
        write_edf(calm, Path(folder) / "sound.edf")
        return (Path(folder) / "sound.edf").read_bytes()


@pytest.fixture
def rest(sound, tmp_path) -> Path:
    path = tmp_path / "rest.edf"
    path.write_bytes(sound)
    return path


def test_a_port_that_is_not_there(run, tmp_path):
    refused(run("record", "--port", "/dev/ttyNONE7"), "/dev/ttyNONE7", "fasciscope ports")
    assert not list(tmp_path.iterdir())


def test_a_port_that_is_no_port(run, rest):
    before = rest.read_bytes()
    refused(run("record", "--port", rest, "--output", "new.edf"), "rest.edf")
    assert rest.read_bytes() == before
    assert not (rest.parent / "new.edf").exists()


def test_a_busy_port(run, start, board, tmp_path):
    first = start("record", "--port", board.port, "--output", "first.edf")
    while b"Recording to" not in first.stderr.readline().encode():
        assert first.poll() is None
    done = run("record", "--port", board.port, "--output", "second.edf")
    refused(done, board.port, "in use")
    _, status = first.communicate(timeout=60)
    assert first.returncode == 0, status
    assert read(tmp_path / "first.edf").n_samples == 24_000
    assert not (tmp_path / "second.edf").exists()


def test_no_board_answers(run, tmp_path):
    import tty

    leader, follower = os.openpty()
    tty.setraw(follower)
    try:
        port = os.ttyname(follower)
        refused(run("record", "--port", port, "--output", "x.edf"), "No board answered", port)
    finally:
        os.close(leader)
        os.close(follower)
    assert not list(tmp_path.iterdir())


def test_a_board_of_another_protocol_version(run, calm, tmp_path):
    with EmulatedBoard(calm, version=(9, 1)) as board:
        done = run("record", "--port", board.port, "--output", "x.edf")
    refused(done, "protocol 9.1")
    assert not list(tmp_path.iterdir())


def test_a_rate_that_the_board_does_not_have(run, board, tmp_path):
    done = run("record", "--port", board.port, "--rate", 999, "--output", "x.edf")
    refused(done, "2000 Hz")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("option", "value", "word"),
    [
        ("--minutes", "-1", "above 0"),
        ("--minutes", "0", "above 0"),
        ("--minutes", "nan", "above 0"),
        ("--minutes", "inf", "above 0"),
        ("--rate", "0", "between 250 and 10000 Hz"),
        ("--rate", "-2000", "between 250 and 10000 Hz"),
        ("--channels", "0", "1 to 64"),
        ("--channels", "65", "1 to 64"),
    ],
)
def test_a_number_out_of_bounds(run, tmp_path, option, value, word):
    done = run("record", "--port", "/dev/ttyNONE7", option, value)
    refused(done, word)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("args", [["--side", "up"], ["--minutes", "soon"], ["--colour", "red"]])
def test_an_option_that_cannot_be_read(run, args):
    done = run("record", *args)
    assert done.returncode == 2
    assert args[0] in done.stderr
    assert "Traceback" not in done.stderr


def test_an_existing_recording_is_never_overwritten(run, board, rest):
    before = rest.read_bytes()
    refused(run("record", "--port", board.port, "--output", rest), "rest.edf", "exists already")
    refused(run("simulate", "calm", "--output", rest), "rest.edf", "exists already")
    refused(run("detect", rest, "--events", rest), "rest.edf", "not written by fasciscope")
    refused(run("detect", rest, "--summary", rest), "rest.edf", "not written by fasciscope")
    refused(run("report", rest, "--output", rest), "rest.edf")
    picture = rest.with_name("rest.png")
    picture.write_bytes(before)
    refused(run("report", picture, "--output", picture), "rest.png is a recording")
    refused(run("bench", "--which", "weak", "--plot", picture), "rest.png is a recording")
    assert rest.read_bytes() == picture.read_bytes() == before


@pytest.mark.parametrize("command", ["detect", "report", "replay"])
@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "is empty"),
        (b"time,value\n0,1\n", "not a recording"),
        (b"0       " + b" " * 100, "cut"),
        (os.urandom(5000), "not a recording"),
    ],
    ids=["empty", "csv", "cut in its header", "noise"],
)
def test_a_file_that_is_no_recording(run, tmp_path, command, content, word):
    (tmp_path / "odd.edf").write_bytes(content)
    refused(run(command, "odd.edf"), "odd.edf", word)
    assert [path.name for path in tmp_path.iterdir()] == ["odd.edf"]


@pytest.mark.parametrize("command", ["detect", "report", "replay"])
def test_a_file_that_is_not_there_or_a_folder(run, tmp_path, command):
    refused(run(command, "nothing.edf"), "There is no file nothing.edf")
    refused(run(command, tmp_path), "is a folder")


def test_a_recording_that_was_cut_is_analysed_as_far_as_it_goes(run, rest):
    whole = read(rest)
    rest.write_bytes(rest.read_bytes()[:-5000])
    done = run("detect", rest)
    assert done.returncode == 0, done.stderr
    kept = read(rest)
    assert kept.truncated
    assert 0 < kept.n_samples < whole.n_samples
    assert np.array_equal(kept.samples, whole.samples[: kept.n_samples])


def test_a_recording_without_a_usable_channel(run, tmp_path):
    from edfio import Edf, EdfSignal

    signal = EdfSignal(np.linspace(36, 37, 2000), 500, label="Temp", physical_dimension="degC")
    Edf([signal]).write(tmp_path / "warm.edf")
    refused(run("detect", "warm.edf"), "warm.edf", "channel")


def test_channels_that_are_not_there(run, rest):
    refused(run("detect", rest, "--channels", "EMG9"), "EMG9", "It has: EMG1")
    refused(run("detect", rest, "--channels", " , "), "--channels")
    assert not (rest.parent / "rest_events.tsv").exists()


def test_one_output_for_many_recordings(run, rest):
    refused(run("detect", rest, rest, "--events", "e.tsv"), "--events", "2 recordings")


@pytest.mark.parametrize("output", ["nowhere/x.edf", "nowhere/deeper/x.edf"])
def test_a_folder_that_is_not_there(run, board, output):
    refused(run("record", "--port", board.port, "--output", output), "nowhere")
    refused(run("simulate", "calm", "--output", output), "nowhere")


def test_a_folder_that_cannot_be_written_to(run, board, rest):
    folder = rest.parent / "locked"
    folder.mkdir()
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    if os.geteuid() == 0:  # root may write everywhere, but not here
        folder = Path("/proc")
        if not folder.is_dir():
            pytest.skip("root, and no folder that refuses it")
    refused(run("record", "--port", board.port, "--output", folder / "x.edf"), str(folder))
    refused(run("simulate", "calm", "--output", folder / "x.edf"), str(folder))
    refused(run("detect", rest, "--events", folder / "e.tsv"), str(folder))
    refused(run("report", rest, "--output", folder / "r.html"), str(folder))


def test_a_full_disk(run, board, rest):
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    refused(run("detect", rest, "--events", full), "No space left", "/dev/full")


@pytest.mark.parametrize("args", [["nope"], ["calm", "--seconds", "-3"], ["calm", "--rate", "0"]])
def test_a_simulation_that_cannot_be(run, tmp_path, args):
    refused(run("simulate", *args))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("speed", ["0", "-1", "nan", "fast"])
def test_a_speed_that_cannot_be(run, rest, speed):
    refused(run("replay", rest, "--speed", speed), "--speed", speed)


@pytest.mark.parametrize("output", ["r.txt", "r", "nowhere/r.html"])
def test_a_report_that_cannot_be(run, rest, output):
    refused(run("report", rest, "--output", output))
    # said before anything is read
    refused(run("report", "nowhere.edf", "--output", output), output.split("/")[0])
    assert [path.name for path in rest.parent.iterdir() if path.name.startswith("r.")] == []


def test_a_demo_where_there_is_no_room(run, tmp_path):
    (tmp_path / "taken").write_text("mine")
    refused(run("demo", "--output", "taken"), "taken")
    refused(run("demo", "--output", "taken/deeper"), "taken")
    assert (tmp_path / "taken").read_text() == "mine"
