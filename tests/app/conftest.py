"""The app as a person meets it: a process of its own, and a real browser that looks at it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from app_walking import App, running, watched

from fasciscope import formats, simulate

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
