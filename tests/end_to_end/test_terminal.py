"""`fasciscope record` at a terminal: a line that lives, Enter for a marker, Ctrl-C for the end."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time

from fasciscope import read
from fasciscope.device.emulator import EmulatedBoard


def read_until(leader: int, words: str, timeout_s: float = 60.0) -> str:
    """Return what the terminal shows until `words` stand in it, or until its end."""
    shown = b""
    until = time.monotonic() + timeout_s
    while words.encode() not in shown and time.monotonic() < until:
        if select.select([leader], [], [], 0.2)[0]:
            try:
                shown += os.read(leader, 65536)
            except OSError:  # Linux says so when the last program has left
                break
    return shown.decode()


def test_the_line_lives_and_the_keys_work(command, calm, tmp_path):
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 120, 0, 0))
    ends = {"stdin": follower, "stdout": follower, "stderr": follower}

    def take_terminal() -> None:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    with EmulatedBoard(calm, speed=2.0, loop=True) as board:
        process = subprocess.Popen(
            command("record", "--port", board.port, "--output", "rest.edf"),
            cwd=tmp_path,
            env={**os.environ, "TERM": "xterm"},
            start_new_session=True,
            preexec_fn=take_terminal,
            **ends,
        )
        os.close(follower)
        try:
            shown = read_until(leader, "00:02")
            os.write(leader, b"made a fist\r")
            shown += read_until(leader, "markers 1")
            os.write(leader, b"\x03")
            shown += read_until(leader, "Not a medical device.")
            assert process.wait(timeout=30) == 0, shown
        finally:
            process.kill()
            os.close(leader)
    assert "\x1b[1A\x1b[2K00:02" in shown, "the lines are redrawn in place"
    assert "Enter: marker" in shown
    assert "Traceback" not in shown
    assert "none lost" in shown
    assert [marker.text for marker in read(tmp_path / "rest.edf").markers] == ["made a fist"]
