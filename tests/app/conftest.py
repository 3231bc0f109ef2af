"""The app as a person meets it: a process of its own, and a real browser that looks at it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import urlopen

import pytest

from fasciscope import formats, simulate

START_S = 60.0
WAIT_MS = 30_000
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


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


@pytest.fixture
def start_app(tmp_path: Path) -> Iterator[Callable[..., App]]:
    """Start an app in a folder; it is ended with the test."""
    with ExitStack() as stack:

        def start(folder: Path = tmp_path, *args: str) -> App:
            return stack.enter_context(running(folder, *args))

        yield start


@pytest.fixture(scope="session")
def shared_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """One app for all tests that only look: its folder holds two recordings."""
    folder = tmp_path_factory.mktemp("recordings")
    for scene, seconds in (("calf", 60.0), ("contractions", 40.0)):
        made = simulate(scene, seconds=seconds, seed=3)
        formats.write_edf(made.recording, folder / f"{scene}_emg.edf")
    with running(folder) as app:
        yield app


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


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A headless browser, for the whole run."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip("no chromium here, so the pages are not walked")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture
def faults() -> list[str]:
    """What went wrong in the pages of a test; it is empty, or the test says why not."""
    return []


@pytest.fixture
def page(chromium: Any, faults: list[str], start_app: Any) -> Iterator[Any]:
    """A tab that must see no error and ask no other host; it goes before the app does."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(WAIT_MS)
    tab = watched(context.new_page(), faults)
    yield tab
    context.close()
    assert not faults


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
