"""A recording in memory: counts, what is known of them, where samples are missing, and markers.

It knows nothing of files: `formats` makes recordings from files, and `from_array` from numpy.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fasciscope.blocks import Block, Channel, Marker, StreamInfo
from fasciscope.errors import InputError


def no_gaps() -> NDArray[np.int64]:
    """Return an empty list of gaps, shape (0, 2), int64."""
    return np.empty((0, 2), dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """Samples of one session, in which sample n is always at time n / fs_hz.

    Parameters
    ----------
    info : StreamInfo
    samples : ndarray, shape (n_samples, n_channels), int16 (or float32/float64)
        Counts; inside gaps they are filler and mean nothing. Stored channel by channel (Fortran
        order) so that one channel is contiguous.
    gaps : ndarray, shape (n_gaps, 2), int64
        Half-open sample ranges ``[start, stop)`` where the samples were lost, sorted, disjoint.
    markers : tuple of Marker
    name : str, default "array"
        What to call it in messages: the file's name, as a rule.
    truncated : bool, default False
        True if the file ended in the middle of a data record, or was never closed.
    remarks : tuple of str, default ()
        Sentences about what had to be assumed or left out in reading it.
    """

    info: StreamInfo
    samples: NDArray[Any]
    gaps: NDArray[np.int64] = field(default_factory=no_gaps)
    markers: tuple[Marker, ...] = ()
    name: str = "array"
    truncated: bool = False
    remarks: tuple[str, ...] = ()

    @property
    def n_samples(self) -> int:
        """Number of samples a channel, gaps included."""
        return int(self.samples.shape[0])

    @property
    def duration_s(self) -> float:
        """Length in seconds, gaps included."""
        return self.n_samples / self.info.fs_hz

    @property
    def lost_samples(self) -> int:
        """Number of samples that are missing, per channel."""
        return int((self.gaps[:, 1] - self.gaps[:, 0]).sum())

    def uv(self, channel: int, start: int = 0, stop: int | None = None) -> NDArray[np.float64]:
        """Return one channel in µV, shape (stop - start,), float64; NaN inside gaps."""
        stop = self.n_samples if stop is None else min(stop, self.n_samples)
        start = max(start, 0)
        spec = self.info.channels[channel]
        values = self.samples[start:stop, channel].astype(np.float64)
        values *= spec.uv_per_count
        values += spec.uv_at_zero
        for first, last in self.gaps:
            if last > start and first < stop:
                values[max(first - start, 0) : last - start] = np.nan
        return values

    def blocks(self, n_samples: int | None = None) -> Iterator[Block]:
        """Yield the recording as blocks of at most `n_samples`, stepping over its gaps.

        Parameters
        ----------
        n_samples : int or None, default None
            Largest block; None gives one block per unbroken stretch.
        """
        if n_samples is not None and n_samples < 1:
            raise InputError(f"A block holds at least one sample, not {n_samples}.")
        edges = [0, *self.gaps.ravel().tolist(), self.n_samples]
        pieces = [
            (first, min(first + (n_samples or stop), stop))
            for start, stop in zip(edges[::2], edges[1::2], strict=True)
            for first in range(start, stop, n_samples or max(stop - start, 1))
        ]
        taken = 0
        for k, (first, last) in enumerate(pieces):
            # a marker inside a gap rides with the block behind it, or with the last one
            until = last if k + 1 < len(pieces) else math.inf
            marks = tuple(m for m in self.markers if taken <= m.sample_index < until)
            yield Block(self.samples[first:last], first, first - taken, marks)
            taken = last

    def select(self, names: Sequence[str]) -> Recording:
        """Return a recording with only the channels named (case does not matter), in that order.

        Raises
        ------
        InputError
            If a name is not among the channels; the text lists those that there are.
        """
        have = [channel.name for channel in self.info.channels]
        lower = [name.lower() for name in have]
        picked = []
        for name in names:
            if name.strip().lower() not in lower:
                raise InputError(
                    f"{self.name} has no channel named {name.strip()!r}. It has: {', '.join(have)}."
                )
            picked.append(lower.index(name.strip().lower()))
        info = replace(self.info, channels=tuple(self.info.channels[i] for i in picked))
        return replace(self, info=info, samples=np.asfortranarray(self.samples[:, picked]))


def from_array(signal: ArrayLike, fs_hz: float, *, name: str = "array") -> Recording:
    """Make a recording from microvolts in memory.

    Parameters
    ----------
    signal : array_like, shape (n_samples,) or (n_samples, n_channels), float, µV
    fs_hz : float
        Sampling rate, 250 to 10,000 Hz.
    name : str, default "array"
        What to call it in messages.

    Raises
    ------
    InputError
        If the rate is no number, or the array is empty, complex, has more than two dimensions or
        more than 64 channels, or holds anything that is not a finite number; the text gives the
        place of the first such sample.
    """
    try:
        values = np.asarray(signal)
        if np.iscomplexobj(values):
            raise TypeError
        values = values.astype(np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{name} is not an array of numbers in microvolts.") from None
    try:
        fs_hz = float(fs_hz)
    except (TypeError, ValueError):
        raise InputError(f"The sampling rate must be a number of hertz, not {fs_hz!r}.") from None
    if values.ndim == 1:
        values = values[:, np.newaxis]
    if values.ndim != 2 or values.size == 0:
        raise InputError(
            f"{name} has shape {np.shape(signal)}; it must be (samples,) or (samples, channels), "
            "and not empty."
        )
    bad = ~np.isfinite(values)
    if bad.any():
        where = int(np.argmax(bad.any(axis=1)))
        raise InputError(
            f"{name} holds {int(bad.sum())} values that are not finite numbers, the first at "
            f"sample {where}. Leave such stretches out, or cut the signal there."
        )
    rail = 2**53  # a float has no converter rails
    channels = tuple(
        Channel(f"EMG{i + 1}", uv_per_count=1.0, count_min=-rail, count_max=rail)
        for i in range(values.shape[1])
    )
    return Recording(StreamInfo(fs_hz, channels), np.asfortranarray(values), name=name)
