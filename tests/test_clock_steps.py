"""The wall clock steps (NTP, daylight saving, a person): the time of a sample does not."""

from __future__ import annotations

import ast
import random
import time
from pathlib import Path

import numpy as np
import pytest

import fasciscope
from fasciscope import api, read
from fasciscope.blocks import Channel, StreamInfo
from fasciscope.device import hostclock
from fasciscope.device.emulator import EmulatedBoard
from fasciscope.recording import Recording
from fasciscope.sources import SerialSource

PACKAGE = Path(fasciscope.__file__).parent
WALL = {
    "time.time",
    "time.time_ns",
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
}


def test_nothing_between_port_and_file_looks_at_the_wall_clock():
    rooms = [PACKAGE / name for name in ("session.py", "aside.py", "recorder.py", "recording.py")]
    rooms += [*(PACKAGE / "device").glob("*.py"), *(PACKAGE / "formats").glob("*.py")]
    looked = {}
    for path in [*rooms, PACKAGE / "sources.py"]:
        calls = [
            ast.unparse(node.func)
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Call)
        ]
        looked[path.name] = sum(any(call.endswith(wall) for wall in WALL) for call in calls)
    assert looked.pop("sources.py") == 1  # the start of the recording, once
    assert not any(looked.values())


def test_the_wall_clock_jumps_to_and_fro_and_no_sample_moves(tmp_path, monkeypatch):
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + random.choice([-7200, 3600, 1e6]))
    counts = np.random.default_rng(1).integers(-2000, 2000, (12_000, 1)).astype(np.int16)
    channel = Channel("EMG1", 2.0, count_min=-2048, count_max=2044)
    played = Recording(StreamInfo(1000.0, (channel,)), counts)
    with EmulatedBoard(played, speed=8.0) as board:
        health = api.capture(SerialSource(board.port), tmp_path / "a.edf")
    got = read(tmp_path / "a.edf")
    np.testing.assert_array_equal(got.samples, counts)
    assert health.lost == 0
    assert health.measured_hz == pytest.approx(8000, rel=0.02)


def test_the_clock_of_arrivals_goes_on_while_the_computer_sleeps(monkeypatch):
    asked = []
    monkeypatch.setattr(
        time, "clock_gettime", lambda which: asked.append(which) or 12.5, raising=False
    )
    monkeypatch.setattr(time, "CLOCK_BOOTTIME", 7, raising=False)
    assert hostclock.now_s() == 12.5
    assert asked == [7]
    monkeypatch.delattr(time, "CLOCK_BOOTTIME")  # not on this system
    before = time.monotonic()
    assert before <= hostclock.now_s() <= time.monotonic()
