"""One source into many sinks: nothing lost, all finished, whatever fails."""

from __future__ import annotations

import math
import re
import threading
import time
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from fasciscope.blocks import Block, Channel, Marker, StreamInfo
from fasciscope.device.run import LinkHealth
from fasciscope.errors import DeviceError, InputError, OutputError
from fasciscope.recording import Recording
from fasciscope.session import Health, Markers, run_session
from fasciscope.sources import Paced, ReplaySource

FS = 1000.0
INFO = StreamInfo(FS, (Channel("EMG1", 1.0), Channel("EMG2", 1.0)))


def recording(n=1000, gaps=(), markers=()):
    samples = np.arange(2 * n, dtype=np.int16).reshape(n, 2)
    table = np.array(gaps, dtype=np.int64).reshape(-1, 2)
    return Recording(INFO, samples, table, tuple(markers))


class Memory:
    """A sink that remembers, and fails when told to."""

    def __init__(self, fail_at=math.inf, fail_in_finish=None):
        self.blocks, self.finished = [], 0
        self._fail_at, self._fail_in_finish = fail_at, fail_in_finish

    def process(self, block):
        if len(self.blocks) >= self._fail_at:
            raise OutputError("The disk is full.")
        self.blocks.append(block)

    def finish(self):
        self.finished += 1
        if self._fail_in_finish:
            raise self._fail_in_finish

    def __eq__(self, other):  # equality must not decide which sink is which
        return isinstance(other, Memory)

    __hash__ = None

    @property
    def samples(self):
        return np.concatenate([block.samples for block in self.blocks])

    @property
    def markers(self):
        return [marker for block in self.blocks for marker in block.markers]

    @property
    def length(self):
        return sum(block.lost_before + len(block) for block in self.blocks)


class Failing:
    """A source that gives some blocks and then fails."""

    info = INFO

    def __init__(self, blocks, error):
        self._blocks, self._error, self.closed = blocks, error, 0

    def __iter__(self):
        yield from self._blocks
        raise self._error

    def close(self):
        self.closed += 1


def test_every_sink_gets_every_sample_and_is_finished_once():
    sinks = [Memory(), Memory(), Memory()]
    seen = []
    health = run_session(
        ReplaySource(recording(), 97), sinks, on_block=lambda block, h: seen.append(h.samples)
    )
    for sink in sinks:
        np.testing.assert_array_equal(sink.samples, recording().samples)
        assert sink.finished == 1
    assert (health.samples, health.lost, health.gaps, health.nominal_hz) == (1000, 0, 0, FS)
    assert seen == [*range(97, 1000, 97), 1000]
    assert health.measured_hz is None
    assert health.crc_errors is None
    assert health.sink_errors == ()


def test_gaps_are_counted():
    sink = Memory()
    health = run_session(ReplaySource(recording(gaps=[(100, 150), (600, 601)]), 64), [sink])
    assert (health.samples, health.lost, health.gaps) == (949, 51, 2)
    assert sink.length == 1000


@pytest.mark.parametrize("max_samples", [1, 64, 65, 500, 1000])
@pytest.mark.parametrize("block_samples", [1, 64, 997])
def test_exactly_as_many_samples_as_asked_for(max_samples, block_samples):
    sink = Memory()
    health = run_session(ReplaySource(recording(), block_samples), [sink], max_samples=max_samples)
    np.testing.assert_array_equal(sink.samples, recording().samples[:max_samples])
    assert health.samples == max_samples


@pytest.mark.parametrize("max_samples", [400, 450, 500, 520])
def test_the_length_counts_missing_samples_even_at_its_very_end(max_samples):
    sink = Memory()
    source = ReplaySource(recording(gaps=[(400, 500)]), 64)
    health = run_session(source, [sink], max_samples=max_samples)
    assert sink.length == max_samples == sink.blocks[-1].stop_index
    assert health.samples + health.lost == max_samples
    assert health.lost == min(max_samples, 500) - 400


def test_markers_of_the_source_go_through_and_those_beyond_the_cut_do_not():
    sink = Memory()
    source = ReplaySource(recording(markers=[Marker(10, "a"), Marker(999, "b")]), 500)
    run_session(source, [sink], max_samples=900)
    assert sink.markers == [Marker(10, "a")]


def test_a_mark_is_set_at_the_newest_sample_and_rides_in_the_next_block():
    sink, markers = Memory(), Markers()

    def on_block(block, health):
        if block.stop_index == 300:
            assert markers.mark("felt one") == Marker(299, "felt one")

    run_session(ReplaySource(recording(), 100), [sink], on_block=on_block, markers=markers)
    assert sink.blocks[3].markers == (Marker(299, "felt one"),)
    assert sink.markers == [Marker(299, "felt one")]


def test_a_mark_set_just_before_the_end_is_not_lost():
    first, second, markers = Memory(), Memory(), Markers()

    def on_block(block, health):
        if block.stop_index == 1000:
            markers.mark("last")

    run_session(ReplaySource(recording(), 100), [first, second], on_block=on_block, markers=markers)
    for sink in (first, second):
        assert sink.markers == [Marker(999, "last")]
        assert sink.blocks[-1].first_index == 1000
        assert sink.blocks[-1].samples.shape == (0, 2)
        assert sink.length == 1000


