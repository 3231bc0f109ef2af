"""How fast the whole analysis is, beside scipy's filter on the same samples.

    python benchmarks/bench_speed.py [--which NAMES] [--seed N] [--repeats N] [--csv OUT.csv]

Cases: `ten` (10 min, 1 channel, 2 kHz), `hum` (the same under mains hum), `night` (8 h, 1 channel,
2 kHz, from the EDF file to the summary), `grid` (64 channels, 5 min, 2048 Hz), `lengths` and
`channels` (scaling). The ratios are of the least times (`cpu_to_sosfilt`: of processor time, which
holds on a busy machine, too); each analysis is a whole one, from counts to summary. `night` and
`grid` run in a process of their own, whose peak memory is told.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

import common
from fasciscope import analysis, formats
from fasciscope.recording import Recording
from fasciscope.simulation import SCENES, simulate
from fasciscope.simulation.potentials import Electrodes

CASES = ("ten", "hum", "night", "grid", "lengths", "channels")
TARGETS = {"ten": "<= 2.0x sosfilt", "night": "<= 2 s, <= 400 MB", "grid": "<= 1.0x, <= 700 MB"}
NIGHT_S = 8 * 3600.0
GRID = Electrodes(
    tuple(
        (
            ((k // 8) * 10.0 - 25.0, (k % 8) * 10.0 - 35.0),
            ((k // 8) * 10.0 - 45.0, (k % 8) * 10.0 - 35.0),
        )
        for k in range(64)
    )
)
Row = dict[str, object]


def microvolts(recording: Recording) -> np.ndarray:
    """Return the samples as scipy takes them: float64, one row a channel, in one piece."""
    return np.stack([recording.uv(k) for k in range(recording.info.n_channels)])


def compared(case: str, recording: Recording, repeats: int) -> Row:
    """Time the analysis and scipy's filters in turn."""
    functions = {
        "analysis": lambda: analysis.detect(recording),
        **common.scipy_references(microvolts(recording), recording.info.fs_hz),
    }
    times = common.side_by_side(functions, repeats)
    return row(case, recording, times)


def row(case: str, recording: Recording, times: Mapping[str, common.Timing]) -> Row:
    """Return the figures of one case."""
    mine, once, twice = (times[name] for name in ("analysis", "sosfilt", "sosfiltfilt"))
    return {
        "case": case,
        "channels": recording.info.n_channels,
        "minutes": round(recording.duration_s / 60, 3),
        "analysis_s": mine.best,
        "median_s": mine.median,
        "cpu_s": mine.best_cpu,
        "sosfilt_s": once.best,
        "to_sosfilt": mine.best / once.best,
        "to_sosfiltfilt": mine.best / twice.best,
        "cpu_to_sosfilt": mine.best_cpu / max(once.best_cpu, 1e-9),
        "times_real": recording.duration_s / mine.best,
    }


def tiled(recording: Recording, times: int) -> Recording:
    """Return a recording repeated end to end."""
    return replace(recording, samples=np.asfortranarray(np.tile(recording.samples, (times, 1))))


def ten(seed: int, repeats: int) -> list[Row]:
    """10 minutes of one channel."""
    return [compared("ten", simulate("calm", seconds=600, seed=seed).recording, repeats)]


def hum(seed: int, repeats: int) -> list[Row]:
    """10 minutes of one channel under 60 µV of hum."""
    return [compared("hum", simulate("hum", seconds=600, seed=seed).recording, repeats)]


def lengths(seed: int, repeats: int) -> list[Row]:
    """From one minute to almost two hours."""
    base = simulate("calm", seconds=60, seed=seed).recording
    return [compared(f"{n} min", tiled(base, n), repeats) for n in (1, 3, 10, 30, 100)]


def channels(seed: int, repeats: int) -> list[Row]:
    """From one channel to 64, one minute of each."""
    made = simulate(replace(SCENES["grid"], electrodes=GRID), seconds=60, seed=seed).recording
    names = [channel.name for channel in made.info.channels]
    return [compared(f"{n} ch", made.select(names[:n]), repeats) for n in (1, 4, 16, 64)]


def night(seed: int, repeats: int) -> list[Row]:
    """8 hours, from the file to the summary, in a process of its own."""
    made = simulate("calm", seconds=1800, seed=seed).recording
    return [_apart("night", tiled(made, round(NIGHT_S / 1800)), repeats)]


def grid(seed: int, repeats: int) -> list[Row]:
    """64 channels, in a process of its own."""
    scene = replace(SCENES["grid"], electrodes=GRID)
    made = simulate(scene, seconds=300, seed=seed, fs_hz=2048.0).recording
    return [_apart("grid", made, repeats)]


def _apart(case: str, recording: Recording, repeats: int) -> Row:
    """Write the recording to a file and measure the way from it to the summary elsewhere."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{case}_emg.edf"
        formats.write_edf(recording, path)
        command = [sys.executable, __file__, "--measure", str(path), "--repeats", str(repeats)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        memory_only = [*command[:4], "--repeats", "0"]
        peak = subprocess.run(memory_only, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    return {"case": case, **found, "peak_mb": json.loads(peak.stdout)["peak_mb"]}


def measure(path: Path, repeats: int) -> Row:
    """In the child: from file to summary. Without repeats, once, and the memory that it took."""
    if repeats == 0:
        analysis.detect(formats.read(path))
        return {"peak_mb": common.peak_memory_mb()}
    recording = formats.read(path)
    functions = {
        "whole": lambda: analysis.detect(formats.read(path)),
        "analysis": lambda: analysis.detect(recording),
        **common.scipy_references(microvolts(recording), recording.info.fs_hz),
    }
    times = common.side_by_side(functions, repeats)
    return {**row("", recording, times), "file_to_summary_s": times["whole"].best}


def main() -> None:
    """Run the cases asked for."""
    options = common.parser(__doc__, CASES, repeats=7)
    options.add_argument("--measure", type=Path, help="for the script's own use")
    args = options.parse_args()
    if args.measure is not None:
        found = measure(args.measure, args.repeats)
        found.pop("case", None)
        print(json.dumps(found))
        return
    names = common.chosen(args, CASES)
    print(common.header(), flush=True)
    rows: list[Row] = []
    for name in names:
        part = globals()[name](args.seed, args.repeats)
        common.show(part)
        if name in TARGETS:
            print(f"# {name} should take {TARGETS[name]}", flush=True)
        rows += part
    if args.csv is not None:
        common.write(rows, args.csv)


if __name__ == "__main__":
    main()
