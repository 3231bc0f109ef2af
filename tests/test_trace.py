import numpy as np
import pytest

from fasciscope.blocks import Block, Channel, StreamInfo
from fasciscope.trace import SPAN_S, Trace

INFO = StreamInfo(2000.0, (Channel("A", 0.5), Channel("B", 2.0, uv_at_zero=10.0)))


def counts(n, seed=0):
    return np.random.default_rng(seed).integers(-500, 500, (n, 2)).astype(np.int16)


def unpack(frame, channels=2):
    first, newest, _, n = np.frombuffer(frame[:32], "<f8")
    bins = np.frombuffer(frame[32:], "<f4").reshape(int(n), channels, 2)
    return int(first), int(newest), bins


def feed(trace, samples, size, first=0):
    for start in range(0, len(samples), size):
        trace.process(Block(samples[start : start + size], first + start))


def expected(samples, bs):
    uv = samples * np.array([0.5, 2.0]) + np.array([0.0, 10.0])
    n = -(-len(uv) // bs)
    return np.array(
        [[uv[k * bs : (k + 1) * bs].min(0), uv[k * bs : (k + 1) * bs].max(0)] for k in range(n)]
    ).transpose(0, 2, 1)


@pytest.mark.parametrize("size", [1, 7, 997, 5003])
def test_both_ends_of_every_bin_are_kept_for_any_blocks(size):
    trace = Trace(INFO)
    samples = counts(5003)
    feed(trace, samples, size)
    first, newest, bins = unpack(trace.frame(0)[0])
    assert (first, newest) == (0, 5003)
    np.testing.assert_allclose(bins, expected(samples, trace.bin_samples), rtol=1e-6)


def test_frame_by_frame_is_the_whole():
    trace = Trace(INFO)
    samples = counts(6000)
    seen = np.full((-(-6000 // trace.bin_samples), 2, 2), np.nan, dtype=np.float32)
    since = 0
    for start in range(0, 6000, 37):
        trace.process(Block(samples[start : start + 37], start))
        frame, since = trace.frame(since)
        first, _, bins = unpack(frame)
        seen[first : first + len(bins)] = bins
    np.testing.assert_allclose(seen, expected(samples, trace.bin_samples), rtol=1e-6)


def test_nothing_new_is_nothing_sent():
    trace = Trace(INFO)
    assert trace.frame(0) == (b"", 0)
    feed(trace, counts(100), 100)
    _, since = trace.frame(0)
    assert trace.frame(since) == (b"", since)


def test_missing_samples_are_missing_in_the_picture():
    trace = Trace(INFO)
    bs = trace.bin_samples
    trace.process(Block(counts(10 * bs), 0))
    trace.process(Block(counts(10 * bs), 15 * bs, 5 * bs))
    _, _, bins = unpack(trace.frame(0)[0])
    assert np.isnan(bins[10:15]).all()
    assert np.isfinite(bins[:10]).all()
    assert np.isfinite(bins[15:]).all()


def test_who_slept_for_an_hour_gets_the_last_ten_seconds():
    trace = Trace(INFO)
    samples = counts(40_000)
    for k in range(3):
        feed(trace, samples, 4001, first=k * len(samples))
    frame, since = trace.frame(10)
    _, newest, bins = unpack(frame)
    assert newest == since == 120_000
    assert SPAN_S - 0.01 <= len(bins) * trace.bin_samples / 2000 <= SPAN_S + 0.02
    tail = expected(samples, trace.bin_samples)[-len(bins) :]
    np.testing.assert_allclose(bins, tail, rtol=1e-6)


def test_one_block_longer_than_the_picture():
    trace = Trace(INFO)
    samples = counts(50_000)
    trace.process(Block(samples, 0))
    _, _, bins = unpack(trace.frame(0)[0])
    np.testing.assert_allclose(bins, expected(samples, trace.bin_samples)[-len(bins) :], rtol=1e-6)


def test_a_session_that_begins_again_from_nothing():
    trace = Trace(INFO)
    feed(trace, counts(100), 100)
    first, _, bins = unpack(trace.frame(5_000)[0])  # a browser that stands further than we do
    assert first == 0
    assert len(bins) == 10


def test_memory_does_not_grow():
    trace = Trace(INFO)
    for k in range(200):
        trace.process(Block(counts(4000, k), 4000 * k))
    assert trace._ring.nbytes < 100_000
