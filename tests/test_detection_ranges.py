"""Algebra of sample ranges, held against sets of samples."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fasciscope.detection import ranges

SPACE = 40
pairs = st.tuples(st.integers(0, SPACE - 5), st.integers(0, 5)).map(lambda p: (p[0], sum(p)))
lists = st.lists(pairs, max_size=8).map(lambda rows: np.array(rows, dtype=np.int64).reshape(-1, 2))
tidy = lists.map(ranges.union)
quick = settings(max_examples=150, deadline=None)


def members(rows):
    return {place for start, stop in rows for place in range(start, stop)}


def is_tidy(rows):
    return bool(
        rows.ndim == 2
        and rows.shape[1] == 2
        and rows.dtype == np.int64
        and np.all(rows[:, 0] < rows[:, 1])
        and np.all(rows[1:, 0] > rows[:-1, 1])
    )


@quick
@given(lists, lists)
def test_union_is_the_union_of_samples_in_few_ranges(one, other):
    joined = ranges.union(one, other)
    assert is_tidy(joined)
    assert members(joined) == members(one) | members(other)


def test_union_of_nothing_is_nothing():
    assert ranges.union().shape == (0, 2)


@quick
@given(st.lists(st.booleans(), max_size=30))
def test_runs_are_where_a_mask_is_true(mask):
    found = ranges.runs(np.array(mask, dtype=bool))
    assert is_tidy(found)
    assert members(found) == set(np.flatnonzero(mask).tolist())


@quick
@given(tidy, st.integers(0, 10))
def test_join_fills_exactly_the_short_pauses(rows, distance):
    joined = ranges.join(rows, distance)
    pauses = [
        set(range(stop, start))
        for (_, stop), (start, _) in pairwise(rows.tolist())
        if start - stop < distance
    ]
    assert members(joined) == members(rows).union(*pauses)


@quick
@given(tidy, tidy)
def test_without_takes_the_holes_out(rows, holes):
    rest = ranges.without(rows, holes)
    assert is_tidy(rest)
    assert members(rest) == members(rows) - members(holes)


@quick
@given(lists, st.integers(1, 4))
def test_at_least_counts_how_deep_ranges_lie(rows, count):
    depth = [sum(start <= place < stop for start, stop in rows) for place in range(SPACE)]
    expected = {place for place in range(SPACE) if depth[place] >= count}
    assert members(ranges.at_least(rows, count)) == expected


@quick
@given(tidy, st.lists(st.integers(-3, SPACE + 3), max_size=10))
def test_inside_knows_half_open_ends(rows, places):
    found = ranges.inside(np.array(places, dtype=np.int64), rows)
    assert found.tolist() == [place in members(rows) for place in places]


@quick
@given(lists, tidy)
def test_overlap_is_sharing_a_sample(rows, others):
    rows = rows[rows[:, 0] < rows[:, 1]]
    found = ranges.overlap(rows, others)
    assert found.tolist() == [bool(members([row]) & members(others)) for row in rows]


@quick
@given(tidy, st.integers(0, SPACE))
def test_clip_keeps_what_lies_in_the_recording(rows, n):
    moved = rows - 5
    assert members(ranges.clip(moved, n)) == {p for p in members(moved) if 0 <= p < n}


@quick
@given(tidy, st.integers(0, 6))
def test_length_and_width_are_counted_in_samples(rows, by):
    assert ranges.length(rows) == len(members(rows))
    assert ranges.length(ranges.widen(rows, by)) == ranges.length(rows) + 2 * by * len(rows)


@quick
@given(
    st.lists(st.floats(0, 50), max_size=6),
    st.lists(st.floats(0, 50), max_size=6),
    st.floats(0, 5),
)
def test_near_is_within_the_distance_of_the_closest(places, others, distance):
    others = sorted(others)
    found = ranges.near(np.array(places), np.array(others), distance)
    assert found.tolist() == [any(abs(p - o) <= distance for o in others) for p in places]
