"""The one pass over the samples, held against the same steps in numpy and scipy."""

import math

import numpy as np
import pytest
from scipy import signal

from detection_cases import noise
from fasciscope.detection import filters, following, kernels, lines

FS = 2000.0
HOP = 20
BOX = 10
DC_GAIN = 2 * math.pi / FS


class FrontEnd:
    """The kernel's state for one channel, with plain arrays out."""

    def __init__(self, fs_hz=FS, table=None, rails=(-math.inf, math.inf), level_uv=6.0):
        self.fs_hz = fs_hz
        self.sections = filters.band_sections(20.0, 350.0, fs_hz)
        self.delay_line = np.zeros((len(self.sections), 2))
        self.state = np.zeros(kernels.N_STATE)
        self.rings = np.zeros((2, BOX), dtype=np.float32)
        self.table = np.zeros((following.N_LINE, 0)) if table is None else table
        self.rails = rails
        self.state[kernels.LEVEL] = level_uv

    def run(self, x):
        u, y, energy = (np.zeros(x.size, dtype=np.float32) for _ in range(3))
        hops = np.empty((x.size // HOP, kernels.N_HOP))
        kernels.front_end(
            x, self.sections, self.delay_line, self.state, self.rings, self.table,
            1.0 / (0.4 * self.fs_hz), 1.0 / (0.3 * self.fs_hz), DC_GAIN, *self.rails, HOP,
            u, y, energy, hops,
        )  # fmt: skip
        return u, y, energy, hops


def reference(x):
    """Drift, band, energy and hop power by scipy."""
    level = signal.lfilter([DC_GAIN], [1.0, DC_GAIN - 1.0], x - x[0])
    u = (x - x[0]) - np.concatenate([[0.0], level[:-1]])
    sos = np.insert(filters.band_sections(20.0, 350.0, FS), 3, 1.0, axis=1)
    y = signal.sosfilt(sos, u)
    triangle = np.convolve(np.ones(BOX), np.ones(BOX)) / BOX**2
    return u, y, np.convolve(y**2, triangle)[: x.size]


@pytest.fixture(scope="module")
def drifting():
    x = noise(8000, FS, seed=1) + 500.0 + np.linspace(0, 300, 8000)
    x[3000:3030] += 200.0
    return x


def test_drift_band_and_energy_are_what_scipy_computes(drifting):
    u, y, energy, _ = FrontEnd().run(drifting)
    for mine, theirs in zip((u, y, energy), reference(drifting), strict=True):
        assert np.allclose(mine, theirs, rtol=1e-4, atol=1e-3)


def test_hops_hold_mean_power_and_mean_squared_slope(drifting):
    _, _, _, hops = FrontEnd().run(drifting)
    y = reference(drifting)[1]
    slope = np.diff(y, prepend=0.0)
    assert np.allclose(hops[:, kernels.POWER], (y**2).reshape(-1, HOP).mean(axis=1), rtol=1e-6)
    assert np.allclose(hops[:, kernels.SLOPE], (slope**2).reshape(-1, HOP).mean(axis=1), rtol=1e-6)
    assert not hops[:, [kernels.MISSING, kernels.RAILED]].any()


@pytest.mark.parametrize("pieces", [1, 3, 50])
def test_pieces_give_the_same_bits_as_the_whole(drifting, pieces):
    x = drifting + 40 * np.sin(2 * np.pi * 50 * np.arange(8000) / FS)
    f_hz, sections = np.array([50.0, 150.0]), filters.band_sections(20.0, 350.0, FS)
    start = lines.start_lines(f_hz, x[:2000], sections, FS)
    whole = FrontEnd(table=start.copy()).run(x)
    front, size = FrontEnd(table=start.copy()), pieces * HOP
    parts = [front.run(x[first : first + size]) for first in range(0, x.size, size)]
    for k in range(4):
        assert np.array_equal(np.concatenate([part[k] for part in parts]), whole[k])


def test_missing_samples_are_counted_silent_and_forgotten(drifting):
    x = drifting.copy()
    x[4000:4050] = np.nan
    u, y, energy, hops = FrontEnd().run(x)
    for values in (u, y, energy):
        assert np.isfinite(values).all()
    assert not y[4000:4050].any()
    assert hops[200:203, kernels.MISSING].tolist() == [20, 20, 10]
    assert hops[:, kernels.MISSING].sum() == 50
    _, fresh, _, _ = FrontEnd().run(x[4050:])
    assert np.allclose(y[4050:7990], fresh[:3940], atol=1e-3)


def test_a_jump_over_a_gap_leaves_no_trace(drifting):
    x = noise(4000, FS, seed=2)
    x[2000:2040] = np.nan
    calm = FrontEnd().run(x)[1]
    x[2040:] += 5e4
    jumped = FrontEnd().run(x)[1]
    assert np.allclose(calm, jumped, atol=0.05)


def test_samples_at_the_rails_are_counted():
    x = noise(400, FS, seed=3)
    x[100:104], x[150:155] = 1000.0, -1200.0
    hops = FrontEnd(rails=(-1200.0, 1000.0)).run(x)[3]
    assert hops[:, kernels.RAILED].tolist() == [0] * 5 + [4, 0, 5] + [0] * 12


def test_the_run_of_equal_samples_is_counted_over_hops():
    x = noise(400, FS, seed=4)
    x[90:230] = x[89]
    flat = FrontEnd().run(x)[3][:, kernels.FLAT]
    assert flat[4:12].tolist() == [10, 30, 50, 70, 90, 110, 130, 0]


def test_after_a_huge_value_the_energy_comes_back_to_the_noise():
    x = noise(40_000, FS, seed=5)
    calm = FrontEnd().run(x)[2]
    x[5000] += 1e6
    struck = FrontEnd().run(x)[2]
    assert np.allclose(struck[20_000:], calm[20_000:], rtol=0.01, atol=0.05)


def tracked(x, f_hz):
    sections = filters.band_sections(20.0, 350.0, FS)
    table = lines.start_lines(np.asarray(f_hz), x[: round(10 * FS)], sections, FS)
    return FrontEnd(table=table).run(x)


@pytest.mark.parametrize(("offset_hz", "drift_hz"), [(0.0, 0.0), (0.05, 0.0), (0.0, 0.05)])
def test_tracked_hum_is_removed_to_below_the_noise(offset_hz, drift_hz):
    t = np.arange(round(40 * FS)) / FS
    clean = noise(t.size, FS, seed=6)
    phase = 2 * np.pi * (50.0 + offset_hz) * t + drift_hz * 20 * np.sin(2 * np.pi * t / 20)
    hum = 100.0 * (1 + 0.05 * np.sin(2 * np.pi * t / 20)) * np.cos(phase)
    without = FrontEnd().run(clean)[1]
    left = tracked(clean + hum, [50.0])[1] - without
    assert left[round(8 * FS) :].std() < 0.4 * without.std()


def test_a_potential_on_hum_keeps_its_shape():
    t = np.arange(round(20 * FS)) / FS
    z = (t - 15.0) / 0.004
    potential = 300.0 * (1 - z**2) * np.exp(-0.5 * z**2)
    hum = 100.0 * np.cos(2 * np.pi * 50.0 * t + 1.0)
    alone = FrontEnd().run(potential)[1]
    rest = tracked(hum + potential, [50.0])[1]
    near = slice(round(14.97 * FS), round(15.15 * FS))
    assert np.abs(rest[near] - alone[near]).max() < 0.04 * np.abs(alone).max()


def test_turns_keep_their_length_over_hours():
    x = noise(round(60 * FS), FS, seed=7)
    table = lines.start_lines(
        np.array([50.0, 100.0]), x[:20_000], filters.band_sections(20, 350, FS), FS
    )
    front = FrontEnd(table=table)
    for _ in range(30):
        front.run(x)
    length = np.hypot(front.table[following.TURN_COS], front.table[following.TURN_SIN])
    assert np.allclose(length, 1.0, atol=1e-9)
