"""A recording in; events, waveform families and a summary out."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fasciscope import events as ev
from fasciscope import quality
from fasciscope.blocks import StreamInfo
from fasciscope.detection import Detector, Family, Settings, ranges, rates
from fasciscope.errors import RecordingError
from fasciscope.events import Events, Kind
from fasciscope.recording import Recording

BLOCK_S = 300.0
"""Length of the blocks that a recording is taken in by: in long ones there is least to do between
the samples, and the detector holds one of them for each core."""


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """What was found in a recording.

    Parameters
    ----------
    info : StreamInfo
    n_samples : int
        Samples per channel.
    events : ndarray of EVENT_DTYPE
        Everything found, ordered by start.
    families : tuple of Family
    summary : dict
        The figures, ready for JSON; see ``docs/commands.md`` for the keys.
    left_out : ndarray, shape (n, 2), int64
        Half-open sample ranges that are not analysable, gaps included, sorted and disjoint. It can
        be less than the events say: an artefact on one of many channels takes no time away.
    """

    info: StreamInfo
    n_samples: int
    events: Events
    families: tuple[Family, ...]
    summary: dict[str, Any]
    left_out: NDArray[np.int64]


def detect(
    recording: Recording,
    *,
    settings: Settings | None = None,
    progress: Callable[[float], None] | None = None,
) -> Analysis:
    """Find the twitches in a recording.

    Parameters
    ----------
    recording : Recording
    settings : Settings or None, default None
    progress : callable or None, default None
        Called now and then with the part done, 0 to 1.

    Raises
    ------
    RecordingError
        If the recording holds no samples.
    """
    if recording.n_samples == 0:
        raise RecordingError(f"{recording.name} holds no samples. There is nothing to analyse.")
    detector = Detector(recording.info, settings)
    step = max(1, round(BLOCK_S * recording.info.fs_hz))
    for block in recording.blocks(step):
        detector.take(block)
        if progress is not None:
            progress(block.stop_index / recording.n_samples)
    events = detector.finish()
    return Analysis(
        recording.info,
        recording.n_samples,
        events,
        detector.families,
        summarise(detector, events, recording),
        _left_out(detector),
    )


def summarise(detector: Detector, events: Events, recording: Recording) -> dict[str, Any]:
    """Return the summary of a finished detector, ready for JSON (NaN as None)."""
    twitches = ev.of_kind(events, Kind.FASCICULATION)
    fs_hz, n_samples = recording.info.fs_hz, recording.n_samples
    noise_uv = quality.typical_noise_uv(detector)
    twitch_families = twitches["family"]
    return {
        "duration_s": round(recording.duration_s, 6),
        **rate_figures(twitches, _left_out(detector), n_samples, fs_hz),
        "noise_uv": _number(noise_uv),
        "families": [
            {
                "family": family.number,
                "channel": recording.info.channels[family.channel].name,
                "fasciculations": int((twitch_families == family.number).sum()),
                "amplitude_uv": round(family.amplitude_uv, 2),
            }
            for family in detector.families
        ],
        "contractions": len(ev.of_kind(events, Kind.CONTRACTION)),
        "cramps": len(ev.of_kind(events, Kind.CRAMP)),
        "artifacts": len(ev.of_kind(events, Kind.ARTIFACT)),
        "lost_samples": recording.lost_samples,
        "quality": quality.sentences(detector, events, recording, noise_uv),
        "software_version": _version(),
        "settings": detector.settings.as_dict(),
    }


@cache
def _version() -> str:
    return version("fasciscope")  # looked up among all packages that are installed


def rate_figures(
    twitches: Events, left_out: NDArray[np.int64], n_samples: int, fs_hz: float
) -> dict[str, Any]:
    """Return how many twitches there are a minute, with what certainty, over how much time.

    Parameters
    ----------
    twitches : ndarray of EVENT_DTYPE
        Those that count.
    left_out : ndarray, shape (n, 2), int64
        What is not analysable, as in `Analysis`.
    n_samples : int
    fs_hz : float

    Returns
    -------
    dict
        The keys ``analysable_s``, ``fasciculations``, ``twitches_per_minute`` and
        ``twitches_per_minute_ci95`` of a summary; None where no rate can be stated.
    """
    analysable_s = max(0.0, (n_samples - ranges.length(left_out)) / fs_hz)
    peaks_s = usable_before(twitches["peak"], left_out) / fs_hz
    rate, low, high = rates.per_minute(
        len(twitches), analysable_s, rates.clustering(peaks_s, analysable_s)
    )
    return {
        "analysable_s": round(analysable_s, 3),
        "fasciculations": len(twitches),
        "twitches_per_minute": _number(rate),
        "twitches_per_minute_ci95": [_number(low), _number(high)],
    }


def _left_out(detector: Detector) -> NDArray[np.int64]:
    return ranges.union(detector.excluded, detector.gaps)


def usable_before(places: NDArray[np.integer], left_out: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many analysable samples lie before each of `places`: their place on that clock.

    Parameters
    ----------
    places : ndarray, shape (n,), integer
        Sample numbers.
    left_out : ndarray, shape (m, 2), int64
        What is not analysable, sorted and disjoint, as in `Analysis`.
    """
    if len(left_out) == 0:
        return np.asarray(places, dtype=np.int64)
    before = np.concatenate([[0], np.cumsum(left_out[:, 1] - left_out[:, 0])])
    at = np.searchsorted(left_out[:, 0], places, side="right")
    still = np.where(at > 0, np.maximum(left_out[np.maximum(at - 1, 0), 1] - places, 0), 0)
    return np.asarray(places - before[at] + still, dtype=np.int64)


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 3)
