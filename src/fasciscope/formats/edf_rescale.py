"""Writing a recording that is in memory, whatever its numbers: through the EDF+ writer.

A `Recording` in, an EDF+ file out. Counts that fit 16 bits are written as they are. Microvolts in
floating point, and counts of 24 bits, are brought to 16 bits first, channel by channel.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fasciscope.blocks import Block, Channel
from fasciscope.errors import InputError
from fasciscope.formats.edf_layout import eight_characters
from fasciscope.formats.edf_writer import EdfWriter
from fasciscope.recording import Recording

_BLOCK_SAMPLES = 65_536
_STEPS = 65_535


def write_edf(recording: Recording, path: str | Path) -> None:
    """Write `recording` to a new EDF+ file.

    Values that are not whole counts of 16 bits are spread over the 65536 steps between their
    smallest and largest; a step is at most a 65535th of that range (0.03 µV for ±1 mV).

    Parameters
    ----------
    recording : Recording
    path : str or Path
        The file to make. It must not exist yet.

    Raises
    ------
    InputError
        If a value outside the gaps is not finite, or the range cannot be written in EDF.
    OutputError
        If the file exists or cannot be written.
    """
    recording = to_16_bits(recording)
    with EdfWriter(path, recording.info) as writer:
        markers = recording.markers  # of a recording that is one gap there is no block
        for block in recording.blocks(_BLOCK_SAMPLES):
            writer.process(block)
            markers = ()
        nothing = np.empty((0, recording.info.n_channels), dtype=np.int16)
        writer.process(Block(nothing, recording.n_samples, markers=markers))  # a gap at the end


def to_16_bits(recording: Recording) -> Recording:
    """Return `recording` with int16 counts, the same one where they are that already."""
    if recording.samples.dtype.kind in "iu" and _fits(recording):
        channels = tuple(
            replace(c, count_min=max(c.count_min, -32768), count_max=min(c.count_max, 32767))
            for c in recording.info.channels
        )
        samples = recording.samples.astype(np.int16, copy=False)
        info = replace(recording.info, channels=channels)
        return replace(recording, info=info, samples=samples)
    counts = np.zeros(recording.samples.shape, dtype=np.int16, order="F")
    channels_new = []
    for i in range(recording.info.n_channels):
        channel, counts[:, i] = _spread(recording, i)
        channels_new.append(channel)
    info = replace(recording.info, channels=tuple(channels_new))
    return replace(recording, info=info, samples=counts)


def _fits(recording: Recording) -> bool:
    if recording.samples.size == 0 or recording.samples.dtype == np.int16:
        return True
    return bool(recording.samples.min() >= -32768 and recording.samples.max() <= 32767)


def _spread(recording: Recording, index: int) -> tuple[Channel, NDArray[Any]]:
    channel = recording.info.channels[index]
    uv = recording.uv(index)
    lost = np.zeros(len(uv), dtype=bool)
    for first, stop in recording.gaps:
        lost[first:stop] = True
    bad = ~np.isfinite(uv) & ~lost
    if bad.any():
        raise InputError(
            f"{recording.name}, channel {channel.name}: {int(bad.sum())} values are not finite "
            f"numbers, the first at sample {int(np.argmax(bad))}. EDF cannot hold them."
        )
    kept = uv[~lost]
    low, high = (float(kept.min()), float(kept.max())) if len(kept) else (-1.0, 1.0)
    low, high = _limits(low, high, channel.name)
    uv[lost] = low
    step = (high - low) / _STEPS
    counts = np.clip(np.rint((uv - low) / step), 0, _STEPS) - 32768
    scaled = replace(
        channel, uv_per_count=step, uv_at_zero=low + 32768 * step, count_min=-32768, count_max=32767
    )
    return scaled, counts.astype(np.int16)


def _limits(low: float, high: float, name: str) -> tuple[float, float]:
    """Return limits at or just outside `low` and `high` that eight characters hold exactly."""
    low, high = min(low, high - 1.0), max(high, low + 1.0)
    low_text, high_text = _rounded(low, -1), _rounded(high, 1)
    if low_text is None or high_text is None:
        raise InputError(
            f"Channel {name} runs from {low:g} to {high:g} µV; EDF has room for -999999 to "
            "9999999 µV."
        )
    return float(low_text), float(high_text)


def _rounded(value: float, direction: int) -> str | None:
    """Return `value` in eight characters, rounded down (-1) or up (1); None if it has no room."""
    text = eight_characters(value)
    if text is None or (float(text) - value) * direction >= 0:
        return text
    last_digit = 10.0 ** -len(text.partition(".")[2])
    return eight_characters(float(text) + direction * last_digit)
