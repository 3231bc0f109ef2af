from dataclasses import replace

import numpy as np
import pytest

from fasciscope.app.views import view
from fasciscope.errors import InputError
from fasciscope.recording import from_array


def unpack(body):
    start, stop, n = np.frombuffer(body[:24], "<f8")
    n = int(n)
    places = np.frombuffer(body[24 : 24 + 8 * n], "<f8")
    values = np.frombuffer(body[24 + 8 * n :], "<f4")
    assert len(values) == n
    return int(start), int(stop), places, values


@pytest.fixture(scope="module")
def recording():
    signal = np.random.default_rng(1).normal(0, 10, (200_000, 2))
    signal[123_456, 0] = 900.0
    signal[77_777, 0] = -800.0
    return from_array(signal, 2000.0)


def test_no_spike_disappears_at_any_width(recording):
    for columns in (1, 3, 50, 1000, 8192):
        _, _, places, values = unpack(view(recording, 0, 0, 200_000, columns))
        assert values.max() == 900.0
        assert values.min() == -800.0
        assert places[values.argmax()] == 123_456
        assert (np.diff(places) > 0).all()
        assert len(places) <= max(4 * columns, 4)


def test_close_up_every_sample_is_there(recording):
    start, stop, places, values = unpack(view(recording, 1, 1000, 1400, 100))
    assert (start, stop) == (1000, 1400)
    np.testing.assert_array_equal(places, np.arange(1000, 1400))
    np.testing.assert_allclose(values, recording.uv(1)[1000:1400], rtol=1e-6)


@pytest.mark.parametrize(
    ("start", "stop", "expected"),
    [(-50, 20, (0, 20)), (199_990, 300_000, (199_990, 200_000)), (500, 400, (500, 500))],
)
def test_what_lies_outside_is_cut_off(recording, start, stop, expected):
    assert unpack(view(recording, 0, start, stop, 100))[:2] == expected


def test_missing_samples_are_holes(recording):
    holed = replace(recording, gaps=np.array([[1000, 1200], [5000, 90_000]]))
    for columns in (60, 2000):
        _, _, places, values = unpack(view(holed, 0, 0, 100_000, columns))
        inside = ((places >= 1000) & (places < 1200)) | ((places >= 5000) & (places < 90_000))
        assert inside.any()
        np.testing.assert_array_equal(np.isnan(values), inside)


def test_integers_keep_their_scale():
    from fasciscope import simulate

    made = simulate("kit", seconds=30, seed=1).recording
    _, _, places, values = unpack(view(made, 0, 0, made.n_samples, 200))
    np.testing.assert_allclose(values, made.uv(0)[places.astype(int)], rtol=1e-6)


@pytest.mark.parametrize(("channel", "columns"), [(2, 100), (-1, 100), (0, 0), (0, 10_000_000)])
def test_what_cannot_be_shown(recording, channel, columns):
    with pytest.raises(InputError):
        view(recording, channel, 0, 100, columns)
