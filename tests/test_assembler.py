"""Loss, doubles and wraps: what the assembler makes of frames that went astray."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fasciscope.device.assembler import StreamAssembler, joined
from fasciscope.device.messages import Configured, Data

SETUP = Configured(2_000_000, 2, 4, 2048, 4092, 4096, 8, 0)


def value(index, channel):
    return (index * 7 + channel * 1000) % 4093


def frame(sequence, index, n=8, run=3):
    rows = [[value(index + i, c) for c in range(2)] for i in range(n)]
    return Data(run, sequence & 0xFFFF, index & 0xFFFFFFFF, n, np.array(rows, "<u2").tobytes())


def fed(frames, assembler=None):
    assembler = assembler or StreamAssembler(3, SETUP)
    return assembler, [chunk for one in frames for chunk in assembler.feed(one)]


def check_counts(chunks):
    for chunk in chunks:
        want = [[value(i, c) - 2048 for c in range(2)] for i in range(*span(chunk))]
        assert chunk.counts.dtype == np.int16
        assert chunk.counts.tolist() == want


def span(chunk):
    return chunk.first_index, chunk.stop_index


def test_counts_are_values_less_the_announced_zero():
    _, chunks = fed([frame(0, 0), frame(1, 8)])
    check_counts(chunks)
    assert [span(c) for c in chunks] == [(0, 8), (8, 16)]


@pytest.mark.parametrize("value_", [0, 65535])
def test_sixteen_bit_sums_fit(value_):
    setup = replace(SETUP, channels=1, zero=32768, top=65535, full_scale=65536)
    (chunk,) = StreamAssembler(1, setup).feed(
        Data(1, 0, 0, 1, value_.to_bytes(2, "little")),
    )
    assert chunk.counts.tolist() == [[value_ - 32768]]


@settings(max_examples=120, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["ok", "lost", "dropped", "twice"]), st.integers(1, 8)),
        min_size=1,
        max_size=60,
    ),
    st.sampled_from([0, 65_500]),
)
def test_every_missing_scan_is_counted_and_placed(fates, start_sequence):
    """Lost on the wire, dropped by the board, or come twice: the account is exact."""
    assembler = StreamAssembler(3, SETUP)
    assembler._next_sequence = start_sequence & 0xFFFF
    sequence, index = start_sequence, 0
    arrived, kept, on_wire, since = [], [], 0, 0
    for fate, n in [*fates, ("ok", 8)]:
        if fate == "dropped":
            index += n
            continue
        if fate == "lost":
            since += 1
        else:
            arrived += [frame(sequence, index, n)] * (2 if fate == "twice" else 1)
            kept.append((index, index + n))
            on_wire, since = on_wire + since, 0
        sequence, index = sequence + 1, index + n
    assembler, chunks = fed(arrived, assembler)
    assert [span(c) for c in chunks] == kept
    check_counts(chunks)
    assert assembler.lost_scans == index - sum(b - a for a, b in kept)
    assert assembler.lost_on_wire == on_wire
    assert assembler.duplicates == sum(fate == "twice" for fate, _ in fates)
    assert assembler.implausible == 0


def test_index_and_sequence_wrap():
    assembler = StreamAssembler(3, SETUP)
    start = 3 * 2**32 - 20
    assembler.next_index, assembler._next_sequence = start, 65_534
    frames = [frame(65_534 + k, start + 8 * k) for k in range(6)]
    del frames[2]
    assembler, chunks = fed(frames, assembler)
    assert [c.first_index for c in chunks] == [start + 8 * k for k in (0, 1, 3, 4, 5)]
    assert (assembler.lost_scans, assembler.lost_on_wire) == (8, 1)


def test_a_wild_frame_does_not_move_the_stream():
    ahead, behind = frame(77, 1_000_000_000), frame(78, 3_000_000_000)
    assembler, chunks = fed([frame(0, 0), ahead, frame(1, 8), behind, frame(2, 16)])
    assert [span(c) for c in chunks] == [(0, 8), (8, 16), (16, 24)]
    assert (assembler.implausible, assembler.lost_scans) == (2, 0)


def test_a_long_outage_is_believed_when_the_next_frame_bears_it_out():
    later = [frame(5000 + k, 100_000 + 8 * k) for k in range(3)]
    assembler, chunks = fed([frame(0, 0), *later])
    assert [span(c) for c in chunks] == [
        (0, 8),
        *((100_000 + 8 * k, 100_008 + 8 * k) for k in (0, 1, 2)),
    ]
    assert assembler.lost_scans == 100_000 - 8
    assert assembler.lost_on_wire == 4999


@pytest.mark.parametrize(
    ("missing_s", "at_once"), [(0.5, True), (1.0, True), (1.001, False), (1.5, False)]
)
def test_a_jump_of_more_than_a_second_waits_for_the_next_frame(missing_s, at_once):
    first = 8 + round(missing_s * SETUP.rate_mhz / 1000)
    assembler, chunks = fed([frame(0, 0), frame(1, first)])
    assert [span(c) for c in chunks[1:]] == ([(first, first + 8)] if at_once else [])
    _, chunks = fed([frame(2, first + 8)], assembler)
    assert chunks[-1].stop_index == first + 16
    assert assembler.lost_scans == first - 8


def test_frames_that_contradict_the_stream_are_dropped():
    too_big = Data(3, 1, 8, 1, np.array([[4093, 0]], "<u2").tobytes())
    overlapping = frame(1, 4)
    one_channel = Data(3, 1, 8, 1, b"\0\0")
    assembler, chunks = fed([frame(0, 0), too_big, overlapping, one_channel, frame(1, 8)])
    assert [span(c) for c in chunks] == [(0, 8), (8, 16)]
    assert assembler.implausible == 3
    stale, chunks = fed([frame(0, 0, run=2)])
    assert (chunks, stale.stale) == ([], 1)


def test_loss_at_the_very_end_is_known_from_the_final_index():
    assembler, _ = fed([frame(0, 0)])
    assert assembler.unwrapped(8) == assembler.next_index
    assert assembler.unwrapped(72) - assembler.next_index == 64


def test_joining_stops_at_holes():
    _, chunks = fed([frame(0, 0), frame(1, 8), frame(3, 24), frame(4, 32)])
    whole = joined(chunks)
    assert [span(c) for c in whole] == [(0, 16), (24, 40)]
    check_counts(whole)
    assert joined([]) == []
