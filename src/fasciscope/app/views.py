"""What a screen shows of a recording: any stretch of it, in as many points as there are pixels.

`Recording` in, small binary answers out. The least and greatest of each column are kept, so that no
spike disappears at any zoom.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fasciscope.errors import InputError
from fasciscope.recording import Recording

COLUMNS_MAX = 8192
"""Widest screen that is served."""
_PARALLEL = 2_000_000


def view(recording: Recording, channel: int, start: int, stop: int, columns: int) -> bytes:
    """Return a stretch of one channel.

    Three float64 (first sample, one past the last, number of points), then for each point its
    sample as float64, and then its value as float32 µV. Up to four samples a column come as they
    are, more as the least and greatest of each column, in their order in time. Where samples are
    missing the value is NaN.

    Parameters
    ----------
    recording : Recording
    channel : int
    start, stop : int
        Half-open range of samples; it is cut to the recording.
    columns : int
        Width of the picture, pixels.

    Raises
    ------
    InputError
        If there is no such channel, or the width is out of bounds.
    """
    if not 0 <= channel < recording.info.n_channels:
        raise InputError(f"There is no channel {channel + 1} in {recording.name}.")
    if not 1 <= columns <= COLUMNS_MAX:
        raise InputError(f"A picture is 1 to {COLUMNS_MAX} columns wide, not {columns}.")
    start = min(max(start, 0), recording.n_samples)
    stop = min(max(stop, start), recording.n_samples)
    places = _places(recording.samples[start:stop, channel], columns) + start
    spec = recording.info.channels[channel]
    values = recording.samples[places, channel] * spec.uv_per_count + spec.uv_at_zero
    values = values.astype("<f4")
    values[_missing(places, recording.gaps)] = np.nan
    head = np.array([start, stop, len(places)], dtype="<f8")
    return bytes(head.tobytes() + places.astype("<f8").tobytes() + values.tobytes())


def _places(counts: NDArray[np.generic], columns: int) -> NDArray[np.int64]:
    if len(counts) <= 4 * columns:
        return np.arange(len(counts))
    from tsdownsample import MinMaxDownsampler

    chosen = MinMaxDownsampler().downsample(  # type: ignore[no-untyped-call]
        np.ascontiguousarray(counts), n_out=2 * columns, parallel=len(counts) > _PARALLEL
    )
    return np.asarray(chosen, dtype=np.int64)


def _missing(places: NDArray[np.int64], gaps: NDArray[np.int64]) -> NDArray[np.bool_]:
    if not len(gaps):
        return np.zeros(len(places), dtype=bool)
    at = np.searchsorted(gaps[:, 0], places, side="right") - 1
    return np.asarray((at >= 0) & (places < gaps[np.maximum(at, 0), 1]))
