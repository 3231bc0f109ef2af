"""Sinusoids fitted by least squares, held against numpy's and against the truth."""

import numpy as np
import pytest

from detection_cases import noise
from fasciscope.detection import sinusoids

FS = 1000.0


def plainly(turn, x):
    """Iteratively reweighted least squares as a textbook has it."""
    n = x.size
    good = np.isfinite(x)
    phase = np.arange(n)[:, None] * turn[None, :]
    drift = np.polynomial.legendre.legvander(np.linspace(-1, 1, n), 4)
    design = np.concatenate([np.cos(phase), np.sin(phase), drift], axis=1)
    y, weights = np.where(good, x, 0.0), good.astype(float)
    for _ in range(3):
        answer = np.linalg.lstsq(design * weights[:, None], y * weights, rcond=None)[0]
        residual = np.abs(y - design @ answer)
        scale = 1.5 * np.median(residual[good])
        weights = np.where(good, np.minimum(1.0, scale / residual), 0.0)
    return answer[: 2 * turn.size].reshape(2, turn.size)


@pytest.mark.parametrize("n_lines", [1, 3, 12])
@pytest.mark.parametrize("missing", [0, 200])
def test_the_fit_is_that_of_reweighted_least_squares(n_lines, missing):
    rng = np.random.default_rng(n_lines)
    turn = 2 * np.pi * np.linspace(20.0, 430.0, n_lines + 1)[:-1] / FS
    x = noise(1000, FS, seed=5) + np.linspace(-30, 80, 1000) ** 2 / 50.0
    for k, one in enumerate(turn):
        x += rng.uniform(5, 60) * np.cos(one * np.arange(1000) + k)
    x[400:410] += 400.0
    x[700 : 700 + missing] = np.nan
    np.testing.assert_allclose(sinusoids.fit(turn, x), plainly(turn, x), rtol=1e-6, atol=1e-6)


def test_a_potential_hardly_moves_the_fit():
    phase = 2 * np.pi * 50.0 / FS * np.arange(1000)
    x = noise(1000, FS, 2.0, seed=6) + 40.0 * np.cos(phase) + 10.0 * np.sin(phase)
    x[500:510] += 2000.0
    weights = sinusoids.fit(np.array([2 * np.pi * 50.0 / FS]), x)
    np.testing.assert_allclose(weights[:, 0], [40.0, 10.0], atol=0.5)


def test_nothing_is_made_of_a_signal_that_is_mostly_missing():
    x = noise(1000, FS, seed=7)
    x[:600] = np.nan
    assert not sinusoids.fit(np.array([0.3, 0.6]), x).any()
    assert not sinusoids.fit(np.array([0.3]), np.empty(0)).any()
