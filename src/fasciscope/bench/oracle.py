"""The ceiling: an oracle that knows every true waveform, and picks its threshold with the truth.

Simulation in, candidates with their log-likelihood gain out. No detector can know what it knows:
the waveform of each family at every place between two samples, how its size varies, the hum, the
heartbeat, the spectrum and the level of everything else, and which stretches are contraction,
cramp or artefact. What it then does is textbook: whiten, correlate with each waveform, take the
greatest gain in likelihood, subtract, repeat (a matched filter with peeling, as in matching
pursuit).

References
----------
Turin GL. An introduction to matched filters. IRE Trans Inf Theory 1960;6:311-329.
Mallat SG, Zhang Z. Matching pursuits with time-frequency dictionaries. IEEE Trans Signal Process
1993;41:3397-3415 (peeling by the waveforms' own cross-correlations).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fasciscope.errors import InputError
from fasciscope.events import Events, Kind, empty, of_kind
from fasciscope.scoring import score
from fasciscope.simulation import Simulation
from fasciscope.simulation.interference import HumCourse
from fasciscope.simulation.plan import make
from fasciscope.simulation.waves import FINE_S, Grid, Train

FLOOR = 8.0
"""Least log-likelihood gain of a candidate: noise alone passes it a few times a minute."""
SIZES = (0.85, 1.15)
"""Sizes of one family's potentials lie within these, relative to its waveform."""
_SEGMENT_S = 4.0  # length of spectral estimates
_RING_S = 0.015  # whitened waveforms are longer than the waveforms by this on either side
_PASSES = 12  # of peeling; overlaps deeper than this do not happen
_THRESHOLDS = 40
_GUARD_S = 0.1  # no twitch is simulated so near to a contraction, cramp or artefact

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """What the oracle finds before a threshold is chosen.

    Parameters
    ----------
    peak : ndarray, shape (n,), int64
        Sample of the largest deflection.
    gain : ndarray, shape (n,), float64
        Log-likelihood gained by saying that it is there.
    family : ndarray, shape (n,), int64
        The true family whose waveform it is.
    """

    peak: NDArray[np.int64]
    gain: Floats
    family: NDArray[np.int64]

    def above(self, threshold: float) -> Events:
        """Return those with a gain of `threshold` or more, as events."""
        keep = self.gain >= threshold
        events = empty(int(keep.sum()))
        events["kind"] = Kind.FASCICULATION
        events["channel"] = 0
        events["family"] = self.family[keep]
        events["peak"] = events["start"] = self.peak[keep]
        events["stop"] = events["start"] + 1
        return events


@dataclass(frozen=True, slots=True, eq=False)
class _Bank:
    """Whitened waveforms on one common window round the sample nearest to a wave's origin.

    Parameters
    ----------
    values : ndarray, shape (n_waves, n_channels, length), float64
    before : int
        Samples of the window before that sample.
    peak : ndarray, shape (n_waves,), int64
        Largest deflection of the plain waveform, relative to that sample.
    family : ndarray, shape (n_waves,), int64
        0 for what is no fasciculation.
    """

    values: Floats
    before: int
    peak: NDArray[np.int64]
    family: NDArray[np.int64]

    @property
    def length(self) -> int:
        return int(self.values.shape[2])

    @property
    def energy(self) -> Floats:
        return np.asarray((self.values**2).sum(axis=(1, 2)))


def candidates(made: Simulation) -> Candidates:
    """Return everything in a simulated recording that looks like one of its own waveforms.

    Parameters
    ----------
    made : Simulation
        Its length must be what it was asked for (a whole number of samples).

    Raises
    ------
    InputError
        If the plan behind the recording cannot be made again from its scene, seed and length.
    """
    recording, scene = made.recording, made.scene
    grid = Grid(recording.info.fs_hz, recording.n_samples, scene.converter.oversampling)
    plan = make(scene, recording.duration_s, made.seed)
    known = [(family, train) for _, family, train in plan.labelled if len(train.times_s)]
    if sum(len(train.times_s) for family, train in known if family) != len(
        of_kind(made.truth, Kind.FASCICULATION)
    ):
        raise InputError(
            f"{recording.name} is not a whole number of samples long, so that its plan cannot be "
            "made again. Simulate a whole number of seconds."
        )
    if not any(family for family, _ in known):
        nothing = np.empty(0, dtype=np.int64)
        return Candidates(nothing, np.empty(0), nothing)
    signal = np.stack([recording.uv(k) for k in range(recording.info.n_channels)])
    signal -= signal.mean(axis=1, keepdims=True)
    if plan.hum is not None:
        signal -= _rendered([plan.hum], grid, len(signal))
    rest = signal - _rendered([train for _, train in known], grid, len(signal))
    busy = _busy(made)
    density = np.stack([_density(row, busy, grid.fs_hz) for row in rest])
    bank = _bank(known, grid, density)
    white = np.stack(
        [_whitened(row, own, grid.fs_hz) for row, own in zip(signal, density, strict=True)]
    )
    level = _level(
        np.stack([_whitened(row, own, grid.fs_hz) for row, own in zip(rest, density, strict=True)]),
        busy,
        round(grid.fs_hz),
    )
    refractory = scene.twitching.refractory_s if scene.twitching is not None else 0.0
    return _outside(_peel(white, bank, level, round(0.9 * refractory * grid.fs_hz)), busy)


