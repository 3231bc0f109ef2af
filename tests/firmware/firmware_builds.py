"""What the firmware's tests build, once for all workers, and why some may have to be left out."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FIRMWARE = Path(__file__).resolve().parents[2] / "firmware"
BUILD = FIRMWARE / "build"
sys.path.insert(0, str(FIRMWARE))


def need(*programs: str) -> None:
    """Skip the test, saying what is missing, unless all `programs` are there."""
    lacking = [program for program in programs if shutil.which(program) is None]
    if lacking:
        pytest.skip(f"{', '.join(lacking)} is missing; make -C firmware toolchain installs it")


def make(*words: str) -> str:
    """Run make in the firmware's folder, one at a time, and return what it printed."""
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = subprocess.run(
            ["make", "-C", str(FIRMWARE), *words], capture_output=True, text=True, timeout=300
        )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def hex_file(chip: str = "atmega328p", baud: int = 500_000, *, fast: bool = False) -> Path:
    """Build and return the .hex for one chip; skip where it cannot be built or executed."""
    need("make", "avr-gcc", "avr-size")
    from simulator import missing

    if missing():
        pytest.skip(missing())
    make(f"MCU={chip}", f"BAUD={baud}", *(["FAST=1"] if fast else []))
    return BUILD / f"fasciscope-{chip}-{baud}{'-fast' if fast else ''}.hex"
