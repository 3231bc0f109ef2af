"""The wavelets, and the law of their power in noise that sets the false alarms."""

import numpy as np
import pytest

from detection_cases import noise
from fasciscope.detection import score

FS = 2000.0


def powers(y, fs_hz, spacing_s=0.05):
    """Power of each atom at places so far apart that they are independent, shape (n, n_atoms)."""
    cosine, sine, half = score.atoms(fs_hz)
    y = y.astype(np.float32)
    margin = int(half.max())
    places = range(margin, y.size - margin, round(spacing_s * fs_hz))
    return np.array(
        [
            [
                score.power_at(y, p, cosine[k, : 2 * half[k] + 1], sine[k, : 2 * half[k] + 1])
                for k in range(half.size)
            ]
            for p in places
        ]
    )


@pytest.mark.parametrize("fs_hz", [250.0, 500.0, 2000.0, 10_000.0])
def test_atoms_have_unit_energy_no_mean_and_right_angles(fs_hz):
    cosine, sine, half = score.atoms(fs_hz)
    assert np.allclose((cosine**2).sum(axis=1), 1.0, atol=1e-5)
    assert np.allclose((sine**2).sum(axis=1), 1.0, atol=1e-5)
    assert np.allclose((cosine * sine).sum(axis=1), 0.0, atol=1e-5)
    assert np.allclose(cosine.sum(axis=1), 0.0, atol=1e-4)
    assert 2 * half.max() + 1 == cosine.shape[1]


@pytest.mark.parametrize("fs_hz", [500.0, 2000.0, 10_000.0])
def test_white_noise_gives_its_own_variance_in_every_atom(fs_hz):
    y = noise(round(120 * fs_hz), fs_hz, 8.0, seed=1)
    assert np.allclose(powers(y, fs_hz).mean(axis=0), 64.0, rtol=0.12)


@pytest.mark.parametrize("colour", [0.0, 1.0, 2.0])
def test_power_in_noise_of_any_colour_is_exponential(colour):
    values = powers(noise(round(300 * FS), FS, colour=colour, seed=2), FS)
    values /= values.mean(axis=0)
    for p in (0.25, 0.5, 0.9, 0.99):
        expected = -np.log(1.0 - p)
        assert np.allclose(np.quantile(values, p, axis=0), expected, rtol=0.15), p


@pytest.mark.parametrize("colour", [0.0, 1.5])
def test_the_learned_noise_of_each_atom_is_its_mean_power(colour):
    y = noise(round(120 * FS), FS, 8.0, colour=colour, seed=3).astype(np.float32)
    frame, n = 1000, 230
    bank = score.AtomBank(FS)
    floors = np.full(n, float(np.var(y)))
    learned = bank.noise(y, 2000, frame, floors, np.ones(n), 0.0)
    assert learned.shape == (n, bank.half.size)
    assert np.allclose(learned[-100:].mean(axis=0), powers(y, FS).mean(axis=0), rtol=0.15)


def test_the_learned_noise_follows_the_floor_and_not_activity():
    y = noise(round(60 * FS), FS, 8.0, seed=4).astype(np.float32)
    frame, n = 1000, 110
    active = np.zeros(n)
    active[60:80] = 1.0
    y[2000 + 60 * frame : 2000 + 80 * frame] *= 20.0
    bank = score.AtomBank(FS)
    learned = bank.noise(y, 2000, frame, np.full(n, 64.0), 1.0 - active, 0.0)
    assert np.allclose(learned[60:], learned[59], rtol=0.4)


@pytest.mark.parametrize("f_hz", [38.0, 85.0, 192.0])
def test_a_matching_wave_is_scored_by_its_energy_over_the_noise(f_hz):
    cosine, sine, half = score.atoms(FS)
    k = score.ATOMS_HZ.index(f_hz)
    y = np.zeros(2000, dtype=np.float32)
    y[1003 - half[k] : 1003 + half[k] + 1] = 30.0 * cosine[k, : 2 * half[k] + 1]
    value, place, atom = score.best_fit(y, 1000, 12, 1, cosine, sine, half, np.full(half.size, 4.0))
    assert (place, atom) == (1003, k)
    assert value == pytest.approx(0.5 * 900.0 / 4.0, rel=1e-3)


def test_every_potential_of_one_to_four_phases_keeps_most_of_its_energy():
    cosine, sine, half = score.atoms(FS)
    t = np.arange(-200, 201) / FS
    for width_s in (0.002, 0.003, 0.0045):
        z = t / width_s
        bell = np.exp(-0.5 * z**2)
        for shape in (z * bell, (1 - z**2) * bell, (z**3 - 3 * z) * bell):
            y = np.zeros(2000, dtype=np.float32)
            y[800:1201] = shape / np.sqrt((shape**2).sum())
            value, _, _ = score.best_fit(y, 1000, 12, 1, cosine, sine, half, np.ones(half.size))
            assert 2 * value > 0.7


def brute_maxima(energy, first, stop, reach, limits, frame):
    out = []
    for i in range(first, stop):
        around = energy[i - reach : i + reach + 1]
        if energy[i] > limits[(i - first) // frame] and i == i - reach + int(np.argmax(around)):
            out.append(i)
    return out


@pytest.mark.parametrize("seed", range(8))
def test_maxima_are_those_that_a_plain_search_finds(seed):
    rng = np.random.default_rng(seed)
    energy = rng.integers(0, 12, 900).astype(np.float32)
    limits = rng.uniform(3, 9, 8)
    out = np.empty(500, dtype=np.int64)
    n = score.maxima(energy, 50, 850, 4, limits, 100, out)
    assert out[:n].tolist() == brute_maxima(energy, 50, 850, 4, limits, 100)
