"""Signals for the detector's tests, made without the package's own simulation.

Potentials here are Gabor and Hermite shapes in coloured Gaussian noise: nothing of the fibre model
that the scenes are made of.
"""

import math

import numpy as np

from fasciscope import events as ev
from fasciscope.analysis import detect
from fasciscope.detection import Detector
from fasciscope.events import Kind
from fasciscope.recording import Recording, from_array
from fasciscope.scoring import score


def gabor(t_s, f_hz=90.0, phase=0.4, width_s=0.0035):
    """One to two cycles under a bell, continuous in time, largest value near 1 and near t = 0."""
    return np.exp(-0.5 * (t_s / width_s) ** 2) * np.cos(2 * math.pi * f_hz * t_s + phase)


def hermite(t_s, order=1, width_s=0.003):
    """Derivative of a bell: two phases for order 1, three for order 2."""
    z = t_s / width_s
    shape = {1: -z * math.exp(0.5), 2: 1.0 - z * z}[order]
    return shape * np.exp(-0.5 * z * z)


SHAPES = (
    lambda t: gabor(t),
    lambda t: hermite(t, 1),
    lambda t: hermite(t, 2, 0.004),
)


def noise(n, fs_hz, rms_uv=8.0, colour=0.0, seed=0):
    """Gaussian noise of `rms_uv` whose power falls as f**-colour above 1 Hz."""
    spectrum = np.fft.rfft(np.random.default_rng([seed, 77]).standard_normal(n))
    f = np.maximum(np.fft.rfftfreq(n, 1.0 / fs_hz), 1.0)
    out = np.fft.irfft(spectrum * f ** (-colour / 2), n)
    return out * (rms_uv / out.std())


def spread_times(seconds, per_minute=30.0, seed=0, apart_s=0.25, edge_s=0.5):
    """Irregular times at least `apart_s` from each other, clear of both ends."""
    rng = np.random.default_rng([seed, 5])
    n = max(1, round(per_minute * seconds / 60.0))
    free = seconds - 2 * edge_s - apart_s * (n - 1)
    return edge_s + np.sort(rng.uniform(0.0, free, n)) + apart_s * np.arange(n)


def add_potentials(signal, fs_hz, times_s, p2p_uv=200.0, shapes=SHAPES, seed=0):
    """Add one potential at each time, of changing shape; return the samples of their peaks."""
    peaks = []
    for k, time_s in enumerate(times_s):
        shape = shapes[k % len(shapes)]
        first = max(0, round((time_s - 0.03) * fs_hz))
        index = np.arange(first, min(signal.size, round((time_s + 0.03) * fs_hz)))
        wave = shape(index / fs_hz - time_s)
        fine = shape(np.arange(-0.03, 0.03, 1e-4))
        signal[index] += wave * (p2p_uv / np.ptp(fine))
        peaks.append(time_s * fs_hz + (np.abs(fine).argmax() - 300) * 1e-4 * fs_hz)
    return np.array(peaks)


def twitching(seconds=30.0, fs_hz=2000.0, seed=0, rms_uv=8.0, p2p_uv=200.0, per_minute=30.0):
    """Noise with clear potentials; returns the signal (µV) and the truth as events."""
    signal = noise(round(seconds * fs_hz), fs_hz, rms_uv, seed=seed)
    times = spread_times(seconds, per_minute, seed)
    return signal, as_truth(add_potentials(signal, fs_hz, times, p2p_uv))


def contraction(signal, fs_hz, start_s, stop_s, seed, rms_uv=120.0):
    """Add interference of many units as band-limited noise with quick ramps."""
    n = round((stop_s - start_s) * fs_hz)
    white = noise(n, fs_hz, 1.0, seed=seed)
    spectrum = np.fft.rfft(white)
    f = np.fft.rfftfreq(n, 1.0 / fs_hz)
    burst = np.fft.irfft(spectrum * np.exp(-0.5 * ((f - 90.0) / 45.0) ** 2), n)
    ramp = np.minimum(1.0, np.minimum(np.arange(n), np.arange(n)[::-1]) / (0.05 * fs_hz))
    first = round(start_s * fs_hz)
    signal[first : first + n] += burst * ramp * (rms_uv / burst.std())


def as_truth(peaks):
    """Peaks (samples) as fasciculation events."""
    truth = ev.empty(len(peaks))
    truth["peak"] = np.round(peaks)
    truth["start"], truth["stop"] = truth["peak"] - 10, truth["peak"] + 10
    return truth


def with_gap(signal, fs_hz, at, length):
    """A recording of `signal` with `length` missing samples put in before sample `at`."""
    signal = np.asarray(signal).reshape(len(signal), -1)
    filler = np.zeros((length, signal.shape[1]))
    whole = from_array(np.concatenate([signal[:at], filler, signal[at:]]), fs_hz)
    return Recording(whole.info, whole.samples, np.array([[at, at + length]]))


def found(signal, fs_hz):
    """All events in an array or recording."""
    if not isinstance(signal, Recording):
        signal = from_array(signal, fs_hz)
    return detect(signal).events


def twitches(signal, fs_hz):
    """Only the fasciculations."""
    return ev.of_kind(found(signal, fs_hz), Kind.FASCICULATION)


def in_blocks(recording, n_samples):
    """Events of the streaming detector fed with blocks of `n_samples`, and the detector."""
    detector = Detector(recording.info)
    for block in recording.blocks(n_samples):
        detector.process(block)
    return detector.finish(), detector


def f1(signal, fs_hz, truth):
    """F1 of the detector on `signal` at 15 ms."""
    return score(found(signal, fs_hz), truth, fs_hz).f1
