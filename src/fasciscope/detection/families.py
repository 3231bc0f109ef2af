"""Waveform families: potentials of one shape, found by looking, their number not given.

Snippets in, family numbers and average waveforms out. A family is not a motor unit: one bipolar
channel cannot tell most units apart.

Method: the largest ungrouped potential starts a template; all potentials that differ from it, at
their best alignment, by no more than noise and a little natural variation join it; the template
becomes their mean; repeat until nothing changes. Templates that noise could explain as one are
joined. Potentials that fit none, and families of fewer than three, stay ungrouped.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

SHIFT_S = 0.003
"""Alignment is searched this far: noise can move the largest deflection by a phase's width."""
NOISE_LIMIT = 2.0
"""Residual over noise power that noise alone exceeds once in some hundred potentials."""
VARIATION = 0.03
"""Residual power, as a part of the template's, that one unit's potentials differ by naturally."""
LEAST_MEMBERS = 3
MOST_FAMILIES = 40
ROUNDS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """Potentials of one waveform on one channel.

    Parameters
    ----------
    number : int
        From 1, in the order of their size.
    channel : int
    count : int
        Potentials in it.
    amplitude_uv : float
        Median peak-to-peak amplitude, µV.
    waveform_uv, spread_uv : ndarray, shape (n,), float64, µV
        Average waveform, and the standard deviation around it (from quartiles).
    peak_offset : int
        Index of the largest deflection in `waveform_uv`.
    """

    number: int
    channel: int
    count: int
    amplitude_uv: float
    waveform_uv: F64
    spread_uv: F64
    peak_offset: int


@njit(cache=True, nogil=True)
def compare(snippets: F32, templates: F32, first: int, stop: int, reach: int, out: F64) -> None:
    """Write the least mean squared difference of each snippet and template, and its shift.

    Parameters
    ----------
    snippets, templates : ndarray, shapes (n, length) and (m, length), float32, µV
    first, stop : int
        Part of the template that is compared; `reach` more samples lie on both sides of it.
    reach : int
        Shifts looked at.
    out : ndarray, shape (n, m, 2)
        Written: difference (µV²) and shift (samples).
    """
    for i in range(snippets.shape[0]):
        for k in range(templates.shape[0]):
            best, at = np.inf, 0
            for shift in range(-reach, reach + 1):
                total = 0.0
                for j in range(first, stop):
                    step = snippets[i, j + shift] - templates[k, j]
                    total += step * step
                if total < best:
                    best, at = total, shift
            out[i, k, 0] = best / (stop - first)
            out[i, k, 1] = at


def smooth(snippets: F32, fs_hz: float) -> F32:
    """Return snippets without their baseline and smoothed over 2 ms, float32."""
    edge = max(2, round(0.005 * fs_hz))
    both = np.concatenate([snippets[:, :edge], snippets[:, -edge:]], axis=1)
    level = snippets - np.median(both, axis=1, keepdims=True)
    width = max(1, round(0.001 * fs_hz))
    kernel = np.convolve(np.ones(width), np.ones(width)) / width**2
    out = np.zeros_like(level)
    n, half = level.shape[1], kernel.size // 2
    for k, weight in enumerate(kernel):
        shift = k - half
        out[:, max(0, -shift) : n - max(0, shift)] += (
            weight * level[:, max(0, shift) : n - max(0, -shift)]
        )
    return out.astype(np.float32)


def group(snippets: F32, noise_power: F64, fs_hz: float) -> tuple[I64, I64]:
    """Group potentials by waveform.

    Parameters
    ----------
    snippets : ndarray, shape (n, length), float32, µV
        Centred on each potential's largest deflection.
    noise_power : ndarray, shape (n,), float64, µV²
        Noise at each potential.
    fs_hz : float

    Returns
    -------
    labels : ndarray, shape (n,), int64
        1, 2, … by falling size; 0 = not grouped.
    shifts : ndarray, shape (n,), int64
        Where each potential lies against its family's template, in samples.
    """
    n = len(snippets)
    labels, shifts = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    if n < LEAST_MEMBERS:
        return labels, shifts
    shapes = smooth(snippets, fs_hz)
    reach = max(1, round(SHIFT_S * fs_hz))
    noise = noise_power * float(_smoothing_gain(fs_hz))
    power = (shapes[:, reach:-reach].astype(np.float64) ** 2).mean(axis=1)
    templates = _seed(shapes, power, noise, reach)
    for _ in range(ROUNDS):
        if len(templates) == 0:
            return labels, shifts
        labels, shifts = _assign(shapes, templates, noise, reach)
        templates = _average(shapes, labels, shifts, len(templates), reach)
        templates = _join(templates, labels, float(np.median(noise)), reach)
    if len(templates):
        labels, shifts = _assign(shapes, templates, noise, reach)
    return _by_size(labels, power), shifts


