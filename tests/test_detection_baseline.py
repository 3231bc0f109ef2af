"""Swaying baselines: twitches on them are found; what nobody can see is not analysable time."""

import numpy as np
import pytest

from detection_cases import in_blocks, twitching
from fasciscope import events as ev
from fasciscope.detection.baseline import without_sway
from fasciscope.events import Kind
from fasciscope.recording import from_array
from fasciscope.scoring import score

FS = 2000.0


def swaying(size_uv, f_hz, p2p_uv=200.0, seconds=60.0):
    signal, truth = twitching(seconds, FS, seed=3, p2p_uv=p2p_uv)
    time_s = np.arange(signal.size) / FS
    return signal + size_uv * np.sin(2 * np.pi * f_hz * time_s + 0.3), truth


@pytest.mark.parametrize(
    ("size_uv", "f_hz"), [(5000.0, 1.0), (500.0, 2.0), (2000.0, 2.0), (1000.0, 3.0)]
)
@pytest.mark.parametrize("p2p_uv", [120.0, 200.0])
def test_twitches_on_a_swaying_baseline_are_found(size_uv, f_hz, p2p_uv):
    signal, truth = swaying(size_uv, f_hz, p2p_uv)
    events, detector = in_blocks(from_array(signal[:, None], FS), 4096)
    assert score(events, truth, FS).f1 >= 0.95
    assert detector.analysable_s >= 0.97 * signal.size / FS


@pytest.mark.parametrize(("size_uv", "f_hz"), [(20_000.0, 1.0), (5000.0, 2.0), (2000.0, 4.0)])
def test_time_in_which_a_sway_fills_the_band_is_not_analysable(size_uv, f_hz):
    signal, _ = swaying(size_uv, f_hz)
    events, detector = in_blocks(from_array(signal[:, None], FS), 4096)
    assert detector.analysable_s < 0.05 * signal.size / FS
    assert len(ev.of_kind(events, Kind.FASCICULATION)) == 0


def test_a_smooth_sway_is_taken_away_and_a_step_is_left_as_it_is():
    time_ms = np.arange(600) / 2.0 - 150.0
    out = np.empty(401, dtype=np.float32)
    sway = (1000 * np.sin(2 * np.pi * 2.0 * time_ms / 1000 + 0.4)).astype(np.float32)
    assert without_sway(sway, 300, 2.0, out) > 500.0
    assert np.ptp(out) < 10.0
    step = np.where(time_ms < 0.0, 0.0, 1000.0).astype(np.float32)
    assert without_sway(step, 300, 2.0, out) == 0.0
    np.testing.assert_array_equal(out, step[100:501])
