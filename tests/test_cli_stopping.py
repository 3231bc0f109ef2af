"""`cli/stopping.py`: signals that end a session, and markers from standard input."""

import os
import signal
import threading
from contextlib import suppress

import pytest

from fasciscope.cli.stopping import markers_from, stop_signals


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_sets_the_event_and_breaks_nothing_off(number):
    before = signal.getsignal(number)
    with stop_signals() as stop:
        assert not stop.is_set()
        signal.raise_signal(number)
        assert stop.wait(1)
        signal.raise_signal(number)  # a second one does not harm either
    assert signal.getsignal(number) is before


def test_handlers_come_back_after_an_error():
    before = signal.getsignal(signal.SIGTERM)
    with suppress(KeyError), stop_signals():
        raise KeyError
    assert signal.getsignal(signal.SIGTERM) is before


def marks_of(*pieces: bytes) -> list[str]:
    reader, writer = os.pipe()
    marks: list[str] = []
    thread = threading.Thread(target=markers_from, args=(reader, marks.append, threading.Event()))
    thread.start()
    for piece in pieces:
        os.write(writer, piece)
    os.close(writer)
    thread.join(timeout=5)
    os.close(reader)
    assert not thread.is_alive()
    return marks


def test_enter_is_a_marker_and_words_are_its_text():
    assert marks_of(b"\n", b"made a fi", b"st\n\r\n") == ["marker", "made a fist", "marker"]


@pytest.mark.parametrize("pieces", [(), (b"half a line",)])
def test_the_end_of_the_input_is_not_a_marker(pieces):
    assert marks_of(*pieces) == []


def test_bytes_that_are_no_text_do_not_stop_the_listener():
    assert len(marks_of(b"\xff\xfe\n", b"after\n")) == 2


def test_a_closed_descriptor_is_an_end():
    reader, writer = os.pipe()
    os.close(reader)
    os.close(writer)
    markers_from(reader, pytest.fail, threading.Event())
