import numpy as np
import pytest

from fasciscope import detect, simulate
from fasciscope.blocks import Block
from fasciscope.detection.online import MOST, OnlineFamilies
from fasciscope.events import Kind, of_kind
from fasciscope.live import LiveCounter


@pytest.fixture(scope="module")
def made():
    return simulate("calm", seconds=90, seed=4)


def run(counter, recording, size):
    for block in recording.blocks(size):
        counter.process(block)


def test_what_is_told_live_comes_near_the_verdict(made):
    counter = LiveCounter(made.recording.info)
    run(counter, made.recording, 200)
    live = counter.snapshot()
    assert not live.finished
    counter.finish()
    whole = counter.snapshot()
    assert whole.finished
    verdict = detect(made.recording)
    assert whole.twitches == verdict.summary["fasciculations"]
    assert whole.usable_s == pytest.approx(verdict.summary["analysable_s"], abs=0.001)
    assert abs(live.twitches - whole.twitches) <= 3
    assert live.low < live.rate < live.high
    assert (live.noise_uv > 0).all()


def test_live_families_are_those_of_the_verdict(made):
    counter = LiveCounter(made.recording.info)
    run(counter, made.recording, 200)
    live = of_kind(counter.events(), Kind.FASCICULATION)
    verdict = of_kind(detect(made.recording).events, Kind.FASCICULATION)
    pairs = []
    for event in live[live["family"] > 0]:
        near = np.flatnonzero(np.abs(verdict["peak"] - event["peak"]) < 20)
        pairs += [(int(event["family"]), int(verdict["family"][k])) for k in near[:1]]
    assert len(pairs) > 0.6 * len(live)
    same = {}
    for mine, theirs in pairs:
        same.setdefault(mine, []).append(theirs)
    agree = sum(max(map(theirs.count, set(theirs))) for theirs in same.values())
    assert agree >= 0.95 * len(pairs)


def test_any_blocks_tell_the_same(made):
    told = []
    for size in (1999, 50_000):
        counter = LiveCounter(made.recording.info)
        run(counter, made.recording, size)
        told.append([(int(e["peak"]), int(e["channel"])) for e in counter.events()])
    assert told[0] == told[1]


def test_a_hole_is_no_waveform(made):
    counter = LiveCounter(made.recording.info)
    samples = made.recording.samples
    counter.process(Block(samples[:60_000], 0))
    counter.process(Block(samples[80_000:], 80_000, 20_000))
    counter.finish()
    assert counter.snapshot().usable_s <= (len(samples) - 20_000) / 2000


def test_before_anything_came_nothing_is_known(made):
    snapshot = LiveCounter(made.recording.info).snapshot()
    assert snapshot.twitches == snapshot.last_minute == 0
    assert np.isnan(snapshot.rate)


def wave(grouper, k, size=1.0, noise=0.0, rng=None):
    t = np.arange(-grouper.half, grouper.half + 1) / 2000
    shape = size * 100 * np.exp(-((t / 0.003) ** 2)) * np.cos(2 * np.pi * (60 + 40 * k) * t + k)
    if noise:
        shape = shape + rng.normal(0, noise, len(t))
    return shape.astype(np.float32)


def test_waveforms_get_a_number_from_the_third_on():
    grouper = OnlineFamilies(2000.0)
    rng = np.random.default_rng(0)
    numbers = [grouper.number(wave(grouper, k % 3, noise=5, rng=rng), 5.0) for k in range(30)]
    assert numbers[:6] == [0] * 6
    assert sorted(numbers[6:9]) == [1, 2, 3]
    assert all(numbers[k] == numbers[6 + k % 3] for k in range(6, 30))


def test_what_is_seen_once_makes_room_and_families_stay():
    grouper = OnlineFamilies(2000.0)
    rng = np.random.default_rng(0)
    for _ in range(3):
        known = grouper.number(wave(grouper, 0), 2.0)
    for _ in range(3 * MOST):
        assert grouper.number(rng.normal(0, 80, 2 * grouper.half + 1).astype(np.float32), 2.0) == 0
    assert grouper.number(wave(grouper, 0), 2.0) == known == 1
    assert len(grouper._templates) <= MOST


def test_what_is_taken_back_is_taken_off():
    made = simulate("contractions", seconds=60, seed=2).recording
    counter = LiveCounter(made.info)
    told = withdrawn = 0
    for block in made.blocks(60):
        counter.process(block)
        withdrawn += len(counter.detector.withdrawn)
        told = max(told, counter.twitches)
    assert withdrawn > 0, "the beginning of a contraction is told of, and taken back"
    live = counter.snapshot().twitches
    counter.finish()
    assert abs(live - counter.snapshot().twitches) <= 3
