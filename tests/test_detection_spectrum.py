"""The spectrum's lines, held against the plain way of saying the same."""

import numpy as np
import pytest

from detection_cases import noise
from fasciscope.detection import spectrum

FS = 1000.0


def plainly(power, first, last, half, stands_out):
    """Bins above the middle of three medians, the largest of five neighbours."""
    medians = [
        np.sort(power[j * half : (j + 1) * half])[half // 2] for j in range(len(power) // half)
    ]
    found = []
    for k in range(first, last):
        here = min(k // half, len(medians) - 1)
        around = [medians[min(max(here + d, 0), len(medians) - 1)] for d in (-1, 0, 1)]
        if power[k] > stands_out * np.sort(around)[1] and power[k] == power[k - 2 : k + 3].max():
            found.append(k)
    return found


@pytest.mark.parametrize("stands_out", [3.0, 6.0, 13.0])
@pytest.mark.parametrize("colour", [0.0, 2.0])
def test_no_bin_that_stands_out_is_passed_over(colour, stands_out):
    seen = 0
    for seed in range(20):
        x = noise(4000, FS, colour=colour, seed=seed).astype(np.float32)
        spectra = np.fft.rfft(np.stack([x, x]), axis=1).astype(np.complex64)
        power = spectra[0].real ** 2 + spectra[0].imag ** 2
        expected = plainly(power, 48, 1800, 20, stands_out)
        found = spectrum.tops(spectra, 48, 1800, 20, stands_out, 4000, 0.0)
        assert set(np.round(found).astype(int)) <= {k + d for k in expected for d in (-1, 0, 1)}
        assert len(found) == len(expected)
        strongest = sorted(expected, key=lambda k: -power[k])
        assert np.abs(found - strongest).max(initial=0.0) <= 0.5
        seen += len(expected)
    assert seen > (0 if stands_out == 13.0 else 50)


def test_a_line_seen_in_both_spectra_is_told_once_and_with_the_first():
    t = np.arange(4000) / FS
    window = np.hanning(4000)
    tone = [np.cos(2 * np.pi * f_hz * t) for f_hz in (60.0, 97.0, 150.0)]
    quiet = noise(4000, FS, 0.1, seed=3)
    first, second = quiet + tone[0] + 2 * tone[1], quiet + 5 * tone[0] + 3 * tone[2]
    rows = (np.stack([first, second]) * window).astype(np.float32)
    found = spectrum.tops(
        np.fft.rfft(rows, axis=1).astype(np.complex64), 48, 1800, 20, 50.0, 24, 3.2
    )
    np.testing.assert_allclose(found / 4.0, [97.0, 60.0, 150.0], atol=0.05)
    fewer = spectrum.tops(
        np.fft.rfft(rows, axis=1).astype(np.complex64), 48, 1800, 20, 50.0, 2, 3.2
    )
    np.testing.assert_allclose(fewer / 4.0, [97.0, 60.0], atol=0.05)


def test_steps_are_clipped_at_four_typical_ones_and_missing_samples_stand_still():
    x = np.cumsum(np.random.default_rng(4).standard_normal(401))
    x[200:] += 50.0
    x[300] = np.nan
    step = np.diff(x)
    step[~np.isfinite(step)] = 0.0
    limit = 4.0 * np.median(np.abs(step[::4]))
    window = np.linspace(0.5, 1.5, 400).astype(np.float32)
    out = np.empty((2, 401), dtype=np.float32)
    assert spectrum.prepare(x, window, out)
    np.testing.assert_allclose(out[0, :-1], np.clip(step, -limit, limit) * window, rtol=1e-6)
    np.testing.assert_allclose(out[1, :-1], step * window, rtol=1e-6)
    assert not out[:, -1].any()


def test_a_signal_that_stands_still_is_known():
    out = np.empty((2, 401), dtype=np.float32)
    assert not spectrum.prepare(np.ones(401), np.ones(400, dtype=np.float32), out)
    assert not spectrum.prepare(np.full(401, np.nan), np.ones(400, dtype=np.float32), out)
