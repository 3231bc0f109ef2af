"""A recording that outlives its cable: the board goes and comes, every sample has its place."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fasciscope.blocks import Channel, StreamInfo
from fasciscope.device import messages as m
from fasciscope.device import rejoin, stream
from fasciscope.device import run as run_module
from fasciscope.device.boards import PortCandidate
from fasciscope.device.emulator import EmulatedBoard
from fasciscope.device.link import open_board
from fasciscope.device.run import LostBoardError
from fasciscope.device.stream import BoardStream
from fasciscope.errors import DeviceError, InputError
from fasciscope.recording import Recording

FS = 1000.0
SPEED = 4.0


def recording(seconds=60.0, n_channels=1):
    samples = np.random.default_rng(8).integers(-2000, 2000, (int(seconds * FS), n_channels))
    channels = tuple(
        Channel(f"EMG{i + 1}", 5e6 / 4096 / 200, count_min=-2048, count_max=2044)
        for i in range(n_channels)
    )
    return Recording(StreamInfo(FS, channels), samples.astype(np.int16))


class Taker(threading.Thread):
    """Takes all blocks of a stream, in a thread, so that the test can pull the cable meanwhile."""

    def __init__(self, board, wait_s=20.0):
        super().__init__()
        link = open_board(board.port)
        link.configure()
        link.start()
        self.first_started = link.run.started_s
        self.stream = BoardStream(link, wait_s)
        self.blocks, self.error, self.beats = [], None, 0
        self.start()

    def run(self):
        try:
            for block in self.stream.blocks(0.05):
                self.beats += not len(block) and not block.lost_before
                self.blocks.append(block)
        except Exception as error:
            self.error = error

    def until(self, index):
        """Wait until sample `index` has come."""
        for _ in range(1000):
            if self.blocks and self.blocks[-1].stop_index > index:
                return
            if not self.is_alive():
                break
            time.sleep(0.02)
        pytest.fail(f"sample {index} did not come: {self.error}")

    def beat(self):
        """Wait until an empty block has said that the board is away."""
        before = self.beats
        for _ in range(500):
            if self.beats > before:
                return
            time.sleep(0.02)
        pytest.fail("nobody noticed that the board went away")

    def end(self):
        self.stream.close()
        self.join(10)
        assert not self.is_alive()

    @property
    def newest(self):
        return self.blocks[-1].stop_index

    @property
    def gaps(self):
        return [
            (b.first_index - b.lost_before, b.first_index) for b in self.blocks if b.lost_before
        ]


@pytest.fixture
def port_moves(monkeypatch):
    """Let the port be looked for where the emulated board is now."""

    def follow(board):
        monkeypatch.setattr(rejoin, "ports_again", lambda port, identity: [port, board.port])

    return follow


def check(taker, played, stop=None):
    """Every sample that came is the board's own at that index, and loss is told exactly."""
    next_index = 0
    for block in taker.blocks:
        assert block.lost_before == block.first_index - next_index
        np.testing.assert_array_equal(
            block.samples, played.samples[block.first_index : block.stop_index]
        )
        next_index = block.stop_index


def test_the_cable_is_pulled_and_the_gap_is_exact_by_the_boards_count(port_moves):
    played = recording()
    with EmulatedBoard(played, speed=SPEED) as board:
        port_moves(board)
        taker = Taker(board)
        taker.until(4000)
        board.unplug()
        taker.beat()
        away = taker.newest
        assert taker.stream.health.waiting_s > 0
        time.sleep(0.5)
        board.plug_in()
        taker.until(away + 3000)
        taker.end()
    assert taker.error is None
    check(taker, played)
    ((first, stop),) = taker.gaps
    assert stop - first > 0.5 * SPEED * FS
    health = taker.stream.health
    assert (health.reconnects, health.waiting_s, health.host_gaps) == (1, None, ())


def test_pulled_again_and_again(port_moves):
    played = recording()
    with EmulatedBoard(played, speed=SPEED) as board:
        port_moves(board)
        taker = Taker(board)
        for _ in range(3):
            taker.until(len(taker.blocks) and taker.newest + 1500)
            board.unplug()
            taker.beat()
            board.plug_in()
        taker.until(taker.newest + 1500)
        taker.end()
    check(taker, played)
    assert len(taker.gaps) == taker.stream.health.reconnects == 3


