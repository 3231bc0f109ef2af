"""Work on as many cores as there are; results in the order of the work.

The kernels let go of the interpreter, so threads are enough. Nothing is shared between channels, so
nothing depends on which thread did what.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

MOST_WORKERS = 8
"""More would wait for the memory, and for the interpreter between the kernels."""


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def each(work: Callable[[Item], Result], items: Sequence[Item], spread: bool) -> list[Result]:
    """Return what `work` gives for each of `items`.

    Parameters
    ----------
    work : callable
    items : sequence
    spread : bool
        Whether to use more than one core. A live stream does not: its work is little, and the
        other cores belong to the recording.
    """
    n = min(cores(), len(items), MOST_WORKERS)
    if not spread or n < 2:
        return [work(item) for item in items]
    with ThreadPoolExecutor(n, thread_name_prefix="detector") as pool:
        return list(pool.map(work, items))


def ahead(items: Iterator[Item], spread: bool) -> Iterator[list[Item]]:
    """Yield `items` in lists of as many as there are by then, made in another thread meanwhile.

    Nobody waits for the other at each item, which would cost more than many of them do.

    Parameters
    ----------
    items : iterator
    spread : bool
        As for `each`; if not, they come in one list, made in this thread.
    """
    if not spread or cores() < 2:
        yield list(items)
        return
    made: SimpleQueue[Item | None] = SimpleQueue()

    def make() -> None:
        try:
            for item in items:
                made.put(item)
        finally:
            made.put(None)

    with ThreadPoolExecutor(1, thread_name_prefix="detector") as pool:
        making = pool.submit(make)
        coming = True
        while coming:
            batch = [made.get()]
            while not made.empty():
                batch.append(made.get())
            coming = batch[-1] is not None
            yield [item for item in batch if item is not None]
        making.result()
