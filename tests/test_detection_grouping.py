"""The loops of `families`, held against the plain way of saying the same."""

import numpy as np
import pytest

from detection_cases import gabor
from fasciscope.detection import grouping
from fasciscope.detection.families import NOISE_LIMIT, VARIATION, Grouper
from fasciscope.detection.shifting import delayed

FS = 2000.0
LIMITS = (NOISE_LIMIT, VARIATION)


def waves(n, noise_uv=6.0, seed=0):
    """Three shapes in turn, at places half a sample apart, in noise; and the shapes themselves."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(-66, 67) / FS
    known = np.array(
        [size * gabor(time_s, f, 0.3) for size, f in ((200, 70), (150, 110), (90, 60))]
    )
    later = rng.integers(-4, 5, n) / 2
    shapes = delayed(known[np.arange(n) % 3].astype(np.float32), later)
    shapes += rng.normal(0.0, noise_uv, shapes.shape).astype(np.float32)
    return shapes, later, known.astype(np.float32)


def least_difference(shape, template, grid):
    """Try every shift and fraction: the least mean squared difference, and where it lies."""
    fine, first, stop, reach, _, stride = grid
    tried = []
    for shift in range(-reach, reach + 1):
        for q in range(fine):
            other = delayed(template[None], np.array([q / fine]))[0, first:stop:stride]
            part = shape[first + shift : stop + shift : stride]
            tried.append((float(((part - other) ** 2).mean()), shift + q / fine))
    return min(tried)


def test_each_shape_goes_to_the_template_that_differs_least():
    shapes, later, known = waves(24)
    grid = Grouper(FS).grid(shapes)
    labels, offsets = grouping.assign(shapes, known, np.full(24, 36.0), grid, LIMITS)
    for shape, label, offset in zip(shapes, labels, offsets, strict=True):
        tried = [least_difference(shape, template, grid) for template in known]
        best = int(np.argmin([difference for difference, _ in tried]))
        assert (label, offset) == (best + 1, tried[best][1])
    np.testing.assert_allclose(offsets, later, atol=1.0)


def test_what_differs_by_more_than_noise_goes_to_none():
    shapes, _, known = waves(6, noise_uv=30.0)
    grid = Grouper(FS).grid(shapes)
    labels, _ = grouping.assign(shapes, known, np.full(6, 36.0), grid, LIMITS)
    assert not labels.any()
    labels, offsets = grouping.assign(shapes, known[:0], np.full(6, 36.0), grid, LIMITS)
    assert not labels.any()
    assert not offsets.any()


@pytest.mark.parametrize("most", [1, 2, 40])
def test_templates_begin_with_the_first_shape_that_fits_none(most):
    shapes, _, known = waves(30)
    grid = Grouper(FS).grid(shapes)
    found = grouping.seeds(shapes, np.full(30, 36.0), grid, LIMITS, 3, most)
    assert len(found) == min(most, 3)
    for template, shape in zip(found, known, strict=False):
        assert least_difference(template, shape, grid)[0] < 36.0


def test_two_of_a_shape_are_too_few_for_a_template():
    shapes, _, _ = waves(6)
    grid = Grouper(FS).grid(shapes)
    assert len(grouping.seeds(shapes, np.full(6, 36.0), grid, LIMITS, 3, 40)) == 0
    assert len(grouping.seeds(shapes, np.full(6, 36.0), grid, LIMITS, 2, 40)) == 3


def test_of_two_like_templates_the_more_frequent_stays():
    _, _, known = waves(3)
    templates = np.concatenate([known, delayed(known[:1], np.array([1.5]))])
    grid = Grouper(FS).grid(templates)
    counts = np.array([5, 9, 7, 20])
    order = np.argsort(-counts, kind="stable")
    kept = grouping.distinct(templates, counts, order, 36.0, grid, VARIATION)
    assert kept.tolist() == [False, True, True, True]


def test_power_is_the_mean_square_of_a_part():
    shapes, _, _ = waves(4)
    expected = (shapes[:, 20:90].astype(np.float64) ** 2).mean(axis=1)
    np.testing.assert_allclose(grouping.power(shapes, 20, 90), expected, rtol=1e-12)