@pytest.mark.parametrize("how", ["power lost", "reset button"])
def test_a_board_that_began_anew_is_placed_by_the_hosts_clock(port_moves, how):
    played = recording()
    with EmulatedBoard(played, speed=SPEED) as board:
        port_moves(board)
        taker = Taker(board)
        taker.until(1.5 * SPEED * FS)  # so long that there is a fit of the clock
        if how == "power lost":
            board.unplug()
            taker.beat()
            time.sleep(0.5)
            board.plug_in(power_lost=True)
        else:
            board.reset()
        taker.until(taker.newest + 500)
        for _ in range(500):
            if taker.stream.health.reconnects:
                break
            time.sleep(0.02)
        taker.until(taker.newest + 2000)
        began_s = taker.stream._run.started_s
        taker.end()
    assert taker.error is None
    (gap,) = taker.stream.health.host_gaps
    ((first, stop),) = taker.gaps
    assert (gap.first, gap.stop) == (first, stop)
    behind = [block for block in taker.blocks if block.first_index >= stop]
    got = np.concatenate([block.samples for block in behind])
    np.testing.assert_array_equal(got, played.samples[: len(got)])  # its own count from 0
    # the truth: scan 0 of the first run was taken at its START, and real time went on
    truth = (np.mean(began_s) - np.mean(taker.first_started)) * SPEED * FS
    assert abs(stop - truth) <= gap.uncertainty_s * SPEED * FS
    assert 0 < gap.uncertainty_s < 0.3
    (text,) = [mark.text for block in behind for mark in block.markers]
    assert re.search(
        r"began anew after \d+\.\d{3} s by this computer's clock, within 0\.\d{3} s", text
    )
    assert behind[0].markers[0].sample_index == stop
    assert taker.stream.health.reconnects == 1


def test_the_run_came_to_its_end_while_the_cable_was_out(port_moves):
    played = recording(6.0)
    with EmulatedBoard(played, speed=SPEED) as board:
        port_moves(board)
        taker = Taker(board)
        taker.until(3000)
        board.unplug()
        taker.beat()
        assert board.finished.wait(10)
        board.plug_in()
        taker.join(10)
    assert taker.error is None
    check(taker, played)
    assert taker.newest == played.n_samples
    assert taker.blocks[-1].lost_before == played.n_samples - taker.gaps[0][0]


def test_waiting_is_bounded(port_moves):
    with EmulatedBoard(recording(), speed=SPEED) as board:
        taker = Taker(board, wait_s=1.0)
        taker.until(2000)
        board.unplug()
        began = time.monotonic()
        taker.join(10)
        took = time.monotonic() - began
    assert 0.9 < took < 4.0
    assert isinstance(taker.error, DeviceError)
    assert re.search("vanished.*safe.*did not come back in 1 s", str(taker.error))
    assert taker.beats > 1


def test_no_waiting_when_it_is_not_wanted():
    with EmulatedBoard(recording(), speed=SPEED) as board:
        taker = Taker(board, wait_s=0.0)
        taker.until(2000)
        board.unplug()
        taker.join(5)
    assert isinstance(taker.error, LostBoardError)
    assert taker.beats == 0


def test_a_stop_while_waiting_ends_at_once_and_without_complaint():
    with EmulatedBoard(recording(), speed=SPEED) as board:
        taker = Taker(board, wait_s=60.0)
        taker.until(2000)
        board.unplug()
        taker.beat()
        began = time.monotonic()
        taker.end()
        assert time.monotonic() - began < 1.5
    assert taker.error is None


def test_another_board_in_its_place_is_not_taken(port_moves):
    with EmulatedBoard(recording(), speed=SPEED) as board:
        taker = Taker(board, wait_s=1.0)
        taker.until(2000)
        with EmulatedBoard(recording(), boot_id=70) as other:
            other._board._name = "Somebody else's"
            port_moves(other)
            board.unplug()
            taker.join(15)
    assert "is another board than before (Emulated board)" in str(taker.error)


def test_the_same_board_with_other_settings_is_not_taken(port_moves):
    with EmulatedBoard(recording(), speed=SPEED) as board:
        taker = Taker(board, wait_s=1.0)
        taker.until(2000)
        with EmulatedBoard(recording(), boot_id=70) as other:
            real = other._board._configure
            other._board._configure = lambda wish: replace(
                run_module.m.Configured.read(real(wish)), skew_ns=5
            ).write()
            port_moves(other)
            board.unplug()
            taker.join(15)
    assert "came back with other settings" in str(taker.error)


