"""What a channel keeps: piles that join small arrays on the way."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fasciscope.detection.buffers import Pile


@given(st.lists(st.integers(0, 9), max_size=300))
def test_a_pile_holds_everything_in_order_in_few_parts(lengths):
    pile = Pile()
    values = np.arange(2 * sum(lengths)).reshape(-1, 2)
    at = 0
    for n in lengths:
        pile.append(values[at : at + n])
        at += n
    assert np.array_equal(np.concatenate([np.empty((0, 2)), *pile]), values)
    sizes = [len(part) for part in pile]
    assert all(first > 2 * then > 0 for first, then in pairwise(sizes))
