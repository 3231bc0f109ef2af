"""Measure the firmware in the simulator: sampling instants, interrupt budgets, top clean rates.

It executes the .hex files that `make -C firmware` builds, and prints the tables that stand in
``firmware/README.md``. All figures are simulated cycles: they do not depend on this machine, and
come out the same each time. ``--seconds 60`` (the default) takes some minutes.
"""

from __future__ import annotations

import argparse
import csv
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

FIRMWARE = Path(__file__).resolve().parents[1] / "firmware"
sys.path.insert(0, str(FIRMWARE))

from simulator import SimulatedAvr, SimulatorError, missing  # noqa: E402
from simulator.host import Host  # noqa: E402
from simulator.profile import Profile  # noqa: E402

from fasciscope.device import messages as m  # noqa: E402
from fasciscope.device.protocol import encode  # noqa: E402

CPU_HZ = 16_000_000
BAUDS = (115_200, 250_000, 500_000, 1_000_000)
VECTORS = {"tick": 9, "choose channel": 11, "receive": 18, "transmit": 19, "converter": 21}
SEARCH_S = 2.0


class Codes:
    """Another seeded code at each conversion."""

    def __init__(self, seed: int) -> None:
        self._codes = np.random.default_rng(seed).integers(0, 1024, 100_003).tolist()
        self._n = 0

    def code(self, channel: int, cycle: int) -> int:
        """Return the next one."""
        del channel, cycle
        self._n += 1
        return self._codes[self._n % len(self._codes)]


def built(baud: int, *, fast: bool = False) -> Path:
    """Build one .hex and return its path."""
    words = [f"BAUD={baud}", *(["FAST=1"] if fast else [])]
    subprocess.run(["make", "-s", "-C", str(FIRMWARE), *words], check=True, stdout=sys.stderr)
    return FIRMWARE / "build" / f"fasciscope-atmega328p-{baud}{'-fast' if fast else ''}.hex"


def new_host(hex_file: Path, seed: int) -> Host:
    """Return a host that has heard the board boot."""
    host = Host(SimulatedAvr(hex_file, analog=Codes(seed)))
    host.run(0.05)
    return host


def is_clean(hex_file: Path, rate_hz: float, seconds: float, seed: int) -> bool:
    """Tell whether `seconds` of one channel, one conversion a sample, come whole and true."""
    host = new_host(hex_file, seed)
    if host.configure(rate_hz, 1, 1).result:
        return False
    host.start()
    host.run(seconds)
    try:
        stopped = host.stop()
        slips = np.abs(np.diff(host.triggers) - CPU_HZ / rate_hz).max() > CPU_HZ / rate_hz / 2
        return not stopped.dropped and not slips and host.check(stopped.index).clean
    except SimulatorError:
        return False


def top_rate(hex_file: Path, seconds: float, seed: int) -> float:
    """Return the highest clean rate (Hz) that the timer can make, confirmed over `seconds`."""
    host = new_host(hex_file, seed)
    low_cycles = CPU_HZ // (host.hello().conversions_max)
    high_cycles = CPU_HZ // 1000
    while low_cycles < high_cycles:  # the shortest period that is clean
        middle = (low_cycles + high_cycles) // 2
        if is_clean(hex_file, CPU_HZ / middle, SEARCH_S, seed):
            high_cycles = middle
        else:
            low_cycles = middle + 1
    while not is_clean(hex_file, CPU_HZ / high_cycles, seconds, seed):
        high_cycles += 1 + high_cycles // 200
    return CPU_HZ / high_cycles


