"""What travels through the house: blocks of samples, and what is known about their stream.

Everything that makes samples is a `Source`; everything that takes them is a `Sink`. Both are
structural types: a detector or a file writer is a sink without importing anything from here but
`Block`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fasciscope.errors import InputError

FS_MIN_HZ = 250.0
"""Lowest sampling rate (Hz): below it, a potential of 8 ms is two samples."""
FS_MAX_HZ = 10_000.0
"""Highest sampling rate (Hz)."""
CHANNELS_MAX = 64
"""Most channels in one stream."""
SIDES = ("", "left", "right")


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel, and how its counts become microvolts at the electrode.

    ``microvolts = counts * uv_per_count + uv_at_zero``.

    Parameters
    ----------
    name : str
        Label, unique in its stream ("EMG1").
    uv_per_count : float
        Size of one count in µV, referred to the electrode (the sensor's gain divided out).
    uv_at_zero : float, default 0
        µV at count zero.
    count_min, count_max : int, default -32768, 32767
        The converter's rails, in counts: a sample there is clipped.
    muscle : str, default ""
        Muscle name as the person gave it.
    side : {"", "left", "right"}
    prefilter : str, default ""
        Filters ahead of the counts, in EDF's words ("HP:20Hz LP:500Hz").

    Raises
    ------
    InputError
        If the name is empty, the scale is not finite and positive, the rails are the wrong way
        round, or the side is none of the three.
    """

    name: str
    uv_per_count: float
    uv_at_zero: float = 0.0
    count_min: int = -32768
    count_max: int = 32767
    muscle: str = ""
    side: str = ""
    prefilter: str = ""

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise InputError("A channel needs a name; this one is empty.")
        if not (math.isfinite(self.uv_per_count) and self.uv_per_count > 0):
            raise InputError(
                f"Channel {self.name}: the size of one count must be a positive number of "
                f"microvolts, not {self.uv_per_count}."
            )
        if not math.isfinite(self.uv_at_zero):
            raise InputError(f"Channel {self.name}: the offset must be finite.")
        if self.count_min >= self.count_max:
            raise InputError(
                f"Channel {self.name}: lowest count {self.count_min} is not below the highest "
                f"count {self.count_max}."
            )
        check_side(self.side)


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """What is the same for every block of a stream.

    Parameters
    ----------
    fs_hz : float
        Nominal sampling rate of every channel, 250 to 10,000 Hz.
    channels : tuple of Channel
        1 to 64 channels, names unique.
    start : datetime or None, default None
        Moment of sample 0, with a time zone; None when unknown.
    device : str, default ""
        Equipment in words: board, firmware, boot id.
    note : str, default ""
        The person's note.

    Raises
    ------
    InputError
        If the rate or the number of channels is out of bounds, names repeat, or `start` has no
        time zone.
    """

    fs_hz: float
    channels: tuple[Channel, ...]
    start: datetime | None = None
    device: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        check_rate(self.fs_hz)
        if not 1 <= len(self.channels) <= CHANNELS_MAX:
            raise InputError(
                f"A stream has 1 to {CHANNELS_MAX} channels; this one has {len(self.channels)}."
            )
        names = [channel.name for channel in self.channels]
        if len(set(names)) != len(names):
            raise InputError(f"Channel names must differ; these repeat: {', '.join(names)}.")
        if self.start is not None and self.start.tzinfo is None:
            raise InputError("The start time must carry a time zone.")

    @property
    def n_channels(self) -> int:
        """Number of channels."""
        return len(self.channels)

    @property
    def uv_per_count(self) -> NDArray[np.float64]:
        """Scale of each channel, shape (n_channels,), float64, µV per count."""
        return np.array([channel.uv_per_count for channel in self.channels])

    @property
    def uv_at_zero(self) -> NDArray[np.float64]:
        """Offset of each channel, shape (n_channels,), float64, µV."""
        return np.array([channel.uv_at_zero for channel in self.channels])


def check_side(side: str) -> None:
    """Raise `InputError` unless `side` is one of `SIDES`."""
    if side not in SIDES:
        raise InputError(f"Side must be left or right, not {side!r}.")


def check_channels(n_channels: int) -> None:
    """Raise `InputError` unless a board can have so many channels."""
    if not 1 <= n_channels <= CHANNELS_MAX:
        raise InputError(f"A board has 1 to {CHANNELS_MAX} channels, not {n_channels}.")


def check_rate(fs_hz: float) -> None:
    """Raise `InputError` unless `fs_hz` is a sampling rate that we work with (250-10,000 Hz)."""
    if not (math.isfinite(fs_hz) and FS_MIN_HZ <= fs_hz <= FS_MAX_HZ):
        raise InputError(
            f"The sampling rate must lie between {FS_MIN_HZ:g} and {FS_MAX_HZ:g} Hz; "
            f"this one is {fs_hz:g} Hz."
        )


@dataclass(frozen=True, slots=True)
class Marker:
    """Something a person or the board marked: at which sample, and in which words."""

    sample_index: int
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """A stretch of samples without a hole in it.

    Parameters
    ----------
    samples : ndarray, shape (n_samples, n_channels), int16
        Counts as the converter gave them, centred (see `Channel`). Recordings that come as
        floating-point microvolts travel as float32 or float64 with ``uv_per_count = 1``.
    first_index : int
        Index of the first sample on the device's count, from 0 at the start of the stream.
        It advances over lost samples too.
    lost_before : int, default 0
        Samples missing between the block before and this one: exactly
        ``first_index - (previous.first_index + len(previous))``.
    markers : tuple of Marker, default ()
        Markers that became known with this block; their sample may lie in an earlier one.
    """

    samples: NDArray[Any]
    first_index: int
    lost_before: int = 0
    markers: tuple[Marker, ...] = field(default=())

    def __len__(self) -> int:
        return int(self.samples.shape[0])

    @property
    def stop_index(self) -> int:
        """Index one past the last sample."""
        return self.first_index + len(self)


class Source(Protocol):
    """Something that makes samples: iterate it for blocks, close it to let go of what it holds."""

    @property
    def info(self) -> StreamInfo:
        """What is the same for every block."""

    def __iter__(self) -> Iterator[Block]: ...

    def close(self) -> None:
        """Stop making samples; harmless when called twice."""


class Sink(Protocol):
    """Something that takes samples: `process` each block in order, then `finish` once."""

    def process(self, block: Block) -> object:
        """Take one block."""

    def finish(self) -> object:
        """Take notice that no more blocks come, and bring everything to rest."""