def test_somebody_else_used_the_board_meanwhile(port_moves):
    """Same boot, another run: its count is not ours, so the host's clock has to do."""
    played = recording()
    with EmulatedBoard(played, speed=SPEED) as board:
        port_moves(board)
        taker = Taker(board)
        taker.until(1.5 * SPEED * FS)
        board.unplug()
        taker.beat()
        board._board._begin(99)
        board._started_s = time.monotonic()
        board.plug_in()
        began = time.monotonic()
        taker.until(taker.newest + 2000)
        assert time.monotonic() - began < 5
        taker.end()
    assert taker.error is None
    assert len(taker.stream.health.host_gaps) == 1


def test_silence_is_waited_out_too(port_moves, monkeypatch):
    monkeypatch.setattr(run_module, "SILENCE_S", 0.4)
    quiet = threading.Event()
    played = recording()
    with EmulatedBoard(
        played, speed=SPEED, mangle=lambda data: b"" if quiet.is_set() else data
    ) as board:
        port_moves(board)
        taker = Taker(board)
        taker.until(2000)
        quiet.set()
        taker.beat()
        quiet.clear()
        taker.until(taker.newest + 2000)
        taker.end()
    assert taker.error is None
    check(taker, played)
    assert len(taker.gaps) == 1


def test_a_board_that_answers_but_sends_no_samples_is_told_to_begin_anew(port_moves, monkeypatch):
    monkeypatch.setattr(run_module, "SILENCE_S", 0.6)
    dry = threading.Event()

    def without_data(data):
        # a frame begins with the place of its first zero, and its type
        frames = data.split(b"\0")
        return b"\0".join(one for one in frames if one[1:2] != bytes([m.Data.TYPE]))

    played = recording()
    with EmulatedBoard(
        played, speed=SPEED, mangle=lambda data: without_data(data) if dry.is_set() else data
    ) as board:
        port_moves(board)
        taker = Taker(board)
        taker.until(2000)
        dry.set()
        began = time.monotonic()
        while not taker.stream.health.reconnects and time.monotonic() - began < 10:
            time.sleep(0.01)
        dry.clear()
        taker.until(taker.newest + 2000)
        taker.end()
    assert taker.error is None
    gap = taker.stream.health.host_gaps[0]
    assert gap.reason == "the board sent no samples"


@pytest.mark.parametrize("wait_s", [-1.0, float("nan"), float("inf"), 1e6])
def test_a_wait_that_cannot_be(wait_s):
    with pytest.raises(InputError, match=r"0 to 86,400 seconds"):
        stream.check_wait(wait_s)


def test_the_ports_on_which_a_board_may_be_found_again(monkeypatch):
    from fasciscope.device import boards

    there = [
        PortCandidate("/dev/ttyACM1", True, "x", "2341:0043", "5573"),
        PortCandidate("/dev/ttyACM2", True, "x", "2341:0043", "9999"),
        PortCandidate("/dev/ttyUSB0", True, "x", "1a86:7523", ""),
    ]
    monkeypatch.setattr(boards, "list_ports", lambda: there)
    assert boards.port_identity("/dev/ttyACM1") == ("2341:0043", "5573")
    assert boards.port_identity("/dev/pts/3") == ("", "")
    again = boards.ports_again("/dev/ttyACM0", ("2341:0043", "5573"))
    assert again == ["/dev/ttyACM0", "/dev/ttyACM1"]
    assert boards.ports_again("/dev/ttyUSB0", ("1a86:7523", "")) == ["/dev/ttyUSB0"]
    assert boards.ports_again("/dev/pts/3", ("", "")) == ["/dev/pts/3"]


def test_the_name_of_a_port_that_vanished_goes_to_nobody_else():
    """Else a recorder that waits for this board would meet another one there."""
    with EmulatedBoard(recording()) as board:
        old = board.port
        board.unplug()
        board.unplug()  # harmless
        assert not Path(old).exists()
        with EmulatedBoard(recording()) as other:
            assert other.port != old
        board.plug_in()
        assert board.port != old
        assert Path(board.port).exists()
