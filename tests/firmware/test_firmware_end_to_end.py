"""From a muscle's voltage to twitches a minute, by the executed .hex on a port."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from firmware_builds import hex_file

import fasciscope
from fasciscope.device import link as link_module


def record(port: str, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "fasciscope", "record", "--port", port, "--output", "r.edf"]
    return subprocess.run(
        [*command, *more], cwd=folder, capture_output=True, text=True, timeout=120
    )


def calf(seconds):
    return fasciscope.simulate("calf", seconds=seconds + 2, seed=5)


@pytest.mark.parametrize("seconds", [24, pytest.param(60, marks=pytest.mark.soak)])
def test_twitches_from_the_muscle_to_the_count(seconds, tmp_path):
    from simulator import FirmwareBoard, from_recording

    muscle = calf(seconds)
    with FirmwareBoard(hex_file(), from_recording(muscle.recording), speed=20.0) as board:
        done = record(board.port, tmp_path, "--minutes", str(seconds / 60), "--muscle", "calf")
    assert done.returncode == 0, done.stderr
    assert f"{2000 * seconds:,} samples a channel, none lost" in done.stdout
    got = fasciscope.read(tmp_path / "r.edf")
    assert got.info.fs_hz == 2000
    assert "Uno or Nano (ATmega328P), firmware 1.0.0, boot 1" in got.info.device

    injected = board.avr.injected(0, 1, 4)[: got.n_samples].astype(int) - 2048
    assert (got.samples == injected).all()  # every sample in the file is the one on the input

    truth = muscle.truth[muscle.truth["stop"] < got.n_samples]
    score = fasciscope.score(fasciscope.detect(got), truth, fs_hz=2000)
    assert score.f1 >= 0.95


def test_two_channels_stay_apart(tmp_path):
    from simulator import FirmwareBoard, Voltages

    t = np.arange(0, 20, 1 / 8000)
    slow, quick = (2500 + 800 * np.sin(2 * np.pi * hz * t) for hz in (40, 170))
    voltages = Voltages(np.column_stack([slow, quick]), 8000)
    with FirmwareBoard(hex_file(), voltages, speed=20.0) as board:
        done = record(board.port, tmp_path, "--minutes", "0.1", "--channels", "2")
    assert done.returncode == 0, done.stderr
    got = fasciscope.read(tmp_path / "r.edf")
    assert got.samples.shape == (12_000, 2)
    power = abs(np.fft.rfft(got.samples - got.samples.mean(axis=0), axis=0))
    assert (power.argmax(axis=0) / 6.0).tolist() == [40, 170]


def test_a_reset_in_mid_stream_is_a_marked_gap_in_the_same_recording(tmp_path):
    from simulator import FirmwareBoard, from_recording

    def reset_after_two_seconds(board) -> None:
        while board.avr.n_conversions < 16_000:
            threading.Event().wait(0.01)
        board.do(lambda avr: avr.reset("brown-out", seed=3))

    with FirmwareBoard(hex_file(), from_recording(calf(20).recording), speed=3.0) as board:
        threading.Thread(target=reset_after_two_seconds, args=(board,), daemon=True).start()
        done = record(board.port, tmp_path, "--minutes", "0.2")
    assert done.returncode == 0, done.stderr
    got = fasciscope.read(tmp_path / "r.edf")
    assert got.n_samples == 24_000
    (gap,) = got.gaps.tolist()
    assert 2000 < gap[0] < gap[1] < 22_000

    codes, cycles = board.avr.conversions[:, 1].astype(int), board.avr.trigger_cycles
    again = int(np.argmax(np.diff(cycles.astype(int)))) + 1  # where the second run begins
    for samples, run in (
        (got.samples[: gap[0], 0], codes[:again]),
        (got.samples[gap[1] :, 0], codes[again:]),
    ):
        injected = run[: len(samples) * 4].reshape(-1, 4).sum(axis=1) - 2048
        assert (samples == injected).all()


def test_damaged_bytes_leave_gaps_and_no_wrong_sample(tmp_path):
    from simulator import FirmwareBoard, LineFaults, from_recording

    faults = LineFaults(flip=0.001, drop=0.0005, burst=0.0001, seed=6)
    with FirmwareBoard(
        hex_file(), from_recording(calf(20).recording), speed=10.0, mangle=faults
    ) as board:
        done = record(board.port, tmp_path, "--minutes", "0.2")
    assert done.returncode == 0, done.stderr
    assert faults.touched > 20
    got = fasciscope.read(tmp_path / "r.edf")
    injected = board.avr.injected(0, 1, 4)[: got.n_samples].astype(int) - 2048
    there = np.ones(got.n_samples, dtype=bool)
    for start, stop in got.gaps:
        there[start:stop] = False
    assert (got.samples[there] == injected[there]).all()
    assert 0 < got.lost_samples < 0.6 * got.n_samples


def test_the_board_refuses_what_it_cannot_do_in_words(tmp_path):
    from simulator import FirmwareBoard

    with FirmwareBoard(hex_file(), speed=20.0) as board:
        done = record(board.port, tmp_path, "--rate", "2000", "--channels", "5")
    assert done.returncode == 2
    assert "8,000 conversions a second" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_ramp_comes_whole_through_the_link():
    from simulator import FirmwareBoard

    with (
        FirmwareBoard(hex_file(), speed=20.0) as board,
        link_module.open_board(board.port) as link,
    ):
        link.configure(1000.0, 2, 1)
        link.self_test(1)
        link.start()
        marked = []
        got = []
        for block in link.blocks():
            got.append(block.samples)
            if block.stop_index > 3000 and not marked:
                marked.append(link.mark())
            if block.stop_index > 6000:
                link.stop()
        values = np.concatenate(got).astype(int) + 512
        scans = np.arange(len(values))[:, np.newaxis]
        assert (values == (scans + np.array([0, 64])) % 1024).all()
        assert 3000 <= marked[0] < len(values)
        assert link.health.crc_errors == 0