def best_threshold(found: Sequence[Candidates], made: Sequence[Simulation]) -> float:
    """Return the one threshold on the gain that gives the best F1 over several recordings."""
    gains = np.concatenate([[FLOOR], *(part.gain for part in found)])
    choices = np.unique(np.quantile(gains, np.linspace(0.0, 1.0, _THRESHOLDS)))

    def f1(threshold: float) -> float:
        hit = wrong = 0
        for part, one in zip(found, made, strict=True):
            own = score(part.above(threshold), one.truth, one.recording.info.fs_hz)
            hit += own.true_positives
            wrong += own.false_positives + own.missed
        return 2 * hit / (2 * hit + wrong) if hit else 0.0

    return float(max(choices, key=lambda choice: f1(float(choice))))


def _rendered(parts: Sequence[Train | HumCourse], grid: Grid, n_channels: int) -> Floats:
    """Return what parts of a plan show on the samples, shape (n_channels, n_samples), µV."""
    fine = np.zeros((n_channels, grid.n_samples * grid.oversampling))
    for part in parts:
        part.add_to(fine, 0, grid)
    return np.asarray(fine.reshape(n_channels, grid.n_samples, grid.oversampling).mean(axis=2))


def _busy(made: Simulation) -> NDArray[np.bool_]:
    """Return which samples are in or near a contraction, cramp or artefact."""
    busy = np.zeros(made.recording.n_samples, dtype=bool)
    guard = round(_GUARD_S * made.recording.info.fs_hz)
    for event in of_kind(made.truth, Kind.CONTRACTION, Kind.CRAMP, Kind.ARTIFACT):
        busy[max(event["start"] - guard, 0) : event["stop"] + guard] = True
    return busy


