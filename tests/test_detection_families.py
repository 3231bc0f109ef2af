"""Families: known shapes come back as so many groups, and noise as none."""

import numpy as np
import pytest

from detection_cases import gabor, hermite, noise
from fasciscope.detection.families import describe, group
from fasciscope.scoring import adjusted_rand

FS = 2000.0
HALF = 64
KNOWN = (
    lambda t: gabor(t, 110.0, 0.2, 0.003),
    lambda t: hermite(t, 2, 0.005),
    lambda t: -gabor(t, 60.0, 1.2, 0.005),
    lambda t: gabor(t, 150.0, 2.2, 0.004),
)


def snippets(n_each, shapes=KNOWN, noise_uv=5.0, size_uv=120.0, jitter=1.0, fs_hz=FS, seed=0):
    """Shapes at random sub-sample places in noise; their true families and offsets (samples)."""
    rng = np.random.default_rng(seed)
    half = round(0.032 * fs_hz)
    t = np.arange(-half, half + 1) / fs_hz
    truth = rng.permutation(np.repeat(np.arange(len(shapes)), n_each))
    offsets = rng.uniform(-jitter, jitter, truth.size)
    waves = np.array(
        [size_uv * shapes[k](t - o / fs_hz) for k, o in zip(truth, offsets, strict=True)]
    )
    waves = waves + noise_uv * rng.standard_normal(waves.shape)
    return waves.astype(np.float32), truth + 1, offsets


@pytest.mark.parametrize("fs_hz", [1000.0, 2000.0, 8000.0])
@pytest.mark.parametrize("n_shapes", [1, 2, 4])
def test_the_number_of_shapes_is_found_and_each_potential_put_right(fs_hz, n_shapes):
    shapes, truth, _ = snippets(25, KNOWN[:n_shapes], fs_hz=fs_hz)
    found = group(shapes, np.full(len(shapes), 25.0), fs_hz)
    assert len(found.templates) == n_shapes
    assert (found.labels > 0).mean() > 0.95
    grouped = found.labels > 0
    assert adjusted_rand(truth[grouped], found.labels[grouped]) > 0.97


def test_small_potentials_in_noise_are_grouped_too():
    shapes, truth, _ = snippets(60, KNOWN[:3], noise_uv=10.0, size_uv=70.0)
    found = group(shapes, np.full(len(shapes), 100.0), FS)
    grouped = found.labels > 0
    assert grouped.mean() > 0.93
    assert adjusted_rand(truth[grouped], found.labels[grouped]) > 0.95


def test_alignment_is_better_than_a_sample():
    shapes, _, offsets = snippets(40, KNOWN[:1], noise_uv=3.0)
    found = group(shapes, np.full(len(shapes), 9.0), FS)
    error = (found.offsets - offsets) - np.median(found.offsets - offsets)
    assert np.abs(error).max() <= 0.5
    assert error.std() < 0.3


def test_the_other_polarity_is_another_family():
    shapes, truth, _ = snippets(20, (KNOWN[0], lambda t: -KNOWN[0](t)))
    found = group(shapes, np.full(len(shapes), 25.0), FS)
    assert len(found.templates) == 2
    assert adjusted_rand(truth, found.labels) > 0.97


def test_another_size_of_the_same_shape_is_another_family():
    shapes, truth, _ = snippets(20, (KNOWN[0], lambda t: 0.5 * KNOWN[0](t)))
    found = group(shapes, np.full(len(shapes), 25.0), FS)
    assert len(found.templates) == 2
    assert adjusted_rand(truth, found.labels) > 0.97


def test_the_order_of_the_potentials_does_not_matter():
    shapes, _, _ = snippets(20)
    noise_uv2 = np.full(len(shapes), 25.0)
    order = np.random.default_rng(1).permutation(len(shapes))
    one, other = group(shapes, noise_uv2, FS), group(shapes[order], noise_uv2, FS)
    assert adjusted_rand(one.labels[order], other.labels) == 1.0


def test_shapes_that_never_come_again_are_not_grouped():
    rng = np.random.default_rng(2)
    t = np.arange(-HALF, HALF + 1) / FS
    shapes = np.array(
        [
            150
            * gabor(t, rng.uniform(50, 180), rng.uniform(0, 6.3), rng.uniform(0.002, 0.006))
            * rng.uniform(0.5, 3)
            for _ in range(12)
        ]
    )
    shapes = (shapes + 4 * rng.standard_normal(shapes.shape)).astype(np.float32)
    assert (group(shapes, np.full(12, 16.0), FS).labels > 0).sum() <= 3


@pytest.mark.parametrize("n", [0, 1, 2])
def test_too_few_to_tell_are_not_grouped(n):
    shapes, _, _ = snippets(5, KNOWN[:1])
    found = group(shapes[:n], np.full(n, 25.0), FS)
    assert found.labels.tolist() == [0] * n
    assert found.templates.shape[0] == 0


def test_templates_are_the_shapes_with_less_noise():
    shapes, truth, _ = snippets(60, KNOWN[:1], noise_uv=8.0)
    found = group(shapes, np.full(len(shapes), 64.0), FS)
    t = np.arange(-HALF, HALF + 1) / FS
    errors = [
        np.sqrt(np.mean((found.templates[0] - 120.0 * KNOWN[0](t - shift / FS)) ** 2))
        for shift in np.linspace(-2, 2, 41)
    ]
    assert truth.size == 60
    assert min(errors) < 3.0


def test_a_family_is_described_by_its_mean_and_spread():
    shapes, _, offsets = snippets(300, KNOWN[:1], noise_uv=6.0)
    family = describe(1, 250, shapes, offsets, np.linspace(80, 120, 300))
    assert (family.channel, family.count) == (1, 250)
    assert family.amplitude_uv == pytest.approx(100.0)
    inner = slice(10, -10)
    assert np.median(family.spread_uv[inner]) == pytest.approx(6.0, rel=0.15)
    assert abs(family.peak_offset - HALF) <= 4
    assert np.abs(family.waveform_uv).max() == pytest.approx(
        120 * np.abs(KNOWN[0](np.arange(-0.03, 0.03, 1e-4))).max(), rel=0.05
    )


@pytest.mark.parametrize("n", [1, 2, 3, 4, 50, 51])
def test_the_spread_is_that_of_the_quartiles(n):
    shapes, _, _ = snippets(n, KNOWN[:1])
    family = describe(0, n, shapes, np.zeros(n), np.ones(n))
    low, high = np.quantile(shapes.astype(np.float64), [0.25, 0.75], axis=0)
    np.testing.assert_allclose(family.spread_uv, (high - low) / 1.349, atol=1e-12)
    np.testing.assert_allclose(family.waveform_uv, shapes.mean(axis=0, dtype=np.float64))


def test_noise_snippets_make_no_large_family():
    y = noise(200_000, FS, 5.0, seed=6).astype(np.float32)
    shapes = y[: 129 * 100].reshape(100, 129)
    found = group(shapes * 6, np.full(100, 25.0), FS)
    assert np.bincount(found.labels, minlength=2)[1:].max() <= 5
