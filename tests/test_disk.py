"""Disks that are full, gone or refuse: the recording stops with a sentence, and is kept."""

from __future__ import annotations

import errno
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from fasciscope import api, read
from fasciscope.blocks import Block, Channel, StreamInfo
from fasciscope.errors import OutputError
from fasciscope.formats import EdfWriter, check
from fasciscope.formats.room import bytes_needed, must_have_room
from fasciscope.recording import Recording
from fasciscope.sources import ReplaySource

FS = 1000.0
INFO = StreamInfo(FS, (Channel("EMG1", 0.5),))
COUNTS = np.random.default_rng(2).integers(-3000, 3000, (20_000, 1)).astype(np.int16)
SOURCE = Recording(INFO, COUNTS)


def blocks(n=100):
    for first in range(0, len(COUNTS), n):
        yield Block(COUNTS[first : first + n], first)


def write_all(writer):
    for block in blocks():
        writer.process(block)


class Refusing:
    """A file that takes so many bytes and then none, as a disk does that is full or gone."""

    def __init__(self, file, room, code):
        self._file, self._room, self._code = file, room, code

    def __getattr__(self, name):
        return getattr(self._file, name)

    def write(self, raw):
        if self._file.tell() + len(raw) > self._room:
            fits = self._room - self._file.tell()
            if fits > 0:  # a full disk takes what it still can
                return self._file.write(bytes(raw)[:fits])
            raise OSError(self._code, errno.errorcode[self._code])
        return self._file.write(raw)


@pytest.mark.parametrize(
    "code", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EACCES, errno.EFBIG, errno.EROFS]
)
def test_a_disk_that_refuses_in_the_middle(tmp_path, code):
    path = tmp_path / "a.edf"
    writer = EdfWriter(path, INFO, record_s=0.5)
    writer._file._file = Refusing(writer._file._file, 10_000, code)
    with pytest.raises(OutputError, match=r"Cannot write on to .*safe up to second (\d|\.)+;"):
        write_all(writer)
    writer.finish()
    found = check(path)
    assert found.is_sound
    assert found.records_whole == (10_000 - 768) // (1000 + 512)
    np.testing.assert_array_equal(read(path).samples, COUNTS[: found.n_samples])


@pytest.mark.parametrize("call", ["fsync", "truncate"])
def test_a_disk_that_fails_when_it_is_asked_to_keep(tmp_path, monkeypatch, call):
    path = tmp_path / "a.edf"
    writer = EdfWriter(path, INFO, record_s=0.5, fsync_s=0.0)

    def fail(*args):
        raise OSError(errno.EIO, "Input/output error")

    if call == "fsync":
        monkeypatch.setattr("os.fsync", fail)
    else:
        writer._file._file = Refusing(writer._file._file, 10_000, errno.EIO)
        writer._file._file.truncate = fail
    with pytest.raises(OutputError, match="Cannot write on to"):
        write_all(writer)
    monkeypatch.undo()
    got = read(path)
    np.testing.assert_array_equal(got.samples, COUNTS[: got.n_samples])


@pytest.mark.parametrize("what", ["the folder", "the file"])
def test_the_folder_is_deleted_while_recording(tmp_path, monkeypatch, what):
    here, folder = tmp_path / "here", tmp_path / "session"
    here.mkdir()
    folder.mkdir()
    monkeypatch.chdir(here)
    path = folder / "a_emg.edf"
    (here / "a_emg_rescued.edf").write_text("mine")

    class Deleting(ReplaySource):
        def __iter__(self):
            for block in super().__iter__():
                if block.first_index == 10_000:
                    shutil.rmtree(folder) if what == "the folder" else path.unlink()
                yield block

    with pytest.raises(
        OutputError, match=r"was deleted while.*safe in (.*_rescued_2\.edf), "
    ) as bad:
        api.capture(Deleting(SOURCE, 100), path)
    rescued = here / "a_emg_rescued_2.edf"
    assert str(rescued) in str(bad.value)
    assert (here / "a_emg_rescued.edf").read_text() == "mine"
    found = check(rescued)
    assert not found.misplaced
    assert found.records_announced == found.records_whole >= 20
    np.testing.assert_array_equal(read(rescued).samples, COUNTS[: found.n_samples])


