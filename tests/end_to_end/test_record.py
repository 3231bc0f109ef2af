"""`fasciscope record` from an emulated board over a real pseudo-terminal."""

from __future__ import annotations

import json
import signal
import threading
from pathlib import Path

import numpy as np
import pytest

from fasciscope import read, simulate
from fasciscope.device.emulator import EmulatedBoard


def wait_for_file(path: Path, size: int, timeout_s: float = 60.0) -> None:
    """Return when the file at `path` has grown beyond `size` bytes."""
    pause = threading.Event()
    for _ in range(round(timeout_s / 0.05)):
        if path.exists() and path.stat().st_size > size:
            return
        pause.wait(0.05)
    pytest.fail(f"{path.name} did not grow beyond {size} bytes in {timeout_s:g} s")


def test_every_sample_arrives_in_the_file(run, board, calm, tmp_path):
    done = run(
        "record", "--port", board.port, "--muscle", "calf", "--side", "left", "--note", "at rest",
        "--output", "rest_emg.edf",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    got = read(tmp_path / "rest_emg.edf")
    assert np.array_equal(got.samples, calm.samples)
    assert not len(got.gaps)
    assert not got.truncated
    assert got.info.fs_hz == calm.info.fs_hz
    channel = got.info.channels[0]
    assert (channel.muscle, channel.side) == ("calf", "left")
    assert channel.uv_per_count == pytest.approx(calm.info.channels[0].uv_per_count, rel=1e-6)
    assert "24,000 samples a channel, none lost" in done.stdout
    sidecar = json.loads((tmp_path / "rest_emg.json").read_text())
    assert sidecar["SamplingFrequency"] == calm.info.fs_hz
    assert sidecar["RecordingDuration"] == pytest.approx(calm.duration_s)
    assert sidecar["fasciscope"]["session"]["lost"] == 0


@pytest.mark.soak
def test_a_minute_in_real_time_arrives_whole(run, tmp_path):
    minute = simulate("calf", seconds=60, seed=2).recording
    with EmulatedBoard(minute) as board:
        done = run("record", "--port", board.port, "--output", "minute.edf")
    assert done.returncode == 0, done.stderr
    assert np.array_equal(read(tmp_path / "minute.edf").samples, minute.samples)


def test_minutes_are_kept_to_the_sample(run, board, calm, tmp_path):
    done = run("record", "--port", board.port, "--minutes", "0.05", "--output", "short.edf")
    assert done.returncode == 0, done.stderr
    got = read(tmp_path / "short.edf")
    assert got.n_samples == 6000
    assert np.array_equal(got.samples, calm.samples[:6000])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_recording_cleanly(start, calm, tmp_path, number):
    file = tmp_path / "stopped.edf"
    with EmulatedBoard(calm, speed=2.0, loop=True) as board:
        process = start("record", "--port", board.port, "--output", file.name)
        wait_for_file(file, size=4000)
        process.send_signal(number)
        said, status = process.communicate(timeout=60)
    assert process.returncode == 0, status
    assert "none lost" in said
    got = read(file)
    assert not got.truncated
    assert np.array_equal(got.samples, np.resize(calm.samples, got.samples.shape))


def test_a_kill_costs_a_second_at_most(start, calm, tmp_path):
    file = tmp_path / "killed.edf"
    with EmulatedBoard(calm, speed=2.0, loop=True) as board:
        process = start("record", "--port", board.port, "--output", file.name)
        wait_for_file(file, size=9000)
        process.kill()
        process.wait(timeout=30)
    got = read(file)
    assert got.truncated
    assert got.n_samples >= 4000
    assert np.array_equal(got.samples, np.resize(calm.samples, got.samples.shape))


def test_lines_on_standard_input_are_markers(start, calm, tmp_path):
    file = tmp_path / "marked.edf"
    with EmulatedBoard(calm, speed=2.0, loop=True) as board:
        process = start("record", "--port", board.port, "--output", file.name)
        wait_for_file(file, size=4000)
        process.stdin.write("made a fist\n\n")
        process.stdin.close()  # the end of the input is neither a marker nor the end
        process.stdin = None
        wait_for_file(file, size=12000)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    got = read(file)
    assert [marker.text for marker in got.markers] == ["made a fist", "marker"]
    assert 0 < got.markers[0].sample_index < got.n_samples - 2000


def test_lost_samples_are_said_and_marked(run, calm, tmp_path):
    def mangle(data: bytes) -> bytes:
        mangle.sent += len(data)
        return b"" if 20_000 < mangle.sent < 30_000 else data

    mangle.sent = 0
    with EmulatedBoard(calm, speed=6.0, mangle=mangle) as board:
        done = run("record", "--port", board.port, "--output", "holes.edf")
    assert done.returncode == 0, done.stderr
    got = read(tmp_path / "holes.edf")
    assert got.lost_samples > 0
    assert f"{got.lost_samples:,} lost samples in" in done.stdout
    assert got.n_samples == calm.n_samples
    there = np.ones(got.n_samples, dtype=bool)
    for start, stop in got.gaps:
        there[start:stop] = False
    assert np.array_equal(got.samples[there], calm.samples[there])


def test_a_board_that_goes_away_leaves_the_recording(start, calm, tmp_path):
    file = tmp_path / "gone.edf"
    with EmulatedBoard(calm, speed=2.0, loop=True) as board:
        process = start("record", "--port", board.port, "--wait", "1", "--output", file.name)
        wait_for_file(file, size=4000)
        board.unplug()
        _, status = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "vanished" in status
    assert f"{file.name} is kept" in status
    assert "Traceback" not in status
    got = read(file)
    assert not got.truncated
    assert np.array_equal(got.samples, np.resize(calm.samples, got.samples.shape))
    assert (tmp_path / "gone_emg.json").exists()
