"""One run, fed with messages: blocks in order, loss exact, whatever the messages say."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fasciscope.blocks import Marker
from fasciscope.device import messages as m
from fasciscope.device import run as run_module
from fasciscope.device.inbox import Inbox
from fasciscope.device.run import LostBoardError, Run
from fasciscope.errors import DeviceError

SETUP = m.Configured(1_000_000, 1, 4, 2048, 4092, 4096, 32, 0)
HELLO = m.HelloReply(0, 1, 0, 1, 0, 0, 9, 10**6, 10, 5 * 10**6, 1, 10**6, 8000, 0, "Test")


def started(inbox=None):
    return Run(3, SETUP, HELLO, "The board", inbox)


def data(sequence, index, n=32, run=3):
    values = (np.arange(index, index + n) % 4093).astype("<u2")
    return m.Data(run, sequence & 0xFFFF, index & 0xFFFFFFFF, n, values.tobytes())


def status(index, state=m.State.RUNNING, run=3, boot=9, dropped=0):
    tick = (index * 1000) & 0xFFFFFFFF
    return m.Status(run, state, 128, tick, index & 0xFFFFFFFF, dropped, 2, 0, boot)


def taken(run):
    return [(b.first_index, len(b), b.lost_before, b.markers) for b in run.blocks(block_s=0.032)]


def test_blocks_end_with_the_board_and_missing_scans_are_told():
    run = started()
    run.feed([data(0, 0), data(2, 64)], 1.0)
    run.feed([status(128, m.State.IDLE)], 1.1)
    assert taken(run) == [(0, 32, 0, ()), (64, 32, 32, ()), (128, 0, 32, ())]
    assert run.health(5).lost_frames == 1
    assert run.health(5).crc_errors == 5


def test_a_marker_comes_once_and_rides_with_samples_or_behind_the_last_ones():
    run = started()
    run.feed([m.BoardMarker(3, 1, 1, 7), m.BoardMarker(3, 1, 1, 7), data(0, 0)], 1.0)
    run.feed([m.BoardMarker(2, 1, 2, 7)], 1.0)  # of another run
    run.feed([status(32, m.State.IDLE), data(1, 32)], 1.1)  # nothing comes behind the end
    assert taken(run) == [(0, 32, 0, (Marker(7, "button"),))]
    late = started()
    late.feed([m.BoardMarker(3, 1, 1, 7)], 1.0)
    late.end(final_index=32)
    assert taken(late) == [(32, 0, 32, (Marker(7, "button"),))]


@pytest.mark.parametrize(
    "news",
    [
        [m.Boot(1, 0, 10, 1), status(0, m.State.IDLE, run=0, boot=10)],
        [status(64, boot=10), status(64, boot=10)],
    ],
)
def test_a_restart_ends_the_run_after_what_came(news):
    run = started()
    run.feed([data(0, 0), *news, data(1, 32)], 1.0)
    stream = run.blocks(block_s=0.032)
    assert len(next(stream)) == 32
    with pytest.raises(DeviceError, match="The board has restarted"):
        list(stream)


@pytest.mark.parametrize(
    "wrong",
    [
        status(32, boot=10),
        m.Boot(1, 0, 77, 1),
        status(3_000_000, m.State.IDLE),
        m.BoardMarker(3, 1, 1, 3_000_000),
    ],
)
def test_one_frame_that_passed_its_crc_by_chance_does_no_harm(wrong):
    run = started()
    run.feed([data(0, 0), wrong, data(1, 32), status(64), wrong, status(64)], 1.0)
    run.feed([data(2, 64), status(96, m.State.IDLE)], 1.1)
    got = taken(run)
    assert sum(length for _, length, _, _ in got) == 96
    assert not any(lost or markers for _, _, lost, markers in got)


def test_an_end_far_off_is_believed_when_it_is_told_again():
    run = started()
    run.feed([data(0, 0), status(3_000_000, m.State.IDLE)], 1.0)
    assert not run.inbox.ended
    run.feed([status(3_000_000, m.State.IDLE)], 2.0)
    assert taken(run) == [(0, 32, 0, ()), (3_000_000, 0, 3_000_000 - 32, ())]


def test_status_of_another_run_is_not_ours():
    run = started()
    run.feed([status(999, m.State.IDLE, run=2), data(0, 0), status(32)], 1.0)
    run.end()
    assert taken(run) == [(0, 32, 0, ())]


def test_the_health_holds_what_the_board_says():
    run = started()
    assert run.health(0).board_level is None
    run.feed([data(0, 0), data(1, 64), status(96, dropped=32)], 1.0)
    health = run.health(0)
    assert (health.overruns, health.board_errors, health.lost_frames) == (32, 2, 0)
    run.end(final_index=160, dropped=64)  # what the board says at its end is newer
    assert run.health(0).overruns == 64
    assert health.board_level == pytest.approx(128 / 255)
    assert health.inbox_level > 0


def test_a_full_inbox_loses_the_newest_and_counts():
    run = started(Inbox(max_bytes=2 * (64 + 400)))
    run.feed([data(k, 64 * k) for k in range(5)], 1.0)
    run.end()
    assert [index for index, *_ in taken(run)] == [0, 64]
    assert run.health(0).overflowed == 3 * 32


u8, u16, u32 = (st.integers(0, 2**bits - 1) for bits in (8, 16, 32))
anything = st.one_of(
    st.builds(
        lambda run, sequence, index, values: m.Data(
            run, sequence, index, len(values), np.array(values, "<u2").tobytes()
        ),
        st.sampled_from([2, 3]),
        u16,
        st.one_of(u32, st.integers(0, 200)),
        st.lists(u16, min_size=1, max_size=6),
    ),
    st.builds(m.Status, st.sampled_from([2, 3]), u8, u8, u32, u32, u32, u16, u16, st.just(9)),
    st.builds(m.BoardMarker, st.sampled_from([2, 3]), u8, u16, u32),
    st.builds(m.Boot, u8, u8, st.just(9), u8),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(anything, max_size=6), max_size=8))
def test_whatever_a_board_says_blocks_are_in_order_and_exact(batches):
    run = started()
    for i, batch in enumerate(batches):
        run.feed(batch, float(i))
        run.health(0)
    run.end()
    next_index = 0
    for block in run.blocks(block_s=0.01):
        assert block.lost_before == block.first_index - next_index >= 0
        assert block.samples.dtype == np.int16
        assert block.samples.shape[1] == 1
        next_index = block.stop_index


def test_a_board_that_answers_but_sends_no_samples(monkeypatch):
    monkeypatch.setattr(run_module, "SILENCE_S", 0.3)
    run = started()
    run.feed([data(0, 0)], 1.0)
    over = threading.Event()

    def talk():
        while not over.wait(0.02):
            run.feed([status(32)], time.monotonic())

    talker = threading.Thread(target=talk)
    talker.start()
    try:
        stream = run.blocks(block_s=0.032)
        assert len(next(stream)) == 32
        with pytest.raises(LostBoardError, match=r"answers, but has sent no samples.*safe") as lost:
            list(stream)
    finally:
        over.set()
        talker.join()
    assert lost.value.restarted
