"""Random and spoiled input for everything that reads: only documented errors, bounded in memory."""

from __future__ import annotations

import sys
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent / "fuzz"))
import seeds
import targets

GOOD = {name: [make() for make in makers] for name, makers in seeds.SEEDS.items()}


@pytest.mark.parametrize("name", targets.TARGETS)
def test_good_input_passes(name):
    for data in GOOD[name]:
        targets.TARGETS[name](data)


@pytest.mark.parametrize("name", targets.TARGETS)
@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=120, deadline=None)
def test_spoiled_input(name, seed):
    rng = np.random.default_rng(seed)
    good = GOOD[name][int(rng.integers(len(GOOD[name])))]
    targets.TARGETS[name](seeds.spoil(good, rng))


@pytest.mark.parametrize("name", targets.TARGETS)
@given(data=st.binary(max_size=3000))
@settings(max_examples=60, deadline=None)
def test_random_input(name, data):
    targets.TARGETS[name](data)


@given(data=st.text(max_size=2000))
@settings(max_examples=60, deadline=None)
def test_random_text(data):
    head = "onset\tduration\ttrial_type\tchannel\tpeak_time\tamplitude_uv\tfamily\n"
    targets.table((head + data).encode("utf-8", "surrogatepass"))
    targets.summary(data.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize(
    "data",
    [
        b"onset\tduration\n" + b"9" * 200_000,  # a field without end
        b"o" * 200_000,
        b"onset\tduration\n1e400\t1\n",
        b"onset\tduration\tfamily\n1\t1\tinf\n",
        b"onset\tduration\tpeak_time\n1\t1\t1e30\n",
        b"onset\tduration\tfamily\n1\t1\t1e15\n",
        b"onset\tduration\n\xff\xfe\n",
    ],
)
def test_tables_that_broke_something_once(data):
    targets.table(data)


def test_brackets_without_end():
    targets.summary(b"[" * 200_000)


def header_that_promises(good, at, width, text):
    return good[:at] + text.encode().ljust(width) + good[at + width :]


@pytest.mark.parametrize(
    ("at", "width", "text"),
    [
        (236, 8, "99999999"),  # as many records as the field can promise
        (252, 4, "9999"),  # and as many signals
        (244, 8, "86400"),
        (244, 8, "0.000001"),
        (256 + 3 * 216, 8, "99999999"),  # samples of the first signal in a record
        (184, 8, "99999999"),
    ],
)
def test_headers_that_promise_the_moon_cost_neither_memory_nor_time(at, width, text):
    data = header_that_promises(GOOD["recording"][0], at, width, text)
    targets.recording(GOOD["recording"][0])  # what is imported once is not counted
    tracemalloc.start()
    began = time.monotonic()
    try:
        targets.recording(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20e6
    assert time.monotonic() - began < 5


def test_an_interruption_of_a_day_in_a_small_file_is_not_filled_in():
    raw = GOOD["recording"][1]
    late = raw.replace(b"+1\x14\x14\x00", b"+80000\x14\x14\x00", 1)
    assert late != raw
    data = late[: len(raw)]
    tracemalloc.start()
    try:
        targets.recording(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20e6  # 80,000 s of two channels would be 320 MB, and copies of it


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_memory_is_bounded_by_the_size_of_the_file(seed):
    rng = np.random.default_rng(seed)
    data = seeds.spoil(GOOD["recording"][int(rng.integers(2))], rng)
    tracemalloc.start()
    try:
        targets.recording(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 250e6
