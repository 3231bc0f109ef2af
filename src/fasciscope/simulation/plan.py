"""What happens when in a simulation, in seconds: the same at every sampling rate.

Episodes (contractions, cramps, movements, pops) are laid out first, apart from each other; the
fasciculations fill the rest and keep clear of them. Heartbeats, hum and noise run through.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from fasciscope.events import Kind
from fasciscope.simulation.activity import contraction, cramp, pool
from fasciscope.simulation.discharges import discharges, shares
from fasciscope.simulation.interference import HumCourse, heartbeats, movement, pop
from fasciscope.simulation.potentials import amplitudes_uv, random_potential
from fasciscope.simulation.scenes import Scene
from fasciscope.simulation.seeds import stream
from fasciscope.simulation.sensor import Sensor
from fasciscope.simulation.waves import EDGE_SHARE, FINE_S, Floats, Train, Wave

_APART_S = 0.4  # least rest between two episodes
_CLEAR_S = 0.15  # fasciculations keep this far from episodes
_EDGE_S = 0.08  # and from both ends of the recording: none is cut
_FILLED = 0.75  # episodes take at most this share of a recording
_BANK = 24  # different movements (and pops) in one recording; longer ones use them again
_VISIBLE = 6.0  # a stretch of activity begins and ends with a potential of this many noise rms
_ARTIFACT_UV = 5.0  # an artefact lasts while it exceeds this, and 0.5 % of its peak


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time with one cause; `channel` -1 means all."""

    kind: Kind
    start_s: float
    stop_s: float
    channel: int = -1


@dataclass(slots=True)
class Plan:
    """What happens in one simulation.

    Parameters
    ----------
    labelled : list of (Kind, int, Train)
        Trains of which each occurrence is an event, with its family.
    trains : list of Train
        Trains whose occurrences are no events of their own.
    stretches : list of Stretch
    hum : HumCourse or None
    """

    labelled: list[tuple[Kind, int, Train]] = field(default_factory=list)
    trains: list[Train] = field(default_factory=list)
    stretches: list[Stretch] = field(default_factory=list)
    hum: HumCourse | None = None


@dataclass(frozen=True, slots=True)
class _Artefact:
    """One movement or pop: its wave, its size, and the time that it takes round its origin."""

    wave: Wave
    gain: float
    before_s: float
    after_s: float


@dataclass(frozen=True, slots=True)
class _Episode:
    """Something that takes `length_s`: a movement or pop, or else a contraction or cramp."""

    length_s: float
    kind: Kind
    artefact: _Artefact | None = None


def make(scene: Scene, seconds: float, seed: int) -> Plan:
    """Return what happens in `seconds` of `scene`."""
    plan = Plan()
    n_channels = len(scene.electrodes.pairs)
    episodes = _sustained(scene, seconds, stream(seed, scene.name, "lengths"))
    episodes += _artefacts(scene, seconds, stream(seed, scene.name, "artefacts"))
    placed = _lay_out(episodes, seconds, stream(seed, scene.name, "layout"))
    _perform_sustained(plan, scene, placed, seed)
    _perform_artefacts(plan, placed)
    plan.stretches.sort(key=lambda stretch: stretch.start_s)
    if scene.twitching is not None:
        _twitches(plan, scene, seconds, seed)
    if scene.heart is not None:
        beats = heartbeats(
            scene.heart, seconds, n_channels, scene.sensor, stream(seed, scene.name, "heart")
        )
        plan.labelled.append((Kind.CARDIAC, 0, beats))
    if scene.hum is not None:
        plan.hum = HumCourse(scene.hum, seconds, n_channels, stream(seed, scene.name, "hum"))
    return plan


def _number(per_minute: float, seconds: float) -> int:
    return max(1, round(per_minute * seconds / 60.0)) if per_minute > 0 else 0


