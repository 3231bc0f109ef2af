"""The score: how far a stretch stands out of the noise, as the best fit among short wavelets.

A surface potential is one to two cycles of something between 40 and 200 Hz. A complex Gabor atom
that fits it collects nearly all of its energy, while noise leaves in the atom's power an
exponential distribution whatever its colour, because each atom is measured against the noise in
its own band. So one threshold means one false-alarm rate, on every sensor and at every rate.

Band-passed signal in (µV), candidate rows out.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from fasciscope.detection.order import median

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]

ATOMS_HZ = (38.0, 57.0, 85.0, 128.0, 192.0)
"""Centres a half octave apart and a bit: neighbours overlap at 80 % of their energy."""
CYCLES = 0.40
"""Standard deviation of the envelope, in cycles: about one and a half cycles are seen."""
COARSE = 3
"""An atom's power changes little over three milliseconds: it is a cycle and a half wide."""
PLACES = 13
MEDIAN = float((1.0 / np.arange(PLACES // 2 + 1, PLACES + 1)).sum())
"""Mean of the median of so many exponential variables of mean 1."""
SHARE_MEMORY = 0.03
"""Part of a new frame in the learned share: some fifteen seconds."""
LOOKED_OVER = 32
"""Samples passed over at once where the energy is low."""
REACH = 2.6
"""Atoms are cut at this many standard deviations."""


def atoms(fs_hz: float) -> tuple[F32, F32, NDArray[np.int64]]:
    """Return the wavelets for a rate: cosine and sine parts, and their half-lengths.

    Returns
    -------
    cosine, sine : ndarray, shape (n_atoms, longest), float32
        Unit energy each, zero beyond ``2 * half + 1``.
    half : ndarray, shape (n_atoms,), int64
        Half-length in samples.
    """
    centres = [f for f in ATOMS_HZ if f < 0.4 * fs_hz]
    half = np.array([math.ceil(REACH * CYCLES / f * fs_hz) for f in centres], dtype=np.int64)
    cosine = np.zeros((len(centres), 2 * int(half.max()) + 1), dtype=np.float32)
    sine = np.zeros_like(cosine)
    for k, f in enumerate(centres):
        t = np.arange(-half[k], half[k] + 1) / fs_hz
        window = np.exp(-0.5 * (t * f / CYCLES) ** 2)
        c = np.cos(2 * math.pi * f * t) * window
        s = np.sin(2 * math.pi * f * t) * window
        c -= window * c.sum() / window.sum()
        cosine[k, : t.size] = c / math.sqrt((c**2).sum())
        sine[k, : t.size] = s / math.sqrt((s**2).sum())
    return cosine, sine, half


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def power_at(y: F32, centre: int, cosine: F32, sine: F32) -> float:
    """Return the power of an atom at one place: half the squared modulus.

    So white noise of variance s² gives an exponential variable of mean s².

    Parameters
    ----------
    y : ndarray, float32, µV
    centre : int
    cosine, sine : ndarray, shape (2 * half + 1,), float32
    """
    a = np.float32(0.0)
    b = np.float32(0.0)
    part = y[centre - cosine.size // 2 : centre + cosine.size // 2 + 1]
    for i in range(cosine.size):  # from place 0 in all three, or it is not made into vectors
        a += part[i] * cosine[i]
        b += part[i] * sine[i]
    return 0.5 * (float(a) * float(a) + float(b) * float(b))


@njit(cache=True, nogil=True)
def frame_medians(
    y: F32,
    first: int,
    n_frames: int,
    frame: int,
    cosine: F32,
    sine: F32,
    half: NDArray[np.int64],
    out: F64,
) -> None:
    """Write the median power of each atom in each frame, shape (n_frames, n_atoms).

    `PLACES` a frame; `first` is the place of the first frame's first sample in `y`.
    """
    values = np.empty(PLACES)
    for f in range(n_frames):
        for k in range(half.size):
            n = 2 * half[k] + 1
            c, s = cosine[k, :n], sine[k, :n]
            for j in range(PLACES):
                values[j] = power_at(y, first + f * frame + (j * frame) // PLACES, c, s)
            out[f, k] = median(values)


@njit(cache=True, nogil=True)
def follow_shares(shares: F64, quiet: F64, floors: F64, share: F64, seen: int) -> int:
    """Turn each frame's shares into noise powers, in place, learning `share` on the way.

    Returns how many quiet frames were learned from; the first of them count for more if nothing
    was known before (``share`` all zero).
    """
    for f in range(shares.shape[0]):
        memory = SHARE_MEMORY
        if quiet[f] > 0 and (share[0] == 0.0 or (seen > 0 and seen * SHARE_MEMORY < 1.0)):
            seen += 1
            memory = max(1.0 / seen, SHARE_MEMORY)
        for k in range(shares.shape[1]):
            if quiet[f] > 0:
                if memory == 1.0:
                    share[k] = shares[f, k] + 1e-3
                else:
                    bounded = min(max(shares[f, k], 0.5 * share[k]), 2.0 * share[k])
                    share[k] += memory * (bounded - share[k])
            shares[f, k] = (share[k] if share[k] > 0.0 else 1.0) * floors[f]
    return seen


@njit(cache=True, nogil=True)
def best_fit(
    y: F32,
    centre: int,
    reach: int,
    step: int,
    cosine: F32,
    sine: F32,
    half: NDArray[np.int64],
    noise: F64,
) -> tuple[float, int, int]:
    """Return the best score near `centre`, its place, and its atom.

    Parameters
    ----------
    reach, step : int
        Places looked at: `centre` ± `reach`, every third `step` first, then every one beside the
        best.
    noise : ndarray, shape (n_atoms,)
        Noise power in each atom (µV²).
    """
    best, place, which = 0.0, centre, 0
    for k in range(half.size):
        n = 2 * half[k] + 1
        c, s = cosine[k, :n], sine[k, :n]
        for p in range(centre - reach, centre + reach + 1, COARSE * step):
            value = power_at(y, p, c, s) / noise[k]
            if value > best:
                best, place, which = value, p, k
    middle, k = place, which
    n = 2 * half[k] + 1
    c, s = cosine[k, :n], sine[k, :n]
    for p in range(middle - (COARSE - 1) * step, middle + COARSE * step, step):
        value = power_at(y, p, c, s) / noise[k]
        if value > best:
            best, place = value, p
    return best, place, which


@njit(cache=True, nogil=True)
def _any_above(values: F32, limit: np.float32) -> bool:
    n = 0
    for k in range(values.size):
        n += 1 if values[k] > limit else 0
    return n > 0


@njit(cache=True, nogil=True)
def _below(energy: F32, limit: np.float32) -> int:
    """Return how many values stand at the beginning that are not above `limit`."""
    n = 0
    while n + LOOKED_OVER <= energy.size and not _any_above(energy[n : n + LOOKED_OVER], limit):
        n += LOOKED_OVER
    while n < energy.size and energy[n] <= limit:
        n += 1
    return n


@njit(cache=True, nogil=True)
def maxima(
    energy: F32, first: int, stop: int, reach: int, limits: F64, frame: int, out: NDArray[np.int64]
) -> int:
    """Write the places of local maxima of `energy` above their frame's limit; return how many.

    Parameters
    ----------
    energy : ndarray, float32, µV²
    first, stop : int
        Range looked at; the samples `reach` beyond it must exist.
    reach : int
        A maximum is the largest (the first of equals) within ± `reach`.
    limits : ndarray, shape (n_frames,)
        Least energy in each frame from `first` on.
    frame : int
        Samples per frame.
    """
    n = 0
    i = first
    while i < stop:
        limit = np.float32(limits[(i - first) // frame])
        end = min(first + ((i - first) // frame + 1) * frame, stop)
        i += _below(energy[i:end], limit)
        if i == end:
            continue
        value = energy[i]
        higher = i + 1
        while higher <= i + reach and energy[higher] <= value:
            higher += 1
        if higher <= i + reach:
            i = higher
            continue
        before = i - 1
        while before >= i - reach and energy[before] < value:
            before -= 1
        if before >= i - reach:
            i = before + reach + 1  # up to there nothing is larger than what stands at `before`
            continue
        if n < out.size:
            out[n] = i
            n += 1
        i += reach + 1
    return n


class AtomBank:
    """The wavelets for one rate, and the share of the noise that each of them hears.

    The share is learned where there is only noise, and slowly: colour changes less than level.
    """

    def __init__(self, fs_hz: float) -> None:
        self.cosine, self.sine, self.half = atoms(fs_hz)
        self._share = np.zeros(self.half.size)
        self._seen = 0
        self._fresh = True

    @property
    def share(self) -> F64:
        """Learned part of the floor that each atom hears, shape (n_atoms,)."""
        return np.asarray(np.where(self._share > 0.0, self._share, 1.0))

    def noise(self, y: F32, first: int, frame: int, floors: F64, quiet: F64, least: float) -> F64:
        """Return the noise power of each atom in each frame, shape (n_frames, n_atoms), µV².

        Parameters
        ----------
        y : ndarray, float32, µV
        first, frame : int
            Place of the first frame in `y`, and samples per frame.
        floors, quiet : ndarray, shape (n_frames,)
            Noise floor (µV²), and 1 where the frame was taken for noise.
        least : float
            Quantisation noise (µV²), which every atom hears.
        """
        powers = np.empty((floors.size, self.half.size))
        frame_medians(y, first, floors.size, frame, self.cosine, self.sine, self.half, powers)
        powers /= MEDIAN * floors[:, None]
        if self._fresh and quiet.any():
            self._share[:] = np.median(powers[quiet > 0], axis=0) + 1e-3
            self._seen = int(quiet.sum())
        self._fresh = False
        self._seen = follow_shares(powers, quiet, floors, self._share, self._seen)
        return np.maximum(powers, least)
