"""A recording in; events, waveform families and a summary out."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

from fasciscope import events as ev
from fasciscope import quality
from fasciscope.blocks import StreamInfo
from fasciscope.detection import Detector, Family, Settings, ranges, rates
from fasciscope.errors import RecordingError
from fasciscope.events import Events, Kind
from fasciscope.recording import Recording


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
    """

    info: StreamInfo
    n_samples: int
    events: Events
    families: tuple[Family, ...]
    summary: dict[str, Any]


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
    step = max(1, round(60 * recording.info.fs_hz))
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
    )


def summarise(detector: Detector, events: Events, recording: Recording) -> dict[str, Any]:
    """Return the summary of a finished detector, ready for JSON (NaN as None)."""
    fs_hz = recording.info.fs_hz
    duration_s = recording.duration_s
    analysable_s = max(0.0, detector.analysable_s)
    twitches = ev.of_kind(events, Kind.FASCICULATION)
    left_out = ranges.union(detector.excluded, detector.gaps)
    rate, low, high = rates.per_minute(
        len(twitches),
        analysable_s,
        rates.clustering(_on_analysable_clock(twitches["peak"], left_out) / fs_hz, analysable_s),
    )
    histories = [channel.noise_history() for channel in detector.channels]
    noise = float(np.median(np.concatenate(histories))) if histories else math.nan
    twitch_families = twitches["family"]
    return {
        "duration_s": round(duration_s, 6),
        "analysable_s": round(analysable_s, 3),
        "fasciculations": len(twitches),
        "twitches_per_minute": _number(rate),
        "twitches_per_minute_ci95": [_number(low), _number(high)],
        "noise_uv": _number(noise),
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
        "quality": quality.sentences(detector, events, recording),
        "software_version": version("fasciscope"),
        "settings": detector.settings.as_dict(),
    }


def _on_analysable_clock(places: Any, left_out: Any) -> Any:
    """Return sample numbers counted over analysable samples only."""
    lengths = np.concatenate([[0], np.cumsum(left_out[:, 1] - left_out[:, 0])])
    return places - lengths[np.searchsorted(left_out[:, 0], places, side="right")]


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 3)
