"""Hours of device time through decoder, run, session and writer: see ``benchmarks/soak.py``."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "benchmarks" / "soak.py"


@pytest.fixture(scope="module")
def soak():
    spec = importlib.util.spec_from_file_location("soak_script", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look themselves up
    spec.loader.exec_module(module)
    yield module.soak
    del sys.modules[spec.name]


@pytest.mark.parametrize(
    "hours", [0.15, pytest.param(0.5, marks=pytest.mark.soak, id="30 minutes")]
)
def test_nothing_lost_nothing_wrong_little_memory_and_true_times(soak, tmp_path, hours):
    """Six channels at 1 kHz; the board is 2,000 ppm slow and wanders, frames come late."""
    found = soak(hours, seed=3, folder=tmp_path)
    n = round(hours * 3600 * 1000)
    assert (found.samples, found.lost, found.wrong) == (n, 0, 0)
    assert (found.on_disk, found.wrong_on_disk) == (n, 0)
    assert found.memory_growth_mb < 10
    assert found.worst_time_error_ms < 1
    assert found.worst_point_error_ms < 1
    assert found.clock_points >= hours * 60 - 1
    assert found.measured_hz == pytest.approx(998, abs=0.1)
