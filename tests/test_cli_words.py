"""`cli/words.py`: figures as a person says them."""

import pytest

from fasciscope.cli import words

SUMMARY = {
    "duration_s": 600.0,
    "analysable_s": 581.5,
    "fasciculations": 245,
    "twitches_per_minute": 25.28,
    "twitches_per_minute_ci95": [22.21, 28.62],
    "noise_uv": 7.94,
    "families": [
        {"fasciculations": 120, "amplitude_uv": 310.2},
        {"fasciculations": 125, "amplitude_uv": 88.0},
    ],
    "contractions": 1,
    "cramps": 0,
    "artifacts": 2,
    "lost_samples": 1234,
    "quality": ["Hum at 50 Hz was taken out."],
}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0.0 s"),
        (59.94, "59.9 s"),
        (59.99, "1 min 0 s"),
        (125.2, "2 min 5 s"),
        (3599.7, "1 h 0 min 0 s"),
        (36_061.0, "10 h 1 min 1 s"),
    ],
)
def test_length(seconds, text):
    assert words.length(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "00:00"), (61.9, "01:01"), (3600, "1:00:00"), (36_061, "10:01:01")]
)
def test_clock(seconds, text):
    assert words.clock(seconds) == text


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 twitches"), (1, "1 twitch"), (1500, "1,500 twitches")]
)
def test_count(number, text):
    assert words.count(number, "twitch", "twitches") == text


def test_rate_with_its_interval():
    assert words.rate(SUMMARY) == "25.3 a minute (95 % interval 22.2 to 28.6)"


@pytest.mark.parametrize("interval", [None, [None, None]])
def test_rate_without_an_interval(interval):
    assert words.rate(SUMMARY | {"twitches_per_minute_ci95": interval}) == "25.3 a minute"


@pytest.mark.parametrize("value", [None, float("nan")])
def test_rate_over_too_little_time_is_not_a_number(value):
    assert "no rate" in words.rate(SUMMARY | {"twitches_per_minute": value})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (7.94, "7.9 µV"),
        ([7.94, 8.1], "7.9, 8.1 µV"),
        ([1.0, 2.0, 3.0, 4.0, 5.0], "1.0 to 5.0 µV"),
        (None, "unknown"),
        ([float("nan")], "unknown"),
    ],
)
def test_noise(value, text):
    assert words.noise({"noise_uv": value}) == text


def test_table_gives_every_figure():
    text = words.table("rest_emg.edf", SUMMARY)
    assert text.splitlines()[0] == "rest_emg.edf"
    for part in (
        "245: 25.3 a minute",
        "9 min 42 s of 10 min 0 s",
        "2: 120 × 310 µV, 125 × 88 µV",
        "1 contraction, 0 cramps, 2 artefacts, 1,234 lost samples",
        "Hum at 50 Hz was taken out.",
    ):
        assert part in text
