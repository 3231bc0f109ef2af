"""From a scene to a recording with its truth: the plan, sounded on a grid of conversions.

The signal is made stretch by stretch, so that beside the recording's own int16 counts only a few
megabytes are needed, however long it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fasciscope.blocks import StreamInfo, check_rate
from fasciscope.errors import InputError
from fasciscope.events import Events, Kind, intervals, merge
from fasciscope.recording import Recording
from fasciscope.simulation.noise import NoiseStream, level_course
from fasciscope.simulation.plan import Plan, make
from fasciscope.simulation.scenes import SCENES, Scene
from fasciscope.simulation.seeds import stream
from fasciscope.simulation.waves import Floats, Grid, truth_of

SECONDS_MAX = 86_400.0
"""Longest simulation: one day."""
COUNTS_MAX = 400_000_000
"""Most counts, all channels together: 0.8 GB of int16, a day of two channels at 2.3 kHz."""
START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""Every simulated recording starts at this moment."""
_STRETCH = 1 << 17  # conversions made together


@dataclass(frozen=True, slots=True, eq=False)
class Simulation:
    """A simulated recording and what is true of it.

    Parameters
    ----------
    recording : Recording
    truth : ndarray of EVENT_DTYPE
        Every fasciculation potential, heartbeat, contraction, cramp and artefact, ordered by
        start; score is NaN.
    scene : Scene
    seed : int
    """

    recording: Recording
    truth: Events
    scene: Scene
    seed: int


def simulate(
    scene: str | Scene = "calf",
    *,
    seconds: float = 60.0,
    seed: int = 0,
    fs_hz: float | None = None,
) -> Simulation:
    """Make a recording of a scene, and the truth about it.

    The same seed gives the same events at the same times (in seconds) at every rate, and the
    same recording at the same rate; another length is another course of events.

    Parameters
    ----------
    scene : str or Scene, default "calf"
        A name in `SCENES`, or a scene of one's own.
    seconds : float, default 60
        Length, above 0 and up to 86,400 s, and up to 400 million counts.
    seed : int, default 0
        0 or more.
    fs_hz : float or None, default None
        Sampling rate, 250 to 10,000 Hz; None takes the scene's (2000 Hz, as a rule).

    Returns
    -------
    Simulation

    Raises
    ------
    InputError
        If there is no such scene, or the length, the rate or the seed is out of bounds.
    """
    scene = _named(scene)
    rate = scene.fs_hz if fs_hz is None else float(fs_hz)
    check_rate(rate)
    _check_seed(seed)
    n_samples = _n_samples(seconds, rate, len(scene.electrodes.pairs))
    grid = Grid(rate, n_samples, scene.converter.oversampling)
    seed = int(seed)
    plan = make(scene, float(seconds), seed)
    recording = Recording(
        _info(scene, rate, seed), _sound(plan, scene, grid, seed), name=f"scene {scene.name}"
    )
    return Simulation(recording, _truth(plan, grid), scene, seed)


def _named(scene: str | Scene) -> Scene:
    if isinstance(scene, Scene):
        return scene
    if not isinstance(scene, str) or scene not in SCENES:
        raise InputError(f"There is no scene named {scene!r}. There are: {', '.join(SCENES)}.")
    return SCENES[scene]


def _check_seed(seed: Any) -> None:
    whole = isinstance(seed, int | np.integer) and not isinstance(seed, bool)
    if not whole or seed < 0:
        raise InputError(f"A seed is a whole number, 0 or more, not {seed!r}.")


