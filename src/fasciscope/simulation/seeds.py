"""Random streams that do not disturb each other: one seed, one named stream a purpose."""

from __future__ import annotations

from zlib import crc32

import numpy as np


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """Return the random generator of `seed` for one named purpose.

    Each purpose has its own stream, so that more heartbeats, say, do not move the twitches.

    Parameters
    ----------
    seed : int
        0 or more.
    *names : str or int
        What the numbers are for: ``stream(7, "hum")``, ``stream(7, "noise", 2)``.
    """
    word = crc32("/".join(str(name) for name in names).encode())
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(word,)))
