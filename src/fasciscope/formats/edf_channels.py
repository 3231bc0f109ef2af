"""Which signals of a file are EMG channels, and how their counts become microvolts.

A `Header` in, a `Pick` and `Channel`s out. The rules, in order:

1. A signal is usable if its unit is a voltage, or if it has no unit or one that means raw counts;
   the latter are read as if a count's value were µV, and a sentence says so. Signals in any other
   unit are left out.
2. If some usable signals are labelled EMG, only those are taken.
3. The rate that most of them share is the recording's rate (of two, the higher one). Signals at
   other rates are left out, and named.
4. At most 64 are taken.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fasciscope.blocks import CHANNELS_MAX, FS_MAX_HZ, FS_MIN_HZ, SIDES, Channel
from fasciscope.errors import RecordingError
from fasciscope.formats.edf_header import Header, SignalHeader
from fasciscope.formats.edf_layout import channel_of_label, parse_transducer

_VOLTS = {
    "nv": 1e-3,
    "uv": 1.0,
    "microv": 1.0,
    "microvolt": 1.0,
    "mv": 1e3,
    "millivolt": 1e3,
    "v": 1e6,
    "volt": 1e6,
}
_COUNTS = ("", "au", "count", "adc", "lsb", "digit", "raw", "bit", "na", "none", "unknown")


@dataclass(frozen=True, slots=True)
class Pick:
    """The signals to read: their indices, the samples each has in a record, rate, and remarks."""

    indices: tuple[int, ...]
    n_per_record: int
    fs_hz: Fraction
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Scale:
    """µV = counts · gain + zero, in the file's own counts, and whether the unit was a guess."""

    gain: float
    zero: float
    assumed: bool


def pick_signals(header: Header, name: str) -> Pick:
    """Choose the EMG channels of a file.

    Raises
    ------
    RecordingError
        If none is usable, or their rate lies outside 250 to 10,000 Hz.
    """
    signals = header.signals
    usable = [
        i
        for i, signal in enumerate(signals)
        if not signal.is_annotations and signal.n_samples and _scale(signal) is not None
    ]
    chosen = [i for i in usable if "emg" in signals[i].label.lower()] or usable
    if not chosen or header.record_duration <= 0:
        there = ", ".join(f"{s.label or '?'} ({s.unit or 'no unit'})" for s in signals[:8])
        raise RecordingError(
            f"{name} holds no usable channel: none of its signals is a voltage. It has: {there}."
        )
    ballot = Counter(signals[i].n_samples for i in chosen)
    n_per_record = max(ballot, key=lambda n: (ballot[n], n))
    fs_hz = n_per_record / header.record_duration
    if not FS_MIN_HZ <= fs_hz <= FS_MAX_HZ:
        raise RecordingError(
            f"{name} is sampled at {float(fs_hz):g} Hz; it must be between {FS_MIN_HZ:g} and "
            f"{FS_MAX_HZ:g} Hz."
        )
    same_rate = [i for i in chosen if signals[i].n_samples == n_per_record]
    indices = tuple(same_rate[:CHANNELS_MAX])
    return Pick(indices, n_per_record, fs_hz, _remarks(header, indices))


def _remarks(header: Header, indices: tuple[int, ...]) -> tuple[str, ...]:
    signals = header.signals
    left_out = [
        f"{s.label or '?'} ({float(s.n_samples / header.record_duration):g} Hz, "
        f"{s.unit or 'no unit'})"
        for i, s in enumerate(signals)
        if not s.is_annotations and i not in indices
    ]
    guessed = [
        signals[i].label or f"signal {i + 1}"
        for i in indices
        if (scale := _scale(signals[i])) is not None and scale.assumed
    ]
    remarks = []
    if left_out:
        remarks.append(f"Signals left out: {', '.join(left_out)}.")
    if guessed:
        remarks.append(
            f"The file states no voltage for {', '.join(guessed)}: the values are taken as µV as "
            "they stand, so amplitudes are only relative."
        )
    return tuple(remarks)