def instants(seconds: float, seed: int) -> list[dict[str, object]]:
    """Measure the sampling instants at 1 channel × 2 kHz × 4, without and with a flood."""
    rows = []
    for name, flood in (("quiet", False), ("flood of commands", True)):
        host = new_host(built(500_000), seed)
        host.configure(2000, 1, 4)
        host.start()
        for second in range(round(seconds)):
            for ident in range(200 if flood else 0):
                hello = m.Command(ident, m.CommandCode.HELLO, bytes((second % 256, 1, 2, 3)))
                host.avr.send(encode(hello))
            host.run(1.0)
        stopped = host.stop()
        check = host.check(stopped.index)
        triggers = host.triggers
        off = triggers - triggers[0] - 2000 * np.arange(len(triggers))
        slope = np.polyfit(np.arange(len(off)), off, 1)[0]
        rows.append(
            {
                "line": name,
                "conversions": len(triggers),
                "period, cycles": f"{np.diff(triggers).mean():.4f}",
                "deviation, cycles (sd)": f"{off.std():.2f}",
                "largest, cycles": int(np.abs(off - np.median(off)).max()),
                "drift, ppm": f"{abs(slope) / 2000 * 1e6:.4f}",
                "lost": check.lost,
                "differing": check.differing,
            }
        )
    return rows


def budgets(seconds: float, seed: int) -> list[dict[str, object]]:
    """Cycles in each interrupt, and the load, at three settings."""
    rows = []
    for rate, channels, oversampling in ((2000, 1, 4), (8000, 1, 1), (1000, 6, 1)):
        host = new_host(built(500_000), seed)
        profile = Profile(host.avr, VECTORS)
        host.configure(rate, channels, oversampling)
        host.start()
        profile.clear()
        begun = host.avr.cycle
        host.run(min(seconds, 5.0))
        cycles = host.avr.cycle - begun
        for name, lengths in profile.lengths.items():
            if not lengths:
                continue
            rows.append(
                {
                    "setting": f"{channels} ch × {rate} Hz × {oversampling}",
                    "interrupt": name,
                    "calls a second": round(len(lengths) / cycles * CPU_HZ),
                    "cycles, mean": f"{np.mean(lengths):.0f}",
                    "cycles, longest": max(lengths),
                    "of the CPU": f"{100 * profile.share(name, cycles):.1f} %",
                    "CPU awake": f"{100 * (1 - profile.asleep / cycles):.0f} %",
                }
            )
    return rows


def rates(seconds: float, seed: int) -> list[dict[str, object]]:
    """Highest clean rate at each baud, as built for people and with a fast converter."""
    return [
        {
            "baud": f"{baud:,}",
            "10-bit converter, Hz": f"{top_rate(built(baud), seconds, seed):,.1f}",
            "fast converter, Hz": f"{top_rate(built(baud, fast=True), seconds, seed):,.1f}",
        }
        for baud in BAUDS
    ]


PARTS: dict[str, Callable[[float, int], list[dict[str, object]]]] = {
    "instants": instants,
    "budgets": budgets,
    "rates": rates,
}


def show(name: str, rows: list[dict[str, object]]) -> None:
    """Print one table as Markdown."""
    print(f"\n{name}\n")
    print("| " + " | ".join(rows[0]) + " |")
    print("|" + "---|" * len(rows[0]))
    for row in rows:
        print("| " + " | ".join(str(value) for value in row.values()) + " |")


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--which", choices=[*PARTS, "all"], default="all")
    parser.add_argument("--seconds", type=float, default=60.0, help="simulated, for each figure")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--csv", type=Path, help="write the rows there, too")
    options = parser.parse_args()
    if missing():
        sys.exit(missing())
    compiler = subprocess.run(["avr-gcc", "--version"], capture_output=True, text=True, check=True)
    print(f"# {compiler.stdout.splitlines()[0]}; libsimavr 1.6; ATmega328P at 16 MHz;")
    print(f"# {options.seconds:g} simulated seconds, seed {options.seed}; {platform.machine()}")
    for name, part in PARTS.items():
        if options.which in (name, "all"):
            rows = part(options.seconds, options.seed)
            show(name, rows)
            if options.csv:
                with options.csv.open("a", newline="") as file:
                    csv.writer(file).writerows([name, *row.values()] for row in rows)


if __name__ == "__main__":
    main()
