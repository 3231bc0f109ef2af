"""Late waves: what follows a family at one distance again and again is a part of it."""

import numpy as np

from fasciscope.detection import candidates as c
from fasciscope.detection.satellites import late_waves

FS = 2000.0
N_SAMPLES = round(600 * FS)


def potentials(*groups):
    """Rows and labels of (label, times in s, energy) groups, sorted by their peaks."""
    parts = []
    for label, times_s, energy in groups:
        rows = np.zeros((len(times_s), c.N_CANDIDATE))
        rows[:, c.PEAK] = np.round(np.asarray(times_s) * FS)
        rows[:, c.ENERGY] = energy
        parts.append((rows, np.full(len(times_s), label)))
    rows, labels = np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])
    order = np.argsort(rows[:, c.PEAK], kind="stable")
    return rows[order], labels[order]


def found(*groups):
    rows, labels = potentials(*groups)
    return late_waves(rows, labels, N_SAMPLES, FS), labels


def at(n, seed):
    return np.sort(np.random.default_rng(seed).uniform(1, 590, n))


def test_a_smaller_wave_at_one_distance_is_a_part_of_what_it_follows():
    main = at(100, 1)
    jitter = np.random.default_rng(2).uniform(-0.0004, 0.0004, 30)
    late, labels = found((1, main, 100.0), (2, main[:30] + 0.020 + jitter, 20.0))
    assert late[labels == 2].all()
    assert not late[labels == 1].any()


def test_what_follows_now_here_now_there_stays():
    main, distances = at(100, 1), np.random.default_rng(3).uniform(0.010, 0.038, 30)
    assert not found((1, main, 100.0), (2, main[:30] + distances, 20.0))[0].any()


def test_the_others_of_its_family_stay():
    main, own = at(60, 1), at(40, 4)
    late, _ = found((1, main, 100.0), (2, np.concatenate([main[:20] + 0.015, own]), 20.0))
    assert late.sum() == 20


def test_a_unit_that_fires_twice_a_larger_one_and_a_few_stay():
    main = at(100, 1)
    assert not found((1, np.concatenate([main, main[:30] + 0.020]), 100.0))[0].any()
    assert not found((1, main, 100.0), (2, main[:30] + 0.020, 200.0))[0].any()
    assert not found((1, main, 100.0), (2, main[:7] + 0.020, 20.0))[0].any()
    assert not found((1, main, 100.0), (2, main[:30] + 0.060, 20.0))[0].any()


def test_frequent_families_meet_by_chance():
    for seed in range(20):
        assert not found((1, at(600, seed), 100.0), (2, at(600, 50 + seed), 20.0))[0].any()


def test_nothing_has_no_late_waves():
    assert found((0, [], 0.0))[0].size == 0
