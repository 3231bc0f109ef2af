"""Host and emulated board over a real pseudo-terminal."""

from __future__ import annotations

import contextlib
import math
import os
import threading
import time
import tty
from dataclasses import replace

import numpy as np
import pytest

from fasciscope.blocks import Channel, Marker, StreamInfo
from fasciscope.device import messages as m
from fasciscope.device import probe, run
from fasciscope.device.boards import PortCandidate
from fasciscope.device.emulator import EmulatedBoard
from fasciscope.device.link import TRIES, open_board
from fasciscope.device.refusals import _WORDS, refusal
from fasciscope.errors import DeviceError, InputError
from fasciscope.recording import Recording


def recording(seconds=3.0, fs=2000.0, n_channels=1, **more):
    rng = np.random.default_rng(3)
    samples = rng.integers(-2048, 2045, (int(seconds * fs), n_channels)).astype(np.int16)
    channels = tuple(
        Channel(f"EMG{i + 1}", 5e6 / 4096 / 200, count_min=-2048, count_max=2044)
        for i in range(n_channels)
    )
    return Recording(StreamInfo(fs, channels), samples, **more)


def check_blocks(blocks, played, stop=None):
    """Every sample is at its index and equal; loss is told exactly."""
    next_index = 0
    for block in blocks:
        assert block.lost_before == block.first_index - next_index
        np.testing.assert_array_equal(
            block.samples, played.samples[block.first_index : block.stop_index]
        )
        next_index = block.stop_index
    assert next_index == (played.n_samples if stop is None else stop)


def take_until(link, index, act, blocks=None):
    """Take all blocks, and call `act` once when sample `index` has come."""
    blocks = [] if blocks is None else blocks
    done = False
    for block in link.blocks():
        blocks.append(block)
        if block.stop_index > index and not done:
            done = True
            act()
    return blocks


@pytest.mark.parametrize(
    ("fs", "n_channels", "speed"),
    [(2000.0, 1, 10.0), (250.0, 1, 10.0), (10_000.0, 2, 8.0), (2000.0, 64, math.inf)],
)
def test_every_sample_arrives(fs, n_channels, speed):
    played = recording(4.0, fs, n_channels)
    with EmulatedBoard(played, speed=speed) as board, open_board(board.port) as link:
        link.configure()
        link.start()
        blocks = list(link.blocks())
        assert board.finished.is_set()
    check_blocks(blocks, played)
    health = link.health
    assert sum(block.lost_before for block in blocks) == 0
    assert (health.crc_errors, health.lost_frames, health.overruns) == (0, 0, 0)
    assert (health.duplicates, health.implausible, health.overflowed) == (0, 0, 0)


def test_real_time_is_real_time():
    played = recording(2.6)
    with EmulatedBoard(played) as board, open_board(board.port) as link:
        link.configure(2000, 1, 4)
        link.start()
        began = time.monotonic()
        blocks = list(link.blocks())
        took = time.monotonic() - began
    check_blocks(blocks, played)
    assert 2.5 < took < 6.0
    assert link.health.measured_hz == pytest.approx(2000, rel=0.02)
    assert 0 <= link.health.clock_error_s < 0.2
    assert max(len(block) for block in blocks) < 2 * 200 + 64 * 8


def test_gaps_and_markers_come_through():
    played = recording(
        3.0, gaps=np.array([[1000, 1777]]), markers=(Marker(5, "x"), Marker(4000, "y"))
    )
    with EmulatedBoard(played, speed=6) as board, open_board(board.port) as link:
        link.configure()
        link.start()
        blocks = list(link.blocks())
    check_blocks(blocks, played)
    assert [(b.first_index, b.lost_before) for b in blocks if b.lost_before] == [(1777, 777)]
    assert [mark for b in blocks for mark in b.markers] == [
        Marker(5, "button"),
        Marker(4000, "button"),
    ]
    assert link.health.overruns == 777
    assert link.health.lost_frames == 0


