import time

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

from fasciscope import simulate
from fasciscope.cli import scope
from fasciscope.errors import DeviceError, InputError
from fasciscope.live import LiveCounter
from fasciscope.trace import Trace


@pytest.fixture(scope="module")
def sinks():
    made = simulate("calm", seconds=30, seed=4).recording
    trace, counter = Trace(made.info), LiveCounter(made.info)
    for block in made.blocks(500):
        trace.process(block)
        counter.process(block)
    return trace, counter


def test_it_shows_the_signal_and_the_twitches(sinks):
    trace, counter = sinks
    figure = Figure()
    drawn = scope.Scope(trace, counter, "calm", figure)
    drawn.update()
    (ax,) = figure.axes
    line, marks = ax.get_lines()
    seen = line.get_ydata()
    assert np.nanmax(seen) == pytest.approx(np.nanmax(trace.recent()))
    at = counter.events(trace.newest - 20_000)["peak"]
    np.testing.assert_allclose(marks.get_xdata(), (at - trace.newest) / 2000.0)
    low, high = ax.get_ylim()
    assert low < np.nanmin(seen) < np.nanmax(seen) < high
    assert "not a medical device" in ax.get_title(loc="left")


def test_without_a_screen_it_is_said_before_anything_begins(monkeypatch):
    monkeypatch.setattr(mpl, "get_backend", lambda: "agg")
    with pytest.raises(InputError, match="Leave it out"):
        scope.must_have_screen()


def test_the_session_runs_beside_the_window_and_its_error_is_told(sinks):
    done = []

    def session():
        time.sleep(0.2)
        done.append(True)

    scope.run_with_scope(session, *sinks, "calm")
    assert done == [True]

    def failing():
        raise DeviceError("The board went away.")

    with pytest.raises(DeviceError, match="went away"):
        scope.run_with_scope(failing, *sinks, "calm")
