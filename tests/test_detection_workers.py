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


@pytest.mark.parametrize("spread", [False, True])
def test_what_is_made_ahead_comes_whole_and_in_order(spread, monkeypatch):
    monkeypatch.setattr(workers, "cores", lambda: 2)
    batches = list(workers.ahead(iter(range(100)), spread))
    assert [item for batch in batches for item in batch] == list(range(100))
    assert [item for batch in workers.ahead(iter([]), spread) for item in batch] == []


def test_the_next_is_made_while_one_is_used(monkeypatch):
    monkeypatch.setattr(workers, "cores", lambda: 2)
    used = threading.Event()

    def items():
        yield 0
        assert used.wait(timeout=10)  # never, if the second were made only after the first
        yield 1

    got = []
    for batch in workers.ahead(items(), True):
        got += batch
        used.set()
    assert got == [0, 1]


@pytest.mark.parametrize("spread", [False, True])
def test_what_fails_ahead_is_raised(spread, monkeypatch):
    monkeypatch.setattr(workers, "cores", lambda: 2)

    def items():
        yield 0
        raise ValueError("one")

    with pytest.raises(ValueError, match="one"):
        list(workers.ahead(items(), spread))