def test_missing_samples_at_the_very_end_are_told():
    played = recording(2.0, gaps=np.array([[3500, 4000]]))
    with EmulatedBoard(played, speed=6) as board, open_board(board.port) as link:
        link.configure()
        link.start()
        blocks = list(link.blocks())
    check_blocks(blocks, played)
    assert (len(blocks[-1]), blocks[-1].lost_before) == (0, 500)


def test_commands_do_not_disturb_the_stream():
    played = recording(4.0)
    with EmulatedBoard(played, speed=4) as board, open_board(board.port) as link:
        link.configure()
        link.start()
        marks, refused = [], 0

        def disturb():
            nonlocal refused
            for _ in range(60):
                marks.append(link.mark())
                with pytest.raises(DeviceError, match="in the middle of a run"):
                    link.self_test(m.Waveform.RAMP)
                refused += 1

        thread = threading.Thread(target=disturb)
        thread.start()
        blocks = list(link.blocks())
        thread.join()
    check_blocks(blocks, played)
    assert refused == 60
    assert len(marks) == 60
    assert marks == sorted(marks)
    assert 0 <= marks[0] < marks[-1] < played.n_samples


def test_damage_on_the_way_costs_what_it_touches_and_is_placed():
    played = recording(20.0)
    rng = np.random.default_rng(9)

    def mangle(data):
        array = np.frombuffer(data, np.uint8).copy()
        hit = rng.random(len(array)) < 5e-4
        array[hit] ^= rng.integers(1, 256, len(array), dtype=np.uint8)[hit]
        return array[rng.random(len(array)) >= 2e-4].tobytes()

    with EmulatedBoard(played, speed=20, mangle=mangle) as board, open_board(board.port) as link:
        link.configure()
        link.start()
        blocks = list(link.blocks())
        health = link.health
    check_blocks(blocks, played)
    lost = sum(block.lost_before for block in blocks)
    assert health.crc_errors > 0
    assert 0 < lost < 0.25 * played.n_samples
    assert health.overruns == 0


@pytest.mark.parametrize("n_lost", [3, TRIES - 1])
def test_lost_replies_are_asked_for_again(monkeypatch, n_lost):
    monkeypatch.setattr("fasciscope.device.link.REPLY_S", 0.15)
    swallowed = []

    def mangle(data):
        if data[1:2] == bytes((m.FrameType.REPLY,)) and len(swallowed) < n_lost:
            swallowed.append(data)
            return b""
        return data

    played = recording(1.0)
    with EmulatedBoard(played, speed=5, mangle=mangle) as board, open_board(board.port) as link:
        link.configure()
        link.start()
        check_blocks(list(link.blocks()), played)
    assert len(swallowed) == n_lost


def test_stop_gives_all_that_the_board_made():
    played = recording(30.0)
    with EmulatedBoard(played, speed=5) as board, open_board(board.port) as link:
        link.configure()
        link.start()
        blocks = take_until(link, 5000, link.stop)
        stop = blocks[-1].stop_index
    assert 5000 < stop < played.n_samples
    check_blocks(blocks, played, stop)


def test_a_second_run_begins_at_zero_again():
    played = recording(20.0)
    with EmulatedBoard(played, speed=10) as board:
        for _ in range(2):
            with open_board(board.port) as link:
                link.configure()
                link.start()
                stream = link.blocks()
                first = next(stream)
                assert (first.first_index, first.lost_before) == (0, 0)
                np.testing.assert_array_equal(first.samples, played.samples[: len(first)])


def test_a_host_that_went_without_a_word_leaves_no_trace_in_the_next_run():
    played = recording(60.0)
    with EmulatedBoard(played, speed=20) as board:
        gone = open_board(board.port)
        gone.configure()
        gone.start()
        time.sleep(0.1)
        gone._closing.set()  # no STOP: as if it had been killed
        gone._reader.join()
        gone._serial.close()
        time.sleep(0.3)
        with open_board(board.port) as link:
            link.configure()
            link.start()
            blocks = [block for block, _ in zip(link.blocks(), range(5), strict=False)]
    check_blocks(blocks, played, blocks[-1].stop_index)
    assert blocks[0].first_index == 0


