"""`cli/live.py`: twitches counted beside a session, and the line that says how it goes."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from fasciscope import simulate
from fasciscope.blocks import Block, Marker
from fasciscope.cli import live
from fasciscope.session import Health
from fasciscope.trace import Trace


@pytest.fixture(scope="module")
def recording():
    return simulate("calm", seconds=30, seed=4).recording


def counted(**known):
    """A counter that stands where the test wants it."""
    nothing = {"noise_uv": np.array([0.0]), "twitches": 0, "last_minute": 0, "families": ()}
    return SimpleNamespace(snapshot=lambda: SimpleNamespace(**(nothing | known)))


def block_at(second, *markers):
    return Block(np.zeros((2000, 1), dtype=np.int16), second * 2000 - 2000, 0, markers)


def test_without_a_terminal_a_plain_line_now_and_then(capsys, monkeypatch):
    now = SimpleNamespace(s=100.0)
    monkeypatch.setattr(live, "monotonic", lambda: now.s)
    counter = counted(noise_uv=np.array([7.94]), twitches=12, last_minute=9)
    with live.LiveView(counter, total_s=600) as line:
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
        f"00:{second} of 10:00   lost 3   noise 7.9 µV   twitches 12   last minute 9   "
        f"{2 * second},000 samples   1999.94 of 2000 Hz   clock ±0.4 ms   buffer 7 %   "
        "came back 1 time"
        for second in (10, 20)
    ]


def test_a_board_that_is_away_is_said(capsys, monkeypatch):
    now = SimpleNamespace(s=0.0)
    monkeypatch.setattr(live, "monotonic", lambda: now.s)
    with live.LiveView(None) as line:
        now.s = 10.0
        line(block_at(1), Health(2000.0, waiting_s=3.4))
    said = capsys.readouterr().err
    assert said == "00:01   lost 0   the board is away: waiting for it, 3 s\n"


def test_what_is_not_known_yet_is_not_a_number(capsys, monkeypatch):
    now = SimpleNamespace(s=0.0)
    monkeypatch.setattr(live, "monotonic", lambda: now.s)
    counter = counted()
    with live.LiveView(counter) as line:
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
    with live.LiveView(None, hint="Ctrl-C: end") as line:
        for second in (1, 2, 3):
            line(block_at(second), Health(2000.0))
    said = capsys.readouterr().err
    assert "00:03   lost 0" in said
    assert "0 samples   2000 Hz" in said
    assert "Ctrl-C: end" in said
    # three lines, each drawn over the one before
    assert said.count("\n") <= 9
    assert "\x1b[1A" in said


def test_on_a_terminal_the_trace_and_the_families_are_seen(capsys, monkeypatch, recording):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("LINES", "24")
    monkeypatch.setattr(live, "TERMINAL_EVERY_S", 0.0)
    trace = Trace(recording.info)
    trace.process(Block(recording.samples[:20_000], 0))
    counter = counted(twitches=7, last_minute=7, families=((1, 4), (2, 3)))
    with live.LiveView(counter, trace) as view:
        view(block_at(10), Health(2000.0))
    said = capsys.readouterr().err
    braille = [character for character in said if 0x2800 < ord(character) < 0x2900]
    assert len(braille) > 60, "a signal of ten seconds"
    assert "EMG1" in said
    assert "families 1: 4   2: 3" in said
    assert all(len(line) <= 120 for line in said.splitlines())
