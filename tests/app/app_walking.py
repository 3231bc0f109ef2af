"""An app in a process of its own, and what a browser sees go wrong."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import urlopen

START_S = 60.0


@dataclass
class App:
    """A running app: where it is, and what it works in."""

    address: str
    folder: Path
    process: subprocess.Popen[str]

    def url(self, path: str = "/", **query: str) -> str:
        """Return the address of a page."""
        rest = "&".join(f"{key}={quote(value, safe='')}" for key, value in query.items())
        return self.address + path.lstrip("/") + (f"?{rest}" if rest else "")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def running(folder: Path, *args: str, **environment: str) -> Iterator[App]:
    """Run an app in a folder."""
    port = free_port()
    process = subprocess.Popen(
        _command(folder, port, *args),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )
    app = App(f"http://127.0.0.1:{port}/", folder, process)
    try:
        _await(app)
        yield app
    finally:
        _end(process)


def _command(folder: Path, port: int, *args: str) -> list[str]:
    where = ("--folder", str(folder), "--port", str(port))
    return [sys.executable, "-m", "fasciscope", "app", "--no-browser", *where, *args]


def _await(app: App) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        try:
            with urlopen(app.address, timeout=5):
                return
        except (URLError, OSError):
            if app.process.poll() is not None:
                raise AssertionError(app.process.communicate()[1]) from None
            time.sleep(0.1)
    raise AssertionError("the app did not answer")


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    try:
        process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


def watched(tab: Any, faults: list[str]) -> Any:
    """Take note of whatever goes wrong in a tab, and of every foreign address it asks for."""

    def asked(request: Any) -> None:
        if not request.url.startswith(("http://127.0.0.1", "data:", "blob:", "ws://127.0.0.1")):
            faults.append(f"asked {request.url}")

    tab.on("request", asked)
    tab.on("pageerror", lambda error: faults.append(f"page: {error}"))
    tab.on(
        "console",
        lambda said: faults.append(f"console: {said.text}") if said.type == "error" else None,
    )
    return tab


def until(what, seconds=60.0):
    """Wait until `what` holds, and say what it was if it does not."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        got = what()
        if got:
            return got
        time.sleep(0.1)
    raise AssertionError(f"it did not come to that within {seconds:g} s: {what}")


def choose_port(page, port):
    field = page.get_by_label("Port")
    field.click()
    field.fill(port)
    field.press("Enter")
    field.press("Escape")
