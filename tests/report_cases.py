"""Recordings and analyses for the report's tests: known events, no detector in between."""

from datetime import UTC, datetime
from html.parser import HTMLParser

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


def typical(**info):
    source = recording(
        gaps=[(30_000, 31_000)], start=datetime(2024, 3, 2, 13, 5, tzinfo=UTC), **info
    )
    found = analysis(
        source,
        twitches(np.arange(1000, 29_000, 2500)),
        twitches(np.arange(80_000, 110_000, 3000), family=2),
        stretch(Kind.GAP, 30_000, 31_000, -1),
        stretch(Kind.CONTRACTION, 40_000, 52_000),
        stretch(Kind.CRAMP, 60_000, 66_000),
        stretch(Kind.ARTIFACT, 70_000, 70_400),
        families=[family(1), family(2, count=10)],
        quality=["Mains hum is strong."],
    )
    return source, found


def empty_cases():
    quiet = recording(60)
    yield "no events", quiet, analysis(quiet)
    whole = recording(40)
    yield "no analysable time", whole, analysis(whole, stretch(Kind.CONTRACTION, 0, 40_000))
    lost = recording(20, gaps=[(0, 20_000)])
    yield "nothing but a gap", lost, analysis(lost, stretch(Kind.GAP, 0, 20_000, -1))
    dot = recording(0.001)
    yield "one sample", dot, analysis(dot)
    short = recording(0.5)
    yield "very short", short, analysis(short, twitches([250], family=0))
    many = recording(10, n_channels=64)
    yield (
        "64 channels",
        many,
        analysis(many, twitches([5000], channel=63), families=[family(1, 63)]),
    )
    nan = recording(60)
    yield (
        "not a number",
        nan,
        analysis(
            nan,
            twitches([30_000]),
            twitches_per_minute_ci95=[float("nan"), None],
            noise_uv=None,
            settings={},
        ),
    )
    crowd = recording(300)
    yield (
        "crowded",
        crowd,
        analysis(
            crowd,
            twitches(np.arange(20, 299_980, 40)),
            families=[family(i) for i in range(1, 15)],
        ),
    )


class Page(HTMLParser):
    """Collects text, tags, headings and what is fetched; complains of what is not closed."""

    void = frozenset({"meta", "img", "br"})

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.words, self.headings, self.attributes = [], [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []
        self.text = " ".join(" ".join(self.words).split())

    @classmethod
    def of(cls, path):
        return cls(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, key, value) for key, value in attrs]
        if tag not in self.void:
            self.open.append(tag)
        if tag in ("h1", "h2", "h3"):
            self.headings.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" in self.open:
            return
        self.words.append(data)
        if self.open and self.open[-1] in ("h1", "h2", "h3"):
            self.headings[-1] += data