def test_a_mark_is_not_lost_when_the_source_fails():
    sink, markers = Memory(), Markers()
    source = Failing([Block(np.zeros((5, 2), np.int16), 0)], DeviceError("The port vanished."))
    with pytest.raises(DeviceError, match="vanished"):
        run_session(
            source, [sink], on_block=lambda block, health: markers.mark("x"), markers=markers
        )
    assert sink.markers == [Marker(4, "x")]
    assert sink.finished == 1
    assert source.closed >= 1


def test_marks_from_many_threads_all_arrive():
    sink, markers = Memory(), Markers()
    threads = [
        threading.Thread(target=lambda k=k: [markers.mark(f"{k}-{i}") for i in range(50)])
        for k in range(4)
    ]

    def on_block(block, health):
        if block.first_index == 0:
            for thread in threads:
                thread.start()

    run_session(
        Paced(ReplaySource(recording(), 20), 10), [sink], on_block=on_block, markers=markers
    )
    for thread in threads:
        thread.join()
    late = [marker.text for marker in markers.take()]
    texts = [marker.text for marker in sink.markers] + late
    assert sorted(texts) == sorted(f"{k}-{i}" for k in range(4) for i in range(50))


def test_a_second_sink_that_fails_is_dropped_and_told_of_and_the_recording_goes_on():
    recorder, bad, good = Memory(), Memory(fail_at=2), Memory()
    health = run_session(ReplaySource(recording(), 100), [recorder, bad, good])
    assert recorder.length == good.length == 1000
    assert len(bad.blocks) == 2
    assert [sink.finished for sink in (recorder, bad, good)] == [1, 1, 1]
    (text,) = health.sink_errors
    assert "Memory" in text
    assert "The disk is full." in text


def test_a_second_sink_that_fails_at_the_end_does_not_hide_the_recording():
    recorder, bad, last = Memory(), Memory(fail_in_finish=ZeroDivisionError("x")), Memory()
    health = run_session(ReplaySource(recording(), 100), [recorder, bad, last])
    assert recorder.finished == last.finished == 1
    assert "ZeroDivisionError" in health.sink_errors[0]


def test_the_first_sinks_error_ends_the_session_after_the_others_are_finished():
    recorder, other = Memory(fail_at=3), Memory()
    source = ReplaySource(recording(), 100)
    with pytest.raises(OutputError, match="disk is full"):
        run_session(source, [recorder, other])
    assert (recorder.finished, other.finished) == (1, 1)
    assert other.length == 300
    assert list(source) == []  # closed


def test_the_first_sinks_error_in_finish_is_raised_after_the_others_are_finished():
    recorder, other = Memory(fail_in_finish=OutputError("Cannot sync.")), Memory()
    with pytest.raises(OutputError, match="Cannot sync"):
        run_session(ReplaySource(recording(), 100), [recorder, other])
    assert (recorder.finished, other.finished) == (1, 1)


def test_an_interrupt_in_the_middle_finishes_everything():
    sink = Memory()

    def on_block(block, health):
        if block.stop_index == 500:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_session(ReplaySource(recording(), 100), [sink], on_block=on_block)
    assert sink.finished == 1
    assert sink.length == 500


def test_stop_ends_a_source_that_is_waiting():
    sink, stop = Memory(), threading.Event()
    threading.Timer(0.2, stop.set).start()
    began = time.monotonic()
    run_session(Paced(ReplaySource(recording(60_000), 10_000)), [sink], stop=stop)
    assert 0.15 < time.monotonic() - began < 5.0  # the first block was due after 10 s
    assert sink.finished == 1


def test_stop_still_takes_what_has_come():
    """A source that was closed gives what it has: none of it is thrown away."""

    class Backlog:
        info = INFO
        closed = threading.Event()

        def __iter__(self):
            assert self.closed.wait(5)
            for first in range(0, 300, 100):
                yield Block(np.zeros((100, 2), np.int16), first)

        def close(self):
            self.closed.set()

    sink, stop = Memory(), threading.Event()
    stop.set()
    assert run_session(Backlog(), [sink], stop=stop).samples == 300
    assert sink.length == 300


def test_the_boards_own_figures_are_in_the_health():
    class Board(ReplaySource):
        health = LinkHealth(999.5, 0.001, 3, 2, 1, 5, 7, 6, 0.25, 0.5, 4)

    health = run_session(Board(recording(), 100), [Memory()])
    lost = (health.lost_frames, health.duplicates, health.implausible, health.board_errors)
    assert lost == (2, 1, 5, 6)
    assert (health.measured_hz, health.clock_error_s) == (999.5, 0.001)
    assert (health.crc_errors, health.overruns, health.overflowed) == (3, 7, 4)
    assert health.buffer_level == 0.5


def test_the_page_of_the_format_tells_of_every_figure_of_a_session():
    page = (Path(__file__).parents[1] / "docs" / "recording-format.md").read_text(encoding="utf-8")
    table = page[page.index("## The sidecar") :]
    told = set(re.findall(r"`([a-z_]+)`", table[: table.index("\n## ")]))
    assert {field.name for field in fields(Health)} <= told


@pytest.mark.parametrize("max_samples", [0, -5])
def test_a_session_without_length_is_refused(max_samples):
    with pytest.raises(InputError, match="at least one sample"):
        run_session(ReplaySource(recording()), [Memory()], max_samples=max_samples)
