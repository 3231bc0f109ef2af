"""Two recorders on one port, a full disk under `fasciscope record`, links as outputs."""

from __future__ import annotations

import os
import resource
import subprocess
import time

import numpy as np
import pytest

from fasciscope import read
from fasciscope.device.emulator import EmulatedBoard
from fasciscope.formats import check


@pytest.fixture
def recording_process(start, calm, tmp_path):
    """A recording that is going on."""
    with EmulatedBoard(calm, speed=2.0, loop=True) as board:
        process = start("record", "--port", board.port, "--output", "first.edf")
        until = time.monotonic() + 60
        while not (tmp_path / "first.edf").exists() and time.monotonic() < until:
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.02)
        yield board, process


def refused(done, *words):
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr


def test_a_second_recorder_is_refused_and_the_first_loses_nothing(
    run, recording_process, calm, tmp_path
):
    board, process = recording_process
    refused(run("record", "--port", board.port, "--output", "second.edf"), "in use by another")
    refused(run("record", "--port", board.port, "--output", "first.edf"), "exists already")
    assert not (tmp_path / "second.edf").exists()
    process.terminate()
    said, status = process.communicate(timeout=60)
    assert process.returncode == 0, status
    assert "none lost" in said
    got = read(tmp_path / "first.edf")
    np.testing.assert_array_equal(got.samples, np.resize(calm.samples, got.samples.shape))


def test_a_link_as_output_is_refused_wherever_it_leads(run, board, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    (tmp_path / "link.edf").symlink_to(tmp_path / "mine.txt")
    (tmp_path / "dangling.edf").symlink_to(tmp_path / "nowhere.edf")
    for name in ("link.edf", "dangling.edf"):
        refused(run("record", "--port", board.port, "--output", name), name, "is a link")
    (tmp_path / "x_emg.json").symlink_to(tmp_path / "mine.txt")
    refused(run("record", "--port", board.port, "--output", "x.edf"), "x_emg.json", "is a link")
    assert (tmp_path / "mine.txt").read_text() == "mine"
    assert not (tmp_path / "nowhere.edf").exists()


def test_a_file_that_may_not_grow_on(command, calm, tmp_path):
    limit = 20_000

    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    with EmulatedBoard(calm, speed=4.0, loop=True) as board:
        done = subprocess.run(
            command("record", "--port", board.port, "--output", "big.edf"),
            cwd=tmp_path,
            # or Python itself would leave cut-off byte code behind for all who come later
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            preexec_fn=small,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=90,
        )
    refused(done, "Cannot write on to big.edf", "File too large", "is kept")
    found = check(tmp_path / "big.edf")
    assert found.is_sound
    assert limit - 2 * 2512 < (tmp_path / "big.edf").stat().st_size <= limit
    np.testing.assert_array_equal(
        read(tmp_path / "big.edf").samples, calm.samples[: found.n_samples]
    )
    sidecar = (tmp_path / "big_emg.json").read_text()
    assert '"session"' in sidecar
