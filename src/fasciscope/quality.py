"""Quality in words: what a reader of the count must know about the recording.

A finished detector and its recording in, sentences out. Each sentence says what is so and what it
means for the count; an empty list means that nothing stands in its way.
"""

from __future__ import annotations

import math

import numpy as np

from fasciscope import events as ev
from fasciscope.detection import Detector, rates
from fasciscope.events import Events, Kind
from fasciscope.recording import Recording

SHORT_S = 60.0
"""Analysable time under which a rate is little more than a guess."""
NOISY_UV = 15.0
"""Noise above which potentials of 100 µV begin to be missed (see `visible_uv`)."""
SILENT_UV = 0.2
"""A surface electrode's own thermal noise is above this; less means that the scale is wrong."""
LOUD_UV = 500.0
HUM_UV = 20.0
SWAY_UV, SWAY_NOISES = 150.0, 10.0
"""Half the range of tenths of a second within half a second, in µV and in noises: a baseline that
sways so far at 4 Hz begins to hide potentials of 200 µV."""
VISIBLE = 6.5
"""Peak-to-peak size over noise at which half of the potentials of 10 ms are found [derived from the
threshold: energy of one cycle against the noise's density]."""


def visible_uv(noise_uv: float) -> float:
    """Return the peak-to-peak size (µV) from which potentials are mostly found in `noise_uv`."""
    return VISIBLE * noise_uv


def typical_noise_uv(detector: Detector) -> float:
    """Return the median noise over all channels and their whole time, µV rms; NaN if unknown."""
    histories = [channel.noise_history() for channel in detector.channels]
    known = [part for part in histories if part.size]
    return float(np.median(np.concatenate(known))) if known else math.nan


def sentences(
    detector: Detector, events: Events, recording: Recording, noise_uv: float
) -> list[str]:
    """Return what a reader must know, the gravest first.

    Parameters
    ----------
    detector : Detector
        After ``finish``.
    events : ndarray of EVENT_DTYPE
        What it found.
    recording : Recording
    noise_uv : float
        As from `typical_noise_uv`.
    """
    return [
        *_time(detector, recording),
        *_scale_and_noise(noise_uv),
        *_sway(detector),
        *_interference(detector, events),
        *_channels(detector),
        *_file(recording),
    ]


def _time(detector: Detector, recording: Recording) -> list[str]:
    usable, whole = max(detector.analysable_s, 0.0), recording.duration_s
    out = []
    if usable < rates.LEAST_S:
        out.append(
            f"Only {usable:.1f} s could be analysed, too little to state a rate: "
            f"{rates.LEAST_S:.0f} s is the least, five minutes of rest are better."
        )
    elif usable < SHORT_S:
        out.append(
            f"Only {usable:.0f} s could be analysed; a rate from so short a time is very "
            "uncertain. Five minutes of rest are better."
        )
    elif usable < 0.5 * whole:
        out.append(
            f"Only {100 * usable / whole:.0f} % of the time could be analysed; the rest was "
            "activity, artefact or gap."
        )
    return out


def _scale_and_noise(noise: float) -> list[str]:
    if noise < SILENT_UV:
        return [
            f"The noise is only {noise:.2g} µV, less than a surface electrode on skin can have. "
            "Please check that the values really are microvolts; amplitudes may be wrong."
        ]
    if noise > LOUD_UV:
        return [
            f"The noise is {noise:.0f} µV, far more than a sensor at rest has. Please check that "
            "the values really are microvolts, and that the electrodes stick."
        ]
    if noise > NOISY_UV:
        return [
            f"The noise is {noise:.0f} µV: potentials smaller than about "
            f"{visible_uv(noise):.0f} µV are missed."
        ]
    return []


def _sway(detector: Detector) -> list[str]:
    sways = [np.concatenate([[0.0], *channel.sway_history]) for channel in detector.channels]
    sway = max(float(np.median(part)) for part in sways)
    noise = float(np.median(detector.noise_uv))
    if sway < max(SWAY_UV, SWAY_NOISES * noise):
        return []
    return [
        f"The baseline sways by about {sway:.0f} µV all the time, as when the electrodes or the "
        "limb move; twitches may be hidden under it. A recording at rest tells more."
    ]


def _interference(detector: Detector, events: Events) -> list[str]:
    out = []
    f_hz, size = max((channel.lines.strongest for channel in detector.channels), key=lambda v: v[1])
    if size > HUM_UV:
        out.append(
            f"Steady interference of {size:.0f} µV at {f_hz:.1f} Hz was taken away. A computer on "
            "battery and shorter leads lessen it."
        )
    beats = len(ev.of_kind(events, Kind.CARDIAC))
    if beats:
        out.append(f"A heartbeat is in the signal ({beats} beats); it was not counted.")
    counted = len(ev.of_kind(events, Kind.FASCICULATION))
    if detector.odd > max(5, 0.3 * counted):
        out.append(
            f"{detector.odd} deflections looked like movement or electrode pops and were left out. "
            "Some may have been twitches on a swaying baseline; a recording at rest tells more."
        )
    if detector.clipped:
        out.append(
            f"{detector.clipped} of the potentials reached the end of the converter's range: they "
            "are counted, but were larger than is stated."
        )
    raised = max(channel.threshold for channel in detector.channels)
    if raised > 1.2 * detector.settings.threshold:
        out.append(
            "The noise has more large peaks than an amplifier's hiss; the threshold was raised "
            f"from {detector.settings.threshold:.0f} to {raised:.0f} times the noise power so that "
            "they are not counted. Small potentials may be missed."
        )
    coarse = max(channel.step_uv for channel in detector.channels)
    if coarse > 10.0:
        out.append(
            f"The converter's steps are {coarse:.0f} µV: potentials under about "
            f"{3 * coarse:.0f} µV cannot be told from its noise."
        )
    return out


def _channels(detector: Detector) -> list[str]:
    names = [detector.info.channels[k].name for k in detector.left_out]
    if not names:
        return []
    return [f"Left out, since nothing usable was on them for most of the time: {', '.join(names)}."]


def _file(recording: Recording) -> list[str]:
    out = list(recording.remarks)
    if recording.lost_samples:
        share = 100 * recording.lost_samples / recording.n_samples
        out.append(
            f"{recording.lost_samples} samples of each channel are missing ({share:.2g} %, in "
            f"{len(recording.gaps)} gaps); that time is left out."
        )
    if recording.truncated:
        out.append("The file was cut off at its end; what is there was analysed.")
    return out