def test_a_recording_that_was_moved_goes_on(tmp_path):
    path = tmp_path / "a.edf"

    class Moving(ReplaySource):
        def __iter__(self):
            for block in super().__iter__():
                if block.first_index == 10_000:
                    path.rename(tmp_path / "b.edf")
                yield block

    api.capture(Moving(SOURCE, 100), path)
    np.testing.assert_array_equal(read(tmp_path / "b.edf").samples, COUNTS)


def test_room_is_compared_with_need_before_the_first_byte(tmp_path, monkeypatch):
    needed = bytes_needed(INFO, 3600, 0.5)
    assert needed == 768 + 7200 * (1000 + 512)
    six = StreamInfo(FS, tuple(Channel(f"EMG{i}", 0.5) for i in range(6)))
    assert bytes_needed(six, 10, 1.0) == 256 * 8 + 10 * (6 * 2000 + 512)
    free = needed + 3_000_000
    usage = shutil.disk_usage(tmp_path)._replace(free=free)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    must_have_room(tmp_path / "a.edf", INFO, 3600, 0.5)
    must_have_room(tmp_path / "a.edf", INFO, None, 0.5)
    with pytest.raises(OutputError, match=r"takes 22\.8 MB .* the disk of .* has 13\.9 MB left"):
        api.capture(ReplaySource(SOURCE), tmp_path / "a.edf", seconds=7200)
    usage = usage._replace(free=1000)
    with pytest.raises(OutputError, match=r"minute takes 1\.2 MB with what is kept beside it"):
        api.capture(ReplaySource(SOURCE), tmp_path / "a.edf")
    assert not list(tmp_path.iterdir())


def test_the_size_that_is_foretold_is_the_size_that_it_gets(tmp_path):
    api.capture(ReplaySource(SOURCE), tmp_path / "a.edf", seconds=13.0)
    assert (tmp_path / "a.edf").stat().st_size == bytes_needed(INFO, 13.0, 0.5)


def test_the_sidecar_is_there_from_the_start_and_gone_with_an_empty_recording(tmp_path):
    sidecar = tmp_path / "a_emg.json"

    class Watching(ReplaySource):
        def __iter__(self):
            assert json.loads(sidecar.read_text())["SamplingFrequency"] == FS
            assert "RecordingDuration" not in json.loads(sidecar.read_text())
            yield from super().__iter__()

    api.capture(Watching(SOURCE), tmp_path / "a.edf")
    assert json.loads(sidecar.read_text())["RecordingDuration"] == 20.0

    class Empty(ReplaySource):
        def __iter__(self):
            return iter(())

    api.capture(Empty(SOURCE), tmp_path / "b.edf")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.edf", "a_emg.json"]


def test_a_sidecar_that_cannot_be_written_is_said_before_anything_is_recorded(tmp_path):
    (tmp_path / ".a_emg.json.part").mkdir()
    with pytest.raises(OutputError, match=r"Cannot write .*a_emg\.json"):
        api.capture(ReplaySource(SOURCE), tmp_path / "a.edf")
    assert not (tmp_path / "a.edf").exists()


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 64 KiB, where we may make one."""
    folder = tmp_path / "small"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(folder)], capture_output=True
    )
    if made.returncode:
        pytest.skip("only a privileged user can make a small file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_is_really_full(small_disk, monkeypatch):
    path = small_disk / "a.edf"
    monkeypatch.setattr("fasciscope.formats.room.must_have_room", lambda *args: None)
    with pytest.raises(OutputError, match=r"No space left on device.*safe up to second"):
        api.capture(ReplaySource(Recording(INFO, np.tile(COUNTS, (4, 1)))), path)
    found = check(path)
    assert found.is_sound
    assert found.n_samples > 10_000
    np.testing.assert_array_equal(read(path).samples, np.tile(COUNTS, (4, 1))[: found.n_samples])


def test_no_room_for_even_a_minute(small_disk):
    with pytest.raises(OutputError, match="Even a minute takes"):
        api.capture(ReplaySource(SOURCE), small_disk / "a.edf")
    assert not list(Path(small_disk).iterdir())
