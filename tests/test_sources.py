"""Replay, simulation and pacing as sources; a board as a source over a real pseudo-terminal."""

from __future__ import annotations

import math
import threading
import time
from datetime import datetime

import numpy as np
import pytest

from fasciscope.blocks import Channel, Marker, StreamInfo
from fasciscope.device.emulator import EmulatedBoard
from fasciscope.errors import DeviceError, InputError
from fasciscope.recording import Recording
from fasciscope.session import run_session
from fasciscope.simulation import SCENES, simulate
from fasciscope.sources import Paced, ReplaySource, SerialSource, SimulatedSource


def recording(seconds=2.0, fs=2000.0, n_channels=1):
    rng = np.random.default_rng(2)
    samples = rng.integers(-2048, 2045, (int(seconds * fs), n_channels)).astype(np.int16)
    channels = tuple(
        Channel(f"EMG{i + 1}", 5e6 / 4096 / 200, count_min=-2048, count_max=2044)
        for i in range(n_channels)
    )
    return Recording(StreamInfo(fs, channels), samples, markers=(Marker(700, "b"),))


def test_replay_gives_the_recording_in_blocks_of_the_size_asked_for():
    blocks = list(ReplaySource(recording(), 300))
    assert [len(block) for block in blocks] == [300] * 13 + [100]
    np.testing.assert_array_equal(np.concatenate([b.samples for b in blocks]), recording().samples)
    assert {len(block) for block in ReplaySource(recording())} == {200}
    with pytest.raises(InputError, match="at least one sample"):
        ReplaySource(recording(), 0)


def test_replay_ends_when_it_is_closed():
    source = ReplaySource(recording(), 100)
    taken = []
    for block in source:
        taken.append(block)
        if len(taken) == 3:
            source.close()
    assert len(taken) == 3


def test_a_simulated_scene_has_the_signal_and_the_truth_of_its_seed():
    source = SimulatedSource("calm", seconds=5, seed=4, fs_hz=1000)
    expected = simulate("calm", seconds=5, seed=4, fs_hz=1000)
    samples = np.concatenate([block.samples for block in source])
    np.testing.assert_array_equal(samples, expected.recording.samples)
    np.testing.assert_array_equal(source.truth["peak"], expected.truth["peak"])


def test_a_simulated_scene_has_its_own_rate_unless_another_is_asked_for():
    assert SimulatedSource("kit", seconds=1).info.fs_hz == SCENES["kit"].fs_hz == 1000


@pytest.mark.parametrize("speed", [1.0, 4.0])
def test_pacing_follows_the_sample_count(speed):
    began = time.monotonic()
    late = [
        time.monotonic() - began - block.stop_index / (2000 * speed)
        for block in Paced(ReplaySource(recording(1.0), 100), speed)
    ]
    assert min(late) > -0.002  # never early
    assert np.median(late) < 0.1


def test_a_slow_taker_is_not_slowed_further():
    began = time.monotonic()
    for block in Paced(ReplaySource(recording(1.0), 100), 2.0):
        if block.first_index == 0:
            time.sleep(0.3)
    assert time.monotonic() - began < 0.5 + 0.25


def test_flat_out_and_other_speeds():
    began = time.monotonic()
    assert sum(map(len, Paced(ReplaySource(recording(20.0)), math.inf))) == 40_000
    assert time.monotonic() - began < 5.0
    for speed in (0.0, -1.0, math.nan):
        with pytest.raises(InputError, match="above 0"):
            Paced(ReplaySource(recording()), speed)


def test_pacing_is_closed_in_the_middle_of_waiting():
    source = Paced(ReplaySource(recording(60.0), 100_000))
    threading.Timer(0.1, source.close).start()
    began = time.monotonic()
    assert list(source) == []
    assert time.monotonic() - began < 5.0


def test_a_board_as_a_source_knows_its_scale_and_its_start():
    played = recording(1.0, n_channels=3)
    before = datetime.now().astimezone()
    with EmulatedBoard(played, speed=10) as board:
        source = SerialSource(board.port, muscles=["gastrocnemius", "soleus"], side="left")
        samples = np.concatenate([block.samples for block in source])
        source.close()
    info = source.info
    np.testing.assert_array_equal(samples, played.samples[:, :2])  # as many as muscles
    assert info.fs_hz == 2000.0
    assert [c.muscle for c in info.channels] == ["gastrocnemius", "soleus"]
    assert {c.side for c in info.channels} == {"left"}
    for channel in info.channels:
        assert channel.uv_per_count == pytest.approx(5e6 / 4096 / 200, rel=1e-6)
        assert (channel.count_min, channel.count_max) == (-2048, 2044)
    assert before <= info.start <= datetime.now().astimezone()
    assert "Emulated board" in info.device
    assert "boot 1" in info.device


def test_a_board_is_recorded_to_the_sample_through_a_session():
    class Keep(list):
        process = list.append

        def finish(self):
            self.done = True

    played = recording(4.0)
    kept = Keep()
    with EmulatedBoard(played, speed=8) as board:
        health = run_session(SerialSource(board.port), [kept], max_samples=6001)
    np.testing.assert_array_equal(
        np.concatenate([block.samples for block in kept]), played.samples[:6001]
    )
    assert kept.done
    assert (health.samples, health.lost, health.crc_errors) == (6001, 0, 0)
    assert [m for block in kept for m in block.markers] == [Marker(700, "button")]
    assert health.overruns == 0


def test_stop_keeps_all_that_the_board_had_sent():
    played = recording(60.0)
    kept, stop = [], threading.Event()

    class Keep:
        def process(self, block):
            kept.append(block)
            if block.stop_index > 4000:
                stop.set()

        def finish(self):
            pass

    with EmulatedBoard(played, speed=10) as board:
        health = run_session(SerialSource(board.port), [Keep()], stop=stop)
    n = kept[-1].stop_index
    assert 4000 < n < 120_000
    assert health.lost == 0
    np.testing.assert_array_equal(np.concatenate([b.samples for b in kept]), played.samples[:n])


def test_what_a_board_cannot_do_is_said_with_the_bound():
    with EmulatedBoard(recording()) as board:
        with pytest.raises(DeviceError, match="nearest that it can is 2000 Hz"):
            SerialSource(board.port, fs_hz=1000)
        with pytest.raises(DeviceError, match="no more than 1 channels"):
            SerialSource(board.port, channels=4)
        with pytest.raises(InputError, match="2 muscles are named"):
            SerialSource(board.port, channels=1, muscles=["a", "b"])
        with pytest.raises(InputError, match="gain"):
            SerialSource(board.port, gain=0.0)
        with pytest.raises(InputError, match="left or right"):
            SerialSource(board.port, side="upper")
        with pytest.raises(InputError, match="between 250 and 10000"):
            SerialSource(board.port, fs_hz=0.0)
        with pytest.raises(InputError, match="1 to 64 channels"):
            SerialSource(board.port, channels=0)
        source = SerialSource(board.port)  # the port was let go of each time
        source.close()
