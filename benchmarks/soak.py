"""A long recording, faster than real time: memory, loss, and how true the times of samples are.

A board that is slow and wanders is made up frame by frame, with the moment at which each frame
would arrive; the frames go through the decoder, the run, the session and the EDF+ writer, as they
do in `fasciscope record`. Every sample is compared on its way and again on the disk.

    python benchmarks/soak.py --hours 24 --seed 1
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from fasciscope.blocks import Block, Channel, StreamInfo
from fasciscope.device import messages as m
from fasciscope.device.protocol import FrameDecoder, encode
from fasciscope.device.run import LinkHealth, Run
from fasciscope.formats import EdfWriter
from fasciscope.formats.edf_header import read_header
from fasciscope.session import run_session

FS = 1000.0
CHANNELS = 6
SCANS = 20
"""Scans in a frame: 240 bytes."""
SLOW = 2000e-6
"""How much slower than it says the board's clock is."""
WANDER = ((40e-6, 7200.0), (15e-6, 1500.0), (5e-6, 400.0))
"""Shares by which it wanders, and the periods (s): rooms warm up, people lean over boards."""
DELAY_S = 0.006
"""Shortest way of a frame: 5 ms on the wire at 500,000 baud, 1 ms through USB."""
TICK_HZ = 16_000_000
ZERO, TOP = 2048, 4092
INFO = StreamInfo(
    FS,
    tuple(
        Channel(f"EMG{i + 1}", 6.1, count_min=-ZERO, count_max=TOP - ZERO) for i in range(CHANNELS)
    ),
)
SETUP = m.Configured(int(FS * 1000), CHANNELS, 4, ZERO, TOP, 4096, SCANS, 0)
HELLO = m.HelloReply(
    0, 1, 0, 1, 0, 0, 9, TICK_HZ, 10, 5_000_000, 6, 8_000_000, 9259, 0, "Soak board"
)


def true_s(index: float) -> float:
    """Return when scan `index` is really taken, seconds."""
    nominal = index / (FS * (1 - SLOW))
    bent = sum(
        share * period / (2 * math.pi) * (1 - math.cos(2 * math.pi * nominal / period))
        for share, period in WANDER
    )
    return nominal + bent


def counts(first: int, n: int) -> np.ndarray:
    """Return the counts of scans from `first` on, shape (n, CHANNELS), int16."""
    scans = np.arange(first, first + n)[:, np.newaxis]
    return ((scans * 7 + 601 * np.arange(CHANNELS)) % (TOP + 1) - ZERO).astype(np.int16)


@dataclass
class Result:
    """What was measured."""

    device_h: float
    took_s: float
    samples: int
    lost: int
    wrong: int
    on_disk: int
    wrong_on_disk: int
    memory_growth_mb: float
    worst_time_error_ms: float
    rms_time_error_ms: float
    clock_points: int
    worst_point_error_ms: float
    measured_hz: float