def _scale(signal: SignalHeader) -> _Scale | None:
    """Return how a signal's counts become µV, None if it is not a voltage."""
    unit = signal.unit.lower().replace("â", "").replace("μ", "u").replace("µ", "u")
    unit = "".join(c for c in unit if c.isalpha())
    factor = _VOLTS.get(unit) or _VOLTS.get(unit.removesuffix("s"))
    assumed = factor is None
    if (assumed and unit.removesuffix("s") not in _COUNTS) or "%" in signal.unit:
        return None
    try:
        low, high = float(signal.physical_min), float(signal.physical_max)
    except ValueError:
        low = high = math.nan
    span = signal.digital_max - signal.digital_min
    if span == 0 or low == high or not (math.isfinite(low) and math.isfinite(high)):
        return _Scale(1.0, 0.0, assumed=True)  # limits say nothing: counts as they stand
    gain = (high - low) / span
    zero = low - gain * signal.digital_min
    # a zero line less than a count away, which the limits' digits cannot tell from 0, is 0
    doubt = _half_digit(signal.physical_min) + _half_digit(signal.physical_max)
    if abs(zero) <= min(doubt, abs(gain)):
        zero = 0.0
    factor = factor or 1.0
    return _Scale(gain * factor, zero * factor, assumed)


def _half_digit(text: str) -> float:
    _, _, places = text.partition(".")
    return 0.5 * 10.0 ** -sum(c.isdigit() for c in places)


def as_channels(
    header: Header, pick: Pick, infos: list[dict[str, Any]] | None
) -> tuple[Channel, ...]:
    """Return one `Channel` for each picked signal.

    Parameters
    ----------
    header : Header
    pick : Pick
    infos : list of dict or None
        What a file of ours says beyond its header; None if the file is somebody else's.
    """
    more: dict[int, dict[str, Any]] = {}
    for info in infos or []:
        if isinstance(info.get("channel"), int):
            more.setdefault(info["channel"], {}).update(info)
    channels: list[Channel] = []
    for position, index in enumerate(pick.indices):
        signal = header.signals[index]
        taken = [channel.name for channel in channels]
        name, side, muscle = signal.label or f"EMG{position + 1}", "", ""
        if infos is not None:
            name = channel_of_label(name)
            side, muscle = parse_transducer(signal.transducer)
        facts = more.get(index, {})
        name = _unique(str(facts.get("name", name)), taken)
        side = str(facts.get("side", side))
        scale, (low, high) = _upright(signal)
        channels.append(
            Channel(
                name=name,
                uv_per_count=scale.gain,
                uv_at_zero=scale.zero,
                count_min=_rail(facts, 0, low),
                count_max=_rail(facts, 1, high),
                muscle=str(facts.get("muscle", muscle)),
                side=side if side in SIDES else "",
                prefilter=str(facts.get("prefilter", signal.prefilter)),
            )
        )
    return tuple(channels)


def _rail(facts: dict[str, Any], end: int, default: int) -> int:
    rails = facts.get("rails")
    if not (isinstance(rails, list) and len(rails) == 2 and all(type(r) is int for r in rails)):
        return default
    return int(rails[end]) if rails[0] < rails[1] else default


def _unique(name: str, taken: list[str]) -> str:
    name = name.strip() or "EMG"
    wanted, n = name, 1
    while name in taken:
        n += 1
        name = f"{wanted} ({n})"
    return name


def _inverted(signal: SignalHeader) -> bool:
    scale = _scale(signal)
    return scale is not None and scale.gain < 0


def _upright(signal: SignalHeader) -> tuple[_Scale, tuple[int, int]]:
    """Return scale and rails with a positive gain; `unfold` does the same to the counts."""
    scale = _scale(signal) or _Scale(1.0, 0.0, assumed=True)
    low, high = sorted((signal.digital_min, signal.digital_max))
    if low == high:
        low, high = -32768, 32767
    if scale.gain < 0:  # counts become ~counts = -counts - 1
        return _Scale(-scale.gain, scale.zero - scale.gain, scale.assumed), (~high, ~low)
    return scale, (low, high)


def unfold(counts: NDArray[Any], signal: SignalHeader) -> NDArray[Any]:
    """Return the counts, each as ``-count - 1`` where the signal's limits turn it upside down.

    EDF allows a physical minimum above the maximum; ours is a positive scale. The bitwise
    complement turns 16 bits over without overflow.
    """
    return ~counts if _inverted(signal) else counts


def looks_raw(counts: NDArray[Any], uv_per_count: float) -> bool:
    """Return whether the values move in whole steps of 1 µV although their file could hold finer.

    Raw converter counts are sometimes written to a file as if they were µV.
    """
    levels = np.unique(counts)
    # a fine converter fills most levels of its range; coarse whole steps leave a comb
    if not 4 <= len(levels) <= 4096:
        return False
    uv = levels.astype(np.float64) * uv_per_count
    steps = np.diff(uv)
    whole = np.rint(steps)
    return bool(whole.min() == 1 and np.abs(steps - whole).max() <= max(0.01, 2 * uv_per_count))
