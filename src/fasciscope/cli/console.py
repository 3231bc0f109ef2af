"""Words to the person at the terminal: results to standard output, status to standard error."""

from __future__ import annotations

import os
import sys
import traceback
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager

NOT_A_DEVICE = "Research and education software. Not a medical device."
DEBUG_VARIABLE = "FASCISCOPE_DEBUG"
ISSUES = "the project's issue page"

EXIT_BUG = 1
EXIT_BAD_INPUT = 2
EXIT_NEEDS_MENDING = 3
EXIT_INTERRUPTED = 130


def result(text: str = "") -> None:
    """Print a line that the command was called for."""
    print(harmless(text), flush=True)


def status(text: str = "") -> None:
    """Print a line about how it goes."""
    print(harmless(text), file=sys.stderr, flush=True)


def harmless(text: str) -> str:
    """Return `text` without what would steer a terminal: names and notes come from files."""
    return "".join(
        c if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs") else "?" for c in text
    )


def closing_line() -> None:
    """End a screen with what this is not."""
    status(NOT_A_DEVICE)


def wants_debug() -> bool:
    """Say whether the person asked for tracebacks (``--debug`` or the environment variable)."""
    return os.environ.get(DEBUG_VARIABLE, "") not in {"", "0"}


def complain(sentence: str) -> None:
    """Say what went wrong; with ``--debug`` also where in the code, from the current exception."""
    if wants_debug() and sys.exc_info()[0] is not None:
        traceback.print_exc()
    status(sentence)


def os_error_sentence(error: OSError) -> str:
    """Return one sentence for an error of the operating system that nobody else translated."""
    reason = error.strerror or str(error) or type(error).__name__
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{reason}. Nothing that was already recorded has been changed."


@contextmanager
def progress(label: str) -> Iterator[Callable[[float], None]]:
    """Show a progress bar on a terminal; yields a function that takes the share done, 0 to 1.

    The bar appears after half a second, so that short work leaves the screen alone.
    """
    if not sys.stderr.isatty():
        yield lambda _share: None
        return
    from time import monotonic

    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task(label, total=1.0)
    begun = monotonic()
    shown = False

    def update(share: float) -> None:
        nonlocal shown
        if not shown and monotonic() - begun > 0.5:
            bar.start()
            shown = True
        bar.update(task, completed=min(max(share, 0.0), 1.0))

    try:
        yield update
    finally:
        if shown:
            bar.stop()


@contextmanager
def busy(label: str) -> Iterator[None]:
    """Show on a terminal that something is going on whose end cannot be foretold."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(f"{label} …"):
        yield
