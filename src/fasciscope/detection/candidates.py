"""Measuring a candidate: where it peaks, how large it is, and whether its shape is a potential's.

Energy maxima in, one row of figures each out. Nothing is thrown away here: `gates` judges.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from fasciscope.detection.baseline import without_sway
from fasciscope.detection.order import median
from fasciscope.detection.score import best_fit
from fasciscope.detection.tails import TAIL_FROM, TAIL_TO

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]

# columns of a candidate
(
    PEAK,  # sample of the largest deflection
    START,
    STOP,
    SCORE,  # best wavelet power over noise power
    ATOM,  # which wavelet
    AMPLITUDE,  # peak to peak, µV
    DEFLECTION,  # largest deflection from the local baseline, signed, µV
    WIDTH,  # time at more than a quarter of the deflection, samples
    STEP,  # baseline after minus before, as a part of the deflection, signed
    SWING,  # range of the slow signal around it, sway apart, as a part of the deflection
    RAILED,  # samples at a rail within it
    MISSING_NEAR,  # 1 if samples are missing within its reach
    ENERGY,  # local energy, µV²
    FLOOR,  # noise floor there, µV²
    SHARPNESS,  # root-mean-square frequency within 6 ms, Hz
    RISE,  # from a fifth of the deflection to all of it, samples
    FALL,  # from nearly all of it to a half, samples
    HEARD,  # variance of the noise along any one waveform, µV²
) = range(18)
N_CANDIDATE = 18


@njit(cache=True, nogil=True)
def _median(values: F32, first: int, stop: int) -> float:
    return median(values[first:stop])


@njit(cache=True, nogil=True)
def measure(
    x: F64,
    u: F32,
    y: F32,
    energy: F32,
    places: NDArray[np.int64],
    n_places: int,
    floors: F64,
    noises: F64,
    cosine: F32,
    sine: F32,
    half: NDArray[np.int64],
    first: int,
    frame: int,
    fs_hz: float,
    band_delay: int,
    window_delay: int,
    rail_low: float,
    rail_high: float,
    least_score: float,
    tail: F64,
    out: F64,
) -> int:
    """Measure energy maxima and write those that reach the score; return how many.

    Parameters
    ----------
    x, u, y, energy : ndarray, shape (n,)
        Raw, wide-band, band-passed signal and its energy over the same stretch. 0.15 s must be
        there on both sides of each place.
    places : ndarray of int64
        Energy maxima, as indices into `energy`; the first `n_places` count.
    floors, noises : ndarray, shapes (n_frames,) and (n_frames, n_atoms)
        Noise floor and noise in each atom (µV²) of each frame from `first` on.
    band_delay, window_delay : int
        Samples by which the band-pass and the energy window are late.
    tail : ndarray, shape (2,)
        Added to: how many scores lay in the noise's tail, and the sum of their excess; see `tails`.
    out : ndarray, shape (at least n_places, N_CANDIDATE)
        Written; indices are relative to the stretch.
    """
    ms = fs_hz / 1000.0
    smooth = int(0.5 * ms)
    middle = int(120 * ms)
    local = np.empty(2 * middle + 1, dtype=np.float32)
    n = 0
    for j in range(n_places):
        f = (places[j] - first) // frame
        centre = places[j] - window_delay
        score, place, atom = best_fit(
            y, centre, int(6 * ms), max(1, int(ms)), cosine, sine, half, noises[f]
        )
        if TAIL_FROM <= score < TAIL_TO:
            tail[0] += 1.0
            tail[1] += score - TAIL_FROM
        if score < least_score:
            continue
        row = out[n]
        row[SCORE], row[ATOM] = score, atom
        row[ENERGY], row[FLOOR] = energy[places[j]], floors[f]
        row[HEARD] = noises[f, atom]
        centre = place - band_delay
        without_sway(u, centre, ms, local)
        _deflection(local, middle, half[atom], smooth, ms, row)
        peak = int(row[PEAK])
        row[PEAK] += centre - middle
        _surroundings(local, peak, ms, row)
        _whole(x, int(row[PEAK]), ms, rail_low, rail_high, row)
        row[SHARPNESS] = _rms_frequency(local, peak, int(6 * ms), fs_hz)
        _extent(energy, places[j], window_delay + band_delay, floors[f], int(40 * ms), row)
        n += 1
    return n


@njit(cache=True, nogil=True)
def _smoothed(u: F32, i: int, smooth: int) -> float:
    total = 0.0
    for k in range(i - smooth, i + smooth + 1):
        total += u[k]
    return total / (2 * smooth + 1)


@njit(cache=True, nogil=True)
def _deflection(u: F32, centre: int, half: int, smooth: int, ms: float, row: F64) -> None:
    """Find the largest deflection from the local baseline, the peak-to-peak and the width.

    The baseline is the straight line between the medians on both sides, so that the answer depends
    neither on a filter's phase nor on how the baseline sways.
    """
    before = _median(u, centre - int(35 * ms), centre - int(14 * ms))
    after = _median(u, centre + int(14 * ms), centre + int(35 * ms))
    base, slope = 0.5 * (before + after), (after - before) / (49.0 * ms)
    reach = int(min(max(0.7 * half, 5 * ms), 10 * ms))
    best, peak = -1.0, centre
    for i in range(centre - reach, centre + reach + 1):
        size = abs(_smoothed(u, i, smooth) - base - slope * (i - centre))
        if size > best:
            best, peak = size, i
    low, high = math.inf, -math.inf
    reach = int(12 * ms)
    first, last = peak, peak
    for i in range(peak - reach, peak + reach + 1):
        value = _smoothed(u, i, smooth) - base - slope * (i - centre)
        low, high = min(low, value), max(high, value)
        if abs(value) > 0.25 * best:
            first, last = min(first, i), max(last, i)
    row[PEAK] = peak
    row[AMPLITUDE] = high - low
    base += slope * (peak - centre)
    row[DEFLECTION] = _smoothed(u, peak, smooth) - base
    _flanks(u, peak, base, slope, smooth, reach, row)
    row[WIDTH] = last - first + 1


@njit(cache=True, nogil=True)
def _flanks(
    u: F32, peak: int, base: float, slope: float, smooth: int, reach: int, row: F64
) -> None:
    """Set how fast the signal, as it came, rose to its largest deflection and fell from it."""
    top, size = peak, 0.0
    for i in range(peak - smooth, peak + smooth + 1):
        here = abs(u[i] - base - slope * (i - peak))
        if here > size:
            top, size = i, here
    sign = 1.0 if u[top] >= base + slope * (top - peak) else -1.0
    first = top
    while first > top - reach and sign * (u[first] - base - slope * (first - peak)) > 0.2 * size:
        first -= 1
    edge = top  # a rail makes a plateau; what counts is how it is left
    while edge < top + reach and sign * (u[edge] - base - slope * (edge - peak)) > 0.85 * size:
        edge += 1
    last = edge
    while last < edge + reach and sign * (u[last] - base - slope * (last - peak)) > 0.5 * size:
        last += 1
    row[RISE] = top - first
    row[FALL] = last - edge


@njit(cache=True, nogil=True)
def _sway(u: F32, peak: int, ms: float) -> tuple[float, float]:
    """Return the slope of a swaying baseline per ms, and the range of what sways otherwise.

    Medians of 20 ms, four on each side. A baseline that sways has a slope on both sides, alike in
    sign; a step or a leaking charge has none before. The range is that around a parabola.
    """
    width = max(2, int(20 * ms))
    values, places = np.empty(8), np.empty(8)
    for j in range(8):
        k = j - 5 if j < 4 else j - 3
        values[j] = _median(u, peak + k * width, peak + (k + 1) * width)
        places[j] = (k + 0.5) * width / ms
    squares = places**2 - np.mean(places**2)
    level = np.mean(values)
    slope = np.sum(places * values) / np.sum(places**2)
    bend = np.sum(squares * values) / np.sum(squares**2)
    rest = values - level - slope * places - bend * squares
    before = np.sum((places[:4] - np.mean(places[:4])) * values[:4])
    after = np.sum((places[4:] - np.mean(places[4:])) * values[4:])
    own = np.sum((places[:4] - np.mean(places[:4])) ** 2)
    sways = min(before * slope, after * slope) > 0.3 * slope * slope * own
    return (slope if sways else 0.0), float(np.max(rest) - np.min(rest))


@njit(cache=True, nogil=True)
def _jump(u: F32, peak: int, ms: float) -> float:
    """Return how far the straight lines through 60 ms on both sides miss each other at the peak.

    On a wave that is still slower than a potential both sides go on where the other ends.
    """
    width = max(2, int(20 * ms))
    jump = 0.0
    for sign in (-1, 1):
        near = peak + sign * int((14 if sign < 0 else 20) * ms)
        first = near if sign > 0 else near - width
        a = _median(u, first, first + width)
        b = _median(u, first + sign * width, first + sign * width + width)
        d = _median(u, first + 2 * sign * width, first + 2 * sign * width + width)
        slope = 0.5 * (d - a)
        steps = abs(near - peak) / width + 1.5  # from the peak to the middle block
        jump += sign * ((a + b + d) / 3.0 - steps * slope)
    return jump


@njit(cache=True, nogil=True)
def _surroundings(u: F32, peak: int, ms: float, row: F64) -> None:
    """Note a step of the baseline, and slow swings around a peak."""
    size = max(abs(row[DEFLECTION]), 1e-9)
    sign = 1.0 if row[DEFLECTION] >= 0 else -1.0
    before = _median(u, peak - int(40 * ms), peak - int(14 * ms))
    after = _median(u, peak + int(20 * ms), peak + int(46 * ms))
    slope, swing = _sway(u, peak, ms)
    step = after - before - 60.0 * slope
    jump = _jump(u, peak, ms)
    row[STEP] = sign * (jump if abs(jump) < abs(step) else step) / size
    row[SWING] = swing / size


@njit(cache=True, nogil=True)
def _whole(x: F64, peak: int, ms: float, rail_low: float, rail_high: float, row: F64) -> None:
    """Note clipping and missing samples around a peak."""
    railed = 0
    missing = 0.0
    for i in range(peak - int(50 * ms), peak + int(50 * ms)):
        if math.isnan(x[i]):
            missing = 1.0
        elif abs(i - peak) < 15 * ms and (x[i] <= rail_low or x[i] >= rail_high):
            railed += 1
    row[RAILED] = railed
    row[MISSING_NEAR] = missing


@njit(cache=True, nogil=True)
def _rms_frequency(u: F32, peak: int, reach: int, fs_hz: float) -> float:
    mean = 0.0
    for i in range(peak - reach, peak + reach + 1):
        mean += u[i]
    mean /= 2 * reach + 1
    power, slope = 1e-12, 0.0
    for i in range(peak - reach, peak + reach + 1):
        power += (u[i] - mean) ** 2
        slope += (u[i] - u[i - 1]) ** 2
    return math.asin(min(1.0, 0.5 * math.sqrt(slope / power))) * fs_hz / math.pi


@njit(cache=True, nogil=True)
def _extent(energy: F32, place: int, delay: int, floor: float, reach: int, row: F64) -> None:
    """Set where a potential begins and ends: where its energy sinks into the noise or below 4 %."""
    limit = max(0.04 * energy[place], 2.0 * floor)
    first, last = place, place
    while first > place - reach and energy[first - 1] > limit:
        first -= 1
    while last < place + reach and energy[last + 1] > limit:
        last += 1
    row[START] = min(first - delay, row[PEAK])
    row[STOP] = max(last - delay, row[PEAK]) + 1
