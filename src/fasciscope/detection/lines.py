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

import cmath
import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from fasciscope.detection import filters, following, sinusoids, spectrum

F64 = NDArray[np.float64]

WINDOW_S = 4.0
"""Length of a spectrum: lines 0.25 Hz wide."""
MAX_LINES = following.MOST_LINES
COMB_HZ = (15.0, 110.0)
LEVEL_S = 0.3
"""Time constant of the usual error's size."""
TIME_CONSTANT_S = 0.4
"""Of the adaptation: a notch 0.8 Hz wide; the wandering of mains amplitudes is slower."""


def comb_base(f_hz: F64) -> float:
    """Return the fundamental (Hz) of which most of `f_hz` are harmonics; 0 if there is none."""
    return _comb_base(f_hz, COMB_HZ) if f_hz.size >= 4 else 0.0


@njit(cache=True, nogil=True)
def _comb_base(f_hz: F64, within_hz: tuple[float, float]) -> float:
    best, least, base_hz = 0, math.inf, 0.0
    few = f_hz[:12]
    for i in range(few.size):
        for j in range(i):
            base = np.rint(abs(few[i] - few[j]) * 100.0) / 100.0
            if not within_hz[0] < abs(few[i] - few[j]) < within_hz[1]:
                continue
            count, product, square = 0, 0.0, 0.0
            for f in f_hz:
                tooth = np.rint(f / base)
                if tooth > 0.0 and abs(f - tooth * base) < 0.01 * base:
                    count, product, square = count + 1, product + tooth * f, square + tooth**2
            if count > best or (count == best > 0 and base < least):  # if equal, the closest teeth
                best, least, base_hz = count, base, product / square
    return base_hz if best >= 4 and best >= 0.6 * f_hz.size else 0.0


def whole_comb(f_hz: F64, base: float, highest_hz: float) -> F64:
    """Return `f_hz` with the missing harmonics of `base` added.

    A pulse train has all its harmonics, though some hide among the potentials' own frequencies.
    """
    if base <= 0.0:
        return f_hz
    first = math.ceil(spectrum.LOWEST_HZ / base)
    teeth = base * np.arange(first, math.floor(highest_hz / base) + 1)
    new = teeth[np.abs(teeth[:, None] - f_hz[None, :]).min(axis=1) > spectrum.APART_HZ]
    return np.concatenate([f_hz, new])[:MAX_LINES]


@njit(cache=True, nogil=True)
def _with_another(f_hz: F64, others: F64, within_hz: float) -> NDArray[np.bool_]:
    """Return which of `f_hz` have one of `others` closer than `within_hz`."""
    out = np.zeros(f_hz.size, dtype=np.bool_)
    for k in range(f_hz.size):
        for other in others:
            out[k] = out[k] or abs(f_hz[k] - other) < within_hz
    return out


def lasting(now: F64, before: F64) -> F64:
    """Return the frequencies of `now` that also stand in `before`, to within 0.35 Hz."""
    return now[_with_another(now, before, 0.35)]


def start_lines(f_hz: F64, x: F64, sections: F64, fs_hz: float) -> F64:
    """Return a line table for `f_hz`, fitted to `x` by least squares, phase zero at ``x[0]``.

    Over one second of it at most.
    """
    table = np.zeros((following.N_LINE, f_hz.size))
    turn = 2 * math.pi * f_hz / fs_hz
    table[following.TURN_COS], table[following.TURN_SIN] = np.cos(turn), np.sin(turn)
    for k, f in enumerate(f_hz.tolist()):
        # an error turned back by what the high-pass turned it, and on to the next sample
        lead = filters.response(sections[:1], f, fs_hz)
        effect = cmath.exp(1j * turn[k]) * lead.conjugate() / abs(lead)
        table[following.LEAD_COS, k], table[following.LEAD_SIN, k] = effect.real, effect.imag
    if f_hz.size and x.size > 8 * f_hz.size:
        cosine, sine = sinusoids.fit(turn, x[: round(fs_hz)])
        table[following.IN_PHASE], table[following.QUADRATURE] = cosine, -sine
    table[[following.LAST_I, following.LAST_Q]] = table[[following.IN_PHASE, following.QUADRATURE]]
    return table


def frequencies(table: F64, fs_hz: float) -> F64:
    """Return the frequency (Hz) of each tracked line."""
    turn = np.arctan2(table[following.TURN_SIN], table[following.TURN_COS])
    return np.asarray(turn * fs_hz / (2 * math.pi))


def renew(
    table: F64,
    f_hz: F64,
    x: F64,
    sections: F64,
    fs_hz: float,
) -> F64:
    """Return the table with new lines begun where `f_hz` has ones that are not tracked yet.

    `x` is the last second before now; a new line is fitted there and carried on to now. Lines that
    faded cost nothing: their weights go to zero by themselves; they are let go when room is needed.
    """
    new = f_hz[~_with_another(f_hz, frequencies(table, fs_hz), spectrum.APART_HZ)]
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

    def __init__(self, fs_hz: float, sections: F64, lowpass_hz: float) -> None:
        self.fs_hz = fs_hz
        self.sections = sections
        self.highest_hz = min(lowpass_hz * 1.3, 0.47 * fs_hz)
        self.window = math.ceil(WINDOW_S * fs_hz)
        self.table = np.zeros((following.N_LINE, 0))
        self.strongest = (0.0, 0.0)
        self.base_hz = 0.0
        self._seen = np.empty(0)

    def tracked_hz(self) -> F64:
        """Return the frequencies tracked now, Hz."""
        return frequencies(self.table, self.fs_hz)

    def _remember(self) -> None:
        if self.table.shape[1] == 0:
            return
        size = np.hypot(self.table[following.IN_PHASE], self.table[following.QUADRATURE])
        if size.max() > self.strongest[1]:
            k = int(np.argmax(size))
            turn = math.atan2(self.table[following.TURN_SIN, k], self.table[following.TURN_COS, k])
            self.strongest = (turn * self.fs_hz / (2 * math.pi), float(size[k]))

    def _completed(self, steady: F64) -> F64:
        base = comb_base(steady)
        if base > 0.0:
            self.base_hz = base
        return whole_comb(steady, base, self.highest_hz)

    def learn(self, x: F64) -> None:
        """Start from the signal's beginning: a line must stand at both ends of it."""
        first = spectrum.find_lines(x[: self.window], self.fs_hz, self.highest_hz)
        self._seen = spectrum.find_lines(x[-self.window :], self.fs_hz, self.highest_hz)
        steady = lasting(first, self._seen) if x.size > 1.5 * self.window else first
        steady = self._completed(steady)
        self.table = start_lines(steady, x, self.sections, self.fs_hz)
        self._remember()

    def look_again(self, x: F64) -> None:
        """Begin lines that stand in the last seconds `x`, and stood there the time before."""
        seen = spectrum.find_lines(x[-self.window :], self.fs_hz, self.highest_hz)
        steady = lasting(seen, self._seen)
        self._seen = seen
        self.begin(steady, x)

    def begin(self, f_hz: F64, x: F64) -> None:
        """Begin lines at `f_hz` (and where their comb has a gap) that stand in the end of `x`."""
        steady = self._completed(f_hz)
        self._remember()
        if steady.size:
            last_second = x[-math.ceil(self.fs_hz) :]
            self.table = renew(self.table, steady, last_second, self.sections, self.fs_hz)
