"""The scope: a matplotlib window that shows the last ten seconds while a session runs.

It lives in the main thread, as windows must; the session runs in another. Closing the window ends
the view and not the session.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from fasciscope.errors import InputError
from fasciscope.events import Kind
from fasciscope.trace import SPAN_S

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from fasciscope.live import LiveCounter
    from fasciscope.trace import Trace

FRAME_S = 0.05
CHANNELS_DRAWN = 16
_WINDOWLESS = {"agg", "cairo", "pdf", "pgf", "ps", "svg", "template"}


def must_have_screen() -> None:
    """Raise `InputError` if no window can be opened here."""
    import matplotlib

    try:
        import matplotlib.pyplot as plt

        plt.switch_backend(matplotlib.get_backend())
    except ImportError as error:
        raise InputError(f"No window can be opened for --plot: {error}. Leave it out.") from None
    if matplotlib.get_backend().lower() in _WINDOWLESS:
        raise InputError(
            "No window can be opened for --plot: there is no screen here, or Python has no window "
            "toolkit (Tk or Qt). Leave it out; the terminal shows the trace too."
        )


class Scope:
    """The picture: one panel a channel, redrawn by `update`.

    Parameters
    ----------
    trace : Trace
    counter : LiveCounter
    title : str
    figure : Figure
        What to draw on.
    """

    def __init__(self, trace: Trace, counter: LiveCounter, title: str, figure: Figure) -> None:
        self._trace, self._counter, self._title = trace, counter, title
        self.figure = figure
        n = min(trace.info.n_channels, CHANNELS_DRAWN)
        axes: Any = figure.subplots(n, 1, sharex=True, squeeze=False)[:, 0]
        self._axes = list(axes)
        time_s = (np.arange(trace.n_bins) - trace.n_bins) * trace.bin_samples / trace.info.fs_hz
        self._time_s = np.repeat(time_s, 2)
        self._lines = [ax.plot([], [], color="#30363d", linewidth=0.7)[0] for ax in self._axes]
        self._marks = [
            ax.plot([], [], "v", color="#0072B2", markersize=6, clip_on=False)[0]
            for ax in self._axes
        ]
        for ax, channel in zip(self._axes, trace.info.channels, strict=False):
            ax.set_ylabel(f"{channel.name}, µV")
            ax.set_xlim(-SPAN_S, 0)
            ax.grid(alpha=0.25)
        self._axes[-1].set_xlabel("s before now")

    def update(self) -> None:
        """Show the newest state."""
        bins = self._trace.recent()
        fs_hz, newest = self._trace.info.fs_hz, self._trace.newest
        events = self._counter.events(newest - round(SPAN_S * fs_hz))
        events = events[events["kind"] == Kind.FASCICULATION]
        for k, (ax, line, marks) in enumerate(
            zip(self._axes, self._lines, self._marks, strict=True)
        ):
            values = bins[:, k, :].reshape(-1)
            line.set_data(self._time_s, values)
            known = values[np.isfinite(values)]
            if len(known):
                low, high = float(known.min()), float(known.max())
                margin = max(0.08 * (high - low), 5.0)
                ax.set_ylim(low - margin, high + 2 * margin)
            mine = events[events["channel"] == k]
            top = ax.get_ylim()[1]
            marks.set_data((mine["peak"] - newest) / fs_hz, np.full(len(mine), top))
        now = self._counter.snapshot()
        self._axes[0].set_title(
            f"{self._title}     {now.twitches} twitches so far, {now.last_minute} in the last "
            "minute     not a medical device",
            loc="left",
            fontsize=9,
        )


def run_with_scope(
    session: Callable[[], None], trace: Trace, counter: LiveCounter, title: str
) -> None:
    """Run `session` in a thread, and the window beside it; return or raise what it does."""
    import matplotlib.pyplot as plt

    failed: list[BaseException] = []

    def work() -> None:
        try:
            session()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=work, name="session")
    figure = plt.figure(title, figsize=(10, 2.2 + 1.8 * min(trace.info.n_channels, 4)))
    scope = Scope(trace, counter, title, figure)
    thread.start()
    while thread.is_alive() and plt.fignum_exists(figure.number):
        scope.update()
        figure.canvas.draw_idle()
        plt.pause(FRAME_S)
    thread.join()
    plt.close(figure)
    if failed:
        raise failed[0]
