"""The live side of a session: twitches counted as they come, and one line that says how it goes."""

from __future__ import annotations

import sys
import threading
from time import monotonic
from typing import TYPE_CHECKING, Any, Self

from fasciscope.cli import console, words

if TYPE_CHECKING:
    from fasciscope.blocks import Block, StreamInfo
    from fasciscope.events import Events
    from fasciscope.session import Health

TERMINAL_EVERY_S = 0.25
PLAIN_EVERY_S = 10.0


class TwitchCounter:
    """A sink that runs the detector beside a recording and counts the twitches.

    While samples come the count is provisional; after `finish` it is the verdict on the whole.

    Parameters
    ----------
    info : StreamInfo
    """

    def __init__(self, info: StreamInfo) -> None:
        from fasciscope.detection import Detector

        self.detector = Detector(info)
        self.twitches = 0
        self.finished = False

    def process(self, block: Block) -> None:
        """Take a block; add the twitches told with it, and take off those that were taken back."""
        told = self.detector.process(block)
        self.twitches += _twitches(told) - _twitches(self.detector.withdrawn)

    def finish(self) -> None:
        """Take the detector's verdict on the whole."""
        self.twitches = _twitches(self.detector.finish())
        self.finished = True


def _twitches(events: Events) -> int:
    from fasciscope.events import Kind, of_kind

    return len(of_kind(events, Kind.FASCICULATION))


class WarmUp(threading.Thread):
    """`warm_up` beside something else that takes its time, such as looking for the board."""

    def __init__(self) -> None:
        super().__init__(name="warm up", daemon=True)
        self._failed: Exception | None = None

    def run(self) -> None:
        """Do it; what fails is kept for `wait`."""
        try:
            _warm_up()
        except Exception as error:
            self._failed = error

    def wait(self) -> None:
        """Wait until it is done; say so if there may be no count, as when its cache has no room."""
        self.join()
        if self._failed is not None:
            console.status(
                f"The twitches may not be counted: the detector failed ({self._failed}). "
                "The recording is not touched by that."
            )


def warm_up() -> None:
    """Have the detector's kernels compiled, or loaded, before the first sample comes.

    The very first time takes some ten seconds; later ones, half a second. Done ahead of opening a
    port, since a busy interpreter would read the port too late.
    """
    with console.busy("Getting the detector ready"):
        _warm_up()


def _warm_up() -> None:
    import numpy as np

    from fasciscope.blocks import Block, Channel, StreamInfo
    from fasciscope.detection import Detector

    # longer than the ten seconds that are learned from, so that something is told, too
    counts = np.random.default_rng(0).normal(0, 8, (28_000, 1))
    time_ms = np.arange(-10, 10.5, 0.5)
    for middle in range(1500, 27_000, 600):
        pulse = 200 * np.exp(-((time_ms / 3) ** 2)) * np.cos(time_ms / 2)
        counts[middle - 20 : middle + 21, 0] += pulse
    detector = Detector(StreamInfo(2000.0, (Channel("EMG1", 1.0),)))
    detector.process(Block(counts.astype(np.int16), 0))
    detector.finish()


class StatusLine:
    """One line on standard error: redrawn in place on a terminal, every ten seconds elsewhere.

    Parameters
    ----------
    counter : TwitchCounter or None
        Where the noise and the number of twitches come from.
    total_s : float or None, default None
        How long the session will be, if that is known.
    hint : str, default ""
        Which keys do what; shown on a terminal only.
    """

    def __init__(
        self, counter: TwitchCounter | None, *, total_s: float | None = None, hint: str = ""
    ) -> None:
        self._counter = counter
        self._total_s = total_s
        self._hint = hint
        self._next = monotonic() + (0 if sys.stderr.isatty() else PLAIN_EVERY_S)
        self._live: Any = None

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.live import Live

            self._live = Live(console=Console(stderr=True), auto_refresh=False)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def __call__(self, block: Block, health: Health) -> None:
        """Show how it goes, if it is time to."""
        now = monotonic()
        if now < self._next:
            return
        text, link = self._text(block, health), _link_text(health)
        if self._live is None:
            self._next = now + PLAIN_EVERY_S
            console.status(f"{text}   {link}")
            return
        from rich.text import Text

        self._next = now + TERMINAL_EVERY_S
        line = Text(f"{text}\n{link}", no_wrap=True, overflow="ellipsis")
        if self._hint:
            line.append(f"\n{self._hint}", style="dim")  # a line of its own: it must not be cut
        self._live.update(line, refresh=True)

    def _text(self, block: Block, health: Health) -> str:
        so_far = block.stop_index / health.nominal_hz
        parts = [words.clock(so_far)]
        if self._total_s is not None:
            parts[0] += f" of {words.clock(self._total_s)}"
        parts.append(f"lost {health.lost:,}")
        if self._counter is not None:
            # zero until the detector has seen enough to know it
            known = [value for value in self._counter.detector.noise_uv if value > 0]
            noise = words.noise({"noise_uv": known}) if known else "…"
            parts += [f"noise {noise}", f"twitches {self._counter.twitches:,}"]
        if health.markers:
            parts.append(f"markers {health.markers}")
        return "   ".join(parts)


def _link_text(health: Health) -> str:
    """Return how the line to the board is, or that it is away."""
    if health.waiting_s is not None:
        return f"the board is away: waiting for it, {health.waiting_s:.0f} s"
    parts = [f"{health.samples:,} samples"]
    if health.measured_hz is None:
        parts.append(f"{health.nominal_hz:g} Hz")
    else:
        parts.append(f"{health.measured_hz:.2f} of {health.nominal_hz:g} Hz")
    if health.clock_error_s is not None:
        parts.append(f"clock ±{1000 * health.clock_error_s:.1f} ms")
    if health.buffer_level is not None:
        parts.append(f"buffer {100 * health.buffer_level:.0f} %")
    if health.reconnects:
        parts.append(f"came back {words.count(health.reconnects, 'time')}")
    return "   ".join(parts)
