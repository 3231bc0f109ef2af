"""Good input to begin with, and ways to spoil it that pure chance takes long to find."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import numpy as np

from fasciscope import events
from fasciscope.blocks import Block, Channel, Marker, StreamInfo
from fasciscope.device import messages as m
from fasciscope.device.protocol import encode
from fasciscope.formats import EdfWriter

NASTY = (
    b"0", b"-1", b"1", b"2", b"64", b"9999", b"65536", b"99999999", b"-9999999", b"1e999", b"nan",
    b"inf", b"0.0", b"1e-9", b"0x10", b"1_000", b"", b"\x00", b"\xff", b"\x1b[2J", b"\xc2\xb2",
)  # fmt: skip


def recording() -> bytes:
    """Return a small EDF+ file of ours, with a gap, a marker and a long note."""
    info = StreamInfo(1000.0, (Channel("EMG1", 0.5), Channel("b", 0.5)), note="é" * 300)
    counts = np.random.default_rng(1).integers(-900, 900, (1300, 2)).astype(np.int16)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.edf"
        with EdfWriter(path, info, record_s=0.25) as writer:
            writer.process(Block(counts[:600], 0, 0, (Marker(5, "fist"),)))
            writer.process(Block(counts[700:], 700, 100))
        return path.read_bytes()


def interrupted() -> bytes:
    """Return the same as EDF+D."""
    return recording().replace(b"EDF+C", b"EDF+D")


def biosemi() -> bytes:
    """Return a small BDF file."""
    import edfio

    signal = edfio.BdfSignal(np.sin(np.arange(2000)), 500, label="EMG", physical_dimension="uV")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.bdf"
        edfio.Bdf([signal], annotations=[edfio.EdfAnnotation(0.5, None, "x")]).write(path)
        return path.read_bytes()


def table() -> bytes:
    """Return an ``events.tsv`` with one event of each kind."""
    found = events.merge(
        *(
            events.intervals(kind, np.array([[100 * kind, 100 * kind + 50]]), 0)
            for kind in events.Kind
        )
    )
    return events.to_tsv(found, 2000.0, ["EMG1", "EMG2"]).encode()


def summary() -> bytes:
    """Return a JSON that passes for a summary."""
    return json.dumps({"twitches_per_minute": 1.0, "software_version": "1", "x": [[]]}).encode()


def frames() -> bytes:
    """Return what a board sends in a second."""
    out = encode(m.Boot(1, 0, 9, 1))
    for k in range(30):
        values = np.full((32, 2), 2048 + k, "<u2").tobytes()
        out += encode(m.Data(3, k, 32 * k, 32, values))
    return (
        out
        + encode(m.Status(3, 1, 0, 960_000, 960, 0, 0, 1, 9))
        + encode(m.BoardMarker(3, 1, 1, 7))
    )


SEEDS = {
    "frames": (frames,),
    "recording": (recording, interrupted, biosemi),
    "table": (table,),
    "summary": (summary,),
}
FIELDS = (0, 8, 88, 168, 176, 184, 192, 236, 244, 252)
"""Where the fields of the fixed part of an EDF header begin."""


def spoil(data: bytes, rng: np.random.Generator) -> bytes:
    """Return `data` spoiled in one of the ways in which files and lines are."""
    raw = bytearray(data)
    for _ in range(int(rng.integers(1, 6))):
        if not raw:
            break
        at = int(rng.integers(len(raw)))
        match int(rng.integers(8)):
            case 0:
                raw[at] ^= 1 << int(rng.integers(8))
            case 1:
                raw[at : at + int(rng.integers(1, 64))] = b""
            case 2:
                raw[at:at] = rng.integers(0, 256, int(rng.integers(1, 64)), np.uint8).tobytes()
            case 3:
                raw[at:at] = raw[at : at + int(rng.integers(1, 600))]
            case 4:
                del raw[at:]
            case 5:  # a number in a field of an EDF header, or of a table
                nasty = NASTY[int(rng.integers(len(NASTY)))]
                field = at if rng.random() < 0.5 else FIELDS[int(rng.integers(len(FIELDS)))]
                raw[field : field + 8] = nasty.ljust(8)
            case 6:  # the same in the part of the header that describes the signals
                nasty = NASTY[int(rng.integers(len(NASTY)))]
                field = 256 + 8 * int(rng.integers(96))
                raw[field : field + 8] = nasty.ljust(8)
            case 7:
                raw[at : at + 1] = NASTY[int(rng.integers(len(NASTY)))]
    return bytes(raw)
