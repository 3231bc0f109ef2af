"""Shapes: a family vouches for its waveform, but not for a step in its likeness."""

import numpy as np
import pytest

from detection_cases import gabor, hermite, in_blocks, noise
from fasciscope.analysis import detect
from fasciscope.detection import candidates as c
from fasciscope.detection.families import Grouper
from fasciscope.detection.peeling import Peeler
from fasciscope.detection.shape import ALONE_S, misshapen, tallest
from fasciscope.detection.verdict import mostly_lost
from fasciscope.recording import from_array
from fasciscope.scoring import score
from fasciscope.simulation import simulate

FS = 2000.0


def rows(n, step=0.0):
    """Rows of a potential of 200 µV a second apart, 10 ms wide, in noise of 5 µV."""
    out = np.zeros((n, c.N_CANDIDATE))
    out[:, c.PEAK] = 2000.0 * np.arange(1, n + 1)
    out[:, c.DEFLECTION], out[:, c.FLOOR], out[:, c.SHARPNESS] = 150.0, 25.0, 90.0
    out[:, c.WIDTH], out[:, c.RISE], out[:, c.FALL], out[:, c.STEP] = 20.0, 6.0, 6.0, step
    return out


def test_a_step_is_no_potential_though_it_is_in_the_likeness_of_a_family():
    some = rows(7)
    some[3, c.STEP] = 1.2
    family = np.ones(7, dtype=np.int64)
    assert not misshapen(some, family, FS).any()
    np.testing.assert_array_equal(misshapen(some, family, FS, tallest(some, FS)), np.arange(7) == 3)


def test_a_family_vouches_for_its_own_step_and_for_swings_around_one():
    some = rows(7, step=0.2)
    some[2, c.STEP], some[4, c.SWING] = 0.6, 3.0
    assert not misshapen(some, np.ones(7, dtype=np.int64), FS, tallest(some, FS)).any()
    assert misshapen(some, np.zeros(7, dtype=np.int64), FS)[[2, 4]].all()


def test_what_is_around_a_smaller_neighbour_is_not_its_own():
    some = rows(4)
    some[1, c.PEAK] = some[0, c.PEAK] + 0.9 * ALONE_S * FS
    some[1, c.DEFLECTION] = -100.0
    np.testing.assert_array_equal(tallest(some, FS), [True, False, True, True])


@pytest.mark.parametrize(("step", "believed"), [(0.0, 1), (1.5, 0)])
def test_a_template_must_explain_nearly_all_of_what_looks_like_a_step(step, believed):
    time_s = np.arange(-64, 65) / FS
    template = 200.0 * gabor(time_s, 70.0)
    whole = np.zeros(400)
    whole[136:265] = template + 0.45 * 200.0 * hermite(time_s - 0.018, 1, 0.004)
    some = rows(2, step)
    some[:, c.PEAK], some[:, c.SCORE] = [200, 240], 100.0
    some[:, c.ENERGY], some[:, c.FLOOR] = [5000.0, 1000.0], 1.0
    shapes = np.array([whole[136:265], whole[176:305]], dtype=np.float32)
    peeler = Peeler(template[None].astype(np.float32), Grouper(FS), FS, 17.0)
    fitted, _ = peeler.resolve(some, shapes, np.arange(2))
    assert len(fitted) == believed


def test_a_charge_that_leaks_away_from_a_rail_is_no_potential():
    some = rows(2)
    some[:, c.RAILED], some[:, c.RISE], some[:, c.FALL] = 5.0, 2.0, [2.0, 7.0]
    np.testing.assert_array_equal(misshapen(some, np.zeros(2, dtype=np.int64), FS), [False, True])


def test_a_fall_is_measured_from_where_a_rail_is_left():
    time_s = np.arange(round(8 * FS)) / FS
    clipped = noise(time_s.size, FS, 3.0, seed=1)
    clipped += 5000.0 * hermite(time_s - 4.0, 2, 0.006)
    _, detector = in_blocks(from_array(np.clip(clipped, -1000.0, 1000.0)[:, None], FS), 999)
    row = np.concatenate(detector.channels[0].rows)
    assert row[np.argmax(row[:, c.SCORE]), c.FALL] < 0.002 * FS


def test_a_family_that_is_mostly_lost_to_movement_vouches_for_nobody():
    labels = np.array([1, 1, 1, 1, 2, 2, 2, 2, 0])
    lost = np.array([1, 1, 1, 0, 1, 1, 0, 0, 1], dtype=bool)
    np.testing.assert_array_equal(mostly_lost(labels, lost), np.arange(9) < 4)


@pytest.mark.parametrize("seed", [1, 2])
def test_movements_and_pops_make_hardly_any_twitch(seed):
    made = simulate("movement", seconds=300.0, seed=seed)
    result = score(detect(made.recording).events, made.truth, made.recording.info.fs_hz)
    assert result.false_positives <= 6
    assert result.missed <= 2


def test_only_what_is_taller_and_near_hides_a_row():
    rng = np.random.default_rng(8)
    some = rows(60)
    some[:, c.PEAK] = np.sort(rng.integers(0, 8000, 60))
    some[:, c.DEFLECTION] = rng.choice([-1.0, 1.0], 60) * rng.integers(50, 60, 60)
    near = np.abs(some[:, None, c.PEAK] - some[None, :, c.PEAK]) <= ALONE_S * FS
    tall = np.abs(some[:, c.DEFLECTION])
    expected = [bool((tall[j] >= tall[near[j]]).all()) for j in range(60)]
    assert 5 < sum(expected) < 55
    np.testing.assert_array_equal(tallest(some, FS), expected)


@pytest.mark.parametrize("column", [c.STEP, c.SHARPNESS])
def test_a_family_of_five_is_judged_by_its_median_and_four_rows_each_by_their_own(column):
    odd = {c.STEP: 0.5, c.SHARPNESS: 400.0}[column]
    some = rows(9)
    some[[0, 1, 5, 6, 7], column] = odd  # two of five, three of four
    labels = np.array([1] * 5 + [2] * 4)
    np.testing.assert_array_equal(misshapen(some, labels, FS), np.isin(np.arange(9), [5, 6, 7]))
    some[2, column] = odd
    np.testing.assert_array_equal(misshapen(some, labels, FS), np.arange(9) < 8)
