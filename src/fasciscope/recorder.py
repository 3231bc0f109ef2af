"""A recording from a live source to the disk: what is checked before, kept beside it, said after.

A `Source` and a path in; an EDF+ file with its sidecar out, and the `Health` of the session.
"""

from __future__ import annotations

import contextlib
import math
import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fasciscope.errors import InputError, OutputError

if TYPE_CHECKING:
    from fasciscope.blocks import Block, Sink, Source
    from fasciscope.formats import EdfWriter
    from fasciscope.session import Health, Markers

RECORD_S = 0.5
"""Length of a data record (s): with what is still on its way, a crash costs less than a second."""
SECONDS_MAX = 7 * 86_400.0
"""Longest recording that can be asked for (s): a week."""


def check_wishes(
    path: str | Path,
    *,
    seconds: float | None = None,
    fs_hz: float | None = None,
    channels: int | None = None,
    side: str = "",
    wait_s: float | None = None,
) -> None:
    """Raise what `record` would raise for these, before anybody looks for a board."""
    from fasciscope import formats
    from fasciscope.blocks import check_channels, check_rate, check_side
    from fasciscope.device.stream import check_wait

    if seconds is not None and not (math.isfinite(seconds) and 0 < seconds <= SECONDS_MAX):
        raise InputError(
            f"The length must lie above 0 and up to {SECONDS_MAX:,.0f} seconds (a week), "
            f"not {seconds:g}. Leave it out to record until you stop."
        )
    if fs_hz is not None:
        check_rate(fs_hz)
    if channels is not None:
        check_channels(channels)
    check_side(side)
    if wait_s is not None:
        check_wait(wait_s)
    must_be_new(Path(path), formats.beside(path, "emg.json"))


def capture(
    source: Source,
    path: str | Path,
    *,
    seconds: float | None = None,
    sinks: Sequence[Sink] = (),
    stop: threading.Event | None = None,
    on_block: Callable[[Block, Health], None] | None = None,
    markers: Markers | None = None,
) -> Health:
    """Write what `source` gives to a new EDF+ file with its sidecar; see `session.run_session`.

    A file that got no sample at all is taken away again. Beside a live source the `sinks` run in
    threads of their own (`aside`), so that the recording waits for none of them.
    """
    from fasciscope import formats
    from fasciscope.aside import Aside
    from fasciscope.formats.room import must_have_room
    from fasciscope.session import run_session

    try:
        must_have_room(Path(path), source.info, seconds, RECORD_S)
        writer = formats.EdfWriter(path, source.info, record_s=RECORD_S)
        _describe_first(writer)
    except BaseException:
        source.close()
        raise
    newest: list[Health] = []

    def watch(block: Block, health: Health) -> None:
        newest[:] = [health]
        if on_block is not None:
            on_block(block, health)

    beside = [Aside(sink) for sink in sinks] if getattr(source, "live", False) else sinks
    length = None if seconds is None else max(1, round(seconds * source.info.fs_hz))
    try:
        health = run_session(
            source,
            [writer, *beside],
            stop=stop,
            max_samples=length,
            on_block=watch,
            markers=markers,
        )
    except BaseException:
        with contextlib.suppress(OutputError):  # the first error is the one to tell
            _describe(writer, source, newest)
        raise
    _describe(writer, source, [health])
    return health


def _describe_first(writer: EdfWriter) -> None:
    """Write the sidecar before the first sample, so that one is there whatever comes."""
    from fasciscope import formats

    try:
        formats.write_sidecar(writer.path, writer.info, _facts(None, []))
    except OutputError:
        writer.finish()
        writer.path.unlink(missing_ok=True)
        raise


def _describe(writer: EdfWriter, source: Source, newest: list[Health]) -> None:
    """Write the sidecar of a recording; one without a single sample is taken away instead."""
    from fasciscope import formats

    if not writer.n_samples:
        writer.path.unlink(missing_ok=True)
        formats.beside(writer.path, "emg.json").unlink(missing_ok=True)
        return
    facts = _facts(writer.n_samples / writer.info.fs_hz, newest)
    points: list[tuple[int, float]] = getattr(source, "clock_points", list)()
    if points:
        facts["clock_points"] = [[sample, round(at_s, 6)] for sample, at_s in points]
    formats.write_sidecar(writer.path, writer.info, facts)


def _facts(duration_s: float | None, newest: list[Health]) -> dict[str, Any]:
    from dataclasses import asdict
    from importlib.metadata import version

    facts: dict[str, Any] = {} if duration_s is None else {"RecordingDuration": duration_s}
    facts["software_version"] = version("fasciscope")
    if newest:
        facts["session"] = asdict(newest[0])
    return facts


def must_be_new(*paths: Path) -> None:
    """Raise `OutputError` if one of `paths` is there already, or its folder is not."""
    for path in paths:
        if path.is_symlink():
            raise OutputError(
                f"{path} is a link to somewhere else, so it is left alone. Give another name."
            )
        if path.exists():
            raise OutputError(f"{path} exists already and is left as it is. Give another name.")
        must_have_folder(path)


def must_have_folder(path: Path) -> None:
    """Raise `OutputError` if the folder of `path` is missing or cannot be written to."""
    folder = path.parent
    if not folder.is_dir():
        raise OutputError(f"There is no folder {folder} to put {path.name} in. Make it first.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(
            f"The folder {folder} cannot be written to. Choose another place for {path.name}."
        )