class SoakBoard:
    """A source: the made-up board, its line, and the receiving end."""

    info = INFO

    def __init__(self, scans: int, seed: int) -> None:
        self._scans = scans
        self._rng = np.random.default_rng(seed)
        self.run = Run(7, SETUP, HELLO, "Soak board")
        self._squares = 0.0
        self.n_errors = 0
        self.worst_s = 0.0
        self.memory: list[int] = []

    @property
    def health(self) -> LinkHealth:
        """How the line is doing."""
        return self.run.health(0)

    @property
    def rms_s(self) -> float:
        """Root mean square of the time errors, seconds."""
        return math.sqrt(self._squares / max(self.n_errors, 1))

    def close(self) -> None:
        """Do nothing: it ends by itself."""

    def __iter__(self) -> Iterator[Block]:
        blocks = self.run.blocks()
        decoder, arrived_s = FrameDecoder(), 0.0
        for sequence, first in enumerate(range(0, self._scans, SCANS)):
            values = (counts(first, SCANS) + ZERO).astype("<u2")
            wire = encode(m.Data(7, sequence & 0xFFFF, first & 0xFFFFFFFF, SCANS, values.tobytes()))
            stop = first + SCANS
            if stop % int(FS) == 0:
                wire += self._status(stop)
            arrived_s = max(arrived_s, true_s(stop) + DELAY_S + self._late_s())
            self.run.feed(decoder.feed(wire), arrived_s)
            if stop % 100 == 0:
                yield next(blocks)
            if stop % int(FS) == 0:
                self._look(stop)
        self.run.end(final_index=self._scans)
        yield from blocks

    def _late_s(self) -> float:
        """Return how much later than possible a frame comes: the host reads when it gets round."""
        late_s = float(self._rng.exponential(0.003))
        if self._rng.random() < 2e-4:
            late_s += float(self._rng.uniform(0.05, 0.5))
        return late_s

    def _status(self, index: int) -> bytes:
        tick = int(true_s(index - 1) * TICK_HZ * (1 - SLOW)) & 0xFFFFFFFF
        return encode(m.Status(7, 1, 3, tick, index & 0xFFFFFFFF, 0, 0, 0, 9))

    def _look(self, index: int) -> None:
        fit = self.run.clock.fit()
        if index >= 60 * FS and fit is not None:
            error_s = fit.host_s(index) - (true_s(index) + DELAY_S)
            self.worst_s = max(self.worst_s, abs(error_s))
            self._squares += error_s**2
            self.n_errors += 1
        if index % int(60 * FS) == 0 and index >= 300 * FS:
            self.memory.append(resident_bytes())


class Checker:
    """A sink that compares every sample with the truth."""

    def __init__(self) -> None:
        self.wrong = 0

    def process(self, block: Block) -> None:
        """Compare one block."""
        expected = counts(block.first_index, len(block))
        self.wrong += int((block.samples != expected).sum())

    def finish(self) -> None:
        """Nothing is left to do."""


def resident_bytes() -> int:
    """Return how much memory this process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE")


def wrong_on_disk(path: Path, n_samples: int) -> tuple[int, int]:
    """Return how many samples a channel are on the disk, and how many values differ."""
    header = read_header(path)
    n = header.signals[0].n_samples
    records = np.memmap(path, "<i2", "r", offset=header.n_bytes).reshape(
        -1, header.record_bytes // 2
    )
    wrong = 0
    for i, record in enumerate(records):
        signal = record[: n * CHANNELS].reshape(CHANNELS, n).T
        there = min(n, n_samples - i * n)
        wrong += int((signal[:there] != counts(i * n, there)).sum())
    return min(n_samples, len(records) * n), wrong


def soak(hours: float, seed: int, folder: Path) -> Result:
    """Record `hours` of device time into `folder` and return what was measured."""
    scans = round(hours * 3600 * FS) // 1000 * 1000
    board, checker, path = SoakBoard(scans, seed), Checker(), folder / "soak.edf"
    began_s = time.monotonic()
    health = run_session(board, [EdfWriter(path, INFO, record_s=0.5), checker])
    took_s = time.monotonic() - began_s
    on_disk, bad = wrong_on_disk(path, scans)
    points = board.run.clock.points()
    errors = [abs(host_s - (true_s(index) + DELAY_S)) for index, host_s in points]
    memory = board.memory or [0]
    return Result(
        device_h=hours,
        took_s=took_s,
        samples=health.samples,
        lost=health.lost,
        wrong=checker.wrong,
        on_disk=on_disk,
        wrong_on_disk=bad,
        memory_growth_mb=(max(memory) - memory[0]) / 1e6,
        worst_time_error_ms=1000 * board.worst_s,
        rms_time_error_ms=1000 * board.rms_s,
        clock_points=len(points),
        worst_point_error_ms=1000 * max(errors, default=math.nan),
        measured_hz=health.measured_hz or math.nan,
    )


def main() -> None:
    """Run it and print the figures as CSV, one a line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=None, help="where the recording goes")
    wish = parser.parse_args()
    print(f"# python {sys.version.split()[0]}, numpy {np.__version__}, seed {wish.seed}")
    with tempfile.TemporaryDirectory(dir=wish.folder) as folder:
        result = soak(wish.hours, wish.seed, Path(folder))
    print("figure,value")
    for name, value in asdict(result).items():
        print(f"{name},{value:.6g}" if isinstance(value, float) else f"{name},{value}")


if __name__ == "__main__":
    main()
