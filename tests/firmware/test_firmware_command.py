"""``fasciscope firmware``, and the demo on the executed firmware, as a person runs them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from firmware_builds import hex_file, need
from typer.testing import CliRunner

from fasciscope.cli import firmware, main
from fasciscope.device import boards


@pytest.fixture
def run():
    return lambda *args: CliRunner().invoke(main.app, ["firmware", *map(str, args)])


@pytest.fixture
def fake_avrdude(tmp_path, monkeypatch):
    """Put an avrdude first on the path that does as it is told, and says what it was asked."""

    def install(exit_code: int = 0, said: str = "") -> Path:
        program = tmp_path / "avrdude"
        asked = tmp_path / "asked"
        program.write_text(f'#!/bin/sh\necho "$@" > {asked}\necho "{said}" >&2\nexit {exit_code}\n')
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        return asked

    return install


def only_port(monkeypatch, *names: str) -> None:
    ports = [boards.PortCandidate(name, True, "it is an Arduino Uno") for name in names]
    monkeypatch.setattr(boards, "list_ports", lambda: ports)


def test_help_names_what_it_can_do(run):
    done = run("--help")
    assert done.exit_code == 0
    for name in ("build", "flash", "info", "simulate"):
        assert name in done.stdout
        example = run(name, "--help")
        assert f"fasciscope firmware {name}" in example.stdout
        assert "Not a medical device" in example.stdout


def test_build_prints_the_file_and_its_size(run):
    need("make", "avr-gcc", "avr-size")
    done = run("build")
    assert done.exit_code == 0, done.stderr
    assert Path(done.stdout.strip()).read_text().startswith(":10")
    assert "bytes" in done.stderr


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["build", "--baud", "9600"], "one of 115200, 250000, 500000, not 9600"),
        (["flash", "--port", "/dev/nothing"], "There is no port /dev/nothing"),
        (["simulate", "--speed", "0"], "--speed must be a number above 0"),
        (["info", "--port", "/dev/nothing"], "There is no port /dev/nothing"),
    ],
)
def test_bad_input_is_told_in_a_sentence(run, fake_avrdude, args, words):
    fake_avrdude()
    done = run(*args)
    assert done.exit_code == 2
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("program", "args"), [("avr-gcc", ["build"]), ("avrdude", ["flash"]), ("make", ["build"])]
)
def test_a_missing_tool_is_named_with_how_to_get_it(run, monkeypatch, program, args):
    real = shutil.which
    monkeypatch.setattr(
        firmware.shutil, "which", lambda name: None if name == program else real(name) or "/bin/x"
    )
    done = run(*args)
    assert done.exit_code == 2
    assert f"{program} is missing" in done.stderr
    assert "sudo apt-get install" in done.stderr


def test_without_the_repository_it_says_where_the_sources_are(run, monkeypatch, tmp_path):
    import fasciscope

    monkeypatch.setattr(fasciscope, "__file__", str(tmp_path / "a" / "b" / "c" / "__init__.py"))
    monkeypatch.chdir(tmp_path)
    done = run("build")
    assert done.exit_code == 2
    assert "Clone the fasciscope repository" in done.stderr


def test_flash_hands_avrdude_the_right_board(run, monkeypatch, fake_avrdude, tmp_path):
    need("make", "avr-gcc", "avr-size")
    asked = fake_avrdude()
    port = tmp_path / "ttyUSB0"
    port.touch()
    only_port(monkeypatch, str(port))
    done = run("flash", "--board", "nano-old")
    assert done.exit_code == 0, done.stderr
    words = asked.read_text()
    assert f"-p atmega328p -c arduino -P {port} -b 57600 -D" in words
    assert "fasciscope-atmega328p-500000.hex:i" in words
    assert "firmware info --self-test" in done.stderr


def test_flash_does_not_guess_between_ports(run, monkeypatch, fake_avrdude):
    fake_avrdude()
    only_port(monkeypatch, "/dev/ttyACM0", "/dev/ttyUSB0")
    done = run("flash")
    assert done.exit_code == 2
    assert "/dev/ttyACM0, /dev/ttyUSB0" in done.stderr
    only_port(monkeypatch)
    assert "No port looks like a board" in run("flash").stderr


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("avrdude: stk500_getsync(): not in sync: resp=0x00", "--board nano-old"),
        ("avrdude: ser_open(): can't open device: Permission denied", "may not be opened"),
        ("avrdude error: cannot do this or that", "cannot do this or that"),
    ],
)
def test_what_avrdude_says_is_put_into_words(run, monkeypatch, fake_avrdude, tmp_path, said, words):
    need("make", "avr-gcc", "avr-size")
    fake_avrdude(1, said)
    port = tmp_path / "ttyUSB0"
    port.touch()
    done = run("flash", "--board", "nano", "--port", port)
    assert done.exit_code == 2
    assert words in done.stderr


def test_info_and_self_test_on_the_executed_firmware(run):
    from simulator import FirmwareBoard

    with FirmwareBoard(hex_file(), speed=20.0) as board:
        done = run("info", "--self-test", "--port", board.port)
    assert done.exit_code == 0, done.stderr
    assert "Uno or Nano (ATmega328P)" in done.stdout
    assert "1.0.0\n" in done.stdout
    assert "up to 8,000 Hz on one channel" in done.stdout
    assert "none lost, none wrong" in done.stdout


def test_a_self_test_over_a_bad_line_fails_in_words(run):
    from simulator import FirmwareBoard, LineFaults

    faults = LineFaults(flip=0.0005, seed=1)
    with FirmwareBoard(hex_file(), speed=20.0, mangle=faults) as board:
        done = run("info", "--self-test", "--port", board.port)
    assert done.exit_code == 2
    assert "0 differ" in done.stderr
    assert "were lost" in done.stderr


def test_simulate_is_a_board_for_any_program(run):
    hex_file()
    command = [sys.executable, "-m", "fasciscope", "firmware", "simulate", "--speed", "10"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as it:
        try:
            port = it.stdout.readline().strip()
            assert Path(port).exists()
            assert "Uno or Nano (ATmega328P)" in run("info", "--port", port).stdout
        finally:
            it.terminate()
            it.communicate(timeout=20)
    assert it.returncode == 0


@pytest.mark.soak
def test_the_demo_on_the_firmware(tmp_path):
    hex_file()
    done = subprocess.run(
        [sys.executable, "-m", "fasciscope", "demo", "--firmware", "--output", "demo"],
        cwd=tmp_path, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "All 240,000 samples in the file are those that were sent." in done.stderr
    summary = json.loads((tmp_path / "demo" / "demo_summary.json").read_text())
    assert summary["lost_samples"] == 0
    assert summary["fasciculations"] > 10
