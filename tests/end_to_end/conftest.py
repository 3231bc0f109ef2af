"""The commands as a person runs them: processes, signals, and a board on a pseudo-terminal."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from fasciscope import simulate
from fasciscope.device.emulator import EmulatedBoard
from fasciscope.recording import Recording

TIMEOUT_S = 90


def _command(*args: object) -> list[str]:
    return [sys.executable, "-m", "fasciscope", *map(str, args)]


@pytest.fixture
def command() -> Callable[..., list[str]]:
    """Return the words that run fasciscope with the arguments given."""
    return _command


Run = Callable[..., "subprocess.CompletedProcess[str]"]
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a command to its end in `tmp_path`."""

    def run_it(*args: object, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            _command(*args),
            input=stdin,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            timeout=TIMEOUT_S,
        )

    return run_it


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a command in `tmp_path`; what still runs at the end of the test is killed."""
    with ExitStack() as stack:

        def start_it(*args: object) -> subprocess.Popen[str]:
            pipe = subprocess.PIPE
            process = stack.enter_context(
                subprocess.Popen(
                    _command(*args), stdin=pipe, stdout=pipe, stderr=pipe, text=True, cwd=tmp_path
                )
            )
            stack.callback(process.kill)
            return process

        yield start_it


@pytest.fixture(scope="session")
def calm() -> Recording:
    """Twelve seconds with twitches in them, at 2 kHz."""
    return simulate("calm", seconds=12, seed=5).recording


@pytest.fixture
def board(calm: Recording) -> Iterator[EmulatedBoard]:
    """An emulated board that plays `calm` six times faster than real."""
    with EmulatedBoard(calm, speed=6.0) as plugged_in:
        yield plugged_in
