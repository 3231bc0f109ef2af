"""The live side of a session in a terminal: the trace, the counts, and how the line is doing."""

from __future__ import annotations

import sys
import threading
from time import monotonic
from typing import TYPE_CHECKING, Any, Self

from fasciscope.cli import console, words

if TYPE_CHECKING:
    from fasciscope.blocks import Block
    from fasciscope.live import LiveCounter, Snapshot
    from fasciscope.session import Health
    from fasciscope.trace import Trace

TERMINAL_EVERY_S = 0.25
PLAIN_EVERY_S = 10.0
TRACE_ROWS, CHANNELS_DRAWN, NAME_WIDTH, FAMILIES_NAMED = 3, 4, 9, 10
LOW_TERMINAL = 10
"""Rows under which a terminal shows no trace: the counts are worth more."""


class WarmUp(threading.Thread):
    """`warm_up` beside something else that takes its time, such as looking for the board."""

    def __init__(self) -> None:
        super().__init__(name="warm up", daemon=True)
        self._failed: Exception | None = None

    def run(self) -> None:
        """Do it; what fails is kept for `wait`."""
        try:
            from fasciscope import live

            live.warm_up()
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
    from fasciscope import live

    with console.busy("Getting the detector ready"):
        live.warm_up()


class LiveView:
    """What a person sees of a session, on standard error.

    On a terminal a few lines, redrawn in place: the counts, the last ten seconds of each channel,
    the families, the line to the board, the keys. Elsewhere one plain line every ten seconds.

    Parameters
    ----------
    counter : LiveCounter or None
        Where the noise and the number of twitches come from.
    trace : Trace or None, default None
        What is drawn.
    total_s : float or None, default None
        How long the session will be, if that is known.
    hint : str, default ""
        Which keys do what; shown on a terminal only.
    """

    def __init__(
        self,
        counter: LiveCounter | None,
        trace: Trace | None = None,
        *,
        total_s: float | None = None,
        hint: str = "",
    ) -> None:
        self._counter = counter
        self._trace = trace
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
        snapshot = None if self._counter is None else self._counter.snapshot()
        text, link = self._text(block, health, snapshot), _link_text(health)
        if self._live is None:
            self._next = now + PLAIN_EVERY_S
            console.status(f"{text}   {link}")
            return
        from rich.text import Text

        self._next = now + TERMINAL_EVERY_S
        size = self._live.console.size
        lines = [text, *self._picture(size.width, size.height), *_families_text(snapshot), link]
        shown = Text("\n".join(lines), no_wrap=True, overflow="ellipsis")
        if self._hint:
            shown.append(f"\n{self._hint}", style="dim")  # a line of its own: it must not be cut
        self._live.update(shown, refresh=True)

    def _text(self, block: Block, health: Health, snapshot: Snapshot | None) -> str:
        so_far = block.stop_index / health.nominal_hz
        parts = [words.clock(so_far)]
        if self._total_s is not None:
            parts[0] += f" of {words.clock(self._total_s)}"
        parts.append(f"lost {health.lost:,}")
        if snapshot is not None:
            # zero until the detector has seen enough to know it
            known = [value for value in snapshot.noise_uv if value > 0]
            noise = words.noise({"noise_uv": known}) if known else "…"
            parts += [f"noise {noise}", f"twitches {snapshot.twitches:,}"]
            if snapshot.twitches:
                parts.append(f"last minute {snapshot.last_minute:,}")
        if health.markers:
            parts.append(f"markers {health.markers}")
        return "   ".join(parts)

    def _picture(self, width: int, height: int) -> list[str]:
        """Return the last ten seconds of as many channels as there is room for."""
        if self._trace is None or height < LOW_TERMINAL:
            return []
        from fasciscope.cli.sparkline import draw, plain

        bins = self._trace.recent()
        n = min(bins.shape[1], (height - LOW_TERMINAL) // TRACE_ROWS + 1, CHANNELS_DRAWN)
        pen = draw if self._live.console.encoding.lower().startswith("utf") else plain
        lines = []
        for k in range(n):
            rows, label = pen(bins[:, k, 0], bins[:, k, 1], max(width - NAME_WIDTH, 10), TRACE_ROWS)
            name = self._trace.info.channels[k].name
            names = [name[: NAME_WIDTH - 1], label, *[""] * TRACE_ROWS]
            lines += [f"{left:<{NAME_WIDTH}}{row}" for left, row in zip(names, rows, strict=False)]
        left_out = bins.shape[1] - n
        if left_out:
            lines.append(f"and {words.count(left_out, 'more channel')}")
        return lines


def _families_text(snapshot: Snapshot | None) -> list[str]:
    if snapshot is None or not snapshot.families:
        return []
    shown = sorted(snapshot.families, key=lambda pair: -pair[1])[:FAMILIES_NAMED]
    counts = "   ".join(f"{number}: {count}" for number, count in sorted(shown))
    return [f"families {counts}"]


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
