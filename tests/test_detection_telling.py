"""What is told while a recording runs: soon, the same however cut, and taken back if wrong."""

from itertools import pairwise

import numpy as np
import pytest

from detection_cases import contraction, in_blocks, noise, twitching, with_gap
from fasciscope.detection import Detector
from fasciscope.events import Kind, of_kind
from fasciscope.live import LiveCounter
from fasciscope.recording import from_array
from fasciscope.simulation import simulate

FS = 2000.0
LEARNED_S = 11.0


def streamed(recording, n_samples):
    """All that a stream tells: (end of the block, told, confirmed, withdrawn) a block."""
    detector = Detector(recording.info)
    said = []
    for block in recording.blocks(n_samples):
        told = detector.process(block)
        said.append((block.stop_index, told, detector.confirmed, detector.withdrawn))
    final = detector.finish()
    said.append((recording.n_samples, told[:0], detector.confirmed, detector.withdrawn))
    return said, final


def each(said, column):
    """Every event of one column, ordered, as tuples that compare by value."""
    return sorted((event.tobytes() for part in said for event in part[column]), key=bytes)


@pytest.mark.parametrize("fs_hz", [250.0, 350.0, 500.0, 1000.0, 2000.0, 4000.0, 10_000.0])
def test_a_potential_is_told_within_a_tenth_of_a_second(fs_hz):
    signal, truth = twitching(30.0, fs_hz, seed=3, per_minute=60.0, p2p_uv=400.0)
    block = round(0.010 * fs_hz)
    said, _ = streamed(from_array(signal, fs_hz), block)
    told = {int(event["peak"]): stop for stop, events, _, _ in said for event in events}
    due = truth["peak"][(truth["peak"] > LEARNED_S * fs_hz) & (truth["peak"] < 29.8 * fs_hz)]
    assert len(due) > 10
    for peak in due:
        near = min(told, key=lambda t, peak=peak: abs(t - peak))
        assert abs(near - peak) <= 0.010 * fs_hz  # another phase may be the largest
        assert told[near] - peak <= 0.075 * fs_hz + block  # a hop and a block to wait for, at most


def recordings():
    signal = twitching(40.0, FS, seed=5)[0]
    contraction(signal, FS, 20.0, 24.0, seed=1)
    return {
        "contraction": from_array(signal, FS),
        "gap": with_gap(twitching(40.0, FS, seed=6)[0], FS, 31_003, 4321),
        "short gap": with_gap(twitching(30.0, FS, seed=7)[0], FS, 50_001, 3),
        "grid": simulate("grid", seconds=30, seed=2).recording,
        "heart at 500 Hz": simulate("heart", seconds=40, seed=2, fs_hz=500.0).recording,
    }


RECORDINGS = recordings()


@pytest.mark.parametrize("name", RECORDINGS)
def test_what_is_told_does_not_depend_on_the_blocks(name):
    recording = RECORDINGS[name]
    fine, final = streamed(recording, 23)
    assert each(fine, 1)
    for n in (1000, 997, None):
        coarse, other = streamed(recording, n)
        assert final.tobytes() == other.tobytes()
        for column in (1, 2, 3):
            assert each(coarse, column) == each(fine, column)


@pytest.mark.parametrize("name", RECORDINGS)
def test_an_event_is_told_with_the_block_that_brings_what_it_needs(name):
    fine, _ = streamed(RECORDINGS[name], 20)
    coarse, _ = streamed(RECORDINGS[name], 1500)
    when = {event.tobytes(): stop for stop, events, _, _ in fine for event in events}
    stops = np.array([stop for stop, _, _, _ in coarse])
    for stop, events, _, _ in coarse:
        for event in events:
            # it was due within the twenty samples before the end of the fine block
            least, most = np.searchsorted(stops, when[event.tobytes()] - np.array([19, 0]))
            assert stop in stops[least : most + 1]


@pytest.mark.parametrize("name", RECORDINGS)
def test_what_was_told_is_confirmed_or_taken_back_once(name):
    said, _ = streamed(RECORDINGS[name], 200)
    told, confirmed, withdrawn = (each(said, column) for column in (1, 2, 3))
    assert len(told) == len(set(told))
    assert told == sorted(confirmed + withdrawn, key=bytes)


def test_nothing_is_confirmed_or_taken_back_before_it_was_told():
    known = set()
    for _, told, confirmed, withdrawn in streamed(RECORDINGS["contraction"], 50)[0]:
        known |= {event.tobytes() for event in told}
        settled = {event.tobytes() for part in (confirmed, withdrawn) for event in part}
        assert settled <= known
        known -= settled
    assert not known


def test_the_beginning_of_a_contraction_is_taken_back():
    recording = RECORDINGS["contraction"]
    said, final = streamed(recording, 100)
    withdrawn = np.concatenate([part[3] for part in said])
    inside = (withdrawn["peak"] > 19.9 * FS) & (withdrawn["peak"] < 24.1 * FS)
    assert 0 < inside.sum() < 12
    confirmed = np.concatenate([part[2] for part in said])
    twitches = of_kind(final, Kind.FASCICULATION)
    assert abs(len(confirmed) - len(twitches)) <= 1


def test_while_a_muscle_is_active_little_is_told():
    signal = noise(round(40 * FS), FS, seed=2)
    contraction(signal, FS, 15.0, 35.0, seed=3)
    said, _ = streamed(from_array(signal, FS), 100)
    assert len(each(said, 1)) <= 12
    assert not each(said, 2)


def test_a_step_of_the_baseline_is_not_told():
    signal = noise(round(30 * FS), FS, seed=4)
    for k in range(6):
        signal[round((12 + 3 * k) * FS) :] += (-1) ** k * 300.0
    assert not each(streamed(from_array(signal, FS), 20)[0], 1)


def test_empty_noise_tells_nothing():
    assert not each(streamed(from_array(noise(round(60 * FS), FS, seed=9), FS), 100)[0], 1)


def test_after_an_hour_without_samples_telling_goes_on():
    signal, truth = twitching(40.0, FS, seed=8)
    at, hour = round(20 * FS), round(3600 * FS)
    recording = with_gap(signal, FS, at, hour)
    told = np.concatenate([part[1] for part in streamed(recording, 500)[0]])["peak"]
    later = truth["peak"][truth["peak"] > at + 4 * FS] + hour
    assert all(np.abs(told - peak).min() <= 0.008 * FS for peak in later[:-1])


@pytest.mark.parametrize("name", ["contraction", "grid"])
def test_whoever_takes_silently_gets_the_same_verdict(name):
    recording = RECORDINGS[name]
    silent = Detector(recording.info)
    for block in recording.blocks(40_000):
        silent.take(block)
    assert silent.finish().tobytes() == in_blocks(recording, 999)[0].tobytes()
    assert len(silent.confirmed) == len(silent.withdrawn) == 0


def test_the_live_count_follows_what_is_taken_back():
    recording = RECORDINGS["contraction"]
    counter = LiveCounter(recording.info)
    seen = []
    for block in recording.blocks(100):
        counter.process(block)
        seen.append(counter.twitches)
    assert min(seen) >= 0
    assert any(later < earlier for earlier, later in pairwise(seen))
    before = seen[-1]
    counter.finish()
    assert abs(before - counter.twitches) <= 1
