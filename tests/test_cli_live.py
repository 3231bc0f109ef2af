"""`cli/live.py`: twitches counted beside a session, and the line that says how it goes."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from fasciscope import simulate
from fasciscope.analysis import detect
from fasciscope.blocks import Block, Marker
from fasciscope.cli import live
from fasciscope.events import Kind, of_kind
from fasciscope.session import Health


@pytest.fixture(scope="module")
def recording():
    return simulate("calm", seconds=30, seed=4).recording


def block_at(second, *markers):
    return Block(np.zeros((2000, 1), dtype=np.int16), second * 2000 - 2000, 0, markers)


def test_the_count_at_the_end_is_that_of_detect(recording):
    counter = live.TwitchCounter(recording.info)
    seen = []
    for block in recording.blocks(200):
        counter.process(block)
        seen.append(counter.twitches)
    assert not counter.finished
    assert seen == sorted(seen)
    assert seen[-1] > 0, "twitches are counted while samples come"
    counter.finish()
    assert counter.finished
    assert counter.twitches == len(of_kind(detect(recording).events, Kind.FASCICULATION))


def test_without_a_terminal_a_plain_line_now_and_then(capsys, monkeypatch):
    now = SimpleNamespace(s=100.0)
    monkeypatch.setattr(live, "monotonic", lambda: now.s)
    counter = SimpleNamespace(detector=SimpleNamespace(noise_uv=np.array([7.94])), twitches=12)
    with live.StatusLine(counter, total_s=600) as line:
        for second in range(1, 26):
            now.s += 1.0
            health = Health(
                2000.0,
                samples=2000 * second,
                lost=3,
                measured_hz=1999.94,
                clock_error_s=0.00042,
                buffer_level=0.07,
                reconnects=1,
            )
            line(block_at(second), health)
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        f"00:{second} of 10:00   lost 3   noise 7.9 µV   twitches 12   {2 * second},000 samples   "
        "1999.94 of 2000 Hz   clock ±0.4 ms   buffer 7 %   came back 1 time"
        for second in (10, 20)
    ]


def test_a_board_that_is_away_is_said(capsys, monkeypatch):
    now = SimpleNamespace(s=0.0)
    monkeypatch.setattr(live, "monotonic", lambda: now.s)
    with live.StatusLine(None) as line:
        now.s = 10.0
        line(block_at(1), Health(2000.0, waiting_s=3.4))
    said = capsys.readouterr().err
    assert said == "00:01   lost 0   the board is away: waiting for it, 3 s\n"


def test_what_is_not_known_yet_is_not_a_number(capsys, monkeypatch):
    now = SimpleNamespace(s=0.0)
    monkeypatch.setattr(live, "monotonic", lambda: now.s)
    counter = SimpleNamespace(detector=SimpleNamespace(noise_uv=np.array([0.0])), twitches=0)
    with live.StatusLine(counter) as line:
        line(block_at(1, Marker(5, "fist")), Health(2000.0))
        now.s = 10.0
        line(block_at(2), Health(2000.0, markers=1))
    said = capsys.readouterr().err
    assert said == ("00:02   lost 0   noise …   twitches 0   markers 1   0 samples   2000 Hz\n")


def test_on_a_terminal_the_line_is_redrawn_in_place(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr(live, "TERMINAL_EVERY_S", 0.0)
    with live.StatusLine(None, hint="Ctrl-C: end") as line:
        for second in (1, 2, 3):
            line(block_at(second), Health(2000.0))
    said = capsys.readouterr().err
    assert "00:03   lost 0" in said
    assert "0 samples   2000 Hz" in said
    assert "Ctrl-C: end" in said
    # three lines, each drawn over the one before
    assert said.count("\n") <= 9
    assert "\x1b[1A" in said
