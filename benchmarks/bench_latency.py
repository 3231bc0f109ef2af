"""How soon a twitch is told of while recording, and what that costs the processor.

    python benchmarks/bench_latency.py [--which NAMES] [--seed N] [--repeats N] [--csv OUT.csv]

Cases: `one` (1 channel at 2 kHz) and `six` (6 channels at 1 kHz), fed to `Detector.process` in
blocks of 50 ms, and `fine` (1 channel at 2 kHz in blocks of 5 ms).

Latency is in signal time: from the last sample of a true potential to the end of the block whose
`process` call returned the provisional event, so half a block of waiting is in it. Potentials that
`process` never tells of (those found only in the verdict at the end) are counted apart, and so are
those of the first ten seconds, in which the noise is learned, and events that were taken back. The
processor's share is `time.process_time` over the length of the signal: the part of one core that a
live recording needs.
"""

from __future__ import annotations

import time

import numpy as np

import common
from fasciscope.detection import Detector
from fasciscope.events import Kind, of_kind
from fasciscope.recording import Recording
from fasciscope.scoring import TOLERANCE_MS, match
from fasciscope.simulation import Simulation, simulate

CASES = {
    "one": ("calm", 2000.0, 0.05),
    "six": ("grid", 1000.0, 0.05),
    "fine": ("calm", 2000.0, 0.005),
}
SECONDS = 120
LEARNED_S = 10.5
TARGET = "# targets: latency <= 100 ms of signal, <= 5 % of one core at 6 x 1 kHz"
Row = dict[str, object]


def stream(recording: Recording, block_s: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Feed a recording block by block.

    Returns
    -------
    peaks, told : ndarray, shape (n,), int64
        Sample of each provisional event's peak, and how many samples had been taken when it came.
    cpu_s : ndarray, shape (n_blocks + 1,), float64
        Processor time of each `process` call, and of `finish`.
    """
    detector = Detector(recording.info)
    peaks: list[int] = []
    told: list[int] = []
    cost = []
    for block in recording.blocks(round(block_s * recording.info.fs_hz)):
        begun = time.process_time()
        events = of_kind(detector.process(block), Kind.FASCICULATION)
        cost.append(time.process_time() - begun)
        peaks += events["peak"].tolist()
        told += [block.stop_index] * len(events)
    begun = time.process_time()
    detector.finish()
    cost.append(time.process_time() - begun)
    return np.array(peaks), np.array(told), np.array(cost)


def latencies_ms(made: Simulation, peaks: np.ndarray, told: np.ndarray) -> tuple[np.ndarray, int]:
    """Return the latency of each true potential that was told of (ms), and how many were not."""
    fs_hz = made.recording.info.fs_hz
    true = of_kind(made.truth, Kind.FASCICULATION)
    true = true[np.argsort(true["peak"], kind="stable")]
    order = np.argsort(peaks, kind="stable")
    pairs = match(true["peak"] / fs_hz, peaks[order] / fs_hz, TOLERANCE_MS / 1000)
    late = told[order][pairs[:, 1]] - true["stop"][pairs[:, 0]]
    return late / fs_hz * 1000.0, len(true) - len(pairs)


def taken_back(recording: Recording, block_s: float) -> int:
    """Return how many events were told and taken back."""
    detector = Detector(recording.info)
    number = 0
    for block in recording.blocks(round(block_s * recording.info.fs_hz)):
        detector.process(block)
        number += len(detector.withdrawn)
    detector.finish()
    return number + len(detector.withdrawn)


def run(name: str, seed: int, repeats: int) -> Row:
    """Measure one case; the latency is the same in every round, the cost is the least."""
    scene, fs_hz, block_s = CASES[name]
    made = simulate(scene, seconds=SECONDS, seed=seed, fs_hz=fs_hz)
    stream(made.recording, block_s)
    rounds = [stream(made.recording, block_s) for _ in range(repeats)]
    peaks, told, _ = rounds[0]
    learned = peaks >= LEARNED_S * fs_hz
    at_start, missed = latencies_ms(made, peaks, told)
    late, _ = latencies_ms(made, peaks[learned], told[learned])
    cost = np.min([cost[:-1] for _, _, cost in rounds], axis=0)
    known = len(late) > 0
    return {
        "case": name,
        "channels": made.recording.info.n_channels,
        "rate_hz": fs_hz,
        "block_ms": block_s * 1000,
        "told": len(at_start),
        "not_told": missed,
        "taken_back": taken_back(made.recording, block_s),
        "of_the_start": len(at_start) - len(late),
        "median_ms": float(np.median(late)) if known else float("nan"),
        "p95_ms": float(np.quantile(late, 0.95)) if known else float("nan"),
        "max_ms": float(late.max()) if known else float("nan"),
        "core_percent": 100.0 * min(float(c[:-1].sum()) for _, _, c in rounds) / SECONDS,
        "longest_block_ms": 1000.0 * float(cost.max()),
        "finish_ms": 1000.0 * min(float(c[-1]) for _, _, c in rounds),
    }


def main() -> None:
    """Run the cases asked for."""
    args = common.parser(__doc__, list(CASES), repeats=3).parse_args()
    names = common.chosen(args, list(CASES))
    print(common.header(), flush=True)
    rows = [run(name, args.seed, args.repeats) for name in names]
    common.show(rows)
    print(TARGET)
    if args.csv is not None:
        common.write(rows, args.csv)


if __name__ == "__main__":
    main()