def _density(rest: Floats, busy: NDArray[np.bool_], fs_hz: float) -> Floats:
    """Return the power of the rest in each bin of a segment, 1 where white; see `_whitened`.

    Half-overlapping segments that nothing busy is in; where there are none, all of them.
    """
    n = min(round(_SEGMENT_S * fs_hz), len(rest))
    starts = range(0, len(rest) - n + 1, max(n // 2, 1))
    calm = [first for first in starts if not busy[first : first + n].any()] or list(starts)
    window = np.hanning(n)
    spectra = [np.abs(np.fft.rfft(rest[first : first + n] * window)) ** 2 for first in calm]
    power = np.mean(spectra, axis=0) / float((window**2).sum())
    hz = np.fft.rfftfreq(n, 1.0 / fs_hz)
    band = (hz > 20.0) & (hz < 0.45 * fs_hz)
    # what lies far below the noise of the band is rounding, and no place to look for signal
    return np.asarray(np.maximum(power, 0.05 * float(np.median(power[band]))))


def _weights(density: Floats, n: int, fs_hz: float) -> Floats:
    """Return the whitening gain at the frequencies of a transform of `n` samples."""
    hz = np.fft.rfftfreq(n, 1.0 / fs_hz)
    own = np.linspace(0.0, fs_hz / 2, len(density))
    return np.where(hz < 3.0, 0.0, 1.0 / np.sqrt(np.interp(hz, own, density)))


def _whitened(values: Floats, density: Floats, fs_hz: float) -> Floats:
    from scipy import fft

    n = fft.next_fast_len(len(values) + round(fs_hz), real=True)
    spectrum = fft.rfft(values, n) * _weights(density, n, fs_hz)
    return np.asarray(fft.irfft(spectrum, n)[: len(values)])


def _level(white: Floats, busy: NDArray[np.bool_], step: int) -> Singles:
    """Return the power of the whitened rest round each sample, shape (n_samples,)."""
    n = white.shape[1]
    middles, powers = [], []
    for first in range(0, n, step):
        calm = ~busy[first : first + step]
        if calm.sum() >= step // 2:
            middles.append(first + step / 2)
            powers.append(float((white[:, first : first + step][:, calm] ** 2).mean()))
    if not powers:
        return np.ones(n, dtype=np.float32)
    return np.interp(np.arange(n), middles, powers).astype(np.float32)


def _bank(known: list[tuple[int, Train]], grid: Grid, density: Floats) -> _Bank:
    """Return every known waveform at several places between two samples, whitened."""
    fs_hz = grid.fs_hz
    shifts = min(8, math.ceil(12_000 / fs_hz))
    ring = math.ceil(_RING_S * fs_hz)
    before = ring + 2 + max(math.ceil(t.wave.origin * FINE_S * fs_hz) for _, t in known)
    after = ring + 3 + max(math.ceil(t.wave.after_s * fs_hz) for _, t in known)
    size = 2 * (before + after) + round(_SEGMENT_S * fs_hz)
    middle = size // 2
    values, peaks, families = [], [], []
    for family, train in known:
        for shift in range(shifts):
            # the origin lies within half a sample of `middle`
            at = np.array([(middle + (shift + 0.5) / shifts - 0.5) / fs_hz])
            plain = np.zeros((len(density), size))
            for channel, row in enumerate(plain):
                once = Train(train.wave, at, np.ones(1))
                index, wave = next(once.sampled(grid, channel))
                row[index[0] : index[0] + wave.shape[1]] = wave[0]
            spectrum = np.fft.rfft(plain) * np.stack([_weights(d, size, fs_hz) for d in density])
            white = np.fft.irfft(spectrum, size)
            values.append(white[:, middle - before : middle + after])
            peaks.append(int(np.argmax(np.abs(plain[train.wave.channel]))) - middle)
            families.append(family)
    return _Bank(np.array(values), before, np.array(peaks), np.array(families))


def _correlations(white: Floats, bank: _Bank) -> Singles:
    """Return each waveform's correlation with the signal at each sample, (n_waves, n_samples)."""
    from scipy import fft

    n, length = white.shape[1], bank.length
    padded = np.zeros((len(white), n + length))
    padded[:, bank.before : bank.before + n] = white
    size = fft.next_fast_len(n + 2 * length, real=True)
    spectrum = fft.rfft(padded, size)
    out = np.empty((len(bank.values), n), dtype=np.float32)
    for row, wave in zip(out, bank.values, strict=True):
        row[:] = fft.irfft((spectrum * fft.rfft(wave, size).conj()).sum(axis=0), size)[:n]
    return out


def _crossed(bank: _Bank) -> Singles:
    """Return how each waveform, put at 0, shows in each correlation, (n_waves, n_waves, lags)."""
    n = len(bank.values)
    size = 2 * bank.length
    spectrum = np.fft.rfft(bank.values, size)
    out = np.empty((n, n, 2 * bank.length - 1), dtype=np.float32)
    for k in range(n):
        both = np.fft.irfft((spectrum[k] * spectrum.conj()).sum(axis=1), size)
        out[k, :, bank.length - 1 :] = both[:, : bank.length]
        out[k, :, : bank.length - 1] = both[:, bank.length + 1 :]
    return out


def _gains(correlation: Singles, energy: Singles, level: Singles) -> tuple[Singles, Singles]:
    """Return the log-likelihood gained by each waveform at its best size, and that size."""
    size = np.clip(correlation / energy[:, np.newaxis], *SIZES, dtype=np.float32)
    return (size * correlation - 0.5 * size**2 * energy[:, np.newaxis]) / level, size


def _best(correlation: Singles, energy: Singles, level: Singles) -> Singles:
    best = np.full(correlation.shape[1], -np.inf, dtype=np.float32)
    for row, own in zip(correlation, energy, strict=True):  # one at a time, for the memory's sake
        np.maximum(best, _gains(row[np.newaxis], own.reshape(1), level)[0][0], out=best)
    return best


def _peel(white: Floats, bank: _Bank, level: Singles, refractory: int) -> Candidates:
    """Take the greatest gains away, again and again, until none is above the floor.

    What comes up of a family within its refractory samples of one taken before is what the
    subtraction left over, and no candidate.
    """
    from scipy.signal import find_peaks

    correlation, crossed = _correlations(white, bank), _crossed(bank)
    energy = bank.energy.astype(np.float32)
    best = _best(correlation, energy, level)
    n, reach = len(best), bank.length - 1
    found: list[tuple[int, float, int]] = []
    taken: dict[int, set[int]] = {}
    for _ in range(_PASSES):
        # those taken together in one pass are too far from each other to touch
        places, _ = find_peaks(best, height=FLOOR, distance=bank.length)
        for place in places.tolist():
            gains, sizes = _gains(
                correlation[:, place : place + 1], energy, level[place : place + 1]
            )
            k = int(np.argmax(gains))
            family = int(bank.family[k])
            before = taken.setdefault(family, set())
            if before.isdisjoint(range(place - refractory, place + refractory + 1)):
                found.append((place + int(bank.peak[k]), float(gains[k, 0]), family))
                before.add(place)
            low, high = max(place - reach, 0), min(place + reach + 1, n)
            near = crossed[k][:, low - place + reach : high - place + reach]
            correlation[:, low:high] -= sizes[k, 0] * near
            best[low:high] = _best(correlation[:, low:high], energy, level[low:high])
        if not len(places):
            break
    rows: Any = np.array(sorted(found), dtype=np.float64).reshape(-1, 3)
    rows = rows[rows[:, 2] > 0]
    return Candidates(rows[:, 0].astype(np.int64), rows[:, 1], rows[:, 2].astype(np.int64))


def _outside(found: Candidates, busy: NDArray[np.bool_]) -> Candidates:
    peak = np.clip(found.peak, 0, len(busy) - 1)
    calm = ~busy[peak]
    return Candidates(peak[calm], found.gain[calm], found.family[calm])
