"""`bench/measures.py`: counts on small cases worked out by hand, and how they are pooled."""

import math

import numpy as np
import pytest

from fasciscope import events as ev
from fasciscope.bench.measures import figures, measure, missed_targets, same_family
from fasciscope.events import Kind

FS = 1000.0


def twitches(*peaks, family=0):
    out = ev.empty(len(peaks))
    out["peak"], out["start"], out["stop"] = peaks, np.array(peaks) - 5, np.array(peaks) + 5
    out["family"] = family
    return out


def stretches(kind, *ranges):
    return ev.intervals(kind, np.array(ranges, dtype=np.int64).reshape(-1, 2))


def of(found, true, **more):
    return measure(ev.merge(*found), ev.merge(*true), FS, 60_000, **more)


def test_counts_by_hand():
    one = of([twitches(1000, 2016, 3014)], [twitches(1002, 2000, 3000, 4000)])
    values = figures([one])
    assert (one.true, one.found, one.right) == (4, 3, 2)
    assert values["f1"] == pytest.approx(4 / 7)
    assert values["sensitivity"] == 0.5
    assert values["ppv"] == pytest.approx(2 / 3)
    assert values["false_per_minute"] == 1.0
    assert values["time_error_ms"] == pytest.approx(8.0)  # of 2 and 14


def test_counts_are_pooled_before_they_are_divided():
    many = of([twitches(*range(1000, 10_000, 1000))], [twitches(*range(1000, 10_000, 1000))])
    none = of([], [twitches(1000)])
    assert figures([many, none])["f1"] == pytest.approx(18 / 19)
    assert figures([many, none])["false_per_minute"] == 0.0


def test_nothing_there_has_no_f1_but_a_rate_of_false_ones():
    values = figures([of([twitches(1000)], [])])
    assert math.isnan(values["f1"])
    assert math.isnan(values["ppv"])
    assert values["false_per_minute"] == 1.0


def test_sustained_activity():
    true = [
        stretches(Kind.CONTRACTION, (10_000, 12_000), (20_000, 21_000), (25_000, 26_000)),
        stretches(Kind.CRAMP, (30_000, 50_000)),
    ]
    found = [
        stretches(Kind.CONTRACTION, (10_100, 11_200), (20_000, 20_400)),  # 55 % and 40 %
        stretches(Kind.CONTRACTION, (30_000, 49_000)),  # the wrong name
        twitches(11_500, 25_500, 55_000),
    ]
    one = of(found, true)
    assert (one.sustained, one.sustained_found, one.sustained_told) == (4, 2, 1)
    assert one.inside == 2
    values = figures([one])
    assert (values["sustained"], values["told"], values["inside"]) == (0.5, 0.25, 2)


def test_inside_is_not_applicable_without_stretches():
    assert math.isnan(figures([of([twitches(1000)], [twitches(1000)])])["inside"])


def test_heartbeats():
    def beats(*peaks):
        out = twitches(*peaks)
        out["kind"] = Kind.CARDIAC
        return out

    one = of([beats(1040, 2000, 2030)], [beats(1000, 2000, 3000)])
    assert (one.beats, one.beats_marked) == (3, 2)
    assert figures([one])["heart"] == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("true", "found", "right"),
    [
        ([1, 1, 2, 2], [5, 5, 3, 3], 4),  # names do not matter
        ([1, 1, 2, 2], [1, 1, 1, 1], 2),  # one family stands for one
        ([1, 1, 1, 1], [1, 2, 2, 3], 2),  # and one is stood for by one
        ([1, 1, 2, 2, 2], [1, 2, 2, 2, 1], 3),
        ([], [], 0),
    ],
)
def test_right_families(true, found, right):
    assert same_family(np.array(true, dtype=np.int16), np.array(found, dtype=np.int16)) == right


def test_the_family_figure_counts_the_missed_and_the_ungrouped():
    true = [twitches(1000, 2000, family=1), twitches(3000, 4000, family=2)]
    found = [twitches(1000, 2000, family=7), twitches(3000, family=0)]
    one = of(found, true)
    assert figures([one])["family"] == pytest.approx(2 * 2 / (4 + 3))
    assert math.isnan(figures([of(found, [twitches(1000, 2000)])])["family"])


def test_targets():
    values = {"f1": 0.96, "false_per_minute": 0.2, "rand": math.nan}
    assert missed_targets(values, {"f1": 0.96, "false_per_minute": 0.2}) == []
    assert missed_targets(values, {"f1": 0.97, "false_per_minute": 0.1}) == [
        "f1",
        "false_per_minute",
    ]
    assert missed_targets(values, {"rand": 0.0}) == ["rand"]


def test_time_is_for_ten_minutes():
    assert figures([of([], [twitches(1)], seconds=0.25)])["seconds"] == pytest.approx(2.5)
