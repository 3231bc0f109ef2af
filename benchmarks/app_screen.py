"""How soon a sample is on the screen, what that costs, and how quick a long recording is there.

In a real browser, headless. A board in software streams in real time; sample n is due n / rate
after it began, so the delay of every sample is known: from then to the end of the first drawing
that holds it (the screen itself adds up to one of its own frames). Processor time is that of the
app, and apart from it that of all the browser's processes.

    live1, live6   1 x 2 kHz and 6 x 1 kHz: delay, frames a second, processor, memory
    night          a recording of --hours: until it is seen, until it is analysed, zoom and pan
"""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from shutil import which
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import numpy as np

from common import chosen, header, parser, show, write
from fasciscope import formats, simulate
from fasciscope.device.emulator import EmulatedBoard
from fasciscope.recording import Recording

CASES = ("live1", "live6", "night")
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"] + [
    f"--disable-{name}" for name in ("background-networking", "component-update", "sync")
]
NOTE_FRAMES = """
window.drawn = [];
const turn = () => {
  const s = window.fasciscopeScope;
  if (s && s.newest && (!window.drawn.length || window.drawn.at(-1)[1] !== s.newest))
    window.drawn.push([s.drawn_ms, s.newest, s.frames]);
  requestAnimationFrame(turn);
};
requestAnimationFrame(turn);
"""


@contextmanager
def running_app(folder: Path) -> Iterator[tuple[str, int]]:
    """Run the app in a folder; give its address and process number."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "fasciscope", "app", "--no-browser"),
            *("--port", str(port), "--folder", str(folder)),
        ],
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                urlopen(address, timeout=5).close()
                break
            except (URLError, OSError):
                time.sleep(0.1)
        yield address, process.pid
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(120)


def cpu_s(pids: list[int]) -> float:
    """Return the processor time of processes so far, s."""
    total = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def family_of(root: int) -> list[int]:
    """Return a process and all below it."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = path.read_text()
        except OSError:
            continue
        parent = int(text.rpartition(")")[2].split()[1])
        children.setdefault(parent, []).append(int(path.parent.name))
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += children.get(pid, [])
    return found


