"""Run in a peer's own environment by bench_peers.py: one signal in, its peaks at each setting out.

    python peer_worker.py PEER SIGNAL.npz OUT.json

The signal file holds `uv` (n_samples,) and `fs_hz`. The answer is a list of
`{"setting", "peaks", "seconds"}`; the time is that of the whole way from the raw signal, on the
second call. Nothing of fasciscope is here, so that the environment holds the peer alone.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Callable, Iterator

import numpy as np

BAND_HZ = (20.0, 350.0)
APART_S = 0.010
"""Peaks nearer than this are one potential, as each peer is told or made to believe."""
Signal = np.ndarray
Way = tuple[str, Callable[[], np.ndarray]]


def robust_sigma(values: Signal) -> float:
    """Return the standard deviation of the noise, from the median of the absolute values."""
    return float(np.median(np.abs(values))) / 0.6745 + 1e-9


def filtered(uv: Signal, fs_hz: float) -> Signal:
    """Return the band that potentials lie in, forwards and backwards."""
    from scipy.signal import butter, sosfiltfilt

    edges = (BAND_HZ[0], min(BAND_HZ[1], 0.45 * fs_hz))
    return sosfiltfilt(butter(4, edges, "bandpass", fs=fs_hz, output="sos"), uv)


def tallest(values: Signal, starts: Signal, stops: Signal) -> np.ndarray:
    """Return the place of the largest deflection in each stretch."""
    height = np.abs(values)
    return np.array(
        [a + int(np.argmax(height[a : max(b, a + 1)])) for a, b in zip(starts, stops, strict=True)],
        dtype=np.int64,
    )


def merged(peaks: np.ndarray, fs_hz: float) -> np.ndarray:
    """Return the peaks with those left out that follow another within `APART_S`."""
    kept: list[int] = []
    for peak in np.sort(peaks).tolist():
        if not kept or peak - kept[-1] >= APART_S * fs_hz:
            kept.append(peak)
    return np.array(kept, dtype=np.int64)


def scipy(uv: Signal, fs_hz: float) -> Iterator[Way]:
    """Filter and `find_peaks` over the absolute values."""
    from scipy.signal import find_peaks

    def found(k: float) -> np.ndarray:
        band = filtered(uv, fs_hz)
        height = k * robust_sigma(band)
        return find_peaks(np.abs(band), height=height, distance=max(1, round(APART_S * fs_hz)))[0]

    for k in (3.5, 4.0, 4.5, 5.0, 5.5, 6.0, 7.0, 8.0, 12.0, 24.0):
        yield f"height {k:g} sigma", lambda k=k: found(k)


def neurokit2(uv: Signal, fs_hz: float) -> Iterator[Way]:
    """Give `emg_clean`, `emg_amplitude`, and `emg_activation` by threshold."""
    import neurokit2 as nk

    rate = int(fs_hz)

    def found(k: float) -> np.ndarray:
        clean = np.asarray(nk.emg_clean(uv, sampling_rate=rate))
        amplitude = np.asarray(nk.emg_amplitude(clean))
        middle = float(np.median(amplitude))
        spread = float(np.median(np.abs(amplitude - middle))) / 0.6745
        _, info = nk.emg_activation(
            emg_amplitude=amplitude,
            sampling_rate=rate,
            method="threshold",
            threshold=middle + k * spread,
            duration_min=0.004,
        )
        starts = np.asarray(info["EMG_Onsets"], dtype=np.int64)
        stops = np.asarray(info["EMG_Offsets"], dtype=np.int64)
        n = min(len(starts), len(stops))
        return merged(tallest(clean, starts[:n], stops[:n]), fs_hz)

    for k in (3.0, 5.0, 8.0, 12.0):
        yield f"threshold, {k:g} sigma of the amplitude", lambda k=k: found(k)


def biosppy(uv: Signal, fs_hz: float) -> Iterator[Way]:
    """Give the onsets of Londral's and of Hodges and Bui's method."""
    from biosppy.signals import emg

    def between(edges: np.ndarray, band: Signal) -> np.ndarray:
        # both methods give beginnings and ends in one list, in turn
        places = np.sort(np.asarray(edges, dtype=np.int64))
        places = np.clip(places[: 2 * (len(places) // 2)], 0, len(band))
        slack = round(0.004 * fs_hz)
        low, high = np.maximum(places[::2] - slack, 0), places[1::2] + slack
        return merged(tallest(band, low, high), fs_hz)

    def londral(k: float) -> np.ndarray:
        band = filtered(uv, fs_hz)
        size, active = max(3, round(0.008 * fs_hz)), max(2, round(0.004 * fs_hz))
        power = robust_sigma(band) ** 2  # what its test function is at rest
        out = emg.londral_onset_detector(
            signal=band,
            rest={"mean": power, "std_dev": power},
            sampling_rate=fs_hz,
            size=size,
            threshold=k,
            active_state_duration=active,
        )
        return between(out["onsets"], band)

    def hodges(k: float) -> np.ndarray:
        band = filtered(uv, fs_hz)
        size = max(3, round(0.008 * fs_hz))
        sigma = robust_sigma(band)
        out = emg.hodges_bui_onset_detector(
            signal=band,
            rest={"mean": 0.8 * sigma, "std_dev": sigma},  # 0.8: mean of |x| for Gaussian x
            sampling_rate=fs_hz,
            size=size,
            threshold=k,
        )
        return between(out["onsets"], band)

    for k in (1.0, 2.0, 3.0, 5.0, 8.0, 12.0):
        yield f"londral {k:g}", lambda k=k: londral(k)
    for k in (0.8, 1.1, 1.5, 2.0, 3.0, 4.0):
        yield f"hodges_bui {k:g}", lambda k=k: hodges(k)


def spikeinterface(uv: Signal, fs_hz: float) -> Iterator[Way]:
    """Give `detect_peaks`, peaks of either sign, after its own band-pass."""
    import spikeinterface.preprocessing as spre
    from spikeinterface.core import NumpyRecording
    from spikeinterface.sortingcomponents.peak_detection import detect_peaks

    def found(k: float) -> np.ndarray:
        recording = NumpyRecording([uv[:, np.newaxis].astype(np.float32)], fs_hz)
        recording.set_dummy_probe_from_locations(np.zeros((1, 2)))
        recording.set_channel_gains(1.0)
        recording.set_channel_offsets(0.0)
        top = min(BAND_HZ[1], 0.45 * fs_hz)
        band = spre.bandpass_filter(
            recording, freq_min=BAND_HZ[0], freq_max=top, ignore_low_freq_error=True
        )
        peaks = detect_peaks(
            band,
            method="locally_exclusive",
            method_kwargs={
                "peak_sign": "both",
                "detect_threshold": k,
                "exclude_sweep_ms": APART_S * 1000,
                "radius_um": 50.0,
            },
            job_kwargs={"n_jobs": 1, "progress_bar": False, "chunk_duration": "60s"},
        )
        return np.asarray(peaks["sample_index"], dtype=np.int64)

    for k in (3.5, 4.0, 4.5, 5.0, 5.5, 6.0, 7.0, 8.0, 12.0, 24.0):
        yield f"locally_exclusive {k:g}", lambda k=k: found(k)


PEERS = {
    "scipy": scipy,
    "neurokit2": neurokit2,
    "biosppy": biosppy,
    "spikeinterface": spikeinterface,
}


def main() -> None:
    """Run one peer over one signal, at each of its settings."""
    peer, source, target = sys.argv[1:4]
    with np.load(source) as stored:
        uv, fs_hz = np.asarray(stored["uv"], dtype=np.float64), float(stored["fs_hz"])
    out = []
    warnings.simplefilter("ignore")
    for k, (setting, way) in enumerate(PEERS[peer](uv, fs_hz)):
        if k == 0:
            way()  # compilers and imports are not counted
        begun = time.perf_counter()
        try:
            peaks = way()
        except (ValueError, IndexError, ZeroDivisionError) as error:
            print(f"{peer}, {setting}: {error}", file=sys.stderr)
            continue
        seconds = time.perf_counter() - begun
        out.append({"setting": setting, "peaks": np.sort(peaks).tolist(), "seconds": seconds})
    with open(target, "w", encoding="utf-8") as file:  # noqa: PTH123
        json.dump(out, file)


if __name__ == "__main__":
    main()
