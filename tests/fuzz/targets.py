"""What is fuzzed: each function takes bytes and raises only if one of our promises is broken.

Used by ``tests/test_fuzz.py`` (hypothesis, in every test run) and ``tests/fuzz/run.py`` (atheris,
`make fuzz`). Promises: only documented errors, no endless loop, nothing wrong taken for right.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np

from fasciscope import events, formats
from fasciscope.cli.outputs import _summary
from fasciscope.device import messages as m
from fasciscope.device.protocol import FrameDecoder
from fasciscope.device.run import Run
from fasciscope.errors import OutputError, RecordingError

SETUP = m.Configured(1_000_000, 2, 4, 2048, 4092, 4096, 32, 0)
HELLO = m.HelloReply(0, 1, 0, 1, 0, 0, 9, 10**6, 10, 5 * 10**6, 1, 10**6, 8000, 0, "Fuzz")
_FOLDER = Path(tempfile.mkdtemp(prefix="fasciscope-fuzz-"))
_FILE = _FOLDER / f"{os.getpid()}.edf"


def frames(data: bytes) -> None:
    """Bytes from a line: decoder and run take them, blocks stay in order and exact."""
    decoder, run = FrameDecoder(), Run(3, SETUP, HELLO, "The board")
    for at in range(0, len(data), 97):
        run.feed(decoder.feed(data[at : at + 97]), at / 1000)
    run.health(decoder.counters.damaged)
    run.end()
    next_index = 0
    try:
        for block in run.blocks(0.05):
            if block.first_index - block.lost_before != next_index or block.lost_before < 0:
                raise AssertionError("a block is out of order")
            next_index = block.stop_index
    except m_lost():
        pass


def m_lost() -> type[Exception]:
    """Return the error of a board that says it has restarted."""
    from fasciscope.device.run import LostBoardError

    return LostBoardError


def recording(data: bytes) -> None:
    """A file: it is read, checked and mended, or refused with a `RecordingError`."""
    _FILE.write_bytes(data)
    try:
        got = formats.read(_FILE)
    except RecordingError:
        pass
    else:
        if got.n_samples < 1 or not np.isfinite(got.uv(0, 0, 1)[~np.isnan(got.uv(0, 0, 1))]).all():
            raise AssertionError("a recording without samples, or with impossible ones")
        # what is said of the file holds in the file
        if got.samples.nbytes > 100 * len(data) + (65 << 20):
            raise AssertionError("more memory than the file can answer for")
    try:
        found = formats.check(_FILE)
    except RecordingError:
        found = None
    mended = _FILE.with_suffix(".mended")
    mended.unlink(missing_ok=True)
    try:
        formats.repair(_FILE, mended)
    except (RecordingError, OutputError):
        return
    if found is not None and formats.check(mended).needs_repair:
        raise AssertionError("mended, and not whole")
    if _FILE.read_bytes() != data:
        raise AssertionError("the file itself was changed")


def table(data: bytes) -> None:
    """An ``events.tsv``: it is read, or refused with a `RecordingError`."""
    _FILE.write_bytes(data)
    try:
        got = events.read_tsv(_FILE, 2000.0, ["EMG1", "EMG2"])
    except RecordingError:
        return
    if got.dtype != events.EVENT_DTYPE:
        raise AssertionError("not a table of events")
    again = events.from_tsv(events.to_tsv(got, 2000.0, ["EMG1", "EMG2"]), 2000.0, ["EMG1", "EMG2"])
    if len(again) != len(got):
        raise AssertionError("an event was lost on the way out and back in")


def summary(data: bytes) -> None:
    """A JSON that may be a summary of ours: yes or no, nothing else."""
    _FILE.write_bytes(data)
    if not isinstance(_summary(_FILE), dict):
        raise AssertionError("neither yes nor no")


TARGETS = {"frames": frames, "recording": recording, "table": table, "summary": summary}
