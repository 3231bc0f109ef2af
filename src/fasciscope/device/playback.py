"""A recording as a board's converter would give it: unsigned values, scan after scan.

A `Recording` in; values, missing stretches and presses of a button by scan index out. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fasciscope.blocks import Channel
from fasciscope.errors import InputError
from fasciscope.recording import Recording

GAIN = 200.0
"""Gain of the sensor before the converter, the emulated one too: the MyoWare's RAW output."""
_COUNTS = np.iinfo(np.int16)


@dataclass(frozen=True, slots=True)
class Converter:
    """What a board announces of its converter; see CONFIGURE in ``firmware/PROTOCOL.md``.

    Parameters
    ----------
    zero, top, full_scale : int
        Values of count 0, of the upper rail, and that the reference itself would have.
    reference_uv : int
        Reference voltage, µV.
    bits, oversampling : int
        Bits of one conversion, and how many are summed.
    """

    zero: int
    top: int
    full_scale: int
    reference_uv: int
    bits: int
    oversampling: int


class Playback:
    """Scans of a recording by their index, once or round and round.

    Parameters
    ----------
    recording : Recording
        Floating-point numbers, more than 16 bits, or channels of different scale are rounded to
        one common 16-bit scale first.
    loop : bool
        Begin again at the end; the index goes on.

    Raises
    ------
    InputError
        If the recording is empty.
    """

    def __init__(self, recording: Recording, loop: bool) -> None:
        if recording.n_samples < 1:
            raise InputError(f"{recording.name} holds no samples to play.")
        self.loop = loop
        self.fs_hz = recording.info.fs_hz
        self._samples, common = _on_one_scale(recording)
        self._gaps = recording.gaps
        self._marks = sorted(marker.sample_index for marker in recording.markers)
        self.converter = _converter(common)

    @property
    def n_channels(self) -> int:
        """Number of channels."""
        return int(self._samples.shape[1])

    def ended(self, index: int) -> bool:
        """Tell whether there is no scan `index`."""
        return not self.loop and index >= len(self._samples)

    def stretch(self, index: int, most: int) -> tuple[int, bool]:
        """Return how many scans, up to `most`, come from `index` on, and if they are missing."""
        n = len(self._samples)
        place = index % n
        at = int(np.searchsorted(self._gaps[:, 1], place, side="right"))
        stop, lost = n, False
        if at < len(self._gaps):
            start, stop = (min(int(edge), n) for edge in self._gaps[at])
            lost = place >= start
            stop = stop if lost else start
        return min(most, stop - place), lost

    def values(self, index: int, n_scans: int, n_channels: int) -> NDArray[np.uint16]:
        """Return scans as sent, shape (n_scans, n_channels), uint16; see `stretch` for how many."""
        place = index % len(self._samples)
        counts = self._samples[place : place + n_scans, :n_channels].astype(np.int32)
        return (counts + self.converter.zero).astype("<u2")

    def mark(self, number: int) -> int | None:
        """Return the index of the button's press `number` (0, 1, …), or None if there is none."""
        if not self._marks:
            return None
        turn, at = divmod(number, len(self._marks))
        if turn and not self.loop:
            return None
        return turn * len(self._samples) + self._marks[at]


def _on_one_scale(recording: Recording) -> tuple[NDArray[np.int16], Channel]:
    """Return int16 counts, and a channel with the scale and the rails that hold for all."""
    channels = recording.info.channels
    first = channels[0]
    same = all((c.uv_per_count, c.uv_at_zero) == (first.uv_per_count, 0.0) for c in channels)
    samples = recording.samples
    if same and samples.dtype == np.int16:
        low = max(min(c.count_min for c in channels), int(_COUNTS.min))
        high = min(max(c.count_max for c in channels), int(_COUNTS.max))
        # a file may say less of its rails than its samples show
        low, high = min(low, int(samples.min()), 0), max(high, int(samples.max()), 1)
        return samples, replace(first, count_min=low, count_max=high)
    uv = [np.nan_to_num(recording.uv(i)) for i in range(len(channels))]
    needed = max(float(np.abs(values).max()) for values in uv) / _COUNTS.max or 1.0
    finest = min(channel.uv_per_count for channel in channels)
    scale = needed if samples.dtype.kind == "f" else max(finest, needed)
    counts = np.empty(samples.shape, dtype=np.int16, order="F")
    for i, values in enumerate(uv):
        counts[:, i] = np.rint(values / scale)
    rails = (int(_COUNTS.min), int(_COUNTS.max))
    return counts, Channel("all", scale, count_min=rails[0], count_max=rails[1])


def _converter(common: Channel) -> Converter:
    top = common.count_max - common.count_min
    full_scale = 1 << max(top.bit_length(), 8)
    summed = full_scale - top  # n conversions of b bits: n·2^b less n·(2^b - 1)
    if summed & (summed - 1) or full_scale // summed < 256:
        summed = 1
    return Converter(
        zero=-common.count_min,
        top=top,
        full_scale=full_scale,
        reference_uv=round(common.uv_per_count * GAIN * full_scale),
        bits=(full_scale // summed).bit_length() - 1,
        oversampling=summed,
    )
