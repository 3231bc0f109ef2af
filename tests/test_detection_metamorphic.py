"""The whole detector under changes of its input that must not, or must so, change its events."""

from dataclasses import replace

import numpy as np
import pytest

from detection_cases import (
    add_potentials,
    as_truth,
    found,
    in_blocks,
    noise,
    spread_times,
    twitches,
    twitching,
    with_gap,
)
from fasciscope import events as ev
from fasciscope.detection import Detector
from fasciscope.events import Kind
from fasciscope.recording import Recording, from_array
from fasciscope.scoring import score
from fasciscope.simulation import simulate

FS = 2000.0


@pytest.fixture(scope="module")
def clear():
    """Half a minute with 15 clear potentials, and the truth."""
    return twitching(30.0, FS, seed=1)


@pytest.fixture(scope="module")
def base(clear):
    """What is found in it."""
    return found(clear[0], FS)


def same_times(first, second, within=1):
    one, other = (ev.of_kind(part, Kind.FASCICULATION)["peak"] for part in (first, second))
    return len(one) == len(other) and np.all(np.abs(one - other) <= within)


def test_the_signal_that_all_is_compared_with_is_found_whole(clear, base):
    result = score(base, clear[1], FS)
    assert (result.missed, result.false_positives) == (0, 0)
    assert result.median_error_ms <= 1.0


@pytest.mark.parametrize("factor", [0.01, 0.1, 3.7, 100.0])
def test_another_gain_changes_amplitudes_and_nothing_else(clear, base, factor):
    scaled = found(clear[0] * factor, FS)
    assert same_times(scaled, base)
    ratio = ev.of_kind(scaled, Kind.FASCICULATION)["amplitude_uv"] / (
        factor * ev.of_kind(base, Kind.FASCICULATION)["amplitude_uv"]
    )
    assert np.allclose(ratio, 1.0, atol=0.02)


@pytest.mark.parametrize("offset", [-300.0, 5e4, 1e6])
def test_an_offset_changes_nothing(clear, base, offset):
    assert same_times(found(clear[0] + offset, FS), base)


def test_a_slow_drift_changes_nothing(clear, base):
    t = np.arange(clear[0].size) / FS
    assert same_times(found(clear[0] + 2000 * np.sin(2 * np.pi * 0.1 * t), FS), base)


def test_the_other_polarity_has_the_same_times(clear, base):
    turned = found(-clear[0], FS)
    assert np.array_equal(turned["peak"], base["peak"])
    assert np.array_equal(turned["kind"], base["kind"])


@pytest.mark.parametrize("fs_hz", [1000.0, 2000.0])
def test_the_same_potentials_are_found_at_a_lower_rate(fs_hz):
    from scipy.signal import resample_poly

    fine, truth = twitching(40.0, 4000.0, seed=4)
    coarse = resample_poly(fine, 1, round(4000 / fs_hz))
    one = twitches(fine, 4000.0)["peak"] / 4000.0
    other = twitches(coarse, fs_hz)["peak"] / fs_hz
    assert len(one) == len(other) == len(truth)
    assert np.all(np.abs(one - other) < 0.0015)


@pytest.mark.parametrize("n", [1, 7, 997, 20_000])
def test_blocks_of_any_size_give_the_same_bytes(clear, n):
    recording = from_array(clear[0][: round(15 * FS)], FS)
    whole, _ = in_blocks(recording, None)
    cut, _ = in_blocks(recording, n)
    assert len(whole) > 0
    assert whole.tobytes() == cut.tobytes()


@pytest.mark.parametrize("scene", ["calf", "grid", "heart", "drift"])
def test_scenes_with_everything_in_them_give_the_same_bytes_from_blocks(scene):
    recording = simulate(scene, seconds=30, seed=2).recording
    whole, one = in_blocks(recording, None)
    cut, other = in_blocks(recording, 997)
    assert len(whole) > 0
    assert whole.tobytes() == cut.tobytes()
    assert np.array_equal(one.excluded, other.excluded)
    assert np.array_equal(one.noise_uv, other.noise_uv)


def test_a_gap_gives_the_same_bytes_from_blocks(clear):
    recording = with_gap(clear[0], FS, 31_003, 4321)
    whole, _ = in_blocks(recording, None)
    for n in (7, 997):
        assert whole.tobytes() == in_blocks(recording, n)[0].tobytes()


def test_a_gap_shifts_what_follows_and_makes_no_event(clear, base):
    at, length = 31_003, 4321
    peaks = ev.of_kind(base, Kind.FASCICULATION)["peak"]
    assert np.abs(peaks - at).min() > 200
    events = found(with_gap(clear[0], FS, at, length), FS)
    gaps = ev.of_kind(events, Kind.GAP)
    assert gaps["start"].tolist() == [at]
    assert gaps["stop"].tolist() == [at + length]
    after = ev.of_kind(events, Kind.FASCICULATION)["peak"]
    expected = peaks + np.where(peaks >= at, length, 0)
    assert len(after) == len(expected)
    assert np.all(np.abs(after - expected) <= 1)


