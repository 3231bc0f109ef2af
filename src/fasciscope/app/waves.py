"""Waveforms of a family for a picture: each moved to fit the others, and their average."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fasciscope.events import Events, Kind
from fasciscope.recording import Recording

WAVE_S = 0.02
"""Waveforms are drawn this far to both sides of their peak (s)."""
SHIFT_S = 0.006
"""They are moved this far to fit each other, as in the detector."""
DRAWN_WAVES = 40
"""Single waveforms drawn for a family, evenly out of all."""
AVERAGED_WAVES = 4000


def waves_of(recording: Recording, events: Events, family: int) -> dict[str, Any] | None:
    """Return single waveforms of a family and their average, in µV over ms, ready for JSON.

    None where none of them lies far enough from the ends of the recording.
    """
    members = events[(events["kind"] == Kind.FASCICULATION) & (events["family"] == family)]
    half = max(2, round(WAVE_S * recording.info.fs_hz))
    needed = half + max(1, round(SHIFT_S * recording.info.fs_hz))
    inside = (members["peak"] >= needed) & (members["peak"] + needed < recording.n_samples)
    members = members[inside]
    if not len(members):
        return None
    members = members[:: max(1, len(members) // AVERAGED_WAVES)]
    shapes = _aligned(recording, members["peak"], members["channel"], half)
    drawn = shapes[:: max(1, len(shapes) // DRAWN_WAVES)][:DRAWN_WAVES]
    time_ms = np.arange(-half, half + 1) * 1000 / recording.info.fs_hz
    return {
        "time_ms": np.round(time_ms, 3).tolist(),
        "single": np.round(drawn, 1).tolist(),
        "average": np.round(shapes.mean(axis=0), 2).tolist(),
        "count": int(inside.sum()),
    }


def _aligned(
    recording: Recording, peaks: NDArray[np.int64], channels: NDArray[np.int16], half: int
) -> NDArray[np.float64]:
    """Return the signal around each peak, moved to fit the family's average best.

    A potential's largest deflection may be another of its phases now and then, by the noise.
    """
    reach = max(1, round(SHIFT_S * recording.info.fs_hz))
    wide = _cut(recording, peaks, channels, half + reach)
    windows = np.lib.stride_tricks.sliding_window_view(wide, 2 * half + 1, axis=1)
    average = wide[:, reach : reach + 2 * half + 1].mean(axis=0)
    first = wide[np.argsort(np.ptp(wide, axis=1))[len(wide) // 2], reach : reach + 2 * half + 1]
    rows = np.arange(len(wide))
    for template in (first, None, None):
        fit = windows @ (average if template is None else template)
        best = fit.argmax(axis=1)
        average = windows[rows, best].mean(axis=0)
    return np.asarray(windows[rows, best])


def _cut(
    recording: Recording, peaks: NDArray[np.int64], channels: NDArray[np.int16], half: int
) -> NDArray[np.float64]:
    """Return the signal around each peak without its offset, shape (n, 2 * half + 1), µV."""
    reach = np.arange(-half, half + 1)
    at = np.maximum(channels, 0)
    counts = recording.samples[peaks[:, None] + reach, at[:, None]].astype(np.float64)
    counts -= np.median(counts, axis=1, keepdims=True)
    return np.asarray(counts * recording.info.uv_per_count[at][:, None])