def test_the_self_test_can_be_checked_sample_by_sample():
    with EmulatedBoard(recording(n_channels=2), speed=4) as board, open_board(board.port) as link:
        link.self_test(m.Waveform.RAMP)
        setup = link.configure()
        link.start()
        for block in take_until(link, 6000, link.stop):
            scans = np.arange(block.first_index, block.stop_index)[:, None]
            ramp = (scans + np.array([0, 64])) % (setup.top + 1)
            np.testing.assert_array_equal(block.samples, ramp - setup.zero)
        assert block.stop_index > 6000  # it outlasts the recording's 6000


def test_a_board_that_resets_when_the_port_is_opened():
    played = recording(1.0)
    with EmulatedBoard(played, speed=5, reset_on_open=True, boot_s=0.3) as board:
        for boot in (2, 3):
            time.sleep(0.1)  # it looks every few milliseconds whether anyone is there
            began = time.monotonic()
            with open_board(board.port) as link:
                assert time.monotonic() - began >= 0.3
                assert link.hello.boot_id == boot
                link.configure()
                link.start()
                check_blocks(list(link.blocks()), played)


def test_the_blocks_can_be_left_and_taken_up_again():
    played = recording(2.0)
    with EmulatedBoard(played, speed=10) as board, open_board(board.port) as link:
        link.configure()
        link.start()
        blocks = [next(link.blocks())]
        blocks += link.blocks()
    check_blocks(blocks, played)


# --- what goes wrong --------------------------------------------------------------------------


def test_another_protocol_version():
    for version, words in (
        ((2, 3), r"protocol 2\.3; this program speaks 1\.0\. Bring fasciscope up to date"),
        ((0, 9), r"protocol 0\.9; .* Bring its firmware up to date"),
    ):
        with (
            EmulatedBoard(recording(), version=version) as board,
            pytest.raises(DeviceError, match=words),
        ):
            open_board(board.port)
    with EmulatedBoard(recording(), version=(1, 7)) as board, open_board(board.port) as link:
        assert link.hello.minor == 7


def silent_port():
    master, slave = os.openpty()
    tty.setraw(slave)
    return master, slave, os.ttyname(slave)


def test_a_silent_port():
    master, slave, port = silent_port()
    try:
        began = time.monotonic()
        with pytest.raises(DeviceError, match=r"No board answered on .* within 0.6 s.*500,000"):
            open_board(port, timeout_s=0.6)
        assert time.monotonic() - began < 3
    finally:
        os.close(master)
        os.close(slave)


def test_a_port_with_something_else_on_it():
    """A device that chatters, and one that echoes: neither is a board, neither breaks us."""
    master, slave, port = silent_port()
    done = threading.Event()
    os.set_blocking(master, False)

    def chatter():
        rng = np.random.default_rng(0)
        while not done.wait(0.001):
            with contextlib.suppress(BlockingIOError):
                os.write(master, rng.bytes(40))
            with contextlib.suppress(BlockingIOError):
                os.write(master, os.read(master, 100))

    thread = threading.Thread(target=chatter)
    thread.start()
    try:
        with pytest.raises(DeviceError, match="No board answered"):
            open_board(port, timeout_s=0.6)
    finally:
        done.set()
        thread.join()
        os.close(master)
        os.close(slave)


def test_a_busy_port():
    played = recording(1.0)
    with EmulatedBoard(played, speed=5) as board, open_board(board.port) as link:
        link.configure()
        link.start()
        with pytest.raises(DeviceError, match="in use by another program"):
            open_board(board.port)
        check_blocks(list(link.blocks()), played)  # the first one was not disturbed