def _smoothing_gain(fs_hz: float) -> float:
    """Noise power that is left of noise in the pass band after `smooth`: nearly all of it."""
    return 1.0 if fs_hz > 600 else 1.2


def _limits(noise: F64, template_power: F64) -> F64:
    return NOISE_LIMIT * noise[:, None] + VARIATION * template_power[None, :]


def _distances(shapes: F32, templates: F32, reach: int) -> F64:
    out = np.empty((len(shapes), len(templates), 2))
    compare(shapes, templates, reach, shapes.shape[1] - reach, reach, out)
    return out


def _seed(shapes: F32, power: F64, noise: F64, reach: int) -> F32:
    """Pick templates: the largest potential that fits no template yet becomes the next one."""
    order = np.argsort(-power, kind="stable")[:2000]
    free = np.ones(len(order), dtype=bool)
    templates: list[F32] = []
    while free.any() and len(templates) < MOST_FAMILIES:
        seed = shapes[order[np.argmax(free)]][None, :]
        free[np.argmax(free)] = False
        for _ in range(2):
            distance = _distances(shapes[order], seed, reach)
            seed_power = (seed[:, reach:-reach].astype(np.float64) ** 2).mean(axis=1)
            # a single potential carries its own noise, hence once more
            near = distance[:, 0, 0] < (_limits(noise[order], seed_power)[:, 0] + noise[order])
            if near.sum() >= LEAST_MEMBERS:
                ones = near.astype(np.int64)
                seed = _average(shapes[order], ones, distance[:, 0, 1].astype(np.int64), 1, reach)
        if near.sum() >= LEAST_MEMBERS:
            templates.append(seed[0])
        free &= ~near
    return np.array(templates, dtype=np.float32).reshape(-1, shapes.shape[1])


def _assign(shapes: F32, templates: F32, noise: F64, reach: int) -> tuple[I64, I64]:
    distance = _distances(shapes, templates, reach)
    template_power = (templates[:, reach:-reach].astype(np.float64) ** 2).mean(axis=1)
    best = np.argmin(distance[:, :, 0], axis=1)
    rows = np.arange(len(shapes))
    fits = distance[rows, best, 0] < _limits(noise, template_power)[rows, best]
    return np.where(fits, best + 1, 0), distance[rows, best, 1].astype(np.int64)


def _average(shapes: F32, labels: I64, shifts: I64, n: int, reach: int) -> F32:
    """Return the mean of each family at its members' alignment; families without any vanish."""
    columns = np.arange(shapes.shape[1])
    out = []
    for k in range(1, n + 1):
        members = np.flatnonzero(labels == k)
        if members.size:
            place = np.clip(columns[None, :] + shifts[members, None], 0, shapes.shape[1] - 1)
            out.append(np.mean(shapes[members[:, None], place], axis=0))
    return np.array(out, dtype=np.float32).reshape(-1, shapes.shape[1])


def _join(templates: F32, labels: I64, noise: float, reach: int) -> F32:
    """Drop every template that an earlier, larger family's template explains."""
    kept: list[int] = []
    power = (templates[:, reach:-reach].astype(np.float64) ** 2).mean(axis=1)
    for k in range(len(templates)):
        if kept:
            distance = _distances(templates[k : k + 1], templates[kept], reach)[0, :, 0]
            if (distance < 0.2 * noise + VARIATION * power[kept]).any():
                continue
        kept.append(k)
    return templates[kept]


def _by_size(labels: I64, power: F64) -> I64:
    """Renumber families by falling power, the small ones dropped."""
    out = np.zeros_like(labels)
    sizes = []
    for k in range(1, int(labels.max(initial=0)) + 1):
        members = labels == k
        if members.sum() >= LEAST_MEMBERS:
            sizes.append((-float(np.median(power[members])), k))
    for number, (_, k) in enumerate(sorted(sizes), start=1):
        out[labels == k] = number
    return out


def describe(
    number: int, channel: int, snippets: F32, shifts: I64, amplitudes: F64, fs_hz: float
) -> Family:
    """Return the figures of one family from its members' snippets."""
    edge = max(2, round(0.005 * fs_hz))
    columns = np.arange(snippets.shape[1])
    place = np.clip(columns[None, :] + shifts[:, None], 0, snippets.shape[1] - 1)
    aligned = np.take_along_axis(snippets.astype(np.float64), place, axis=1)
    both = np.concatenate([aligned[:, :edge], aligned[:, -edge:]], axis=1)
    aligned -= np.median(both, axis=1, keepdims=True)
    waveform = aligned.mean(axis=0)
    low, high = np.quantile(aligned, [0.25, 0.75], axis=0)
    return Family(
        number,
        channel,
        len(snippets),
        float(np.median(amplitudes)),
        waveform,
        (high - low) / 1.349,
        int(np.argmax(np.abs(waveform))),
    )
