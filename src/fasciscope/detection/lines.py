"""Steady interference: finding spectral lines, and starting a tracked sinusoid on each.

No muscle makes a spectral line narrower than half a hertz that stands for seconds; mains hum with
its harmonics, a display's refresh and a board's own pulse train do. So every line that stands out
of its surroundings in two successive spectra is tracked and taken away, whatever its frequency.
Raw microvolts in, table of lines (see `kernels.front_end`) out.

References
----------
Widrow et al., Adaptive noise cancelling, Proc. IEEE 63 (1975) 1692: an adaptive sinusoid is a notch
whose width is set by the adaptation, without the ringing of a filter excited by the potentials,
since errors are clipped here.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

from fasciscope.detection import filters, following
from fasciscope.detection.order import pick

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

WINDOW_S = 4.0
"""Length of a spectrum: lines 0.25 Hz wide."""
STANDS_OUT = 13.0
"""Power of a line over the median around it. A bin of noise exceeds 13 medians with p = 1e-4, the
same bin in two successive spectra with 1e-8."""
MAX_LINES = following.MOST_LINES
SPECTRUM_CLIP = 4.0
"""Typical sizes of the first difference at which it is clipped: a steady line is not changed."""
SURROUNDINGS_HZ = 5.0
LOWEST_HZ = 12.0
COMB_HZ = (15.0, 110.0)
SAME_HZ = 0.8
"""Closer than two notches to a line that is tracked, it is that one."""
LEVEL_S = 0.3
"""Time constant of the usual error's size."""
TIME_CONSTANT_S = 0.4
"""Of the adaptation: a notch 0.8 Hz wide; the wandering of mains amplitudes is slower."""


def find_lines(
    x: NDArray[np.float64], fs_hz: float, highest_hz: float, stands_out: float = STANDS_OUT
) -> NDArray[np.float64]:
    """Return frequencies (Hz) of the spectral lines in `x`, shape (n,).

    Looked for with bursts clipped, which shows lines under potentials and movements, and without,
    which shows trains of pulses.
    """
    steps = np.empty((2, x.size), dtype=np.float32)
    if x.size < fs_hz or not _prepare(x, _window(x.size - 1), steps):
        return np.empty(0)
    clipped, whole = (
        _lines_of(spectrum, x.size, fs_hz, highest_hz, stands_out)
        for spectrum in np.fft.rfft(steps, axis=1)
    )
    if clipped.size == 0 or whole.size == 0:
        return np.concatenate([clipped, whole])
    new = np.abs(whole[:, None] - clipped[None, :]).min(axis=1) > 0.8
    return np.concatenate([clipped, whole[new]])[:MAX_LINES]


@njit(cache=True, nogil=True)
def _prepare(x: F64, window: F64, out: F32) -> bool:
    """Write the windowed first difference of `x`: in row 0 clipped, in row 1 whole.

    The difference takes the drift away; clipping keeps potentials and movements from filling the
    spectrum, and leaves a steady line as it is. Returns False if the signal does not move.
    """
    n = x.size - 1
    step = np.empty(n)
    for k in range(n):
        here = x[k + 1] - x[k]
        step[k] = here if math.isfinite(here) else 0.0
    sizes = np.abs(step[::4])
    typical = np.median(sizes)
    if typical == 0.0:
        typical = np.abs(step).mean()
    if typical == 0.0:
        return False
    limit = SPECTRUM_CLIP * typical
    for k in range(n):
        here = step[k]
        out[0, k] = min(max(here, -limit), limit) * window[k]
        out[1, k] = here * window[k]
    out[:, n] = 0.0
    return True