def test_a_port_that_is_not_there_and_one_that_is_no_port(tmp_path):
    with pytest.raises(DeviceError, match=r"There is no port /dev/nowhere.*fasciscope ports"):
        open_board("/dev/nowhere")
    file = tmp_path / "file"
    file.write_text("x")
    for none in (str(file), "/dev/null"):
        with pytest.raises(
            DeviceError, match=r"cannot be opened as a serial port.*fasciscope ports"
        ):
            open_board(none)


def test_a_port_that_must_not_be_opened():
    error = PermissionError(13, "Permission denied")
    assert "may not be opened" in probe._why_not("/dev/ttyUSB0", error)


def test_no_port_at_all(monkeypatch):
    monkeypatch.setattr(probe, "list_ports", list)
    with pytest.raises(DeviceError, match=r"No board was found.*--port"):
        open_board()


def test_auto_takes_the_first_that_answers_and_tells_of_those_that_did_not(monkeypatch):
    master, slave, quiet = silent_port()

    def candidates(*ports):
        found = [PortCandidate(p, True, "test") for p in ports]
        monkeypatch.setattr(probe, "list_ports", lambda: found)

    try:
        with EmulatedBoard(recording()) as board:
            candidates("/dev/nowhere", quiet, board.port)
            with open_board(timeout_s=0.3) as link:
                assert link.port == board.port
                assert "Emulated board" in str(link)
        candidates("/dev/nowhere", quiet)
        with pytest.raises(DeviceError, match=r"2 ports.*no port /dev/nowhere.*No board answered"):
            open_board(timeout_s=0.3)
    finally:
        os.close(master)
        os.close(slave)


def test_a_vanished_port_ends_the_stream_after_all_that_came():
    played = recording(60.0)
    board = EmulatedBoard(played, speed=5)
    with open_board(board.port) as link:
        link.configure()
        link.start()
        blocks = []
        with pytest.raises(DeviceError, match=r"has vanished.*recorded so far is safe"):
            take_until(link, 3000, board.close, blocks)
        check_blocks(blocks, played, blocks[-1].stop_index)
        with pytest.raises(DeviceError, match="has vanished"):
            link.mark()
        began = time.monotonic()
    assert time.monotonic() - began < 1.0  # closing does not wait for one that is gone


def test_a_board_that_falls_silent(monkeypatch):
    monkeypatch.setattr(run, "SILENCE_S", 0.5)
    quiet = threading.Event()
    played = recording(60.0)
    with (
        EmulatedBoard(played, speed=5, mangle=lambda x: b"" if quiet.is_set() else x) as board,
        open_board(board.port) as link,
    ):
        link.configure()
        link.start()
        with pytest.raises(DeviceError, match=r"silent for 0.5 s.*safe"):
            take_until(link, 2000, quiet.set)
        monkeypatch.setattr("fasciscope.device.link.REPLY_S", 0.02)
        with pytest.raises(DeviceError, match="did not answer the command MARK, asked 13 times"):
            link.mark()


def test_a_computer_that_slept_does_not_take_the_board_for_gone(monkeypatch):
    """The clock has jumped on, and what came meanwhile has not been read yet."""
    setup = m.Configured(2_000_000, 1, 4, 2048, 4092, 4096, 64, 0)
    hello = m.HelloReply(0, 1, 0, 1, 0, 0, 1, 10**6, 10, 5 * 10**6, 1, 2 * 10**6, 8000, 0, "Test")
    one = run.Run(3, setup, hello, "Test")
    real = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: real() + 3600)

    def wake():
        one.feed([m.Data(3, 0, 0, 2, bytes(4)), m.Status(3, 0, 0, 0, 2, 0, 0, 0, 1)], real())

    threading.Timer(0.3, wake).start()
    (block,) = one.blocks(block_s=0.05)
    assert block.samples.tolist() == [[-2048], [-2048]]


