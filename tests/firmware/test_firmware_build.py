"""That everything is built, fits, and stands up to the tools that read code."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from firmware_builds import BUILD, FIRMWARE, make, need

ARDUINO = Path("/usr/share/arduino/hardware/arduino/avr")


def sizes(printed: str) -> tuple[int, int]:
    found = re.search(r"flash (\d+) bytes.*RAM (\d+) bytes", printed)
    assert found, printed
    return int(found[1]), int(found[2])


@pytest.mark.parametrize("baud", [115_200, 250_000, 500_000, 1_000_000])
def test_the_uno_s_program_fits_its_budget(baud):
    need("make", "avr-gcc", "avr-size")
    make(f"BAUD={baud}", f"BUILD=build/size-{baud}")
    printed = subprocess.run(
        ["./size-budget.sh", f"build/size-{baud}/fasciscope-atmega328p-{baud}.elf"],
        cwd=FIRMWARE, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    flash, ram = sizes(printed)
    assert 4000 < flash <= 8192
    assert 1000 < ram <= 1536


def test_a_program_beyond_its_budget_is_refused():
    need("make", "avr-gcc", "avr-size")
    make("BUILD=build/size-500000")
    done = subprocess.run(
        ["./size-budget.sh", "build/size-500000/fasciscope-atmega328p-500000.elf", "6000", "1536"],
        cwd=FIRMWARE, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1
    assert "outgrown" in done.stderr


@pytest.mark.parametrize(
    ("chip", "variant", "board", "flash_max", "ram_max"),
    [
        ("atmega328p", "standard", "ARDUINO_AVR_UNO", 8192, 1536),
        ("atmega2560", "mega", "ARDUINO_AVR_MEGA2560", 8192, 4096),
        ("atmega32u4", "leonardo", "ARDUINO_AVR_LEONARDO", 28_672, 2048),
    ],
)
def test_the_sketch_builds_as_the_ide_builds_it(chip, variant, board, flash_max, ram_max):
    need("make", "avr-gcc", "avr-g++")
    if not ARDUINO.is_dir():
        pytest.skip("arduino-core-avr is missing; make -C firmware toolchain installs it")
    printed = subprocess.run(
        ["./build-sketch.sh", str(ARDUINO), "build", chip, variant, board],
        cwd=FIRMWARE, capture_output=True, text=True,
    )  # fmt: skip
    assert printed.returncode == 0, printed.stderr
    flash, ram = sizes(printed.stdout)
    assert flash <= flash_max
    assert ram <= ram_max
    if chip == "atmega328p":
        it_samples(BUILD / "sketch-atmega328p.hex")


def it_samples(hex_file: Path) -> None:
    from simulator import SimulatedAvr, missing
    from simulator.host import Host

    if missing():
        return
    host = Host(SimulatedAvr(hex_file))
    host.run(0.1)
    assert host.configure(2000, 1, 4).result == 0
    host.start()
    host.run(1.0)
    stopped = host.stop()
    assert stopped.index > 2000
    assert host.check(stopped.index).clean


@pytest.mark.parametrize(
    ("target", "program"),
    [("check-analyzer", "gcc"), ("check-cppcheck", "cppcheck"), ("check-tidy", "clang-tidy")],
)
def test_code_readers_find_nothing(target, program):
    need("make", program)
    if target == "check-tidy" and not Path("/usr/lib/avr/include").is_dir():
        pytest.skip("avr-libc is missing; make -C firmware toolchain installs it")
    make(target)


def test_the_portable_part_knows_no_processor():
    core = list((FIRMWARE / "fasciscope" / "src" / "core").glob("*.[ch]"))
    assert len(core) > 10
    for source in core:
        for header in re.findall(r'#include [<"](.+?)[>"]', source.read_text()):
            assert (
                header in {"stdint.h", "stddef.h", "string.h"} or (source.parent / header).exists()
            )


def test_the_sources_stand_in_one_place_only():
    for name in ("core", "avr"):
        assert (FIRMWARE / name).resolve() == FIRMWARE / "fasciscope" / "src" / name


def test_without_tools_the_installer_says_what_is_left_out_and_goes_on(tmp_path):
    for program in ("sh", "id", "echo", "command", "grep", "ldconfig"):
        found = shutil.which(program)
        if found:
            (tmp_path / program).symlink_to(found)
    done = subprocess.run(
        [tmp_path / "sh", FIRMWARE / "install-toolchain.sh"],
        env={**os.environ, "PATH": str(tmp_path)}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0
    assert "sudo apt-get install" in done.stderr
    assert "without gcc-avr, the firmware is not built and not executed" in done.stderr
    assert "without cppcheck" in done.stderr
