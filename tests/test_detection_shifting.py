"""Moving by parts of a sample, held against the Fourier transform that it stands for."""

import numpy as np
import pytest

from fasciscope.detection import shifting


def by_transform(shapes, samples):
    """Rows filled up with zeros to a multiple of 32, the phases of their spectrum turned."""
    n = shapes.shape[1]
    period = -(-n // 32) * 32
    turn = np.exp(-2j * np.pi * np.fft.rfftfreq(period)[None, :] * np.asarray(samples)[:, None])
    spectrum = np.fft.rfft(shapes.astype(np.float64), period, axis=1)
    return np.fft.irfft(spectrum * turn, period, axis=1)[:, :n]


def some(n, length, fine, seed=0):
    rng = np.random.default_rng(seed)
    shapes = rng.standard_normal((n, length)).astype(np.float32)
    return shapes, rng.integers(-20 * fine, 20 * fine, n) / fine


@pytest.mark.parametrize("length", [17, 32, 133, 651])
@pytest.mark.parametrize("fine", [1, 2, 3, 16])
def test_a_delay_is_that_of_the_fourier_transform(length, fine):
    shapes, samples = some(12, length, fine)
    moved = shifting.delayed(shapes, samples)
    assert moved.dtype == np.float32
    np.testing.assert_allclose(moved, by_transform(shapes, samples), atol=5e-6)


def test_whole_samples_only_move_the_values():
    shapes, _ = some(3, 133, 1)
    moved = shifting.delayed(shapes, np.array([0.0, 5.0, -3.0]))
    np.testing.assert_array_equal(moved[0], shapes[0])
    np.testing.assert_array_equal(moved[1, 5:], shapes[1, :-5])
    np.testing.assert_array_equal(moved[2, :-3], shapes[2, 3:])
    assert not moved[1, :5].any()
    assert not moved[2, -3:].any()


def test_what_rounding_leaves_of_a_whole_sample_is_nothing():
    shapes, _ = some(2, 65, 1)
    moved = shifting.delayed(shapes, np.array([4.0 - 1e-13, -2.0 + 1e-13]))
    np.testing.assert_array_equal(moved, shifting.delayed(shapes, np.array([4.0, -2.0])))


@pytest.mark.parametrize("fine", [1, 2, 5])
def test_finer_rows_come_in_order(fine):
    shapes, _ = some(3, 70, fine)
    parts = np.tile(np.arange(fine) / fine, 3)
    expected = by_transform(np.repeat(shapes, fine, axis=0), parts)
    np.testing.assert_allclose(shifting.finer(shapes, fine), expected, atol=5e-6)


@pytest.mark.parametrize("fine", [1, 2, 3, 8])
def test_a_mean_is_that_of_the_members_brought_forward(fine):
    shapes, later = some(30, 133, fine)
    labels = np.arange(30) % 4
    labels[labels == 2] = 0  # the second family is empty, and so is the fourth
    found = shifting.means(shapes, labels, later, 4)
    moved = by_transform(shapes, -later)
    assert found.shape == (2, 133)
    for row, k in zip(found, (1, 3), strict=True):
        np.testing.assert_allclose(row, moved[labels == k].mean(axis=0), atol=2e-6)