def test_a_board_that_restarts_in_the_middle():
    played = recording(60.0)
    with EmulatedBoard(played, speed=5) as board, open_board(board.port) as link:
        link.configure()
        link.start()
        with pytest.raises(DeviceError, match="has restarted"):
            # another boot id in the next status tells
            take_until(link, 2000, lambda: setattr(board._board, "boot_id", 7))


def test_a_slow_taker_costs_buffer_and_not_samples(monkeypatch):
    played = recording(10.0)
    with EmulatedBoard(played, speed=50) as board, open_board(board.port) as link:
        link.configure()
        link.start()
        stream = link.blocks()
        first = next(stream)
        time.sleep(0.5)
        assert link.health.inbox_level > 0
        check_blocks([first, *stream], played)


def test_a_full_box_is_counted_and_the_hole_is_told():
    played = recording(10.0)
    with EmulatedBoard(played, speed=math.inf) as board, open_board(board.port) as link:
        link.configure()
        inbox = run.Inbox(max_bytes=20_000)
        real = run.Run.__init__

        def small(self, *args):
            real(self, *args, inbox)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(run.Run, "__init__", small)
            link.start()
        time.sleep(0.5)
        blocks = list(link.blocks())
    check_blocks(blocks, played)
    lost = sum(block.lost_before for block in blocks)
    assert lost == link.health.overflowed > 0


def test_blocks_before_start_and_closing_twice():
    with EmulatedBoard(recording()) as board:
        link = open_board(board.port)
        with pytest.raises(DeviceError, match="not been started"):
            link.blocks()
        assert link.health is None
        with pytest.raises(DeviceError, match="No board can be asked for"):
            link.configure(1e12)
        link.close()
        link.close()
    with pytest.raises(InputError, match="above 0"):
        EmulatedBoard(recording(), speed=0)


@pytest.mark.parametrize(
    "nonsense",
    [
        {"channels": 0},
        {"rate_mhz": 0},
        {"full_scale": 0},
        {"zero": 5000},
        {"zero": 0, "top": 40_000},
        {"zero": 40_000, "top": 65_000},
    ],
)
def test_a_converter_that_cannot_be_is_not_believed(nonsense, monkeypatch):
    with EmulatedBoard(recording()) as board, open_board(board.port) as link:
        real = board._board._configure
        monkeypatch.setattr(
            board._board,
            "_configure",
            lambda wish: replace(m.Configured.read(real(wish)), **nonsense).write(),
        )
        with pytest.raises(DeviceError, match="announces samples that cannot be"):
            link.configure()


def test_answers_that_are_too_short_are_a_sentence(monkeypatch):
    with EmulatedBoard(recording()) as board:
        with open_board(board.port) as link:
            monkeypatch.setattr(board._board, "_configure", lambda wish: b"abc")
            with pytest.raises(DeviceError, match="CONFIGURE with too few bytes"):
                link.configure()
        for length in (4, 5, 12):
            monkeypatch.setattr(
                board._board, "_hello", lambda body, n=length: (body[:4] + b"\1" * 50)[:n]
            )
            with pytest.raises(DeviceError, match="too few bytes"):
                open_board(board.port)


def test_a_fault_of_ours_is_not_taken_for_silence(monkeypatch):
    with EmulatedBoard(recording(60.0), speed=5) as board, open_board(board.port) as link:
        link.configure()
        link.start()

        def broken(messages, now_s):
            raise ZeroDivisionError("ours")

        with pytest.raises(ZeroDivisionError, match="ours"):
            take_until(link, 1000, lambda: monkeypatch.setattr(link.run, "feed", broken))


def test_there_are_words_for_every_reason():
    for reason in m.Reason:
        if reason is m.Reason.OK:
            continue
        text = refusal("The board", m.Reply(1, 2, reason, (77).to_bytes(4, "little")))
        assert text.startswith("The board ")
        assert text.endswith(".")
        assert "{" not in text
    assert set(_WORDS) == set(m.Reason) - {m.Reason.OK, m.Reason.RATE}
    assert "200" in refusal("The board", m.Reply(1, 200, 99))