def _sustained(scene: Scene, seconds: float, rng: np.random.Generator) -> list[_Episode]:
    """Draw contractions and cramps; short recordings get short ones."""
    episodes = []
    wanted = ((scene.contractions, Kind.CONTRACTION, 0.3), (scene.cramps, Kind.CRAMP, 0.6))
    for asked, kind, share in wanted:
        if asked is None:
            continue
        low, high = (min(length, share * seconds) for length in asked.seconds)
        for _ in range(_number(asked.per_minute, seconds)):
            length = float(np.exp(rng.uniform(math.log(low), math.log(high))))
            episodes.append(_Episode(length, kind))
    return episodes


def _artefacts(scene: Scene, seconds: float, rng: np.random.Generator) -> list[_Episode]:
    """Draw movements and pops, from a bank of different waves."""
    asked = scene.disturbances
    if asked is None:
        return []
    episodes = []
    n_channels = len(scene.electrodes.pairs)
    kinds = (
        (movement, asked.movements_per_minute, asked.movement_uv),
        (pop, asked.pops_per_minute, asked.pop_uv),
    )
    for draw, per_minute, (low, high) in kinds:
        number = _number(per_minute, seconds)
        bank = [draw(rng, low, high, n_channels, scene.sensor) for _ in range(min(number, _BANK))]
        for i in range(number):
            gain = 1.0 if i < _BANK else float(rng.choice([-1.0, 1.0]) * rng.uniform(0.6, 1.4))
            wave = bank[i % _BANK]
            before, after = _audible_s(wave, gain, scene.sensor)
            artefact = _Artefact(wave, gain, before, after)
            episodes.append(_Episode(before + after, Kind.ARTIFACT, artefact))
    return episodes


def _audible_s(wave: Wave, gain: float, sensor: Sensor) -> tuple[float, float]:
    """Return how long before and after its origin an artefact shows, recovery included."""
    step = 10  # every 0.5 ms will do
    points = wave.values[wave.channel, ::step] * gain
    quiet = np.zeros(math.ceil(4 * sensor.recovery_s / (step * FINE_S)))
    shown, _, _ = sensor.overload(np.concatenate([points, quiet]), step * FINE_S)
    height = np.abs(shown)
    above = np.flatnonzero(height > max(_ARTIFACT_UV, 0.005 * height.max()))
    if len(above) == 0:
        above = np.array([int(np.argmax(height))])
    origin = wave.origin / step
    return (
        float(origin - above[0] + 1) * step * FINE_S,
        float(above[-1] + 1 - origin) * step * FINE_S,
    )


def _lay_out(
    episodes: list[_Episode], seconds: float, rng: np.random.Generator
) -> list[tuple[float, _Episode]]:
    """Give episodes their start (s), apart from each other; those without room are left out."""
    queue = [episodes[i] for i in rng.permutation(len(episodes))]
    kept: list[_Episode] = []
    taken = _APART_S
    for episode in queue:
        if taken + episode.length_s + _APART_S <= _FILLED * seconds:
            kept.append(episode)
            taken += episode.length_s + _APART_S
    slack = np.sort(rng.uniform(0.0, seconds - taken, len(kept))) if kept else np.empty(0)
    placed, now = [], _APART_S
    for episode, extra in zip(kept, slack, strict=True):
        placed.append((now + float(extra), episode))
        now += episode.length_s + _APART_S
    return placed


