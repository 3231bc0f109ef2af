"""``fasciscope record``: from a board on a port into a file, the twitches counted beside it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fasciscope.cli import console, words
from fasciscope.cli.journal_keeping import KeepOption, after_record
from fasciscope.cli.live import LiveView, WarmUp
from fasciscope.cli.stopping import listen_for_markers, stop_signals
from fasciscope.errors import FasciscopeError

if TYPE_CHECKING:
    from fasciscope.blocks import Source
    from fasciscope.live import LiveCounter
    from fasciscope.session import Health, Markers
    from fasciscope.trace import Trace

EXAMPLES = (
    "fasciscope record",
    "fasciscope record --minutes 10 --muscle calf --side left",
    "fasciscope record --port /dev/ttyACM0 --rate 1000 --output rest_emg.edf",
)


class Side(StrEnum):
    """Side of the body."""

    LEFT = "left"
    RIGHT = "right"


def record(
    port: Annotated[
        str, typer.Option(metavar="auto|PATH", help="The board's port; see `fasciscope ports`.")
    ] = "auto",
    minutes: Annotated[
        float | None, typer.Option(metavar="M", help="How long; without it, until Ctrl-C.")
    ] = None,
    rate: Annotated[
        float | None, typer.Option(metavar="HZ", help="Samples a second; default: the board's own.")
    ] = None,
    channels: Annotated[
        int | None, typer.Option(metavar="N", help="Number of channels; default: the board's own.")
    ] = None,
    muscle: Annotated[
        list[str] | None,
        typer.Option(metavar="TEXT", help="Muscle under the electrodes; again for each channel."),
    ] = None,
    side: Annotated[Side | None, typer.Option(help="Side of the body.")] = None,
    note: Annotated[str, typer.Option(metavar="TEXT", help="A note for the file.")] = "",
    wait: Annotated[
        float,
        typer.Option(metavar="SECONDS", help="How long to wait for a board that goes away."),
    ] = 60.0,
    plot: Annotated[
        bool, typer.Option("--plot", help="Show the signal in a window beside the terminal.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.edf",
            help="The file to make; default fasciscope_DATE-TIME_emg.edf in this folder.",
        ),
    ] = None,
    journal: KeepOption = None,
) -> None:
    """Record from a board into a file, and count twitches meanwhile.

    SAFETY: with electrodes on the skin, run the computer on battery or use a USB isolator. Always.

    Every second is written to disk as it comes, so a crash costs a second at most. Enter sets a
    marker; words typed before it become its text. Ctrl-C ends the recording cleanly. Lost samples
    are noticed, shown, and marked in the file. If the board goes away, plug it in again: the
    recording goes on by itself. A file that exists is never overwritten. If you have a journal,
    the recording is kept in it.
    """
    from fasciscope import api
    from fasciscope.session import Markers
    from fasciscope.sources import SerialSource

    output = output or Path(f"fasciscope_{datetime.now():%Y%m%d-%H%M%S}_emg.edf")
    seconds = None if minutes is None else minutes * 60
    where = side.value if side else ""
    api.check_wishes(
        output, seconds=seconds, fs_hz=rate, channels=channels, side=where, wait_s=wait
    )
    if plot:
        from fasciscope.cli.scope import must_have_screen

        must_have_screen()
    with stop_signals() as stop:
        warm_up = WarmUp()
        warm_up.start()
        with console.busy("Looking for the board"), _interruptible(stop):
            source = SerialSource(
                port,
                fs_hz=rate,
                channels=channels,
                muscles=tuple(muscle or ()),
                side=where,
                note=note,
                wait_s=wait,
                cancelled=stop,
                before_start=warm_up.wait,
            )
        with closing(source):
            console.status(f"{source}. Recording to {output} …")
            markers = Markers()
            listen_for_markers(markers.mark, stop)
            health, counter = _run(source, output, seconds, stop, markers, plot)
    _say_goodbye(output, health, counter)
    after_record(output, journal)
    console.closing_line()


@contextmanager
def _interruptible(stop: threading.Event) -> Iterator[None]:
    """Take Ctrl-C for what it is, and not for a board that was not found."""
    try:
        yield
    except FasciscopeError:
        if stop.is_set():
            raise KeyboardInterrupt from None
        raise


def _run(
    source: Source,
    output: Path,
    seconds: float | None,
    stop: threading.Event,
    markers: Markers,
    plot: bool,
) -> tuple[Health, LiveCounter]:
    from fasciscope import api
    from fasciscope.aside import Onlooker
    from fasciscope.live import LiveCounter
    from fasciscope.trace import Trace

    counter, trace = LiveCounter(source.info), Trace(source.info)
    hint = "Enter: marker   Ctrl-C: end"
    done: list[Health] = []

    def take() -> None:
        with LiveView(counter, trace, total_s=seconds, hint=hint) as view, Onlooker(view) as watch:
            health = api.capture(
                source,
                output,
                seconds=seconds,
                sinks=[trace, counter],
                stop=stop,
                on_block=watch,
                markers=markers,
            )
        done.append(health)

    try:
        _take(take, trace, counter, output.name, plot)
    except FasciscopeError:
        if output.exists():
            console.status(f"{output} is kept. To see what is in it: fasciscope check {output}")
        raise
    return done[0], counter


def _take(
    take: Callable[[], None], trace: Trace, counter: LiveCounter, title: str, plot: bool
) -> None:
    """Run a session, with the window beside it if that was asked for."""
    if not plot:
        take()
        return
    from fasciscope.cli.scope import run_with_scope

    run_with_scope(take, trace, counter, title)


def _say_goodbye(output: Path, health: Health, counter: LiveCounter) -> None:
    seconds = (health.samples + health.lost) / health.nominal_hz
    lost = f"{words.count(health.lost, 'lost sample')} in {words.count(health.gaps, 'gap')}"
    if not health.samples:
        console.status("Not one sample came, so there is no file. Check the board and try again.")
        raise typer.Exit(console.EXIT_BAD_INPUT)
    console.result(
        f"{output}: {words.length(seconds)} at {health.nominal_hz:g} Hz, "
        f"{health.samples + health.lost:,} samples a channel, "
        f"{lost if health.lost else 'none lost'}."
    )
    if counter.finished:
        twitches = words.count(counter.twitches, "twitch", "twitches")
        console.result(
            f"{twitches} in {words.length(counter.detector.analysable_s)} of analysable time."
        )
    if health.dropped_beside:
        missed = words.count(health.dropped_beside, "sample")
        console.status(
            f"The count went without {missed}, since this computer was too slow for it; the file "
            f"has them: fasciscope detect {output}"
        )
    for sentence in health.sink_errors:
        console.status(sentence)
    console.status(f"Next: fasciscope report {output}")
