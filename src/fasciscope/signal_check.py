"""Is the signal good enough to count twitches in? Said in words and levels, before a recording.

The last few seconds of a channel in; noise, hum, saturation and lead-off out, each with a sentence
and a level. The rules are those of `quality`, which judges the whole recording afterwards.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from fasciscope.blocks import Block, StreamInfo
from fasciscope.quality import HUM_UV, LOUD_UV, NOISY_UV, SILENT_UV, visible_uv

WINDOW_S = 4.0
"""Signal looked at (s): a line a quarter of a hertz wide can be told from noise in it."""
LEAST_S = 2.0
HOP_S = 0.05
TENSE = 4.0
"""A muscle that is tensed on purpose is at least this many times as loud as its rest; a faint
contraction is some 20 µV over 5 µV of noise."""
FLAT_S = 0.3
"""Equal samples for this long are no electrode on skin."""
FLAT_COARSE_S, COARSE_UV = 3.0, 3.0
"""With converter steps this coarse, quiet muscle gives equal samples, too, but not this long."""
_MAINS_HZ = (50.0, 60.0)
_MAINS_WIDTH_HZ = 1.0
_BAND_HZ = (20.0, 350.0)
_NOTCH_HZ = 2.0


class Fitness(IntEnum):
    """How well a signal can be counted in."""

    GOOD = 0
    FAIR = 1
    POOR = 2


@dataclass(frozen=True, slots=True)
class Level:
    """One thing that was looked at.

    Parameters
    ----------
    name : str
        "Noise", "Hum", "Range", "Contact".
    text : str
        What is so, with its figure, and what to do.
    fitness : Fitness
    share : float
        How far it is from nothing (0) to hopeless (1), for a bar.
    """

    name: str
    text: str
    fitness: Fitness
    share: float


@dataclass(frozen=True, slots=True)
class ChannelCheck:
    """What is known of one channel; `rest_uv` and `now_uv` are the loudness at rest and now."""

    name: str
    levels: tuple[Level, ...]
    rest_uv: float
    now_uv: float

    @property
    def fitness(self) -> Fitness:
        """The worst of its levels."""
        return max((level.fitness for level in self.levels), default=Fitness.POOR)


def verdict(checks: list[ChannelCheck]) -> str:
    """Return the answer in a sentence."""
    worst = max((check.fitness for check in checks), default=Fitness.POOR)
    if worst == Fitness.GOOD:
        return "This signal is good enough to count in."
    if worst == Fitness.FAIR:
        return "This signal can be counted in. What is said below would make it better."
    return "This signal is not good enough yet. See what is said below, and try again."


def check_channel(
    name: str, uv: NDArray[np.floating], fs_hz: float, rails_uv: tuple[float, float], step_uv: float
) -> ChannelCheck:
    """Look at a stretch of one channel.

    Parameters
    ----------
    name : str
    uv : ndarray, shape (n,), µV
        The last seconds; `WINDOW_S` of them are enough, `LEAST_S` the least.
    fs_hz : float
    rails_uv : tuple of float
        Lowest and highest value that the converter can give, µV.
    step_uv : float
        One step of the converter, µV.
    """
    signal: NDArray[np.float64] = np.asarray(uv, dtype=np.float64)
    contact = _contact(signal, fs_hz, step_uv)
    if contact.fitness == Fitness.POOR:
        return ChannelCheck(name, (contact,), math.nan, math.nan)
    hum_uv, hum_hz, clean = _hum(signal - np.median(signal), fs_hz)
    hops = _loudness(clean, fs_hz)
    rest, now = float(np.quantile(hops, 0.25)), float(hops[-max(1, len(hops) // 8) :].max())
    return ChannelCheck(
        name,
        (_noise(rest, step_uv), _hum_level(hum_uv, hum_hz), _range(signal, rails_uv), contact),
        rest,
        now,
    )


def times_rest(checks: list[ChannelCheck], rest_uv: list[float]) -> float:
    """Return how many times as loud as its rest the loudest channel is now.

    Above `TENSE` the muscle was tensed; 0 where nothing is known.
    """
    times = (check.now_uv / rest for check, rest in zip(checks, rest_uv, strict=False) if rest > 0)
    return max((value for value in times if math.isfinite(value)), default=0.0)


def _loudness(uv: NDArray[np.float64], fs_hz: float) -> NDArray[np.float64]:
    """Return the rms in the pass band, hop by hop, µV."""
    from scipy.signal import butter, sosfilt

    high = min(_BAND_HZ[1], 0.45 * fs_hz)
    sos = butter(2, [_BAND_HZ[0], high], "bandpass", fs=fs_hz, output="sos")
    band = sosfilt(sos, uv)
    hop = max(1, round(HOP_S * fs_hz))
    n = len(band) // hop
    return np.asarray(np.sqrt((band[: n * hop].reshape(n, hop) ** 2).mean(axis=1)))


def _hum(uv: NDArray[np.float64], fs_hz: float) -> tuple[float, float, NDArray[np.float64]]:
    """Return size (µV, amplitude) and frequency of the mains hum, and the signal without it."""
    n = len(uv)
    window = np.hanning(n)
    spectrum = np.abs(np.fft.rfft(uv * window)) / (window.sum() / 2)
    f_hz = np.fft.rfftfreq(n, 1 / fs_hz)
    best, at = 0.0, 0.0
    for mains in _MAINS_HZ:
        near = np.flatnonzero(np.abs(f_hz - mains) <= _MAINS_WIDTH_HZ)
        around = np.flatnonzero(
            (np.abs(f_hz - mains) > 2) & (np.abs(f_hz - mains) < 8) & (f_hz > 0)
        )
        peak = near[np.argmax(spectrum[near])]
        # a line stands out of the noise around it; noise alone is no hum
        if spectrum[peak] > 4 * np.median(spectrum[around]) and spectrum[peak] > best:
            best, at = float(spectrum[peak]), float(f_hz[peak])
    if not best:
        return 0.0, 0.0, uv
    from scipy.signal import filtfilt, iirnotch

    clean = uv
    for f_hz_k in np.arange(at, min(_BAND_HZ[1] + 1, 0.48 * fs_hz), at):
        clean = filtfilt(*iirnotch(f_hz_k, f_hz_k / _NOTCH_HZ, fs=fs_hz), clean)
    return best, at, clean


def _noise(rest_uv: float, step_uv: float) -> Level:
    share = min(rest_uv / (2 * NOISY_UV), 1.0)
    seen = f"twitches from about {max(visible_uv(rest_uv), 3 * step_uv):.0f} µV can be counted"
    text = f"{rest_uv:.1f} µV at rest: {seen}."
    if rest_uv < SILENT_UV:
        return Level(
            "Noise",
            f"{rest_uv:.2g} µV, less than an electrode on skin has. Is the sensor connected?",
            Fitness.POOR,
            0.0,
        )
    if rest_uv > LOUD_UV or rest_uv > 2 * NOISY_UV:
        return Level(
            "Noise",
            f"{text} Relax the muscle; clean the skin; press the electrodes on.",
            Fitness.POOR,
            1.0,
        )
    if rest_uv > NOISY_UV:
        return Level("Noise", f"{text} Relax the muscle, and clean the skin.", Fitness.FAIR, share)
    return Level("Noise", text, Fitness.GOOD, share)


def _hum_level(hum_uv: float, hum_hz: float) -> Level:
    share = min(hum_uv / (10 * HUM_UV), 1.0)
    if hum_uv <= HUM_UV:
        text = f"{hum_uv:.0f} µV from the mains." if hum_uv >= 0.5 else "None to speak of."
        return Level("Hum", text, Fitness.GOOD, share)
    text = f"{hum_uv:.0f} µV at {hum_hz:.0f} Hz; it is taken away before counting."
    help_ = "A computer on battery and shorter leads lessen it."
    fitness = Fitness.FAIR if hum_uv <= 10 * HUM_UV else Fitness.POOR
    return Level("Hum", f"{text} {help_}", fitness, share)


def _range(uv: NDArray[np.float64], rails_uv: tuple[float, float]) -> Level:
    low, high = rails_uv
    railed = float(((uv <= low) | (uv >= high)).mean())
    used = float(np.abs(uv - (low + high) / 2).max() / ((high - low) / 2)) if high > low else 0.0
    if railed > 0.01:
        return Level(
            "Range",
            f"{100 * railed:.0f} % of the samples are at the end of the range. Wait until the "
            "sensor has settled; check its supply.",
            Fitness.POOR,
            1.0,
        )
    if railed:
        return Level("Range", "The signal touches the end of its range.", Fitness.FAIR, 1.0)
    return Level("Range", f"{100 * min(used, 1):.0f} % of it is used.", Fitness.GOOD, min(used, 1))


def _contact(uv: NDArray[np.float64], fs_hz: float, step_uv: float) -> Level:
    flat_s = FLAT_COARSE_S if step_uv > COARSE_UV else FLAT_S
    edges = np.flatnonzero(np.diff(uv) != 0)
    runs = np.diff(np.concatenate([[-1], edges, [len(uv) - 1]]))
    if len(uv) < LEAST_S * fs_hz:
        return Level("Contact", "A moment: not enough signal yet.", Fitness.POOR, 0.0)
    if runs.max(initial=0) >= flat_s * fs_hz:
        return Level(
            "Contact",
            "The signal stands still: an electrode or a lead is off. Press them on.",
            Fitness.POOR,
            1.0,
        )
    return Level("Contact", "The electrodes give a signal.", Fitness.GOOD, 0.0)


class SignalChecker:
    """A sink that keeps the last seconds, and looks at them when asked, from any thread.

    Parameters
    ----------
    info : StreamInfo
    """

    def __init__(self, info: StreamInfo) -> None:
        self._info = info
        self._kept: tuple[NDArray[np.float32], ...] = ()

    def process(self, block: Block) -> None:
        """Take a block."""
        values = block.samples * self._info.uv_per_count + self._info.uv_at_zero
        parts = (*self._kept, values.astype(np.float32)) if not block.lost_before else ()
        total = sum(len(part) for part in parts)
        while parts and total - len(parts[0]) >= WINDOW_S * self._info.fs_hz:
            total -= len(parts[0])
            parts = parts[1:]
        self._kept = parts

    def finish(self) -> None:
        """Nothing is left to do."""

    def look(self) -> list[ChannelCheck]:
        """Return what is known of each channel now."""
        parts = self._kept
        n = self._info.n_channels
        kept = np.concatenate([np.empty((0, n), dtype=np.float32), *parts])
        return [
            check_channel(
                channel.name,
                kept[:, k],
                self._info.fs_hz,
                (
                    channel.count_min * channel.uv_per_count + channel.uv_at_zero,
                    channel.count_max * channel.uv_per_count + channel.uv_at_zero,
                ),
                channel.uv_per_count,
            )
            for k, channel in enumerate(self._info.channels)
        ]
