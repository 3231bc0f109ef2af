"""What recording costs: processor time beside a board in real time, speed of the writer, start.

    python benchmarks/recording_cost.py --seconds 60 --csv cost.csv

Cases: ``record`` and ``count`` record 6 channels at 1 kHz in real time from an emulated board in
another process, without and with the detector beside; ``writer`` writes 64 channels at 2 kHz as
fast as it goes, ``path`` takes them through decoder and run first; ``start`` is the time from the
command `fasciscope record` to the first sample on its way.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from common import header
from fasciscope.blocks import Block, Channel, StreamInfo
from fasciscope.recording import Recording

CASES = ("record", "count", "writer", "path", "start")


def recording(fs_hz: float, n_channels: int, seconds: float, seed: int) -> Recording:
    """Return noise of 20 µV with a twitch-like pulse each second."""
    n = int(seconds * fs_hz)
    counts = np.random.default_rng(seed).normal(0, 10, (n, n_channels))
    width = max(int(0.01 * fs_hz), 2)
    pulse = 200 * np.sin(2 * np.pi * np.arange(width) / width)
    for at in range(int(fs_hz), n - width, int(fs_hz)):
        counts[at : at + width] += pulse[:, np.newaxis]
    channels = tuple(
        Channel(f"EMG{i + 1}", 2.0, count_min=-2048, count_max=2044) for i in range(n_channels)
    )
    return Recording(StreamInfo(fs_hz, channels), np.rint(counts).astype(np.int16))


def be_a_board(pipe, fs_hz: float, n_channels: int, seed: int) -> None:
    """Be an emulated board in real time, until told to leave."""
    from fasciscope.device.emulator import EmulatedBoard

    with EmulatedBoard(recording(fs_hz, n_channels, 20.0, seed), loop=True, waits=False) as board:
        pipe.send(board.port)
        pipe.recv()


class Board:
    """An emulated board in another process."""

    def __init__(self, fs_hz: float, n_channels: int, seed: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=be_a_board, args=(theirs, fs_hz, n_channels, seed))

    def __enter__(self) -> str:
        self._process.start()
        return self._pipe.recv()

    def __exit__(self, *_: object) -> None:
        self._pipe.send("leave")
        self._process.join()


def share_of_a_core(seconds: float, seed: int, with_count: bool) -> dict[str, object]:
    """Record in real time; return the share of one core that it took."""
    from fasciscope import api
    from fasciscope.cli.live import warm_up
    from fasciscope.live import LiveCounter
    from fasciscope.sources import SerialSource

    if with_count:
        warm_up()
    with Board(1000.0, 6, seed) as port, tempfile.TemporaryDirectory() as folder:
        source = SerialSource(port)
        sinks = [LiveCounter(source.info)] if with_count else []
        moments: list[tuple[float, float]] = []

        def watch(block, _health) -> None:
            if block.stop_index > 3000:  # the first seconds are for imports
                moments.append((time.perf_counter(), time.process_time()))

        health = api.capture(
            source, Path(folder) / "a.edf", seconds=seconds, sinks=sinks, on_block=watch
        )
        (wall0, cpu0), (wall1, cpu1) = moments[0], moments[-1]
    return {
        "share_of_a_core_pct": 100 * (cpu1 - cpu0) / (wall1 - wall0),
        "seconds": wall1 - wall0,
        "lost": health.lost,
    }


def writer(seconds: float, seed: int) -> dict[str, object]:
    """Write 64 channels at 2 kHz flat out."""
    from fasciscope.formats import EdfWriter

    played = recording(2000.0, 64, 10.0, seed)
    n = len(played.samples)
    with tempfile.TemporaryDirectory() as folder:
        sink = EdfWriter(Path(folder) / "a.edf", played.info, record_s=0.5)
        begun = time.perf_counter()
        for turn in range(max(int(seconds / 10), 1)):
            for first in range(0, n, 200):
                sink.process(Block(played.samples[first : first + 200], turn * n + first))
        sink.finish()
        took = time.perf_counter() - begun
    made = max(int(seconds / 10), 1) * 10
    return {"times_real_time": made / took, "seconds": made, "lost": 0}


def path(seconds: float, seed: int) -> dict[str, object]:
    """Take 64 channels at 2 kHz over a pseudo-terminal, through decoder and run, to the disk."""
    from fasciscope import api
    from fasciscope.device.emulator import EmulatedBoard
    from fasciscope.sources import SerialSource

    del seconds
    played = recording(2000.0, 64, 10.0, seed)
    with (
        EmulatedBoard(played, speed=float("inf")) as board,
        tempfile.TemporaryDirectory() as folder,
    ):
        source = SerialSource(board.port)
        begun = time.perf_counter()
        health = api.capture(source, Path(folder) / "a.edf")
        took = time.perf_counter() - begun
    return {"times_real_time": 10.0 / took, "seconds": 10.0, "lost": health.lost}


def start(seed: int) -> dict[str, object]:
    """Time from the command to the board's first sample, the detector's cache being there."""
    with Board(1000.0, 6, seed) as port, tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "fasciscope", "record", "--port", port, "--output", "a.edf"],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for line in process.stderr:
            if "Recording to" in line:
                break
        took = time.perf_counter() - begun
        process.terminate()
        process.communicate()
    return {"seconds": took, "lost": 0}


def measure(case: str, seconds: float, seed: int) -> dict[str, object]:
    """Return the figures of one case."""
    if case in ("record", "count"):
        return share_of_a_core(seconds, seed, case == "count")
    return start(seed) if case == "start" else {"writer": writer, "path": path}[case](seconds, seed)


def main() -> None:
    """Run the cases asked for, and show each figure as soon as it is known."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--which", default=",".join(CASES), help="cases, commas between")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--repeats", type=int, default=3)
    options.add_argument(
        "--seconds", type=float, default=60.0, help="length of each real-time case"
    )
    options.add_argument("--csv", type=Path, help="write the figures here, too")
    args = options.parse_args()
    print(header())
    rows = ["case,share_of_a_core_pct,times_real_time,seconds,lost,load"]
    print(rows[0])
    for case in args.which.split(","):
        for _ in range(args.repeats):
            found = {"case": case, **measure(case, args.seconds, args.seed)}
            found["load"] = os.getloadavg()[0]
            cells = [found.get(name, "") for name in rows[0].split(",")]
            rows.append(",".join(f"{c:.3f}" if isinstance(c, float) else str(c) for c in cells))
            print(rows[-1], flush=True)
    if args.csv:
        args.csv.write_text("\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
