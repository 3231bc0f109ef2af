"""Sentences about a recording: each is said where it is so, and not where it is not."""

from dataclasses import replace

import numpy as np
import pytest

from detection_cases import add_potentials, as_truth, noise, spread_times, twitching
from fasciscope.analysis import detect
from fasciscope.quality import visible_uv
from fasciscope.recording import Recording, from_array
from fasciscope.scoring import score

FS = 2000.0


def said(signal, fs_hz=FS):
    """All sentences about an array or recording, as one text."""
    if not isinstance(signal, Recording):
        signal = from_array(signal, fs_hz)
    return " ".join(detect(signal).summary["quality"])


@pytest.fixture(scope="module")
def good():
    """Two minutes with nothing wrong."""
    return twitching(120.0, FS, seed=1)[0]


def test_nothing_is_said_of_a_good_recording(good):
    assert said(good) == ""


def test_too_little_time_is_too_little_to_state_a_rate(good):
    text = said(good[: round(8 * FS)])
    assert "Only 8.0 s could be analysed, too little to state a rate" in text


def test_a_short_time_is_uncertain(good):
    text = said(good[: round(40 * FS)])
    assert "Only 40 s could be analysed" in text
    assert "uncertain" in text


def test_time_that_is_mostly_lost_is_said_in_parts_of_a_hundred(good):
    flat = np.concatenate([good, np.full(round(180 * FS), 3.0)])
    assert "Only 40 % of the time could be analysed" in said(flat)


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (1e-6, "less than a surface electrode"),
        (1e-3, "less than a surface"),
        (1e3, "far more than"),
    ],
)
def test_a_wrong_unit_is_suspected(good, factor, words):
    text = said(good * factor)
    assert words in text
    assert "microvolts" in text


def test_strong_noise_is_said_with_what_is_missed_in_it():
    text = said(noise(round(120 * FS), FS, 40.0, seed=2))
    assert "The noise is 23 µV" in text
    assert "are missed" in text


def test_what_is_called_visible_is_found_by_half_or_more():
    rms_uv = 10.0
    band_uv = rms_uv * np.sqrt(330.0 / 1000.0)
    found_share = []
    for factor in (0.7, 1.3):
        signal = noise(round(240 * FS), FS, rms_uv, seed=3)
        peaks = add_potentials(
            signal, FS, spread_times(240.0, 40.0, 3), factor * visible_uv(band_uv)
        )
        result = score(detect(from_array(signal, FS)).events, as_truth(peaks), FS)
        found_share.append(result.sensitivity)
    assert found_share[0] < 0.5 < found_share[1]


@pytest.mark.parametrize("f_hz", [50.0, 60.0])
def test_hum_is_said_with_its_frequency_and_size(good, f_hz):
    t = np.arange(good.size) / FS
    text = said(good + 80.0 * np.sin(2 * np.pi * f_hz * t))
    assert f"at {f_hz:.1f} Hz" in text
    assert any(f"interference of {size} µV" in text for size in range(74, 87))


def test_a_little_hum_is_not_worth_a_word(good):
    t = np.arange(good.size) / FS
    assert "interference" not in said(good + 8.0 * np.sin(2 * np.pi * 50 * t))


def test_coarse_steps_are_said_and_fine_ones_are_not(good):
    assert "steps are 24 µV" in said(24.4 * np.round(good / 24.4 + 0.4))
    assert "steps" not in said(0.5 * np.round(good / 0.5))


def test_a_channel_without_anything_on_it_is_named(good):
    both = from_array(np.stack([np.zeros_like(good), good], axis=1), FS)
    assert "Left out, since nothing usable was on them for most of the time: EMG1." in said(both)


def test_clipped_potentials_are_said_to_be_larger_than_stated():
    signal = noise(round(120 * FS), FS, seed=4)
    add_potentials(signal, FS, spread_times(120.0, 10.0, 4), 1500.0)
    whole = from_array(np.clip(signal, -400.0, 400.0), FS)
    channel = replace(whole.info.channels[0], count_min=-400, count_max=400)
    text = said(replace(whole, info=replace(whole.info, channels=(channel,))))
    assert "20 of the potentials reached the end of the converter's range" in text


def test_lost_samples_and_a_cut_file_and_remarks_are_passed_on(good):
    whole = from_array(good, FS)
    gaps = np.array([[100_000, 101_200], [150_000, 151_200]])
    text = said(replace(whole, gaps=gaps, truncated=True, remarks=("The clock was guessed.",)))
    assert "2400 samples of each channel are missing (1 %, in 2 gaps)" in text
    assert "cut off at its end" in text
    assert "The clock was guessed." in text


def test_no_sentence_names_a_disease_or_a_norm(good):
    words = ("ALS", "isease", "normal", "atholog", "iagnos")
    texts = [said(good * 1e-6), said(noise(round(70 * FS), FS, 60.0)), said(good[:4000])]
    assert not any(word in text for word in words for text in texts)
