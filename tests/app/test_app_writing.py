"""`app/writing.py`: what follows a change is done, once for many, and surely at the end."""

from __future__ import annotations

import threading

from fasciscope.app.writing import Writer


def test_changes_that_follow_each_other_are_written_together():
    soon, later = [], []
    writer = Writer("test", lambda: soon.append(1), lambda: later.append(len(soon)), pause_s=60)
    for _ in range(20):
        writer.wake()
    assert writer.flush(30), "it does not wait for the pause"
    assert len(later) == 1
    assert 1 <= len(soon) <= 21


def test_it_writes_by_itself_after_the_pause_and_again():
    written = threading.Event()
    writer = Writer("test", lambda: None, written.set, pause_s=0.01)
    writer.wake()
    assert written.wait(30)
    assert writer.flush(30)
    written.clear()
    writer.wake()
    assert written.wait(30)


def test_a_change_during_the_writing_is_written_too():
    writing, go, versions, version = threading.Event(), threading.Event(), [], [1]

    def later():
        versions.append(version[0])
        writing.set()
        assert go.wait(30)

    writer = Writer("test", lambda: None, later, pause_s=0)
    writer.wake()
    assert writing.wait(30)
    version[0] = 2
    writer.wake()
    go.set()
    assert writer.flush(30)
    assert versions == [1, 2]


def test_what_fails_ends_nothing():
    calls = []

    def fails():
        calls.append(1)
        raise ValueError("no")

    writer = Writer("test", fails, fails, pause_s=0)
    writer.wake()
    assert writer.flush(30)
    assert len(calls) == 2
    assert Writer("idle", fails, fails).flush(0), "with nothing to do there is nothing to wait for"
