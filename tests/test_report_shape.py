"""The numbers behind the pictures, against what they must be."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fasciscope.analysis import usable_before
from fasciscope.detection import ranges
from fasciscope.events import Kind
from fasciscope.recording import from_array
from fasciscope.report import shape, words
from report_cases import FS_HZ, analysis, recording, stretch, twitches


def test_offset_and_drift_go_and_a_twitch_stays():
    time = np.arange(20_000) / FS_HZ
    uv = 5000 + 300 * time
    uv[10_000:10_010] += 100
    steady = shape.without_drift(from_array(uv, FS_HZ), 0, 5000, 15_000)
    assert abs(steady[4000]) < 1e-6
    assert steady[5000] == pytest.approx(100, abs=6)


def test_a_stretch_cut_out_equals_the_same_stretch_of_the_whole():
    source = recording(10, gaps=[(3000, 3100)])
    whole = shape.without_drift(source, 0, 0, source.n_samples)
    np.testing.assert_allclose(
        shape.without_drift(source, 0, 5000, 7000), whole[5000:7000], atol=1e-9
    )
    assert np.isnan(whole[3000:3100]).all()
    assert np.isfinite(np.delete(whole, np.s_[3000:3100])).all()


@pytest.mark.parametrize("at_once", [1, 5000, 10**9])
def test_the_envelope_keeps_every_extreme(monkeypatch, at_once):
    monkeypatch.setattr(shape, "_AT_ONCE", at_once)
    source = recording(30, gaps=[(4000, 9000)])
    steady = shape.without_drift(source, 0, 0, source.n_samples)
    outline = shape.envelope(source, 0, 100)
    assert len(outline.time_s) == 100
    assert np.nanmax(outline.high_uv) == pytest.approx(np.nanmax(steady), abs=1e-6)
    assert np.nanmin(outline.low_uv) == pytest.approx(np.nanmin(steady), abs=1e-6)
    lost = np.isnan(outline.high_uv)
    assert (outline.time_s[lost] >= 4.0).all()
    assert (outline.time_s[lost] <= 9.0).all()
    assert lost.sum() == 16


def test_the_picture_is_as_tall_as_the_twitches_not_the_contraction():
    source = recording(60)
    samples = source.samples.copy()
    samples[20_000:25_000:2] += 5000
    samples[40_000:40_008] += 200
    source = type(source)(source.info, samples)
    found = analysis(source, twitches([40_003]), stretch(Kind.CONTRACTION, 20_000, 25_000))
    low, high = shape.limits_uv(shape.envelope(source, 0, 1500), found, 0)
    assert 200 < high < 260
    assert -100 < low < -20


spans_of_time = st.lists(st.tuples(st.integers(0, 1000), st.integers(1, 200)), max_size=12)


@given(spans_of_time, st.lists(st.integers(0, 999), max_size=20))
@settings(max_examples=150, deadline=None)
def test_left_out_time_against_a_plain_count(spans, peaks):
    source = recording(1.0)
    kinds = (Kind.GAP, Kind.CONTRACTION, Kind.CRAMP, Kind.ARTIFACT)
    parts = [
        stretch(kinds[i % 4], start, start + length, -(i % 2))
        for i, (start, length) in enumerate(spans)
    ]
    found = analysis(source, twitches(sorted(set(peaks))), *parts)
    out = np.zeros(1000, bool)
    for start, length in spans:
        out[start : start + length] = True
    usable = np.concatenate([[0], np.cumsum(~out)])
    assert np.array_equal(usable_before(np.arange(1001), found.left_out), usable)
    expected = [
        (b - a) / FS_HZ
        for a, b in zip(sorted(set(peaks))[:-1], sorted(set(peaks))[1:], strict=True)
        if not out[a:b].any()
    ]
    assert shape.intervals_s(found).tolist() == expected


def test_a_rate_is_over_the_time_that_could_be_used():
    source = recording(360)
    found = analysis(
        source,
        twitches([1000, 2000, 3000, 70_000]),
        stretch(Kind.CONTRACTION, 30_000, 60_000),
        stretch(Kind.GAP, 122_000, 180_000, -1),
    )
    over_time = shape.rate(found)
    assert over_time.bin_s == 60
    assert over_time.per_minute[:2].tolist() == [6.0, 1.0]
    assert np.isnan(over_time.per_minute[2])  # two seconds are too few
    assert over_time.per_minute[3:].tolist() == [0.0, 0.0, 0.0]


def test_no_twitch_falls_out_of_the_bins():
    source = recording(65.4)
    peaks = np.array([0, 9_999, 10_000, 65_399])
    over_time = shape.rate(analysis(source, twitches(peaks)))
    assert over_time.bin_s == 10
    assert len(over_time.per_minute) == 7
    counts = over_time.per_minute * np.diff(over_time.edges_s) / 60
    assert counts.round(9).tolist() == [2, 1, 0, 0, 0, 0, 1]


def test_the_pictures_leave_out_what_the_figures_leave_out():
    # an artefact on one channel of three takes no time away, so no rate may be over less
    source = recording(120, n_channels=3)
    found = analysis(
        source, twitches(np.arange(500, 120_000, 1000)), stretch(Kind.ARTIFACT, 0, 60_000)
    )
    found = replace(found, left_out=np.empty((0, 2), dtype=np.int64))
    assert shape.rate(found).per_minute.tolist() == [60.0] * 12
    assert len(shape.intervals_s(found)) == 119


@pytest.mark.parametrize("seconds", [0.001, 0.4, 3, 100])
def test_the_example_lies_inside_the_recording(seconds):
    source = recording(seconds)
    for parts in ([], [twitches([source.n_samples - 1])]):
        channel, start, stop = shape.example(analysis(source, *parts))
        assert channel == 0
        assert 0 <= start < stop <= source.n_samples


def test_the_example_shows_twitches_and_keeps_clear_of_contractions():
    source = recording(60, n_channels=2)
    found = analysis(
        source,
        twitches([3000, 20_000, 20_700, 21_500, 22_400, 50_000], channel=1),
        stretch(Kind.CONTRACTION, 4000, 15_000, 1),
    )
    channel, start, stop = shape.example(found)
    assert channel == 1
    assert start < 20_000 < 21_500 < stop
    assert not ranges.inside(np.arange(start, stop), found.left_out).any()


@pytest.mark.parametrize(
    ("seconds", "words_"),
    [(0, "0.0 s"), (9.94, "9.9 s"), (9.96, "10 s"), (59.6, "1 min"), (61, "1 min 1 s"),
     (3599.7, "1 h"), (7 * 3600 + 125, "7 h 2 min")],
)  # fmt: skip
def test_spans_of_time(seconds, words_):
    assert words.span(seconds) == words_


@pytest.mark.parametrize(
    ("count", "want"), [(0, "no cramps"), (1, "1 cramp"), (2, "2 cramps"), (1234, "1,234 cramps")]
)
def test_plurals(count, want):
    assert words.plural(count, "cramp", "cramps") == want
