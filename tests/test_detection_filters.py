"""Biquads, held against scipy's designs and against their own definition."""

import math

import numpy as np
import pytest
from scipy import signal

from fasciscope.detection import filters

RATES = [250.0, 500.0, 1000.0, 2000.0, 10_000.0]


def as_sos(sections):
    return np.insert(sections, 3, 1.0, axis=1)


@pytest.mark.parametrize("fs_hz", RATES)
def test_the_high_pass_is_scipys_butterworth(fs_hz):
    mine = as_sos(filters.highpass(20.0, fs_hz, math.sqrt(0.5))[np.newaxis])
    theirs = signal.butter(2, 20.0, "highpass", fs=fs_hz, output="sos")
    assert np.allclose(mine, theirs, atol=1e-12)


@pytest.mark.parametrize("fs_hz", [1000.0, 2000.0, 10_000.0])
def test_the_band_is_scipys_butterworth_high_and_low_pass(fs_hz):
    sections = filters.band_sections(20.0, 350.0, fs_hz)
    f = np.linspace(1.0, 0.49 * fs_hz, 400)
    _, high = signal.sosfreqz(
        signal.butter(2, 20.0, "highpass", fs=fs_hz, output="sos"), f, fs=fs_hz
    )
    _, low = signal.sosfreqz(signal.butter(4, 350.0, fs=fs_hz, output="sos"), f, fs=fs_hz)
    mine = np.array([filters.response(sections, at, fs_hz) for at in f])
    assert np.allclose(mine, high * low, atol=1e-9)


def test_the_low_pass_is_left_out_near_half_the_rate():
    assert len(filters.band_sections(20.0, 350.0, 500.0)) == 1
    assert len(filters.band_sections(20.0, 350.0, 880.0)) == 3


@pytest.mark.parametrize("fs_hz", RATES)
@pytest.mark.parametrize("f_hz", [40.0, 90.0])
def test_the_delay_is_scipys_group_delay(fs_hz, f_hz):
    sections = filters.band_sections(20.0, 350.0, fs_hz)
    theirs = sum(
        signal.group_delay((row[:3], np.array([1.0, *row[3:]])), [f_hz], fs=fs_hz)[1][0]
        for row in sections
    )
    assert filters.delay_samples(sections, f_hz, fs_hz) == pytest.approx(theirs, abs=0.01)


@pytest.mark.parametrize("fs_hz", RATES)
def test_every_band_is_stable(fs_hz):
    for corner in (5.0, 20.0, 60.0):
        for row in filters.band_sections(corner, 350.0, fs_hz):
            assert np.abs(np.roots([1.0, row[3], row[4]])).max() < 1.0
