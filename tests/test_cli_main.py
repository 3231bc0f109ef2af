"""`cli/main.py`: help at once, and every failure as words and an exit code."""

import os
import signal
import subprocess
import sys
import time

import pytest
from typer.testing import CliRunner

from fasciscope import errors, formats
from fasciscope.cli import console, main

COMMANDS = (
    *("demo", "ports", "record", "detect", "report", "check", "repair", "replay", "simulate"),
    *("bench", "journal", "firmware"),
)


@pytest.fixture
def run():
    return lambda *args: CliRunner().invoke(main.app, [str(arg) for arg in args])


def fasciscope(*args, **kwargs):
    command = [sys.executable, "-m", "fasciscope", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, **kwargs)


def test_help_names_every_command(run):
    done = run("--help")
    assert done.exit_code == 0
    for name in COMMANDS:
        assert name in done.stdout
    assert "Not a medical device" in " ".join(done.stdout.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_each_help_has_an_example_and_says_what_this_is_not(run, name):
    done = run(name, "--help")
    assert done.exit_code == 0
    assert f"fasciscope {name}" in done.stdout.split("Usage", 1)[1].split("Examples:")[1]
    assert "Not a medical device" in done.stdout


def test_help_comes_in_half_a_second():
    def seconds():
        begun = time.perf_counter()
        assert fasciscope("--help").returncode == 0
        return time.perf_counter() - begun

    seconds()  # the byte code is compiled once
    assert min(seconds() for _ in range(5)) < 0.5


def test_version_is_that_of_the_package(run):
    import fasciscope as package

    assert run("--version").stdout == f"fasciscope {package.__version__}\n"


@pytest.mark.parametrize("args", [["detct"], ["detect"], ["detect", "--nonsense"]])
def test_a_wrong_command_line_leaves_with_2(run, args):
    done = run(*args)
    assert done.exit_code == 2
    assert "Traceback" not in done.output


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (errors.RecordingError("rest.edf is empty."), 2, "rest.edf is empty."),
        (errors.DeviceError("No board answers."), 2, "No board answers."),
        (KeyboardInterrupt(), 130, "Stopped."),
        (PermissionError(13, "Permission denied", "rest.edf"), 2, "rest.edf: Permission denied."),
        (OSError(28, "No space left on device"), 2, "No space left on device."),
        (MemoryError(), 2, "not enough memory"),
    ],
)
def test_each_failure_has_its_words_and_code(run, monkeypatch, error, code, words):
    def fail(_path):
        raise error

    monkeypatch.setattr(formats, "read", fail)
    monkeypatch.delenv(console.DEBUG_VARIABLE, raising=False)
    done = run("report", "rest.edf")
    assert done.exit_code == code
    assert done.stdout == ""
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_debug_shows_where_it_came_from(run, monkeypatch):
    def fail(_path):
        raise errors.RecordingError("rest.edf is empty.")

    monkeypatch.setattr(formats, "read", fail)
    monkeypatch.setenv(console.DEBUG_VARIABLE, "")
    done = run("--debug", "report", "rest.edf")
    assert done.exit_code == 2
    assert "Traceback" in done.stderr
    assert done.stderr.endswith("rest.edf is empty.\n")


@pytest.mark.parametrize("debug", [False, True])
def test_a_fault_of_ours_asks_to_be_reported(monkeypatch, capsys, debug):
    def fail(_path):
        raise ZeroDivisionError("float division by zero")

    monkeypatch.setattr(formats, "read", fail)
    monkeypatch.setattr(sys, "argv", ["fasciscope", "report", "rest.edf"])
    monkeypatch.setenv(console.DEBUG_VARIABLE, str(int(debug)))
    with pytest.raises(SystemExit) as left:
        main.run()
    assert left.value.code == 1
    said = capsys.readouterr().err
    assert "ZeroDivisionError: float division by zero" in said
    assert "report it" in said
    assert ("Traceback" in said) is debug


def test_output_nobody_reads_is_no_error():
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "fasciscope", "ports"]
    process = subprocess.Popen(command, stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert "Traceback" not in process.communicate(timeout=60)[1]
    assert process.returncode == 0


WAITS = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # where tests run aside it is ignored
from fasciscope import formats
from fasciscope.cli import main
def wait(path):
    print("reading", flush=True)
    time.sleep(60)
formats.read = wait
sys.argv = ["fasciscope", "detect", "rest.edf"]
main.run()
"""


def test_ctrl_c_leaves_with_130():
    command = [sys.executable, "-c", WAITS]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process:
        assert process.stdout.readline() == "reading\n"
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=30)[1]
    assert process.returncode == 130
    assert said.startswith("Stopped.")
    assert "Traceback" not in said
