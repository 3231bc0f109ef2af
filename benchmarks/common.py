"""What the benchmarks share: options, the header about the machine, interleaved timing, CSV."""

from __future__ import annotations

import argparse
import csv
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]


def parser(text: str, cases: Sequence[str], repeats: int) -> argparse.ArgumentParser:
    """Return the options that every script has."""
    out = argparse.ArgumentParser(
        description=text, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    out.add_argument("--which", default=",".join(cases), help="cases, commas between")
    out.add_argument("--seed", type=int, default=0)
    out.add_argument("--repeats", type=int, default=repeats)
    out.add_argument("--csv", type=Path, help="write the figures here, too")
    return out


def chosen(args: argparse.Namespace, cases: Sequence[str]) -> list[str]:
    """Return the cases asked for; leave with a sentence if one is not known."""
    names = [name.strip() for name in args.which.split(",") if name.strip()]
    unknown = [name for name in names if name not in cases]
    if unknown or not names or args.repeats < 1:
        sys.exit(f"--which takes some of {', '.join(cases)}; --repeats at least 1.")
    return names


def header() -> str:
    """Return what has to be known to read the figures: machine, versions, load, commit."""
    packages = []
    for name in ("fasciscope", "numpy", "scipy", "numba"):
        try:
            packages.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            packages.append(f"{name} absent")
    load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
    return "\n".join(
        (
            f"# {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {commit()}",
            f"# {_cpu()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}",
            f"# Python {platform.python_version()}, {', '.join(packages)}",
            f"# load {load} (other work on the machine makes figures worse, ratios less so)",
        )
    )


def commit() -> str:
    """Return the commit of the checkout, with "+" if the package's source differs from it."""
    git = ["git", "-C", str(ROOT)]
    try:
        name = subprocess.run(
            [*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True
        ).stdout.strip()
        changed = subprocess.run(
            [*git, "status", "--porcelain", "src"], capture_output=True, text=True, check=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{name}+" if changed else name


def _cpu() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or "unknown processor"


@dataclass(frozen=True)
class Timing:
    """Times of one function over several rounds, s: on the clock, and of the processor."""

    wall: tuple[float, ...]
    cpu: tuple[float, ...]

    @property
    def best(self) -> float:
        """Least wall time: what it takes when nobody disturbs it."""
        return min(self.wall)

    @property
    def median(self) -> float:
        """Median wall time."""
        return statistics.median(self.wall)

    @property
    def best_cpu(self) -> float:
        """Least processor time, all threads together."""
        return min(self.cpu)


def side_by_side(functions: Mapping[str, Callable[[], object]], repeats: int) -> dict[str, Timing]:
    """Time functions in turn, round after round, so that a busy machine is busy for all of them.

    Each is called once before, unmeasured.
    """
    wall: dict[str, list[float]] = {name: [] for name in functions}
    cpu: dict[str, list[float]] = {name: [] for name in functions}
    for function in functions.values():
        function()
    for _ in range(repeats):
        for name, function in functions.items():
            cpu_begun, begun = time.process_time(), time.perf_counter()
            function()
            wall[name].append(time.perf_counter() - begun)
            cpu[name].append(time.process_time() - cpu_begun)
    return {name: Timing(tuple(wall[name]), tuple(cpu[name])) for name in functions}


def scipy_references(signal: NDArray[np.float64], fs_hz: float) -> dict[str, Callable[[], object]]:
    """Return scipy's 4th-order band-pass over the same samples, once and forwards-backwards.

    Parameters
    ----------
    signal : ndarray, shape (n_channels, n_samples), float64, C order
    fs_hz : float
    """
    from scipy.signal import butter, sosfilt, sosfiltfilt

    sections = butter(4, (20.0, min(350.0, 0.45 * fs_hz)), "bandpass", fs=fs_hz, output="sos")
    return {
        "sosfilt": lambda: sosfilt(sections, signal, axis=-1),
        "sosfiltfilt": lambda: sosfiltfilt(sections, signal, axis=-1),
    }


def peak_memory_mb() -> float:
    """Return the most memory that this process has held, MB.

    Linux tells it for the process itself; `ru_maxrss` would count what the parent held, too.
    """
    try:
        for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    import resource

    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest / (1024 if platform.system() == "Linux" else 1024**2)


def show(rows: Sequence[Mapping[str, object]]) -> None:
    """Print rows as an aligned table."""
    names = _columns(rows)
    cells = [names, *([_text(row.get(name, "")) for name in names] for row in rows)]
    widths = [max(len(line[k]) for line in cells) for k in range(len(names))]
    for line in cells:
        first, *rest = (text.rjust(width) for text, width in zip(line, widths, strict=True))
        print("  ".join([first.strip().ljust(widths[0]), *rest]).rstrip(), flush=True)


def write(rows: Sequence[Mapping[str, object]], path: Path) -> None:
    """Write rows as CSV under the header, replacing the file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(header() + "\n")
        writer = csv.DictWriter(file, _columns(rows), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(f"Written: {path}")


def _columns(rows: Sequence[Mapping[str, object]]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _text(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
