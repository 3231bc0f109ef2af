"""Recordings and analyses for the report's tests: known events, no detector in between."""

import numpy as np

from fasciscope import events as ev
from fasciscope.analysis import Analysis
from fasciscope.blocks import Channel, StreamInfo
from fasciscope.detection import Family, ranges, rates
from fasciscope.events import Kind
from fasciscope.recording import Recording, no_gaps

FS_HZ = 1000.0


def recording(seconds=120.0, n_channels=1, gaps=(), name="calf_emg.edf", **info):
    n = max(1, round(seconds * FS_HZ))
    rng = np.random.default_rng(0)
    samples = np.asfortranarray(rng.normal(300, 8, (n, n_channels)).astype(np.int16))
    channels = tuple(Channel(f"EMG{i + 1}", 1.0, muscle="soleus") for i in range(n_channels))
    return Recording(
        StreamInfo(FS_HZ, channels, **info),
        samples,
        gaps=np.array(gaps, dtype=np.int64).reshape(-1, 2) if len(gaps) else no_gaps(),
        name=name,
    )


def twitches(peaks, channel=0, family=1):
    found = ev.empty(len(peaks))
    found["peak"] = peaks
    found["start"], found["stop"] = found["peak"] - 5, found["peak"] + 10
    found["channel"], found["family"], found["amplitude_uv"] = channel, family, 120.0
    return found


def stretch(kind, start, stop, channel=0):
    return ev.intervals(kind, np.array([[start, stop]]), channel)


def family(number, channel=0, count=12):
    time = np.arange(-20, 41)
    wave = -100.0 * time * np.exp(-0.5 * (time / 4.0) ** 2) / 4.0
    return Family(number, channel, count, 120.0, wave, np.full(len(time), 6.0), 24)


def analysis(source, *parts, families=(), **more):
    found = ev.merge(*parts)
    out = np.zeros(source.n_samples, bool)
    for event in ev.of_kind(found, Kind.GAP, Kind.CONTRACTION, Kind.CRAMP, Kind.ARTIFACT):
        out[max(event["start"], 0) : event["stop"]] = True
    usable_s = float((~out).sum() / source.info.fs_hz)
    n = len(ev.of_kind(found, Kind.FASCICULATION))
    summary = {
        "duration_s": source.duration_s,
        "analysable_s": usable_s,
        "fasciculations": n,
        "twitches_per_minute": 60 * n / usable_s if usable_s >= rates.LEAST_S else None,
        "twitches_per_minute_ci95": [10.0, 20.5] if usable_s >= rates.LEAST_S else [None, None],
        "noise_uv": 8.0,
        "families": [],
        "contractions": len(ev.of_kind(found, Kind.CONTRACTION)),
        "cramps": len(ev.of_kind(found, Kind.CRAMP)),
        "artifacts": len(ev.of_kind(found, Kind.ARTIFACT)),
        "lost_samples": source.lost_samples,
        "quality": [],
        "software_version": "0.1.0",
        "settings": {"threshold": 15.0},
    } | more
    return Analysis(
        source.info, source.n_samples, found, tuple(families), summary, ranges.runs(out)
    )
