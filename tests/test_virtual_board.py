"""The emulated board's side of the protocol, without a port."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fasciscope.blocks import Channel, Marker, StreamInfo
from fasciscope.device import messages as m
from fasciscope.device.protocol import FrameDecoder, encode
from fasciscope.device.virtual_board import VirtualBoard
from fasciscope.errors import InputError
from fasciscope.recording import Recording, from_array

FS = 1000.0


def recording(n=4000, n_channels=1, fs=FS, low=-2048, high=2044, **more):
    samples = np.random.default_rng(0).integers(low, high + 1, (n, n_channels)).astype(np.int16)
    channels = tuple(
        Channel(f"EMG{i + 1}", 5e6 / 4096 / 200, count_min=low, count_max=high)
        for i in range(n_channels)
    )
    return Recording(StreamInfo(fs, channels), samples, **more)


def tell(board, code, body=b"", ident=1):
    replies = FrameDecoder().feed(board.receive(encode(m.Command(ident, code, body))))
    return replies[-1]


def started(board, **wish):
    setup = m.Configured.read(
        tell(board, m.CommandCode.CONFIGURE, m.Configure(**wish).write()).body
    )
    assert tell(board, m.CommandCode.START, b"\x05", 2).result == m.Reason.OK
    return setup


def frames(board, due, kind=m.Data):
    return [x for x in FrameDecoder().feed(board.advance(due)) if isinstance(x, kind)]


def counts(data, setup):
    return np.concatenate([d.values.astype(int) for d in data]) - setup.zero


def test_it_announces_the_converter_behind_the_counts():
    board = VirtualBoard(recording())
    setup = started(board)
    assert (setup.zero, setup.top, setup.full_scale, setup.oversampling) == (2048, 4092, 4096, 4)
    hello = m.HelloReply.read(tell(board, m.CommandCode.HELLO, b"abcd", 9).body)
    assert hello.nonce.to_bytes(4, "little") == b"abcd"
    assert (hello.adc_bits, hello.reference_uv, hello.state) == (10, 5_000_000, 1)


@pytest.mark.parametrize(("low", "high"), [(-32768, 32767), (-512, 511), (0, 1023), (-100, 3000)])
def test_counts_and_rails_survive_whatever_the_rails_are(low, high):
    played = recording(low=low, high=high)
    board = VirtualBoard(played)
    setup = started(board)
    assert (-setup.zero, setup.top - setup.zero) == (low, high)
    np.testing.assert_array_equal(counts(frames(board, 10**6), setup), played.samples)


def test_floating_point_and_mixed_scales_are_brought_to_one():
    rng = np.random.default_rng(1)
    uv = rng.normal(0, 80, (2000, 2)) * [1, 20]
    board = VirtualBoard(from_array(uv, FS))
    setup = started(board)
    hello = m.HelloReply.read(tell(board, m.CommandCode.HELLO, bytes(4), 9).body)
    step = hello.reference_uv / setup.full_scale / 200
    assert step < 0.2
    np.testing.assert_allclose(counts(frames(board, 10**6), setup) * step, uv, atol=0.51 * step)


def test_only_full_frames_are_sent_until_the_stop_brings_the_rest():
    played = recording()
    board = VirtualBoard(played)
    setup = started(board)
    n = setup.scans_per_frame
    data = frames(board, 3 * n + 7)
    assert [d.n_scans for d in data] == [n, n, n]
    rest = FrameDecoder().feed(board.receive(encode(m.Command(3, m.CommandCode.STOP))))
    assert [type(x) for x in rest] == [m.Data, m.Reply]  # first what it holds, then the reply
    assert m.Stopped.read(rest[1].body) == m.Stopped(5, 3 * n + 7, 0)
    np.testing.assert_array_equal(counts([*data, rest[0]], setup), played.samples[: 3 * n + 7])
    assert board.advance(10**6) == b""


def test_a_gap_is_dropped_by_the_board_index_marching_sequence_not():
    played = recording(gaps=np.array([[100, 2500]]))
    board = VirtualBoard(played)
    started(board)
    got = FrameDecoder().feed(board.advance(10**6))
    data = [x for x in got if isinstance(x, m.Data)]
    assert [d.sequence for d in data] == list(range(len(data)))
    covered = {i for d in data for i in range(d.index, d.index + d.n_scans)}
    assert covered == set(range(100)) | set(range(2500, 4000))
    statuses = [x for x in got if isinstance(x, m.Status)]
    assert len(statuses) == 4 + 1  # each second, in the gap too, and at the end
    assert statuses[0].dropped == statuses[0].index - 100
    assert (statuses[-1].state, statuses[-1].index, statuses[-1].dropped) == (0, 4000, 2400)


def test_tick_and_index_of_a_status_belong_together():
    board = VirtualBoard(recording(fs=2000.0))
    started(board)
    statuses = frames(board, 10**6, m.Status)
    for status in statuses:
        assert status.tick == round((status.index - 1) / 2000 * 1e6)


def test_markers_are_sent_twice_with_one_number():
    board = VirtualBoard(recording(markers=(Marker(1500, "b"), Marker(30, "a"))))
    started(board)
    got = FrameDecoder().feed(board.advance(10**6))
    pressed = [(x.number, x.index) for x in got if isinstance(x, m.BoardMarker)]
    assert sorted(pressed) == [(1, 30), (1, 30), (2, 1500), (2, 1500)]
    for i, x in enumerate(got):  # the second time right behind a status
        if isinstance(x, m.BoardMarker) and x in got[:i]:
            assert isinstance(got[i - 1], m.Status)


def test_a_loop_goes_on_and_marks_again():
    played = recording(n=500, markers=(Marker(100, "a"),))
    board = VirtualBoard(played, loop=True)
    setup = started(board)
    got = FrameDecoder().feed(board.advance(1600))
    data = [x for x in got if isinstance(x, m.Data)]
    expected = np.tile(played.samples, (4, 1))[: sum(d.n_scans for d in data)]
    np.testing.assert_array_equal(counts(data, setup), expected)
    assert {x.index for x in got if isinstance(x, m.BoardMarker)} == {100, 600, 1100}
    assert board.running


def test_the_ramp_can_be_checked_from_the_index_alone():
    board = VirtualBoard(recording(n=50, n_channels=2))
    tell(board, m.CommandCode.SELF_TEST, bytes((m.Waveform.RAMP,)), 7)
    setup = started(board)
    data = frames(board, 9000)
    assert sum(d.n_scans for d in data) > 8900  # it does not end with the recording
    for d in data:
        scans = np.arange(d.index, d.index + d.n_scans)[:, None]
        assert (d.values == (scans + np.array([0, 64])) % (setup.top + 1)).all()


@pytest.mark.parametrize(
    ("code", "body", "reason", "bound"),
    [
        (99, b"", m.Reason.UNKNOWN_COMMAND, 0),
        (m.CommandCode.HELLO, b"ab", m.Reason.BAD_LENGTH, 0),
        (m.CommandCode.CONFIGURE, m.Configure(2_000_000).write(), m.Reason.RATE, 1_000_000),
        (m.CommandCode.CONFIGURE, m.Configure(999_000).write(), m.Reason.RATE, 1_000_000),
        (m.CommandCode.CONFIGURE, m.Configure(0, 3).write(), m.Reason.CHANNELS, 1),
        (m.CommandCode.CONFIGURE, m.Configure(0, 0, 2).write(), m.Reason.OVERSAMPLING, 4),
        (m.CommandCode.START, b"\1", m.Reason.NOT_CONFIGURED, 0),
        (m.CommandCode.START, b"\0", m.Reason.BAD_RUN, 0),
        (m.CommandCode.START, b"", m.Reason.BAD_LENGTH, 0),
        (m.CommandCode.MARK, b"", m.Reason.NOT_RUNNING, 0),
        (m.CommandCode.SELF_TEST, b"\x09", m.Reason.WAVEFORM, 1),
    ],
)
def test_refusals_have_a_reason_and_a_bound(code, body, reason, bound):
    reply = tell(VirtualBoard(recording()), code, body)
    assert (reply.id, reply.code, reply.result, reply.bound) == (1, code, reason, bound)


def test_a_rate_within_500_ppm_is_kept():
    board = VirtualBoard(recording(fs=2148.1481))
    setup = started(board, rate_mhz=2_148_000)
    assert setup.rate_mhz == 2_148_148


def test_while_running_it_refuses_what_would_disturb():
    board = VirtualBoard(recording())
    started(board)
    frames(board, 100)
    assert tell(board, m.CommandCode.CONFIGURE, bytes(6), 10).result == m.Reason.BUSY
    assert tell(board, m.CommandCode.SELF_TEST, b"\1", 11).result == m.Reason.BUSY
    assert tell(board, m.CommandCode.START, b"\x06", 12).result == m.Reason.BUSY
    assert tell(board, m.CommandCode.START, b"\x05", 13).result == m.Reason.OK  # a retry
    assert (board.index, board.running) == (96, True)


def test_a_retry_is_answered_alike_and_not_carried_out_twice():
    board = VirtualBoard(recording())
    started(board)
    frames(board, 100)
    first = tell(board, m.CommandCode.MARK, b"", 20)
    frames(board, 900)
    assert tell(board, m.CommandCode.MARK, b"", 20) == first
    assert m.Marked.read(first.body) == m.Marked(5, 99)
    later = tell(board, m.CommandCode.MARK, b"", 21)
    assert m.Marked.read(later.body).index == 899


def test_damaged_commands_are_counted_and_the_next_one_is_answered():
    board = VirtualBoard(recording())
    good = encode(m.Command(1, m.CommandCode.STOP))
    bad = bytearray(good)
    bad[1] ^= 0x40
    noise = bytes(bad) + b"\xff" * 900 + b"\0" + good[:3] + b"\0"
    replies = FrameDecoder().feed(board.receive(noise + good))
    assert [r.code for r in replies] == [m.CommandCode.STOP]
    (status,) = FrameDecoder().feed(board.status())
    assert status.rx_errors == 3


def test_an_empty_recording_is_refused():
    with pytest.raises(InputError, match="no samples"):
        VirtualBoard(recording(n=0))


commands = st.builds(
    lambda ident, code, body: encode(m.Command(ident, code, body)),
    st.integers(0, 255),
    st.integers(0, 8),
    st.binary(max_size=12),
)


@settings(max_examples=120, deadline=None)
@given(st.lists(st.one_of(commands, st.binary(max_size=300)), max_size=12), st.integers(0, 3000))
def test_whatever_it_hears_it_goes_on_and_answers_a_good_command(noise, due):
    board = VirtualBoard(recording(gaps=np.array([[50, 700]]), markers=(Marker(60, "a"),)))
    decoder = FrameDecoder()
    for part in noise:
        decoder.feed(board.receive(part))
        decoder.feed(board.advance(due))
    assert decoder.counters.damaged == 0  # what it says is well formed, whatever it hears
    (*_, reply) = decoder.feed(board.receive(b"\0" + encode(m.Command(77, 1, b"good"))))
    assert (reply.id, reply.result, reply.body[:4]) == (77, m.Reason.OK, b"good")
