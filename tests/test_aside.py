"""Slow and stuck neighbours: the recording waits for none, and what they miss is counted."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from fasciscope import api, read
from fasciscope.aside import Aside, Onlooker
from fasciscope.blocks import Block, Channel, Marker, StreamInfo
from fasciscope.device import run as run_module
from fasciscope.device.emulator import EmulatedBoard
from fasciscope.device.inbox import Inbox
from fasciscope.errors import OutputError
from fasciscope.formats import EdfWriter
from fasciscope.recording import Recording
from fasciscope.session import Health, run_session
from fasciscope.sources import SerialSource

FS = 1000.0
CHANNEL = Channel("EMG1", 2.0, count_min=-2048, count_max=2044)


def recording(seconds):
    samples = np.random.default_rng(5).integers(-2000, 2000, (int(seconds * FS), 1))
    return Recording(StreamInfo(FS, (CHANNEL,)), samples.astype(np.int16))


class Slow:
    """A sink that blocks at its third block until it is let go."""

    def __init__(self):
        self.blocks, self.finished = [], False
        self.go = threading.Event()

    def process(self, block):
        if len(self.blocks) == 2:
            self.go.wait(30)
        self.blocks.append(block)

    def finish(self):
        self.finished = True


def block(first, n=100, lost=0, markers=()):
    return Block(np.full((n, 1), first % 1000, np.int16), first, lost, tuple(markers))


def test_a_sink_aside_gets_everything_in_order_if_it_keeps_up():
    class Memory(Slow):
        def process(self, block):
            self.blocks.append(block)

    sink = Memory()
    aside = Aside(sink)
    given = [block(0), block(100, markers=[Marker(120, "x")]), block(250, lost=50), block(350, 0)]
    for one in given:
        aside.process(one)
    aside.finish()
    assert sink.finished
    assert [(b.first_index, len(b), b.lost_before, b.markers) for b in sink.blocks] == [
        (b.first_index, len(b), b.lost_before, b.markers) for b in given
    ]
    assert aside.dropped_samples == 0


def test_a_stuck_sink_loses_a_counted_number_and_is_told_of_the_hole():
    sink = Slow()
    aside = Aside(sink, max_bytes=5 * 600)
    began = time.monotonic()
    for k in range(50):
        aside.process(block(100 * k, markers=[Marker(100 * k, str(k))]))
    assert time.monotonic() - began < 1
    assert aside.dropped_samples > 3000
    sink.go.set()
    time.sleep(0.2)
    aside.process(block(5000))
    aside.finish()
    got = sink.blocks
    assert sum(len(b) for b in got) + aside.dropped_samples == 5100
    next_index = 0
    for b in got:
        assert b.lost_before == b.first_index - next_index
        next_index = b.stop_index
    assert [m.text for b in got for m in b.markers] == [str(k) for k in range(50)]


def test_a_sink_that_fails_aside_says_so_at_the_next_block():
    class Bad:
        def process(self, block):
            raise OutputError("The network is gone.")

        def finish(self):
            pass

    aside = Aside(Bad())
    aside.process(block(0))
    time.sleep(0.1)
    with pytest.raises(OutputError, match="network is gone"):
        aside.process(block(100))
    with pytest.raises(OutputError, match="network is gone"):
        aside.finish()


def test_one_that_never_comes_to_an_end_is_not_waited_for_for_ever():
    sink = Slow()
    aside = Aside(sink, finish_s=0.2)
    for k in range(4):
        aside.process(block(100 * k))
    with pytest.raises(OutputError, match=r"still busy 0.2 s after the end.*recording is whole"):
        aside.finish()
    sink.go.set()


def test_an_onlooker_sees_the_newest_and_holds_nobody_up():
    seen, go = [], threading.Event()

    def look(block, health):
        seen.append(health.samples)
        go.wait(10)

    with Onlooker(look) as watch:
        began = time.monotonic()
        for k in range(1000):
            watch(block(0), Health(FS, samples=k))
        assert time.monotonic() - began < 1
        go.set()
        time.sleep(0.1)
    assert seen[-1] == 999
    assert len(seen) < 100


def test_the_recording_has_every_sample_although_the_detector_is_stuck(tmp_path):
    """A real-time board that cannot wait, a detector that never comes back."""
    played, stuck = recording(8.0), Slow()
    with EmulatedBoard(played, speed=4.0, waits=False) as board:
        source = SerialSource(board.port)
        health_of = {}

        def release(block, health):
            health_of["newest"] = health
            if block.stop_index >= 7500:
                stuck.go.set()

        health = api.capture(source, tmp_path / "a.edf", sinks=[stuck], on_block=release)
    assert health.lost == 0
    np.testing.assert_array_equal(read(tmp_path / "a.edf").samples, played.samples)
    assert sum(len(b) for b in stuck.blocks) + health.dropped_beside == played.n_samples


class StalledDisk(EdfWriter):
    """A file whose disk stands still for a while in the middle."""

    stall_s = 5.0
    stalled = False

    def process(self, block):
        if block.first_index > 2000 and not self.stalled:
            self.stalled = True
            time.sleep(self.stall_s)
        super().process(block)


def test_a_disk_that_stalls_for_five_seconds_costs_nothing(tmp_path):
    played = recording(24.0)
    with EmulatedBoard(played, speed=4.0, waits=False) as board:
        source = SerialSource(board.port)
        sink = StalledDisk(tmp_path / "a.edf", source.info)
        health = run_session(source, [sink])
    assert sink.stalled
    assert (health.lost, health.overflowed) == (0, 0)
    np.testing.assert_array_equal(read(tmp_path / "a.edf").samples, played.samples)


def test_beyond_the_buffer_a_stalled_disk_costs_a_counted_number(tmp_path, monkeypatch):
    played = recording(9.0)
    real = run_module.Run.__init__

    def small(self, *args):
        real(self, *args, Inbox(max_bytes=10_000))

    monkeypatch.setattr(run_module.Run, "__init__", small)
    with EmulatedBoard(played, speed=4.0, waits=False) as board:
        source = SerialSource(board.port)
        sink = StalledDisk(tmp_path / "a.edf", source.info)
        sink.stall_s = 1.5
        health = run_session(source, [sink])
    got = read(tmp_path / "a.edf")
    assert health.lost == health.overflowed == got.lost_samples > 0
    there = np.ones(played.n_samples, bool)
    for first, stop in got.gaps:
        there[first:stop] = False
    np.testing.assert_array_equal(got.samples[there], played.samples[there])