def resident_mb(pid: int) -> float:
    """Return the memory that a process holds now, MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return float("nan")


def signal_of(case: str, seed: int) -> Recording:
    """Return what the board plays: one channel at 2 kHz, or six at 1 kHz."""
    if case == "live1":
        return simulate("calf", seconds=120, seed=seed, fs_hz=2000.0).recording
    parts = [simulate("calf", seconds=120, seed=seed + k, fs_hz=1000.0).recording for k in range(6)]
    channels = tuple(
        replace(part.info.channels[0], name=f"EMG{k + 1}") for k, part in enumerate(parts)
    )
    samples = np.asfortranarray(np.concatenate([part.samples for part in parts], axis=1))
    return Recording(replace(parts[0].info, channels=channels), samples)


def live(page: Any, browser_pid: int, case: str, seconds: float, seed: int) -> dict[str, object]:
    """Record for a while with the page open; return the figures."""
    recording = signal_of(case, seed)
    fs_hz = recording.info.fs_hz
    with (
        tempfile.TemporaryDirectory() as folder,
        EmulatedBoard(recording, loop=True) as board,
        running_app(Path(folder)) as (address, pid),
    ):
        page.add_init_script(NOTE_FRAMES)
        page.goto(address)
        field = page.get_by_label("Port")
        field.click()
        field.fill(board.port)
        field.press("Enter")
        field.press("Escape")
        page.get_by_role("button", name="Record", exact=True).click()
        page.wait_for_function("window.fasciscopeScope && window.fasciscopeScope.newest > 0")
        time.sleep(15)  # the detector is compiled or loaded, and has its first ten seconds
        page.evaluate("window.drawn = []")
        began_s = time.time() - (time.monotonic() - board.started_s)
        app_before, browser_pids = cpu_s([pid]), family_of(browser_pid)
        browser_before, wall = cpu_s(browser_pids), time.monotonic()
        memory = [resident_mb(pid)]
        while time.monotonic() - wall < seconds:
            time.sleep(min(30.0, seconds))
            memory.append(resident_mb(pid))
            page.evaluate(
                "window.drawn.length > 60000 && (window.drawn = window.drawn.slice(-6000))"
            )
        wall = time.monotonic() - wall
        app_after, browser_after = cpu_s([pid]), cpu_s(browser_pids)
        drawn = np.array(page.evaluate("window.drawn"))
        heap_mb = page.evaluate(
            "performance.memory ? performance.memory.usedJSHeapSize/1048576 : 0"
        )
        page.get_by_role("button", name="Stop").click()
        page.get_by_text("of analysable time").wait_for()
    at_s = drawn[:, 0] / 1000
    samples = np.arange(int(drawn[0, 1]), int(drawn[-1, 1]))
    first = np.searchsorted(drawn[:, 1], samples, side="right")
    delay_ms = 1000 * (at_s[first] - (began_s + samples / fs_hz))
    return {
        "case": case,
        "seconds": round(wall, 1),
        "delay median, ms": round(float(np.median(delay_ms)), 1),
        "95 %, ms": round(float(np.percentile(delay_ms, 95)), 1),
        "longest, ms": round(float(delay_ms.max()), 1),
        "frames/s": round(float(len(drawn) / (at_s[-1] - at_s[0])), 1),
        "app, % of a core": round(100 * (app_after - app_before) / wall, 1),
        "browser, % of a core": round(100 * (browser_after - browser_before) / wall, 1),
        "app MB, begin": round(memory[0], 1),
        "app MB, end": round(memory[-1], 1),
        "page MB": round(heap_mb, 1),
    }


def night(page: Any, hours: float, seed: int) -> dict[str, object]:
    """Open a long recording; return how soon it is there and how quick it is to look through."""
    part = simulate("calf", seconds=600, seed=seed).recording
    many = max(1, round(hours * 6))
    samples = np.asfortranarray(np.tile(part.samples, (many, 1)))
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        formats.write_edf(replace(part, samples=samples), Path(folder) / "night_emg.edf")
        (Path(folder) / "warm").mkdir()
        formats.write_edf(part, Path(folder) / "warm" / "short_emg.edf")
        with running_app(Path(folder)) as (address, pid):
            page.goto(f"{address}/review?file=warm/short_emg.edf")
            page.get_by_text("as found").first.wait_for()
            begun = time.monotonic()
            page.goto(f"{address}/review?file=night_emg.edf")
            page.wait_for_function(
                "window.fasciscopeSignals && window.fasciscopeSignals[0]"
                " && window.fasciscopeSignals[0].last_ms > 0"
            )
            seen_s = time.monotonic() - begun
            page.get_by_text("as found").first.wait_for(timeout=120_000)
            ready_s = time.monotonic() - begun
            page.locator(".fs-main").focus()
            times = []
            for _ in range(60):
                before = page.evaluate("window.fasciscopeSignals[0].asked")
                page.keyboard.press(
                    rng.choice(["+", "+", "-", "ArrowLeft", "ArrowRight", "PageDown", "0"])
                )
                page.wait_for_function(
                    f"(s => s.asked > {before} && s.pending === 0 && !s.timed)"
                    "(window.fasciscopeSignals[0])"
                )
                times.append(page.evaluate("window.fasciscopeSignals[0].last_ms"))
            memory = resident_mb(pid)
    return {
        "case": f"{many / 6:g} h, 2 kHz",
        "seen after, s": round(seen_s, 2),
        "analysed after, s": round(ready_s, 2),
        "redraw median, ms": round(float(np.median(times)), 1),
        "longest, ms": round(float(np.max(times)), 1),
        "app MB": round(memory, 1),
    }


def main() -> None:
    """Run the cases asked for."""
    options = parser(__doc__ or "", CASES, 1)
    options.add_argument("--seconds", type=float, default=60.0, help="length of a live case")
    options.add_argument("--hours", type=float, default=8.0, help="length of the night")
    args = options.parse_args()
    names = chosen(args, CASES)
    browser_path = next(filter(None, map(which, ("chromium", "chromium-browser", "google-chrome"))))
    from playwright.sync_api import sync_playwright

    print(header())
    rows: list[dict[str, object]] = []
    with sync_playwright() as playwright:
        for name in names:
            for repeat in range(args.repeats):
                browser = playwright.chromium.launch(executable_path=browser_path, args=ARGS)
                page = browser.new_page(viewport={"width": 1280, "height": 900})
                page.set_default_timeout(60_000)
                root = newest_browser()
                seed = args.seed + repeat
                row = (
                    night(page, args.hours, seed)
                    if name == "night"
                    else live(page, root, name, args.seconds, seed)
                )
                browser.close()
                rows.append(row)
                show([row])
    if args.csv:
        write(rows, args.csv)


def newest_browser() -> int:
    """Return the process that was started last among the browsers below this one."""
    mine = family_of(os.getpid())
    browsers = []
    for pid in mine:
        try:
            command = Path(f"/proc/{pid}/cmdline").read_text()
        except OSError:
            continue
        if "chrom" in command and "--type=" not in command:
            browsers.append(pid)
    return max(browsers, default=os.getpid())


if __name__ == "__main__":
    main()