def test_many_gaps_in_hum_make_no_events():
    n = round(60 * FS)
    t = np.arange(n) / FS
    signal = noise(n, FS, seed=5) + 200 * np.sin(2 * np.pi * 50.03 * t)
    gaps = np.array([[s, s + 333] for s in range(25_000, n - 5000, 6007)])
    whole = from_array(signal, FS)
    events = found(Recording(whole.info, whole.samples, gaps), FS)
    assert len(ev.of_kind(events, Kind.FASCICULATION)) == 0
    assert len(ev.of_kind(events, Kind.GAP)) == len(gaps)


@pytest.mark.parametrize("level", [0.0, 250.0])
def test_a_lead_that_falls_off_at_the_end_adds_no_twitch(clear, base, level):
    longer = np.concatenate([clear[0], np.full(round(10 * FS), level)])
    events = found(longer, FS)
    assert same_times(events, base)
    artifacts = ev.of_kind(events, Kind.ARTIFACT)
    assert (artifacts["stop"] - artifacts["start"]).max() > 9.5 * FS


def test_channel_order_does_not_matter():
    recording = simulate("grid", seconds=40, seed=3).recording
    names = [channel.name for channel in recording.info.channels]
    order = [3, 0, 5, 1, 4, 2]
    one, _ = in_blocks(recording, None)
    other, _ = in_blocks(recording.select([names[k] for k in order]), None)
    assert np.array_equal(
        np.sort(ev.of_kind(one, Kind.FASCICULATION)["peak"]),
        np.sort(ev.of_kind(other, Kind.FASCICULATION)["peak"]),
    )
    assert len(one) == len(other)


def test_a_channel_twice_is_each_potential_once(clear, base):
    double = np.stack([clear[0], clear[0]], axis=1)
    assert same_times(found(double, FS), base, within=0)


def test_an_empty_channel_beside_changes_nothing_and_is_named(clear, base):
    beside = from_array(np.stack([clear[0], np.zeros_like(clear[0])], axis=1), FS)
    events, detector = in_blocks(beside, None)
    assert same_times(events, base, within=0)
    assert detector.left_out == (1,)


def test_a_channel_of_noise_beside_changes_nothing(clear, base):
    beside = np.stack([noise(clear[0].size, FS, seed=8), clear[0]], axis=1)
    events = found(beside, FS)
    assert same_times(events, base, within=0)
    assert set(ev.of_kind(events, Kind.FASCICULATION)["channel"]) == {1}


def test_a_later_potential_on_another_channel_is_the_same_event(clear, base):
    late = np.roll(clear[0], round(0.004 * FS)) * 0.6
    events = found(np.stack([clear[0], late], axis=1), FS)
    assert same_times(events, base, within=0.0045 * FS)


def test_noise_backwards_is_as_empty_as_noise():
    signal = noise(round(120 * FS), FS, colour=1.0, seed=6)
    assert len(found(signal, FS)) == len(found(signal[::-1].copy(), FS)) == 0


def test_the_first_minute_has_the_same_events_alone_as_in_the_whole():
    signal, _ = twitching(90.0, FS, seed=7, per_minute=40.0)
    whole, part = twitches(signal, FS)["peak"], twitches(signal[: round(60 * FS)], FS)["peak"]
    until = 57 * FS
    assert len(part) > 30
    assert np.array_equal(whole[whole < until], part[part < until])


def test_live_events_come_within_the_stated_look_ahead(clear, base):
    recording = from_array(clear[0], FS)
    detector = Detector(recording.info)
    late, known = [], set()
    for block in recording.blocks(50):
        for event in detector.process(block):
            late.append(block.stop_index - int(event["peak"]))
            known.add(int(event["peak"]))
    late = [s for s, peak in zip(late, sorted(known), strict=True) if peak > 10 * FS]
    assert late
    assert max(late) <= detector.look_ahead_s * FS + 50
    final = set(ev.of_kind(base, Kind.FASCICULATION)["peak"].tolist())
    assert known >= {peak for peak in final if peak < clear[0].size - 3 * FS}


def test_integer_counts_with_a_large_offset_are_as_good_as_microvolts(clear, base):
    counts = np.round(clear[0] / 0.5 + 15_000).astype(np.int16)
    floats = from_array(clear[0], FS)
    channel = replace(
        floats.info.channels[0], uv_per_count=0.5, uv_at_zero=-7500.0, count_min=0, count_max=32767
    )
    recording = Recording(replace(floats.info, channels=(channel,)), counts.reshape(-1, 1))
    events, _ = in_blocks(recording, None)
    assert same_times(events, base)


@pytest.mark.parametrize("n_channels", [1, 2, 17, 64])
def test_any_number_of_channels(n_channels):
    signal = noise(round(12 * FS), FS, seed=9)
    peaks = add_potentials(signal, FS, spread_times(12.0, 30.0, 9))
    many = np.stack(
        [signal + noise(signal.size, FS, 2.0, seed=100 + k) for k in range(n_channels)], axis=1
    )
    result = score(found(many, FS), as_truth(peaks), FS)
    assert (result.missed, result.false_positives) == (0, 0)
