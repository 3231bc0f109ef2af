"""Accuracy and speed beside other people's detectors, each at its best.

    python benchmarks/bench_peers.py [--which PEERS] [--cases NAMES] [--seconds S] [--seed N]
                                     [--csv OUT.csv]

Peers: scipy (`find_peaks`), neurokit2, biosppy, spikeinterface (`detect_peaks`), from PyPI. Each
runs in a virtual environment of its own, made on first use in a cache folder outside the
repository; one that cannot be installed is left out with a sentence. None of them was made for
this task: each gets the band-pass that suits potentials, and for every signal the setting that the
truth shows to be its best (an oracle sweep). fasciscope runs with its defaults.

`s/10 min` is the whole way from the raw signal, second call; `inside` are detections within true
contractions and cramps.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

import numpy as np
from platformdirs import user_cache_dir

import common
from fasciscope import events as ev
from fasciscope.analysis import detect
from fasciscope.bench import CASES, chosen, oracle
from fasciscope.bench.cases import FIRST_SEED
from fasciscope.bench.measures import Figures, figures, measure
from fasciscope.errors import FasciscopeError
from fasciscope.events import Kind
from fasciscope.simulation import Simulation, simulate

PEERS = {
    "scipy": ("scipy",),
    "neurokit2": ("neurokit2",),
    "biosppy": ("biosppy", "peakutils"),  # it imports the second without asking for it
    "spikeinterface": ("spikeinterface", "numba", "scikit-learn"),
}
"""What to install for each."""
SIGNALS = ("rest", "weak", "kit", "busy", "hum", "heart", "movement", "contractions")
WORKER = Path(__file__).with_name("peer_worker.py")
PATIENCE_S = 1800
Row = dict[str, object]


def environment(peer: str) -> Path | None:
    """Return the Python of the peer's environment, made if need be; None if it cannot be."""
    folder = Path(user_cache_dir("fasciscope")) / "bench-peers" / peer
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    ready = folder / ".ready"
    if ready.is_file() and python.exists():
        return python
    print(f"# making an environment for {peer} in {folder} …", flush=True)
    try:
        venv.create(folder, with_pip=True, clear=True)
        command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run(
            [*command, *PEERS[peer]], check=True, timeout=PATIENCE_S, capture_output=True, text=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        print(f"# {peer} is left out, since it could not be installed: {why(error)}", flush=True)
        return None
    ready.touch()
    return python


def why(error: Exception) -> str:
    """Return the last line of what a process said before it failed, else the error itself."""
    said = (getattr(error, "stderr", None) or "").strip().splitlines()
    return said[-1] if said else str(error)


def version_of(python: Path, peer: str) -> str:
    """Return the version of a peer in its environment."""
    code = f"from importlib.metadata import version; print(version({peer!r}))"
    done = subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def as_events(peaks: list[int]) -> ev.Events:
    """Return places as twitches."""
    out = ev.empty(len(peaks))
    out["kind"] = Kind.FASCICULATION
    out["peak"] = out["start"] = peaks
    out["stop"] = out["start"] + 1
    return out


def held(made: Simulation, events: ev.Events, seconds: float) -> Figures:
    """Return the figures of events on a simulated signal."""
    recording = made.recording
    one = measure(events, made.truth, recording.info.fs_hz, recording.n_samples, seconds=seconds)
    return figures([one])


def row(case: str, who: str, values: Figures, setting: str) -> Row:
    """Return a line of the table."""
    return {
        "case": case,
        "detector": who,
        "f1": round(values["f1"], 4),
        "false/min": round(values["false_per_minute"], 2),
        "inside": "" if np.isnan(values["inside"]) else int(values["inside"]),
        "ms": round(values["time_error_ms"], 2),
        "s/10 min": "" if np.isnan(values["seconds"]) else round(values["seconds"], 3),
        "setting": setting,
    }


def ours(case: str, made: Simulation) -> list[Row]:
    """Return the lines of fasciscope and of the oracle."""
    detect(made.recording)
    begun = time.perf_counter()
    analysis = detect(made.recording)
    mine = held(made, analysis.events, time.perf_counter() - begun)
    found = oracle.candidates(made)
    best = found.above(oracle.best_threshold([found], [made]))
    return [
        row(case, "oracle", held(made, best, float("nan")), "knows all waveforms"),
        row(case, "fasciscope", mine, "defaults"),
    ]


def theirs(case: str, made: Simulation, peer: str, python: Path) -> list[Row]:
    """Return the line of a peer at the setting that is its best by the truth."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "signal.npz", Path(folder) / "found.json"
        np.savez(source, uv=made.recording.uv(0), fs_hz=made.recording.info.fs_hz)
        command = [str(python), str(WORKER), peer, str(source), str(target)]
        try:
            subprocess.run(
                command, check=True, timeout=PATIENCE_S, cwd=folder, capture_output=True, text=True
            )
        except subprocess.SubprocessError as error:
            print(f"# {peer} did not finish {case}: {why(error)}", flush=True)
            return []
        answers = json.loads(target.read_text(encoding="utf-8"))
    results = [
        (held(made, as_events(answer["peaks"]), answer["seconds"]), answer["setting"])
        for answer in answers
    ]
    if not results:
        return []
    values, setting = max(results, key=lambda result: result[0]["f1"])
    return [row(case, peer, values, setting)]


def main() -> None:
    """Run the peers asked for over the signals asked for."""
    options = common.parser(__doc__, list(PEERS), repeats=1)
    options.add_argument("--cases", default=",".join(SIGNALS), help="cases of `fasciscope bench`")
    options.add_argument("--seconds", type=int, default=300)
    args = options.parse_args()
    names = common.chosen(args, list(PEERS))
    try:
        cases = chosen([name.strip() for name in args.cases.split(",")])
    except FasciscopeError as error:
        sys.exit(str(error))
    print(common.header(), flush=True)
    pythons = {peer: python for peer in names if (python := environment(peer)) is not None}
    for peer, python in pythons.items():
        print(f"# {peer} {version_of(python, peer)}")
    rows: list[Row] = []
    for case in cases:
        made = simulate(CASES[case].scene, seconds=args.seconds, seed=FIRST_SEED + args.seed)
        part = ours(case, made)
        for peer, python in pythons.items():
            part += theirs(case, made, peer, python)
        common.show(part)
        rows += part
    if args.csv is not None:
        common.write(rows, args.csv)


if __name__ == "__main__":
    main()
