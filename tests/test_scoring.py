"""Matching is one to one and the best there is; the figures follow from it."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fasciscope import events as ev
from fasciscope.errors import InputError
from fasciscope.events import Kind
from fasciscope.scoring import adjusted_rand, match, score

TIMES_MS = st.lists(st.integers(0, 80), max_size=5).map(lambda v: np.sort(np.array(v, dtype=int)))


def twitches(peaks, families=None):
    events = ev.empty(len(peaks))
    events["peak"] = peaks
    events["start"] = np.asarray(peaks) - 5
    events["stop"] = np.asarray(peaks) + 10
    events["family"] = 0 if families is None else families
    return events


def best_by_trying_all(first, second, tolerance):
    """Most pairs, then least distance, by trying every assignment."""
    best = (0, 0.0)
    for n in range(min(len(first), len(second)), 0, -1):
        for mine in itertools.combinations(range(len(first)), n):
            for theirs in itertools.permutations(range(len(second)), n):
                distance = np.abs(first[list(mine)] - second[list(theirs)])
                if (distance <= tolerance).all():
                    best = max(best, (n, -float(distance.sum())))
        if best[0]:
            return best
    return best


@given(TIMES_MS, TIMES_MS)
@example(np.array([13]), np.array([28]))  # in seconds, a hair more than 0.015 apart
@settings(max_examples=150, deadline=None)
def test_matching_is_the_best_of_all(first, second):
    pairs = match(first / 1000.0, second / 1000.0, 0.015)
    assert len(set(pairs[:, 0])) == len(pairs) == len(set(pairs[:, 1]))
    distance = np.abs(first[pairs[:, 0]] - second[pairs[:, 1]])
    assert (distance <= 15).all()
    n, cost = best_by_trying_all(first, second, 15)
    assert len(pairs) == n
    assert distance.sum() == -cost


def test_one_truth_is_never_counted_twice():
    result = score(twitches([1000, 1004, 1010]), twitches([1005]), 2000.0)
    assert (result.true_positives, result.false_positives, result.missed) == (1, 2, 0)
    assert result.ppv == pytest.approx(1 / 3)
    assert result.f1 == pytest.approx(0.5)


def test_tolerance_is_a_bound_that_counts():
    assert score(twitches([1030]), twitches([1000]), 2000.0).true_positives == 1
    assert score(twitches([1031]), twitches([1000]), 2000.0).true_positives == 0


def test_other_kinds_are_passed_over():
    found = twitches([500])
    found["kind"] = Kind.CARDIAC
    assert score(found, twitches([500]), 1000.0).missed == 1


def test_nothing_against_nothing_has_no_figures():
    result = score(ev.empty(), ev.empty(), 1000.0)
    assert math.isnan(result.f1)
    assert math.isnan(result.median_error_ms)


def test_families_agree_whatever_their_numbers():
    peaks = np.arange(6) * 500 + 500
    result = score(twitches(peaks, [2, 2, 1, 1, 3, 3]), twitches(peaks, [1, 1, 2, 2, 3, 3]), 1000.0)
    assert result.families_agree == 1.0
    assert adjusted_rand(np.array([1, 1, 2, 2]), np.array([1, 2, 1, 2])) < 0


@pytest.mark.parametrize("tolerance", [0.0, -1.0, math.nan, 2000.0])
def test_tolerance_out_of_bounds_is_refused(tolerance):
    with pytest.raises(InputError, match="between 0 and 1000 ms"):
        score(ev.empty(), ev.empty(), 1000.0, tolerance)