def _lines_of(
    spectrum: NDArray[np.complex64],
    n: int,
    fs_hz: float,
    highest_hz: float,
    stands_out: float,
) -> NDArray[np.float64]:
    per_bin = fs_hz / n
    half = max(4, round(SURROUNDINGS_HZ / per_bin))
    first, last = math.ceil(LOWEST_HZ / per_bin), math.floor(highest_hz / per_bin)
    if last - first < 4 * half:
        return np.empty(0)
    power = np.empty(min(last + half, spectrum.size), dtype=np.float32)
    places = np.empty(power.size, dtype=np.int64)
    places = places[: _tops(spectrum, first, last, half, stands_out, power, places)]
    places = places[np.argsort(-power[places], kind="stable")][:MAX_LINES]
    return np.array([(k + _offset(spectrum, int(k))) * per_bin for k in places])


@njit(cache=True, nogil=True)
def _tops(
    spectrum: NDArray[np.complex64],
    first: int,
    last: int,
    half: int,
    stands_out: float,
    power: F32,
    places: NDArray[np.int64],
) -> int:
    """Write the places in [first, last) that stand out of their surroundings; return how many.

    The surroundings are the middle one of three medians, of the `half` bins around a bin and of
    those on both sides.
    """
    for k in range(power.size):
        power[k] = spectrum[k].real ** 2 + spectrum[k].imag ** 2
    medians = np.empty(power.size // half, dtype=np.float32)
    for j in range(medians.size):
        medians[j] = pick(power[j * half : (j + 1) * half], half // 2)
    found = 0
    for j in range(first // half, -(-last // half)):
        here = min(j, medians.size - 1)
        left, right = medians[max(here - 1, 0)], medians[min(here + 1, medians.size - 1)]
        low, high = min(left, right), max(left, right)
        limit = np.float32(stands_out) * min(max(medians[here], low), high)
        for k in range(max(first, j * half), min(last, (j + 1) * half)):
            value = power[k]
            if (
                value > limit
                and value >= max(power[k - 1], power[k - 2])
                and value >= max(power[k + 1], power[k + 2])
            ):
                places[found] = k
                found += 1
    return found


@lru_cache(maxsize=8)
def _window(n: int) -> NDArray[np.float64]:
    return np.hanning(n)


def _offset(spectrum: NDArray[np.complex64], k: int) -> float:
    """Return how far the line lies from bin `k`, in bins (Hann window, ratio of neighbours)."""
    left, middle, right = np.abs(spectrum[k - 1 : k + 2])
    beside, sign = (right, 1.0) if right >= left else (left, -1.0)
    ratio = beside / middle if middle > 0 else 0.0
    return sign * min(max((2 * ratio - 1) / (ratio + 1), 0.0), 0.5)


def comb_base(f_hz: NDArray[np.float64]) -> float:
    """Return the fundamental (Hz) of which most of `f_hz` are harmonics; 0 if there is none."""
    if f_hz.size < 4:
        return 0.0
    spacing = np.abs(f_hz[:12, None] - f_hz[None, :12])
    best: tuple[int, float] = (0, 0.0)
    for base in np.unique(np.round(spacing[(spacing > COMB_HZ[0]) & (spacing < COMB_HZ[1])], 2)):
        tooth = np.round(f_hz / base)
        on = (tooth > 0) & (np.abs(f_hz - tooth * base) < 0.01 * base)
        if on.sum() > best[0]:
            tooth = tooth[on]
            best = (int(on.sum()), float((tooth * f_hz[on]).sum() / (tooth**2).sum()))
    count, base = best
    return base if count >= 4 and count >= 0.6 * f_hz.size else 0.0


def whole_comb(f_hz: NDArray[np.float64], base: float, highest_hz: float) -> NDArray[np.float64]:
    """Return `f_hz` with the missing harmonics of `base` added.

    A pulse train has all its harmonics, though some hide among the potentials' own frequencies.
    """
    if base <= 0.0:
        return f_hz
    teeth = base * np.arange(math.ceil(LOWEST_HZ / base), math.floor(highest_hz / base) + 1)
    new = teeth[np.abs(teeth[:, None] - f_hz[None, :]).min(axis=1) > 0.8]
    return np.concatenate([f_hz, new])[:MAX_LINES]


def lasting(now: NDArray[np.float64], before: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the frequencies of `now` that also stand in `before`, to within 0.35 Hz."""
    if now.size == 0 or before.size == 0:
        return np.empty(0)
    close = np.abs(now[:, None] - before[None, :]).min(axis=1) < 0.35
    return np.asarray(now[close])


def start_lines(
    f_hz: NDArray[np.float64],
    x: NDArray[np.float64],
    sections: NDArray[np.float64],
    fs_hz: float,
) -> NDArray[np.float64]:
    """Return a line table for `f_hz`, fitted to `x` by least squares, phase zero at ``x[0]``."""
    table = np.zeros((following.N_LINE, f_hz.size))
    turn = 2 * math.pi * f_hz / fs_hz
    table[following.TURN_COS], table[following.TURN_SIN] = np.cos(turn), np.sin(turn)
    for k, f in enumerate(f_hz):
        # an error turned back by what the high-pass turned it, and on to the next sample
        lead = filters.response(sections[:1], f, fs_hz)
        effect = np.exp(1j * turn[k]) * lead.conjugate() / abs(lead)
        table[following.LEAD_COS, k], table[following.LEAD_SIN, k] = effect.real, effect.imag
    if f_hz.size and x.size > 8 * f_hz.size:
        cosine, sine = _fit(turn, x, fs_hz)
        table[following.IN_PHASE], table[following.QUADRATURE] = cosine, -sine
    table[[following.LAST_I, following.LAST_Q]] = table[[following.IN_PHASE, following.QUADRATURE]]
    return table


def _fit(turn: NDArray[np.float64], x: NDArray[np.float64], fs_hz: float) -> NDArray[np.float64]:
    """Least-squares weights of cosine and sine at each frequency, shape (2, n_lines).

    Over one second, with a slow polynomial for the drift; large residuals are given less weight
    in a second round, so that a potential does not move the fit.
    """
    n = min(x.size, round(fs_hz))
    y = x[:n]
    good = np.isfinite(y)
    if good.sum() < n // 2:
        return np.zeros((2, turn.size))
    t = np.arange(n)
    phase = t[:, None] * turn[None, :]
    drift = np.polynomial.legendre.legvander(np.linspace(-1, 1, n), 4)
    design = np.concatenate([np.cos(phase), np.sin(phase), drift], axis=1)
    weights = good.astype(float)
    y = np.where(good, y, 0.0)
    solution = np.zeros(design.shape[1])
    for _ in range(3):
        scaled = design * weights[:, None]
        normal = scaled.T @ scaled
        normal[np.diag_indices_from(normal)] += 1e-9 * n
        solution = np.linalg.solve(normal, scaled.T @ (y * weights))
        residual = np.abs(y - design @ solution)
        scale = 1.5 * float(np.median(residual[good])) + 1e-12
        weights = np.where(good, np.minimum(1.0, scale / np.maximum(residual, 1e-12)), 0.0)
    return solution[: 2 * turn.size].reshape(2, turn.size)


def frequencies(table: NDArray[np.float64], fs_hz: float) -> NDArray[np.float64]:
    """Return the frequency (Hz) of each tracked line."""
    turn = np.arctan2(table[following.TURN_SIN], table[following.TURN_COS])
    return np.asarray(turn * fs_hz / (2 * math.pi))


def renew(
    table: NDArray[np.float64],
    f_hz: NDArray[np.float64],
    x: NDArray[np.float64],
    sections: NDArray[np.float64],
    fs_hz: float,
) -> NDArray[np.float64]:
    """Return the table with new lines begun where `f_hz` has ones that are not tracked yet.

    `x` is the last second before now; a new line is fitted there and carried on to now. Lines that
    faded cost nothing: their weights go to zero by themselves; they are let go when room is needed.
    """
    tracked = frequencies(table, fs_hz)
    new = np.array([f for f in f_hz if not (np.abs(tracked - f) < SAME_HZ).any()])
    if new.size == 0:
        return table
    fresh = start_lines(new, x, sections, fs_hz)
    now = fresh[following.IN_PHASE] + 1j * fresh[following.QUADRATURE]
    now *= np.exp(2j * math.pi * new / fs_hz * x.size)
    fresh[[following.IN_PHASE, following.QUADRATURE]] = now.real, now.imag
    fresh[[following.LAST_I, following.LAST_Q]] = now.real, now.imag
    joined = np.concatenate([table, fresh], axis=1)
    size = np.hypot(joined[following.IN_PHASE], joined[following.QUADRATURE])
    keep = np.sort(np.argsort(-size, kind="stable")[:MAX_LINES])
    return np.ascontiguousarray(joined[:, keep])


class LineTracker:
    """The lines of one channel: learned from its first seconds, looked for again now and then.

    Attributes
    ----------
    table : ndarray, shape (N_LINE, n_lines)
        See `kernels.front_end`, which moves it on with each sample.
    strongest : tuple of float
        Frequency (Hz) and amplitude (µV) of the strongest line so far.
    base_hz : float
        Fundamental of the harmonics found last, Hz; 0 if there were none.
    """

    def __init__(self, fs_hz: float, sections: NDArray[np.float64], lowpass_hz: float) -> None:
        self.fs_hz = fs_hz
        self.sections = sections
        self.highest_hz = min(lowpass_hz * 1.3, 0.47 * fs_hz)
        self.window = math.ceil(WINDOW_S * fs_hz)
        self.table = np.zeros((following.N_LINE, 0))
        self.strongest = (0.0, 0.0)
        self.base_hz = 0.0
        self._seen = np.empty(0)

    def tracked_hz(self) -> NDArray[np.float64]:
        """Return the frequencies tracked now, Hz."""
        return frequencies(self.table, self.fs_hz)

    def _remember(self) -> None:
        size = np.hypot(self.table[following.IN_PHASE], self.table[following.QUADRATURE])
        if size.size and size.max() > self.strongest[1]:
            k = int(np.argmax(size))
            turn = math.atan2(self.table[following.TURN_SIN, k], self.table[following.TURN_COS, k])
            self.strongest = (turn * self.fs_hz / (2 * math.pi), float(size[k]))

    def _completed(self, steady: NDArray[np.float64]) -> NDArray[np.float64]:
        base = comb_base(steady)
        if base > 0.0:
            self.base_hz = base
        return whole_comb(steady, base, self.highest_hz)

    def learn(self, x: NDArray[np.float64]) -> None:
        """Start from the signal's beginning: a line must stand at both ends of it."""
        first = find_lines(x[: self.window], self.fs_hz, self.highest_hz)
        self._seen = find_lines(x[-self.window :], self.fs_hz, self.highest_hz)
        steady = lasting(first, self._seen) if x.size > 1.5 * self.window else first
        steady = self._completed(steady)
        self.table = start_lines(steady, x, self.sections, self.fs_hz)
        self._remember()

    def look_again(self, x: NDArray[np.float64]) -> None:
        """Begin lines that stand in the last seconds `x`, and stood there the time before."""
        seen = find_lines(x[-self.window :], self.fs_hz, self.highest_hz)
        steady = lasting(seen, self._seen)
        self._seen = seen
        self.begin(steady, x)

    def begin(self, f_hz: NDArray[np.float64], x: NDArray[np.float64]) -> None:
        """Begin lines at `f_hz` (and where their comb has a gap) that stand in the end of `x`."""
        steady = self._completed(f_hz)
        self._remember()
        if steady.size:
            last_second = x[-math.ceil(self.fs_hz) :]
            self.table = renew(self.table, steady, last_second, self.sections, self.fs_hz)
