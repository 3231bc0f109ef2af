import numpy as np
import pytest

from fasciscope.errors import InputError
from fasciscope.events import Kind, of_kind
from fasciscope.simulation import Scene, simulate
from fasciscope.simulation.activity import Contractions, Cramps, contraction, cramp
from fasciscope.simulation.discharges import Twitching


def intervals_of(trains):
    return [np.diff(train) for train in trains if len(train) > 20]


def test_voluntary_units_fire_regularly_at_5_to_31_a_second():
    trains = contraction(np.random.default_rng(0), 40, 10.0, 20.0, 0.6)
    assert sum(len(train) > 0 for train in trains) > 20
    for intervals in intervals_of(trains):
        assert 5.0 <= 1.0 / np.median(intervals) <= 32.0
    for intervals in intervals_of(trains)[:15]:  # well above threshold: on all the time
        middle = intervals[5:-5]  # the ramps change the rate itself
        assert 0.07 < middle.std() / middle.mean() < 0.35
    joined = np.concatenate(trains)
    assert joined.min() >= 10.0
    assert joined.max() <= 30.0


def test_a_stronger_contraction_recruits_more_units_and_drives_them_faster():
    weak = contraction(np.random.default_rng(1), 40, 0.0, 10.0, 0.1)
    strong = contraction(np.random.default_rng(1), 40, 0.0, 10.0, 0.8)
    assert sum(len(t) > 0 for t in weak) < sum(len(t) > 0 for t in strong)
    assert len(weak[0]) < len(strong[0])
    assert len(weak[-1]) == 0  # the largest unit is for strong contractions


def test_cramp_units_fire_irregularly_at_6_to_25_a_second():
    rng = np.random.default_rng(2)
    trains = [train for _ in range(8) for train in cramp(rng, 40, 0.0, 40.0, 25)]
    rates = [1.0 / intervals.mean() for intervals in intervals_of(trains)]
    spreads = [intervals.std() / intervals.mean() for intervals in intervals_of(trains)]
    assert np.mean(rates) == pytest.approx(14.5, abs=2.5)
    assert min(rates) > 4.5
    assert max(rates) < 30.0
    assert np.mean(spreads) == pytest.approx(0.45, abs=0.1)
    doublets = np.mean(np.concatenate(intervals_of(trains)) < 0.016)
    assert 0.02 < doublets < 0.09


def test_a_cramp_builds_up_and_dies_away():
    rng = np.random.default_rng(3)
    shapes = []
    for _ in range(10):
        joined = np.concatenate(cramp(rng, 40, 0.0, 30.0, 25))
        assert joined.min() < 1.0
        assert joined.max() > 28.0
        shapes.append(np.histogram(joined, 10, (0.0, 30.0))[0])
    course = np.mean(shapes, axis=0)
    assert course[0] < 0.4 * course.max()
    assert course[-1] < 0.5 * course.max()


@pytest.mark.parametrize(
    ("name", "kind"), [("contractions", Kind.CONTRACTION), ("cramp", Kind.CRAMP)]
)
def test_activity_is_where_the_truth_says_and_holds_no_fasciculation(name, kind):
    made = simulate(name, seconds=120, seed=6)
    stretches = of_kind(made.truth, kind)
    assert len(stretches) >= 1
    uv = made.recording.uv(0)
    uv -= np.median(uv)
    outside = np.ones(len(uv), dtype=bool)
    twitches = of_kind(made.truth, Kind.FASCICULATION)
    for event in made.truth:
        outside[max(event["start"] - 200, 0) : event["stop"] + 300] = False
    for event in stretches:
        assert uv[event["start"] : event["stop"]].std() > 1.5 * uv[outside].std()
        apart = (twitches["stop"] <= event["start"]) | (twitches["start"] >= event["stop"])
        assert apart.all()
        assert event["peak"] == -1
    assert uv[outside].std() < 9.5
    assert len(twitches) > 5


def test_lengths_keep_to_their_bounds_as_far_as_the_recording_allows():
    scene = Scene("long", "Contractions.", contractions=Contractions(4.0, seconds=(2.0, 5.0)))
    stretches = of_kind(simulate(scene, seconds=120, seed=1).truth, Kind.CONTRACTION)
    seconds = (stretches["stop"] - stretches["start"]) / 2000.0
    assert len(stretches) == 8
    assert seconds.min() > 1.0
    assert seconds.max() < 5.2
    short = Scene("short", "A cramp.", cramps=Cramps(1.0), twitching=Twitching(60.0))
    made = simulate(short, seconds=10, seed=1)
    cramps = of_kind(made.truth, Kind.CRAMP)
    assert len(cramps) == 1
    assert (cramps["stop"] - cramps["start"])[0] <= 6.2 * 2000


@pytest.mark.parametrize(
    "make",
    [
        lambda: Contractions(1.0, seconds=(0.0, 4.0)),
        lambda: Contractions(1.0, strength=(0.5, 0.1)),
        lambda: Cramps(1.0, seconds=(40.0, 18.0)),
        lambda: Cramps(1.0, units=(0, 4)),
        lambda: Scene("x", "y", cramps=Cramps(float("nan"))),
    ],
)
def test_bad_activity_is_refused(make):
    with pytest.raises(InputError):
        make()
