"""Potentials on top of each other, as far as templates can tell them apart."""

import numpy as np
import pytest

from detection_cases import SHAPES, add_potentials, as_truth, found, noise, spread_times
from fasciscope.scoring import score

FS = 2000.0


def two_families(seed, p2p_uv=300.0, seconds=120.0):
    """A minute of each of two shapes, far apart; the signal and the peaks of both."""
    signal = noise(round(seconds * FS), FS, seed=seed)
    times = spread_times(seconds, 60.0, seed, apart_s=0.4)
    first = add_potentials(signal, FS, times[::2], p2p_uv, shapes=SHAPES[:1])
    second = add_potentials(signal, FS, times[1::2], 0.8 * p2p_uv, shapes=SHAPES[2:])
    return signal, np.concatenate([first, second]), times


@pytest.mark.parametrize("apart_s", [0.018, 0.025, 0.030])
def test_a_rare_overlap_of_two_known_shapes_is_two_potentials(apart_s):
    both = 0
    for seed in range(4):
        signal, peaks, times = two_families(seed)
        lone = add_potentials(signal, FS, [times[20] + apart_s], 240.0, shapes=SHAPES[2:])
        result = score(found(signal, FS), as_truth(np.append(peaks, lone)), FS)
        assert result.false_positives == 0
        both += result.missed == 0
    assert both >= 3


@pytest.mark.parametrize("gap_ms", [25.0, 32.0, 40.0, 60.0, 110.0])
def test_doublets_and_echoes_apart_by_more_than_their_length_are_two(gap_ms):
    signal, peaks, times = two_families(1)
    again = add_potentials(signal, FS, times[::8] + gap_ms / 1000, 300.0, shapes=SHAPES[:1])
    result = score(found(signal, FS), as_truth(np.append(peaks, again)), FS)
    assert result.f1 >= 0.985


def test_families_stay_whole_among_overlaps():
    signal, peaks, times = two_families(3)
    late = np.array([0.012, 0.02, 0.03])
    extra = add_potentials(signal, FS, times[10:40:10] + late, 240.0, shapes=SHAPES[2:])
    truth = as_truth(np.concatenate([peaks, extra]))
    n = len(peaks) // 2
    truth["family"] = np.concatenate([np.full(n, 1), np.full(n, 2), np.full(3, 2)])
    result = score(found(signal, FS), truth, FS)
    assert result.families_agree > 0.9


@pytest.mark.parametrize("apart_s", [0.0075, 0.0085, 0.0095])
def test_a_frequent_waveform_that_two_others_add_up_to_is_one_unit(apart_s):
    signal = noise(round(180.0 * FS), FS, seed=4)
    times = spread_times(180.0, 60.0, 4, apart_s=0.4)
    turn = np.arange(times.size) % 8
    first = add_potentials(signal, FS, times[np.isin(turn, (0, 2, 4))], 200.0, shapes=SHAPES[:1])
    other = add_potentials(signal, FS, times[np.isin(turn, (1, 3, 5))], 160.0, shapes=SHAPES[1:2])
    both = add_potentials(signal, FS, times[turn == 6], 200.0, shapes=SHAPES[:1])
    add_potentials(signal, FS, times[turn == 6] + apart_s, 160.0, shapes=SHAPES[1:2])
    result = score(found(signal, FS), as_truth(np.concatenate([first, other, both])), FS)
    assert (result.missed, result.false_positives) == (0, 0)
