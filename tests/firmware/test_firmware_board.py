"""The firmware's portable part: what it samples, what it drops, what it answers, and when."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from host_board import TICK_HZ, HostBoard
from hypothesis import given, settings
from hypothesis import strategies as st

from fasciscope.device import messages as m
from fasciscope.device.protocol import WIRE_MAX, FrameDecoder, cobs_decode, crc16, encode
from fasciscope.device.virtual_board import VirtualBoard
from fasciscope.recording import from_array

CPU_HZ = 16_000_000
CONVERSIONS_MAX = 8000
CHANNELS_MAX = 6
Code = m.CommandCode


def statuses(messages: list[m.Message]) -> list[m.Status]:
    return [message for message in messages if isinstance(message, m.Status)]


def markers(messages: list[m.Message]) -> list[m.BoardMarker]:
    return [message for message in messages if isinstance(message, m.BoardMarker)]


def values(board: HostBoard) -> np.ndarray:
    return np.concatenate([frame.values for frame in board.data()])


def feed(board: HostBoard, codes: np.ndarray, step: int) -> None:
    """Let conversions come, `step` at a time, and the board send what it has between."""
    for start in range(0, len(codes), step):
        board.convert(codes[start : start + step])
        board.collect()


# --- meeting ------------------------------------------------------------------------------------


def test_a_zero_comes_first_then_the_boot_frame(new_board):
    board = new_board(boot_id=0x01020304, cause=3)
    board.poll(3)
    sent = board.transmit()
    board.poll(3)
    sent += board.transmit()
    assert sent[0] == 0
    assert board.decoder.feed(sent) == [m.Boot(1, 0, 0x01020304, 3)]


def test_hello_says_what_the_board_is(board):
    reply = m.HelloReply.read(board.ask(Code.HELLO, b"\x11\x22\x33\x44").body)
    assert reply.nonce == 0x44332211
    assert (reply.major, reply.minor) == (1, 0)
    assert (reply.boot_id, reply.tick_hz, reply.adc_bits) == (41, TICK_HZ, 10)
    assert (reply.reference_uv, reply.channels_max) == (5_000_000, CHANNELS_MAX)
    assert reply.conversions_max == CONVERSIONS_MAX
    assert reply.rate_max_mhz == 8_000_000
    assert reply.board == "Uno or Nano (ATmega328P)"


# --- how to sample ------------------------------------------------------------------------------


def test_two_kilohertz_sums_four_by_itself(board):
    told = m.Configured.read(board.configure().body)
    assert told == m.Configured(2_000_000, 1, 4, 2048, 4092, 4096, 64, 0)


@given(
    rate_mhz=st.integers(0, 9_000_000) | st.sampled_from([250_000, 8_000_000, 2**32 - 1]),
    channels=st.integers(0, 8) | st.just(255),
    oversampling=st.integers(0, 66) | st.just(255),
)
@settings(max_examples=250, deadline=None)
def test_a_wish_is_kept_to_500_ppm_or_refused_with_a_reason(
    configured, rate_mhz, channels, oversampling
):
    reply = configured(m.Configure(rate_mhz, channels, oversampling))
    rate, n = rate_mhz or 2_000_000, channels or 1
    if reply.result:
        assert m.Reason(reply.result) == reason(rate, n, oversampling)
        return
    told = m.Configured.read(reply.body)
    assert reason(rate, n, oversampling) is None
    assert told.channels == n
    assert told.oversampling == (oversampling or automatic(rate, n))
    per_scan = n * told.oversampling
    period = round(Fraction(CPU_HZ * 1000, rate * per_scan))
    assert abs(told.rate_mhz - Fraction(CPU_HZ * 1000, period * per_scan)) <= Fraction(1, 2)
    assert abs(told.rate_mhz - rate) <= rate * 500e-6
    assert (told.zero, told.top) == (512 * told.oversampling, 1023 * told.oversampling)
    assert told.full_scale == 1024 * told.oversampling
    assert told.scans_per_frame == min(round(told.rate_mhz / 31_250), 121 // n)
    assert told.skew_ns == (int(period * 62.5) if n > 1 else 0)


def automatic(rate_mhz: int, channels: int) -> int:
    return max((n for n in (16, 8, 4, 2) if rate_mhz * channels * n <= 8_000_000), default=1)


def reason(rate_mhz: int, channels: int, oversampling: int) -> m.Reason | None:
    if not 250_000 <= rate_mhz <= 8_000_000:
        return m.Reason.RATE
    if channels > CHANNELS_MAX:
        return m.Reason.CHANNELS
    if oversampling > 64:
        return m.Reason.OVERSAMPLING
    if rate_mhz * channels * (oversampling or 1) > CONVERSIONS_MAX * 1000:
        return m.Reason.CONVERTER_TOO_SLOW
    return None


@pytest.fixture(scope="module")
def configured(host_program: Path):
    with HostBoard(host_program) as board:
        yield lambda wish: board.ask(Code.CONFIGURE, wish.write())


@pytest.mark.parametrize(
    ("wish", "refusal", "bound"),
    [
        (m.Configure(100_000, 1, 1), m.Reason.RATE, 250_000),
        (m.Configure(9_000_000, 1, 1), m.Reason.RATE, 8_000_000),
        (m.Configure(1_000_000, 7, 1), m.Reason.CHANNELS, 6),
        (m.Configure(1_000_000, 1, 65), m.Reason.OVERSAMPLING, 64),
        (m.Configure(4_000_000, 3, 1), m.Reason.CONVERTER_TOO_SLOW, 8000),
    ],
)
def test_a_refusal_names_the_bound_and_changes_nothing(board, wish, refusal, bound):
    board.start(1000, 2, 1)
    board.stop()
    reply = board.ask(Code.CONFIGURE, wish.write())
    assert (reply.result, reply.bound) == (refusal, bound)
    board.ask(Code.START, b"\x08")
    assert board.state()[:2] == (True, CPU_HZ // 2000)


# --- samples ------------------------------------------------------------------------------------


@given(
    channels=st.integers(1, 6),
    oversampling=st.sampled_from([1, 2, 3, 5, 16, 64]),
    n_scans=st.integers(1, 300),
    seed=st.integers(0, 99),
)
@settings(max_examples=40, deadline=None)
def test_a_sample_is_the_sum_of_its_conversions(
    host_program, channels, oversampling, n_scans, seed
):
    with HostBoard(host_program) as board:
        rate = 8000 // (channels * oversampling)
        if rate < 250:
            return
        setup = board.start(rate, channels, oversampling)
        codes = np.random.default_rng(seed).integers(0, 1024, (n_scans, oversampling, channels))
        step = setup.scans_per_frame * oversampling * channels
        flat = codes.ravel()
        feed(board, flat, step)
        stopped = board.stop()
        assert (stopped.run, stopped.index, stopped.dropped) == (7, n_scans, 0)
        assert (values(board) == codes.sum(axis=1)).all()
        frames = board.data()
        assert [frame.sequence for frame in frames] == list(range(len(frames)))
        assert [frame.index for frame in frames] == list(range(0, n_scans, setup.scans_per_frame))


def test_the_largest_sum_fits(board):
    setup = board.start(250, 1, 32)
    assert setup.top == 32 * 1023
    board.convert([1023] * 32 * 8)
    board.collect()
    assert (values(board) == setup.top).all()


def test_blocks_that_cannot_be_sent_are_dropped_whole_and_the_index_marches_on(board):
    setup = board.start(2000, 1, 1)
    n = setup.scans_per_frame
    for block in range(8):  # three wait, one is being filled: five find no room
        board.convert([block] * n)
        board.poll(2)
    board.collect()
    board.convert([8] * n)
    board.collect()
    assert [(frame.index, frame.sequence) for frame in board.data()] == [
        (0, 0), (n, 1), (2 * n, 2), (8 * n, 3),
    ]  # fmt: skip
    assert values(board).ravel().tolist() == [0] * n + [1] * n + [2] * n + [8] * n
    stopped = board.stop()
    assert (stopped.index, stopped.dropped) == (9 * n, 5 * n)


@given(
    missed=st.integers(1, 40) | st.just(700),
    at=st.integers(0, 255),
    channels=st.sampled_from([1, 2, 5]),
)
@settings(max_examples=60, deadline=None)
def test_missed_conversions_cost_their_blocks_and_no_step(host_program, missed, at, channels):
    with HostBoard(host_program) as board:
        setup = board.start(500, channels, 2)
        n, per_scan = setup.scans_per_frame, 2 * channels
        codes = np.random.default_rng(missed).integers(0, 1024, n * per_scan * 60)
        at += n * per_scan
        feed(board, codes[:at], n * per_scan)
        board.miss(missed)
        feed(board, codes[at + missed :], n * per_scan)
        stopped = board.stop()
        expected = codes.reshape(-1, 2, channels).sum(axis=1)
        assert stopped.index == 60 * n
        came = np.zeros(len(expected), dtype=bool)
        for frame in board.data():
            stretch = slice(frame.index, frame.index + frame.n_scans)
            assert (frame.values == expected[stretch]).all()
            came[stretch] = True
        first, last = at // per_scan // n, (at + missed) // per_scan // n
        assert came[: first * n].all()
        assert came[(last + 2) * n :].all()
        assert stopped.dropped == (~came).sum() >= n


@pytest.mark.parametrize("at", [0, 1, 90, 127])
def test_one_missed_right_before_the_end_costs_the_last_block(board, at):
    setup = board.start(2000, 1, 2)
    n = setup.scans_per_frame
    board.convert([5] * 2 * n)
    board.collect()
    board.convert([5] * at)
    board.miss(1)
    stopped = board.stop()
    assert stopped == m.Stopped(7, n + at // 2, at // 2)
    assert values(board).ravel().tolist() == [10] * n


@pytest.mark.parametrize("late", [-64, 64, 1500])
def test_a_late_interrupt_alone_costs_nothing(board, late):
    setup = board.start(2000, 1, 4)
    n = setup.scans_per_frame * 4
    for _ in range(5):
        board.convert([1] * (n - 1))
        board.delay(late)
        board.convert([1])
        board.delay(-late)
        board.collect()
    assert board.stop() == m.Stopped(7, 5 * setup.scans_per_frame, 0)


def test_stop_sends_what_is_held_even_when_all_blocks_are_full(board):
    setup = board.start(2000, 1, 1)
    n = setup.scans_per_frame
    board.convert(range(3 * n + 10))
    stopped = board.stop()
    assert (stopped.index, stopped.dropped) == (3 * n + 10, 0)
    assert values(board).ravel().tolist() == list(range(3 * n + 10))
    assert isinstance(board.messages[-1], m.Reply)  # behind the last samples
    assert not board.state()[0]


@pytest.mark.parametrize(("rate", "channels", "oversampling"), [(250, 6, 5), (250, 1, 32)])
def test_the_ramp_follows_from_the_index_alone(board, rate, channels, oversampling):
    assert board.ask(Code.SELF_TEST, b"\x01").result == 0
    setup = board.start(rate, channels, oversampling)
    per_frame = setup.scans_per_frame * channels * oversampling
    for turn in range(40 if channels > 1 else 4200):
        if turn % 10 == 3:  # let some be dropped: what comes behind them must still be right
            board.convert([1023] * per_frame * 5)
        board.convert([1023] * per_frame)
        board.collect()
        if board.data()[-1].index > 1.3 * (setup.top + 1):
            break
    for frame in board.data():
        scans = np.arange(frame.index, frame.index + frame.n_scans)[:, np.newaxis]
        expected = (scans + 64 * np.arange(channels)) % (setup.top + 1)
        assert (frame.values == expected).all()
    assert board.stop().dropped > 0


def test_the_ramp_wraps_in_sixteen_bits(board):
    board.ask(Code.SELF_TEST, b"\x01")
    setup = board.start(250, 1, 32)
    per_frame = setup.scans_per_frame * 32
    for _ in range((setup.top + 1) // setup.scans_per_frame + 2):
        board.convert([0] * per_frame)
        board.collect()
    got = values(board).ravel()
    assert got.max() == setup.top
    assert (got == np.arange(len(got)) % (setup.top + 1)).all()


# --- status and markers -------------------------------------------------------------------------


def test_a_status_each_second_running_or_not(board):
    board.collect()
    board.ticks(TICK_HZ - 1)
    assert statuses(board.collect()) == []
    board.ticks(1)
    (idle,) = statuses(board.collect())
    assert (idle.run, idle.state, idle.tick, idle.index) == (0, 0, TICK_HZ, 0)
    setup = board.start(1000, 1, 4)
    board.ticks(TICK_HZ)
    assert statuses(board.collect()) == []  # it waits for the end of a scan, to take both together
    board.convert([1] * 4)
    (running,) = statuses(board.collect())
    # three conversions of 4000 cycles after the first, and 1728 cycles for the last
    assert running.tick == 2 * TICK_HZ - (3 * 4000 + 1728) // 64
    assert (running.run, running.state, running.index, running.boot) == (7, 1, 1, 41)
    assert setup.oversampling == 4


def test_the_level_shows_how_full_the_buffer_was(board):
    setup = board.start(2000, 1, 1)
    levels = []
    for full_blocks in (1, 2, 3, 4):
        for _ in range(full_blocks):
            board.convert([0] * setup.scans_per_frame)
        board.ticks(TICK_HZ)
        board.poll(4)
        board.convert([0])
        levels += [status.level for status in statuses(board.collect())]
    assert levels == [0, 85, 170, 255]
    assert board.stop().dropped == setup.scans_per_frame


def press(board: HostBoard, samples: int = 30) -> None:
    board.button(True, samples)
    board.button(False, 200)


def test_a_press_is_a_marker_said_at_once_and_again_behind_the_next_status(board):
    board.start(1000, 1, 1)
    board.convert([0] * 1234)
    board.collect()
    press(board)
    (first,) = markers(board.collect())
    assert first == m.BoardMarker(7, 1, 1, 1234)
    board.convert([0] * 10)
    press(board)
    (second,) = markers(board.collect())
    assert second == m.BoardMarker(7, 1, 2, 1244)
    board.ticks(TICK_HZ)
    board.collect()
    board.convert([0])
    *_, status, again, and_again = [
        message for message in board.collect() if not isinstance(message, m.Data)
    ]
    assert isinstance(status, m.Status)
    assert status.markers == 2
    assert [again, and_again] == [first, second]
    board.ticks(TICK_HZ)
    board.convert([0])
    assert markers(board.collect()) == []


def test_contacts_that_bounce_and_crackle_are_one_press_or_none(board):
    board.start(1000, 1, 1)
    for _ in range(10):  # crackle: never down for five samples in a row
        board.button(True, 4)
        board.button(False, 30)
    assert markers(board.collect()) == []
    for _ in range(6):  # going down, it bounces
        board.button(True, 6)
        board.button(False, 3)
    board.button(True, 200)
    for _ in range(6):  # and coming up
        board.button(False, 3)
        board.button(True, 6)
    board.button(False, 300)
    assert [marker.number for marker in markers(board.collect())] == [1]


def test_a_press_while_idle_is_none_and_a_held_button_is_none_at_start(board):
    press(board)
    board.button(True, 50)
    board.start(1000, 1, 1)
    board.button(True, 50)
    board.button(False, 50)
    assert markers(board.collect()) == []
    press(board)
    assert [marker.number for marker in markers(board.collect())] == [1]


# --- commands -----------------------------------------------------------------------------------


def test_start_answers_first_and_again_for_a_retry(board):
    assert board.ask(Code.START, b"\x05").result == m.Reason.NOT_CONFIGURED
    board.configure()
    assert board.ask(Code.START, b"\x00").result == m.Reason.BAD_RUN
    assert board.ask(Code.START, b"\x05", ident=9).result == 0
    board.convert([0] * 4 * 10)
    assert board.ask(Code.START, b"\x05", ident=9).result == 0  # a retry: the run goes on
    assert board.ask(Code.START, b"\x06").result == m.Reason.BUSY
    assert board.ask(Code.CONFIGURE, m.Configure().write()).result == m.Reason.BUSY
    assert board.ask(Code.SELF_TEST, b"\x01").result == m.Reason.BUSY
    assert board.stop() == m.Stopped(5, 10, 0)
    assert board.stop() == m.Stopped(5, 10, 0)  # and when idle the figures of the last run


def test_mark_is_carried_out_once_for_each_id(board):
    assert board.ask(Code.MARK).result == m.Reason.NOT_RUNNING
    board.start(1000, 1, 1)
    board.convert([0] * 100)
    marked = [m.Marked.read(board.ask(Code.MARK, ident=200).body)]
    board.convert([0] * 50)
    marked.append(m.Marked.read(board.ask(Code.MARK, ident=200).body))
    marked.append(m.Marked.read(board.ask(Code.MARK, ident=201).body))
    board.ask(Code.HELLO, bytes(4), ident=0)  # ends what was remembered
    board.convert([0] * 10)
    marked.append(m.Marked.read(board.ask(Code.MARK, ident=201).body))
    assert [mark.index for mark in marked] == [100, 100, 150, 160]


def test_what_makes_no_sense_is_refused(board):
    assert board.ask(99).result == m.Reason.UNKNOWN_COMMAND
    assert board.ask(0).result == m.Reason.UNKNOWN_COMMAND
    assert board.ask(Code.CONFIGURE, b"\1\2\3\4\5").result == m.Reason.BAD_LENGTH
    assert board.ask(Code.HELLO, b"\1\2\3").result == m.Reason.BAD_LENGTH
    assert board.ask(Code.START).result == m.Reason.BAD_LENGTH
    waveform = board.ask(Code.SELF_TEST, b"\x02")
    assert (waveform.result, waveform.bound) == (m.Reason.WAVEFORM, 1)
    longer = board.ask(Code.CONFIGURE, m.Configure(1_000_000, 1, 1).write() + b"more")
    assert longer.result == 0  # a later version may append fields


@given(
    commands=st.lists(
        st.tuples(st.integers(0, 9), st.binary(max_size=8) | st.sampled_from([b"\1", b"\2"])),
        max_size=12,
    )
)
@settings(max_examples=60, deadline=None)
def test_its_results_are_those_of_the_emulated_board(host_program, commands):
    with HostBoard(host_program) as board:
        virtual = VirtualBoard(from_array(np.zeros(4000, dtype=np.float32), 2000.0))
        decoder = FrameDecoder()
        for ident, (code, body) in enumerate(commands, start=1):
            if code == Code.CONFIGURE and len(body) >= 6:
                body = m.Configure().write()  # what it can do differs; that it can does not
            reply = board.ask(code, body, ident=ident)
            wire = virtual.receive(encode(m.Command(ident, code, body)))
            (expected,) = [one for one in decoder.feed(wire) if isinstance(one, m.Reply)]
            assert reply.result == expected.result


# --- garbage ------------------------------------------------------------------------------------


def is_bad(piece: bytes) -> bool:
    """Say whether a board counts what stood between two 0x00 as an error."""
    if not piece:
        return False
    payload = cobs_decode(piece) if len(piece) <= 31 else None
    if payload is None or len(payload) < 3:
        return True
    if crc16(payload[:-2]) != int.from_bytes(payload[-2:], "little"):
        return True
    return payload[0] == m.FrameType.COMMAND and len(payload) < 5


garbage = st.lists(
    st.binary(max_size=50)
    | st.just(b"\0" * 40)
    | st.builds(
        lambda ident, code, body: encode(m.Command(ident, code, body)),
        st.integers(0, 255), st.integers(0, 255), st.binary(max_size=40),
    )
    | st.binary(max_size=20).map(lambda data: encode(m.Boot(1, 0, 5, 1))[:-1] + data),
    max_size=8,
).map(b"".join)  # fmt: skip


@given(data=garbage)
@settings(max_examples=150, deadline=None)
def test_whatever_comes_is_counted_and_the_next_command_is_answered(host_program, data):
    with HostBoard(host_program) as board:
        board.hear(data + b"\0")
        reply = board.ask(Code.HELLO, b"\1\2\3\4")
        assert reply.body[:4] == b"\1\2\3\4"
        board.ticks(TICK_HZ)
        board.collect()
        board.convert([0] * 64)
        board.collect()
        status = statuses(board.messages)[-1]
        assert status.rx_errors == sum(map(is_bad, data.split(b"\0")))


def test_a_stream_goes_on_through_garbage(board):
    setup = board.start(2000, 1, 1)
    rng = np.random.default_rng(5)
    codes = rng.integers(0, 1024, setup.scans_per_frame * 50)
    for block in codes.reshape(50, -1):
        board.convert(block)
        noise = rng.integers(0, 256, 40, dtype=np.uint8).tobytes()
        board.hear(noise.replace(b"\x10\x04", b"\0\0"))
    board.hear(b"\0")
    assert board.stop() == m.Stopped(7, len(codes), 0)
    assert (values(board).ravel() == codes).all()
    assert board.ask(Code.HELLO, b"abcd").result == 0


def test_bytes_that_find_no_room_cost_one_frame(board):
    hello = encode(m.Command(3, Code.HELLO, b"abcd"))
    for byte in hello * 9:  # nobody polls: all that fits into 64 bytes stays
        board.write(b"h", bytes((byte,)))
    board.collect()
    board.ask(Code.HELLO, b"efgh")
    board.ticks(TICK_HZ)
    (status,) = statuses(board.collect())
    whole = 63 // len(hello)
    replies = [one for one in board.messages if isinstance(one, m.Reply)]
    assert len(replies) == whole
    assert status.rx_errors == 1  # the cut one, together with the one that came after it


# --- who goes first -----------------------------------------------------------------------------


def test_samples_go_first_while_blocks_queue_up(board):
    setup = board.start(2000, 1, 1)
    board.convert([0] * setup.scans_per_frame * 3)
    board.write(b"".join(b"h" + bytes((b,)) for b in encode(m.Command(77, Code.HELLO, b"abcd"))))
    board.poll(8)
    kinds = [type(message) for message in board.decoder.feed(board.transmit(WIRE_MAX * 8))]
    assert kinds == [m.Data, m.Data, m.Reply, m.Data]


def test_the_led_is_on_while_running_flashes_idle_and_blinks_after_a_loss(board):
    def watch(seconds: float) -> list[bool]:
        seen = []
        for _ in range(round(seconds * 64)):
            board.ticks(TICK_HZ // 64)
            board.collect()
            seen.append(board.state()[2])
        return seen

    idle = watch(4)
    assert 0 < sum(idle) < 0.1 * len(idle)
    setup = board.start(2000, 1, 1)
    assert all(watch(1))
    board.convert([0] * setup.scans_per_frame * 5)
    lossy = watch(1.5)
    changes = sum(a != b for a, b in pairwise(lossy))
    assert 15 <= changes <= 30
    watch(1)
    assert all(watch(1))
