"""The journal beside a recording: kept by itself once there is one, and never in its way."""

from __future__ import annotations

import os
import re

import pytest

from fasciscope.journal.store import Journal


@pytest.fixture
def journal_path(tmp_path, monkeypatch):
    path = tmp_path / "data" / "journal.sqlite"
    monkeypatch.setenv("FASCISCOPE_JOURNAL", str(path))
    return path


def record(run, board, name, *more):
    words = ("--port", board.port, "--muscle", "calf", "--side", "left", "--minutes", 0.15)
    done = run("record", *words, "--output", name, *more)
    assert done.returncode == 0, done.stderr
    return done


def test_a_recording_finds_its_way_into_the_journal(run, board, journal_path):
    assert "journal" not in record(run, board, "a_emg.edf").stderr
    assert not journal_path.exists()
    done = record(run, board, "b_emg.edf", "--journal")
    assert "Added to your journal as session 1 (left calf)." in done.stderr
    done = record(run, board, "c_emg.edf")
    assert "Added to your journal as session 2 (left calf)." in done.stderr
    assert "journal" not in record(run, board, "d_emg.edf", "--no-journal").stderr
    again = run("detect", "c_emg.edf")
    assert "Session 2 of your journal (left calf) is brought up to date." in again.stderr
    assert "Added to your journal as session 3" in run("detect", "d_emg.edf").stderr
    with Journal.open(journal_path) as journal:
        kept = journal.sessions()
    assert [re.sub(".*/", "", s.recording) for s in kept] == ["b_emg.edf", "c_emg.edf", "d_emg.edf"]
    assert {(s.muscle, s.side) for s in kept} == {("calf", "left")}
    assert all(s.analysable_s > 1 for s in kept)


def test_a_journal_that_cannot_be_written_costs_the_recording_nothing(run, board, journal_path):
    journal_path.parent.mkdir()
    journal_path.write_bytes(os.urandom(5000))
    done = record(run, board, "a_emg.edf")
    assert "Not kept in the journal: The journal" in done.stderr
    assert "is damaged" in done.stderr
    assert run("check", "a_emg.edf").returncode == 0


def test_the_simulated_half_year_by_one_command(run, journal_path):
    assert run("journal", "simulate", "half.zip").returncode == 0
    assert run("journal", "import", "half.zip").returncode == 0
    done = run("journal", "trends")
    assert "Clearly more often" in done.stdout
    assert "Not a medical device" in done.stderr
