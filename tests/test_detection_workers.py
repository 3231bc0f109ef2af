"""`workers`: the order of the results, and what fails, whichever thread did it."""

import threading

import pytest

from fasciscope.detection import workers


@pytest.mark.parametrize("spread", [False, True])
def test_results_come_in_the_order_of_the_work(spread):
    assert workers.each(lambda k: k * k, range(20), spread) == [k * k for k in range(20)]
    assert workers.each(lambda k: k, [], spread) == []


def test_a_live_stream_stays_in_its_own_thread():
    names = workers.each(lambda _: threading.current_thread().name, range(8), False)
    assert set(names) == {threading.current_thread().name}


def test_several_cores_are_used_where_they_are(monkeypatch):
    monkeypatch.setattr(workers, "cores", lambda: 2)
    meet = threading.Barrier(2, timeout=10)
    workers.each(lambda _: meet.wait(), range(2), True)


@pytest.mark.parametrize("spread", [False, True])
def test_what_fails_is_raised(spread):
    def work(k):
        if k == 3:
            raise ValueError("three")
        return k

    with pytest.raises(ValueError, match="three"):
        workers.each(work, range(6), spread)
