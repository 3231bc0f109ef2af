"""kill -9 at random moments: what is on the disk by then is a recording."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
import warnings
from pathlib import Path

import edfio
import mne
import numpy as np
import pytest

from fasciscope.blocks import Channel, StreamInfo
from fasciscope.device.emulator import EmulatedBoard
from fasciscope.errors import RecordingError
from fasciscope.formats import check, read
from fasciscope.formats.edf_header import read_header
from fasciscope.recording import Recording

KILLS, AT_ONCE = 50, 10
FS, SPEED = 500.0, 1.5
BUILT_FROM = "fasciscope.api", "fasciscope.sources", "fasciscope.formats.edf_writer", "serial"


def record_until_killed(port, path, pipe):
    """Record, and set a marker now and then; each is told to whoever kills this process."""
    from fasciscope.api import capture
    from fasciscope.session import Markers
    from fasciscope.sources import SerialSource

    markers = Markers()

    def mark():
        for number in range(10_000):
            time.sleep(0.08)
            with contextlib.suppress(OSError):
                pipe.send(markers.mark(f"mark {number}"))

    source = SerialSource(port)
    pipe.send("begun")
    threading.Thread(target=mark, daemon=True).start()
    capture(source, path, markers=markers)


def kill_one(context, board, path, delay_s):
    """Record from `board`, kill after `delay_s`; return the markers set, and the board's count."""
    ours, theirs = context.Pipe()
    process = context.Process(target=record_until_killed, args=(board.port, path, theirs))
    process.start()
    assert ours.poll(60)
    assert ours.recv() == "begun"
    time.sleep(delay_s)
    os.kill(process.pid, signal.SIGKILL)
    made = board._board.index
    process.join()
    marks = []
    theirs.close()
    with contextlib.suppress(EOFError, OSError):
        while ours.poll():
            marks.append(ours.recv())
    return marks, made


def test_fifty_kills_cost_less_than_a_second_each_and_nothing_before(tmp_path: Path):
    rng = np.random.default_rng(50)
    samples = rng.integers(-2000, 2000, (int(60 * FS), 2)).astype(np.int16)
    channels = tuple(Channel(f"EMG{i}", 2.0, count_min=-2048, count_max=2044) for i in (1, 2))
    played = Recording(StreamInfo(FS, channels), samples)
    delays = rng.uniform(0.0, 1.6, KILLS)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(BUILT_FROM))
    outcomes: dict[int, tuple[list, int]] = {}

    def series(first):
        with EmulatedBoard(played, speed=SPEED) as board:
            for k in range(first, KILLS, AT_ONCE):
                path = tmp_path / f"{k}.edf"
                outcomes[k] = kill_one(context, board, path, float(delays[k]))

    threads = [threading.Thread(target=series, args=(first,)) for first in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == KILLS
    opened = [look(tmp_path / f"{k}.edf", *outcomes[k], samples) for k in range(KILLS)]
    assert sum(opened) >= KILLS // 2  # the others were killed before the first half second


def look(path, marks, made, truth):
    """Check one file against what the board made by then; return whether it holds samples."""
    if not path.exists():
        assert made < FS  # killed between the board's start and the file's
        return False
    if path.stat().st_size < first_record_bytes(path):
        with pytest.raises(RecordingError, match=r"empty|cut off inside its header|no whole data"):
            read(path)
        assert made < FS  # less than a second had come by then
        return False
    got = read(path)
    np.testing.assert_array_equal(got.samples, truth[: got.n_samples])
    assert not len(got.gaps)
    assert made - got.n_samples < FS  # less than a second of signal is missing at the end
    assert got.truncated
    record = int(0.5 * FS)
    kept = {(mark.sample_index, mark.text) for mark in got.markers}
    told = {(mark.sample_index, mark.text) for mark in marks}
    assert len(kept - told) <= 1  # killed between setting it and telling of it
    # one stands in the record in which it becomes known: that in which it is, or the next
    due = {mark for mark in told if mark[0] < got.n_samples - record}
    assert due <= kept
    found = check(path)
    assert (found.records_announced, found.needs_repair) == (-1, True)
    assert not found.misplaced
    by_edfio = edfio_samples(path)
    np.testing.assert_array_equal(by_edfio, truth[: len(by_edfio), 0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        raw = mne.io.read_raw_edf(path, verbose="error")
        assert raw.n_times == got.n_samples
    return True


def first_record_bytes(path):
    """Return the size from which on the file holds a whole data record."""
    if path.stat().st_size < 1024:
        return 1024
    header = read_header(path)
    return header.n_bytes + header.record_bytes


def edfio_samples(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says that the file was cut
        return edfio.read_edf(path).signals[0].digital


@pytest.mark.soak
def test_fifty_kills_of_the_command_itself(start, tmp_path):
    """The same with `fasciscope record`, detector and all."""
    rng = np.random.default_rng(51)
    samples = rng.integers(-2000, 2000, (int(60 * FS), 1)).astype(np.int16)
    channel = Channel("EMG1", 2.0, count_min=-2048, count_max=2044)
    played = Recording(StreamInfo(FS, (channel,)), samples)
    with EmulatedBoard(played, speed=SPEED) as board:
        for k in range(50):
            path = tmp_path / f"{k}.edf"
            process = start("record", "--port", board.port, "--output", path.name)
            while not path.exists():
                assert process.poll() is None, process.stderr.read()
                time.sleep(0.02)
            time.sleep(float(rng.uniform(0.6, 3.0)))
            process.kill()
            made = board._board.index
            process.wait(timeout=30)
            assert look(path, [], made, samples)
