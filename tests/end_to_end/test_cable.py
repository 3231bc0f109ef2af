"""`fasciscope record` while somebody pulls the cable, presses reset, or freezes the computer."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import time
import tty
from pathlib import Path

import numpy as np
import pytest

from fasciscope import read
from fasciscope.device.emulator import EmulatedBoard
from fasciscope.recording import Recording

SPEED = 4.0


def point(link: Path, port: str) -> None:
    """Let the name `link` lead to `port`, as udev does for a board that is plugged in again."""
    fresh = link.with_name("fresh")
    fresh.symlink_to(port)
    fresh.replace(link)


def wait_for_size(
    process: subprocess.Popen[str], file: Path, size: int, timeout_s: float = 60.0
) -> None:
    """Wait until the recording that `process` makes is larger than `size` bytes."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline and process.poll() is None:
        if file.exists() and file.stat().st_size > size:
            return
        time.sleep(0.05)
    running = process.poll() is None
    process.kill()
    said, status = process.communicate()
    pytest.fail(
        f"{file.name} did not grow beyond {size} bytes; the recorder "
        f"{'still ran' if running else f'had left with {process.returncode}'}: {said} {status}"
    )


def present(got: Recording) -> np.ndarray:
    """Return which samples are not inside a gap."""
    there = np.ones(got.n_samples, dtype=bool)
    for first, stop in got.gaps:
        there[first:stop] = False
    return there


def test_the_cable_is_pulled_and_put_back(start, calm, tmp_path):
    file, port = tmp_path / "cable.edf", tmp_path / "board"
    with EmulatedBoard(calm, speed=SPEED, loop=True) as board:
        point(port, board.port)
        process = start("record", "--port", port, "--output", file.name)
        wait_for_size(process, file, 12_000)
        board.unplug()
        port.unlink()
        size = file.stat().st_size
        time.sleep(1.0)
        board.plug_in()
        point(port, board.port)
        wait_for_size(process, file, size + 16_000)
        process.send_signal(signal.SIGINT)
        said, status = process.communicate(timeout=60)
    assert process.returncode == 0, status
    got = read(file)
    assert len(got.gaps) == 1
    assert got.lost_samples > 0.5 * SPEED * calm.info.fs_hz
    there = present(got)
    truth = np.resize(calm.samples, got.samples.shape)
    np.testing.assert_array_equal(got.samples[there], truth[there])
    ours = json.loads((tmp_path / "cable_emg.json").read_text())["fasciscope"]
    session = ours["session"]
    assert (session["reconnects"], session["host_gaps"]) == (1, [])
    assert (session["duplicates"], session["implausible"], session["board_errors"]) == (0, 0, 0)
    for sample, at_s in ours["clock_points"]:
        assert at_s == pytest.approx(sample / (SPEED * calm.info.fs_hz), abs=0.3)
    assert ours["clock_points"]
    assert session["lost"] == got.lost_samples
    assert f"{got.lost_samples:,} lost samples in 1 gap" in said


def test_the_board_is_reset_and_the_uncertainty_is_written_down(start, calm, tmp_path):
    file = tmp_path / "reset.edf"
    with EmulatedBoard(calm, speed=SPEED, loop=True) as board:
        process = start("record", "--port", board.port, "--output", file.name)
        wait_for_size(process, file, 24_000)
        board.reset()
        size = file.stat().st_size
        wait_for_size(process, file, size + 16_000)
        process.send_signal(signal.SIGTERM)
        _, status = process.communicate(timeout=60)
    assert process.returncode == 0, status
    got = read(file)
    session = json.loads((tmp_path / "reset_emg.json").read_text())["fasciscope"]["session"]
    ((first, stop),) = got.gaps
    (gap,) = session["host_gaps"]
    assert (gap["first"], gap["stop"]) == (first, stop)
    assert 0 < gap["uncertainty_s"] < 0.3
    (marker,) = got.markers
    assert marker.sample_index == stop
    assert f"within {gap['uncertainty_s']:.3f} s" in marker.text
    np.testing.assert_array_equal(
        got.samples[stop:], np.resize(calm.samples, (got.n_samples - stop, 1))
    )


def test_ctrl_c_works_while_the_board_is_away(start, calm, tmp_path):
    file = tmp_path / "away.edf"
    with EmulatedBoard(calm, speed=SPEED, loop=True) as board:
        process = start("record", "--port", board.port, "--wait", "600", "--output", file.name)
        wait_for_size(process, file, 8_000)
        board.unplug()
        time.sleep(1.0)
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        _, status = process.communicate(timeout=30)
        assert time.monotonic() - began < 10
    assert process.returncode == 0, status
    got = read(file)
    assert not got.truncated
    np.testing.assert_array_equal(got.samples, np.resize(calm.samples, got.samples.shape))


@pytest.mark.parametrize("asleep_s", [2.0, pytest.param(30.0, marks=pytest.mark.soak, id="30 s")])
def test_a_frozen_computer_loses_only_what_the_board_could_not_hold(
    start, calm, tmp_path, asleep_s
):
    file = tmp_path / "asleep.edf"
    with EmulatedBoard(calm, speed=SPEED, loop=True, waits=False) as board:
        process = start("record", "--port", board.port, "--output", file.name)
        wait_for_size(process, file, 12_000)
        process.send_signal(signal.SIGSTOP)
        time.sleep(asleep_s)
        size = file.stat().st_size
        process.send_signal(signal.SIGCONT)
        wait_for_size(process, file, size + 40_000 + int(3 * asleep_s * SPEED * calm.info.fs_hz))
        process.send_signal(signal.SIGINT)
        _, status = process.communicate(timeout=60)
    assert process.returncode == 0, status
    got = read(file)
    fs_hz = calm.info.fs_hz
    assert 0 < got.lost_samples < (asleep_s + 2) * SPEED * fs_hz
    there = present(got)
    truth = np.resize(calm.samples, got.samples.shape)
    np.testing.assert_array_equal(got.samples[there], truth[there])
    session = json.loads((tmp_path / "asleep_emg.json").read_text())["fasciscope"]["session"]
    assert session["lost"] == session["overruns"] == got.lost_samples
    # the frozen time is in the clock's line too, and does not bend it
    assert session["measured_hz"] == pytest.approx(SPEED * fs_hz, rel=2e-3)


def test_ctrl_c_works_while_the_board_is_looked_for(start, tmp_path):
    leader, follower = pty.openpty()  # a port on which nobody answers
    tty.setraw(follower)
    try:
        process = start("record", "--port", os.ttyname(follower), "--output", "x.edf")
        assert select.select([leader], [], [], 30)[0], "nobody asked for a board"
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        _, status = process.communicate(timeout=30)
        assert time.monotonic() - began < 3
    finally:
        os.close(leader)
        os.close(follower)
    assert process.returncode == 130
    assert "Traceback" not in status
    assert not list(tmp_path.iterdir())
