"""Doublets and runs: what counts as one, and how many chance alone gives."""

import numpy as np
import pytest

from fasciscope.events import Kind
from fasciscope.report.trains import RUN_STEP_S, trains
from report_cases import FS_HZ, analysis, family, recording, stretch, twitches


def counted(peaks_ms, *parts, seconds=60.0):
    found = analysis(recording(seconds), twitches(np.array(peaks_ms)), *parts, families=[family(1)])
    (one,) = trains(found)
    return one.doublets, one.runs, one.longest


@pytest.mark.parametrize(
    ("peaks_ms", "want"),
    [
        ([], (0, 0, 0)),
        ([5000], (0, 0, 0)),
        ([5000, 5033], (1, 0, 0)),
        ([5000, 5010], (1, 0, 0)),
        ([5000, 5110], (1, 0, 0)),
        ([5000, 5009], (0, 0, 0)),
        ([5000, 5111], (0, 0, 0)),
        ([5000, 5033, 9000, 9040], (2, 0, 0)),
        ([5000, 5350, 5700], (0, 1, 3)),
        ([5000, 5351, 5701], (0, 0, 0)),
        ([5000, 5033, 5200, 5500], (0, 1, 4)),  # what is in a run is no doublet
        ([5000, 5300, 5600, 9000, 9100, 9200, 9300, 9400], (0, 2, 5)),
    ],
)
def test_what_is_a_doublet_and_what_a_run(peaks_ms, want):
    assert counted(peaks_ms) == want


def test_neither_reaches_across_time_that_was_left_out():
    gap = stretch(Kind.GAP, 5010, 5020, -1)
    assert counted([5000, 5033], gap) == (0, 0, 0)
    assert counted([5000, 5300, 5600], stretch(Kind.CONTRACTION, 5400, 5500)) == (0, 0, 0)


def test_twitches_of_two_families_are_no_doublet():
    found = analysis(
        recording(60.0),
        twitches([5000]),
        twitches([5033], family=2),
        families=[family(1), family(2)],
    )
    assert [one.doublets for one in trains(found)] == [0, 0]


@pytest.mark.parametrize("per_second", [0.3, 1.5])
def test_chance_gives_as_many_as_a_poisson_process_shows(per_second):
    rng = np.random.default_rng(3)
    seconds, seen, expected = 600.0, np.zeros(2), np.zeros(2)
    source = recording(seconds)
    for _ in range(40):
        n = rng.poisson(per_second * seconds)
        peaks = np.sort(rng.integers(0, round(seconds * FS_HZ), n))
        (one,) = trains(analysis(source, twitches(peaks), families=[family(1)]))
        seen += one.doublets, one.runs
        expected += one.doublets_by_chance, one.runs_by_chance
    assert np.all(expected > 30)
    assert np.all(np.abs(seen - expected) < 4 * np.sqrt(expected))


def test_a_run_is_three_a_second():
    assert pytest.approx(3.0, abs=0.2) == 1 / RUN_STEP_S