def _n_samples(seconds: Any, fs_hz: float, n_channels: int) -> int:
    number = isinstance(seconds, int | float | np.number) and not isinstance(seconds, bool)
    if not number or not math.isfinite(seconds) or not 0 < seconds <= SECONDS_MAX:
        raise InputError(
            f"The length must lie above 0 and up to {SECONDS_MAX:,.0f} seconds (a day), "
            f"not {seconds!r}."
        )
    n_samples = round(float(seconds) * fs_hz)
    if n_samples < 1:
        raise InputError(
            f"{seconds:g} seconds at {fs_hz:g} Hz is less than one sample; ask for at least "
            f"{1 / fs_hz:g} seconds."
        )
    if n_samples * n_channels > COUNTS_MAX:
        longest = COUNTS_MAX / (fs_hz * n_channels)
        raise InputError(
            f"{seconds:g} seconds of {n_channels} channels at {fs_hz:g} Hz do not fit the memory "
            f"that a simulation may take; ask for at most {longest:,.0f} seconds, or a lower rate."
        )
    return n_samples


def _info(scene: Scene, fs_hz: float, seed: int) -> StreamInfo:
    converter, sensor = scene.converter, scene.sensor
    channels = tuple(
        converter.channel(sensor, f"EMG{i + 1}", scene.muscle, scene.side)
        for i in range(len(scene.electrodes.pairs))
    )
    summed = f" x{converter.oversampling}" if converter.oversampling > 1 else ""
    device = (
        f"simulated board {converter.bits} bit{summed} {converter.reference_v:g} V "
        f"gain {sensor.gain:g}"
    )
    note = f"Simulated, not a person: scene {scene.name}, seed {seed}."
    return StreamInfo(fs_hz, channels, start=START, device=device, note=note)


def _sound(plan: Plan, scene: Scene, grid: Grid, seed: int) -> NDArray[np.int16]:
    """Return the counts, shape (n_samples, n_channels), Fortran order."""
    n_channels, many = len(scene.electrodes.pairs), grid.oversampling
    noise = [
        NoiseStream(
            scene.noise, scene.sensor, 1 / grid.step_s, many, stream(seed, scene.name, "noise", i)
        )
        for i in range(n_channels)
    ]
    seconds = grid.n_samples / grid.fs_hz
    level = level_course(scene.noise, seconds, stream(seed, scene.name, "noise level"))
    offsets = stream(seed, scene.name, "offset").uniform(-1.0, 1.0, n_channels) * (
        scene.sensor.offset_v / scene.sensor.gain * 1e6
    )
    shifts = [0.0] * n_channels
    counts = np.empty((grid.n_samples, n_channels), dtype=np.int16, order="F")
    per_stretch = max(_STRETCH // many, 1)
    for start in range(0, grid.n_samples, per_stretch):
        stop = min(start + per_stretch, grid.n_samples)
        first, n = start * many, (stop - start) * many
        signal = np.stack([channel.take(n) for channel in noise])
        if level is not None:
            signal *= np.interp(grid.time_s(first) + np.arange(n) * grid.step_s, *level)
        _add(plan, signal, first, grid)
        for i in range(n_channels):
            shown, shifts[i], _ = scene.sensor.overload(
                signal[i], grid.step_s, shifts[i], float(offsets[i])
            )
            counts[start:stop, i] = scene.converter.counts(shown, scene.sensor)
    return counts


def _add(plan: Plan, signal: Floats, first: int, grid: Grid) -> None:
    if plan.hum is not None:
        plan.hum.add_to(signal, first, grid)
    for train in plan.trains:
        train.add_to(signal, first, grid)
    for _, _, train in plan.labelled:
        train.add_to(signal, first, grid)


def _truth(plan: Plan, grid: Grid) -> Events:
    parts = [truth_of(train, kind, grid, family) for kind, family, train in plan.labelled]
    for kind in (Kind.CONTRACTION, Kind.CRAMP, Kind.ARTIFACT):
        for channel in sorted({s.channel for s in plan.stretches if s.kind is kind}):
            ranges = [
                (round(s.start_s * grid.fs_hz), round(s.stop_s * grid.fs_hz))
                for s in plan.stretches
                if s.kind is kind and s.channel == channel
            ]
            clipped = np.clip(np.array(ranges, dtype=np.int64), 0, grid.n_samples)
            clipped = clipped[clipped[:, 1] > clipped[:, 0]]
            parts.append(intervals(kind, clipped, channel))
    return merge(*parts)