def _perform_sustained(
    plan: Plan, scene: Scene, placed: list[tuple[float, _Episode]], seed: int
) -> None:
    """Let the units of one pool discharge in all contractions and cramps."""
    sustained = [(start, episode) for start, episode in placed if episode.artefact is None]
    if not sustained:
        return
    waves = pool(stream(seed, scene.name, "pool"), scene.electrodes, scene.sensor)
    edges = [_edges_s(wave) for wave in waves]
    least = _VISIBLE * scene.noise.uv
    rng = stream(seed, scene.name, "activity")
    times: list[list[Floats]] = [[] for _ in waves]
    for start, episode in sustained:
        if episode.kind is Kind.CONTRACTION and scene.contractions is not None:
            strength = float(rng.uniform(*scene.contractions.strength))
            new = contraction(rng, len(waves), start, episode.length_s, strength)
        elif scene.cramps is not None:
            taking_part = int(rng.integers(scene.cramps.units[0], scene.cramps.units[1] + 1))
            new = cramp(rng, len(waves), start, episode.length_s, taking_part)
        seen = zip(waves, edges, new, strict=True)
        active = [(edge, own) for wave, edge, own in seen if len(own) and wave.size_uv >= least]
        if not active:
            continue
        first = min(own[0] - before for (before, _), own in active)
        last = max(own[-1] + after for (_, after), own in active)
        plan.stretches.append(Stretch(episode.kind, first, last))
        for kept, own in zip(times, new, strict=True):
            kept.append(own)
    for wave, parts in zip(waves, times, strict=True):
        joined = np.concatenate(parts) if parts else np.empty(0)
        if len(joined):
            plan.trains.append(Train(wave, joined, np.ones(len(joined))))


def _edges_s(wave: Wave) -> tuple[float, float]:
    """Return how long before and after its origin a potential exceeds its edge share."""
    height = np.abs(wave.values[wave.channel])
    above = np.flatnonzero(height > EDGE_SHARE * height.max())
    return float(wave.origin - above[0]) * FINE_S, float(above[-1] + 1 - wave.origin) * FINE_S


def _perform_artefacts(plan: Plan, placed: list[tuple[float, _Episode]]) -> None:
    """Set each movement and pop; occurrences of one wave make one train."""
    trains: dict[int, tuple[Wave, list[tuple[float, float]]]] = {}
    for start, episode in placed:
        artefact = episode.artefact
        if artefact is None:
            continue
        at = start + artefact.before_s
        alone = np.count_nonzero(np.any(artefact.wave.values, axis=1)) == 1
        channel = artefact.wave.channel if alone else -1
        plan.stretches.append(Stretch(Kind.ARTIFACT, start, at + artefact.after_s, channel))
        trains.setdefault(id(artefact.wave), (artefact.wave, []))[1].append((at, artefact.gain))
    for wave, occurrences in trains.values():
        times, gains = np.array(sorted(occurrences)).T
        plan.trains.append(Train(wave, times, gains))


def _twitches(plan: Plan, scene: Scene, seconds: float, seed: int) -> None:
    """Fill the free time with fasciculations, family by family."""
    twitching = scene.twitching
    if twitching is None or seconds <= 2 * _EDGE_S:
        return
    busy = [(0.0, _EDGE_S), (seconds - _EDGE_S, seconds)]
    busy += [(part.start_s - _CLEAR_S, part.stop_s + _CLEAR_S) for part in plan.stretches]
    clear = _joined(busy, seconds)
    rng = stream(seed, scene.name, "families")
    parts = shares(rng, twitching.families)
    sizes = amplitudes_uv(rng, twitching.families, *twitching.amplitude_uv)
    for family in range(1, twitching.families + 1):
        own = stream(seed, scene.name, "potential", family)
        wave = random_potential(own, scene.electrodes, scene.sensor, float(sizes[family - 1]))
        rate = twitching.per_minute * float(parts[family - 1])
        times = discharges(
            stream(seed, scene.name, "times", family), twitching, rate, seconds, clear
        )
        gains = np.exp(0.04 * np.clip(own.standard_normal(len(times)), -3.0, 3.0))
        plan.labelled.append((Kind.FASCICULATION, family, Train(wave, times, gains)))


def _joined(stretches: list[tuple[float, float]], seconds: float) -> Floats:
    """Return stretches sorted, clipped to the recording and joined where they touch."""
    joined: list[list[float]] = []
    for start, stop in sorted(stretches):
        start, stop = max(start, 0.0), min(stop, seconds)
        if joined and start <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], stop)
        else:
            joined.append([start, stop])
    return np.array(joined, dtype=np.float64).reshape(-1, 2)
