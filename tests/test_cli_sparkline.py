import numpy as np
import pytest

from fasciscope.cli.sparkline import draw, plain


def dots(rows):
    """Return the picture as booleans, the lowest dots last."""
    height, width = 4 * len(rows), 2 * len(rows[0])
    out = np.zeros((height, width), dtype=bool)
    order = [(0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (2, 1), (3, 0), (3, 1)]
    for r, row in enumerate(rows):
        for c, character in enumerate(row):
            for bit, (down, right) in enumerate(order):
                out[4 * r + down, 2 * c + right] = (ord(character) - 0x2800) >> bit & 1
    return out


def test_a_single_spike_is_seen_at_any_width():
    low, high = np.full(2000, -5.0), np.full(2000, 5.0)
    high[1234] = 400.0
    for width in (10, 60, 200):
        rows, label = draw(low, high, width, 3)
        assert label == "±400 µV"
        assert [len(row) for row in rows] == [width] * 3
        picture = dots(rows)
        assert picture[0].sum() == 1
        assert picture[0].argmax() / (2 * width) == pytest.approx(1234 / 2000, abs=0.06)


def test_a_ramp_goes_up():
    ramp = np.linspace(-100, 100, 400)
    picture = dots(draw(ramp, ramp, 40, 3)[0])
    heights = picture.argmax(axis=0)
    assert (np.diff(heights) <= 0).all()
    assert (heights[0], heights[-1]) == (11, 0)


def test_upside_down_is_upside_down():
    rng = np.random.default_rng(2)
    low, high = -rng.random(300) * 80, rng.random(300) * 90
    up, down = dots(draw(low, high, 50, 3)[0]), dots(draw(-high, -low, 50, 3)[0])
    assert (up[::-1] != down).mean() < 0.02  # a half is rounded to the even dot


def test_nothing_is_drawn_where_nothing_came():
    low, high = np.full(400, np.nan), np.full(400, np.nan)
    rows, label = draw(low, high, 20, 3)
    assert label == ""
    assert set("".join(rows)) == {chr(0x2800)}
    low[300:], high[300:] = -1.0, 1.0
    picture = dots(draw(low, high, 20, 3)[0])
    assert not picture[:, :30].any()
    assert picture[:, 30:].any(axis=0).all()


def test_a_terminal_without_braille_gets_ascii():
    low, high = np.full(400, -5.0), np.full(400, 5.0)
    low[200] = -300.0
    rows, label = plain(low, high, 40, 3)
    assert label == "±300 µV"
    text = "".join(rows)
    assert text.isascii()
    assert "|" in text


def test_less_signal_than_columns():
    rows, _ = draw(np.array([-1.0, -2.0]), np.array([1.0, 2.0]), 20, 2)
    assert dots(rows).any(axis=0).sum() == 2
