"""`journal/sessions.py` and `sustained.py`: from a recording to what the journal keeps of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from fasciscope import formats, simulate
from fasciscope.analysis import detect
from fasciscope.blocks import Channel, StreamInfo
from fasciscope.errors import InputError
from fasciscope.events import Kind
from fasciscope.journal.entries import Sustained
from fasciscope.journal.sessions import Placement, session_key, sessions_of
from fasciscope.journal.store import Journal
from fasciscope.journal.sustained import explain, looks_like_cramp, measured
from fasciscope.recording import Recording

WHEN = datetime(2026, 3, 1, 20, 30, tzinfo=UTC)
FS = 1000.0


def dated(recording, start=WHEN, **more):
    channels = tuple(replace(c, **more) for c in recording.info.channels)
    return replace(recording, info=replace(recording.info, start=start, channels=channels))


@pytest.fixture(scope="module")
def calm():
    recording = dated(simulate("calm", seconds=60, seed=3).recording, muscle="Shin", side="right")
    return recording, detect(recording)


@pytest.fixture(scope="module")
def grid():
    recording = simulate("grid", seconds=40, seed=1).recording
    sites = [("calf", "left"), ("calf", "left"), ("thigh", "left"), ("", "")]
    channels = tuple(
        replace(c, muscle=sites[min(i, 3)][0], side=sites[min(i, 3)][1])
        for i, c in enumerate(recording.info.channels)
    )
    recording = replace(recording, info=replace(recording.info, start=WHEN, channels=channels))
    return recording, detect(recording)


def test_one_channel_is_one_session(calm):
    recording, analysis = calm
    (session,) = sessions_of(recording, analysis, "a_emg.edf")
    assert session.twitches == analysis.summary["fasciculations"] > 10
    assert session.analysable_s == analysis.summary["analysable_s"]
    assert (session.muscle, session.side) == ("tibialis", "right")
    assert session.start == WHEN
    assert sum(f.twitches for f in session.families) <= session.twitches
    sizes = [f.amplitude_uv for f in session.families]
    assert min(sizes) * 0.5 < session.amplitude_uv < max(sizes) * 2
    assert '"threshold"' in session.settings
    assert session.recording.endswith("/a_emg.edf")


def test_channels_are_taken_together_by_site(grid):
    recording, analysis = grid
    found = sessions_of(recording, analysis)
    assert [(s.muscle, s.side) for s in found][:2] == [("calf", "left"), ("quadriceps", "left")]
    assert found[0].channels.count(",") == 1
    assert sum(s.twitches for s in found) == analysis.summary["fasciculations"]
    assert len({s.key for s in found}) == len(found)


def test_what_the_person_says_counts_more(grid):
    recording, analysis = grid
    said = Placement("forearm", "right", "Sitting", "outer side", "after work")
    (one,) = sessions_of(recording, analysis, said=said)
    assert (one.muscle, one.side, one.posture, one.place, one.note) == (
        "forearm", "right", "sitting", "outer side", "after work",
    )  # fmt: skip
    assert one.twitches == analysis.summary["fasciculations"]


def test_a_recording_is_known_again_wherever_it_is(calm, tmp_path):
    recording, analysis = calm
    with Journal.open(tmp_path / "j.sqlite", create=True) as journal:
        assert journal.add_sessions(sessions_of(recording, analysis, "a.edf"))[0].is_new
        moved = replace(recording, name="elsewhere.edf", remarks=("mended",))
        again = journal.add_sessions(sessions_of(moved, analysis, "b.edf"))
        assert not again[0].is_new
        assert journal.sessions()[0].recording.endswith("/b.edf")
    other = replace(recording, samples=recording.samples + np.int16(1))
    assert session_key(other, [0]) != session_key(recording, [0])
    later = dated(recording, datetime(2026, 3, 2, tzinfo=UTC))
    assert session_key(later, [0]) != session_key(recording, [0])


def test_the_key_outlives_a_file_and_a_choice_of_channels(grid, tmp_path):
    recording, _ = grid
    formats.write_edf(recording, tmp_path / "g.edf")
    formats.write_edf(recording, tmp_path / "again.edf")
    read, again = formats.read(tmp_path / "g.edf"), formats.read(tmp_path / "again.edf")
    assert session_key(read, [2]) == session_key(again, [2])
    picked = read.select([read.info.channels[2].name])
    assert session_key(picked, [0]) == session_key(read, [2])


def test_without_a_date_there_is_no_place_for_it(calm):
    recording, analysis = calm
    with pytest.raises(InputError, match="does not say when it was recorded"):
        sessions_of(dated(recording, None), analysis)
    with pytest.raises(InputError, match="lies ahead"):
        sessions_of(dated(recording, datetime(2100, 1, 1, tzinfo=UTC)), analysis)


def test_sustained_events_of_a_recording_are_measured():
    recording = dated(simulate("contractions", seconds=60, seed=2).recording)
    analysis = detect(recording)
    (session,) = sessions_of(recording, analysis)
    assert len(session.sustained) == session.contractions + session.cramps > 0
    assert all(s.duration_s > 0.2 and s.dense > 0.5 for s in session.sustained)


def swelling(rise_s, length_s=20.0, pause=False):
    """Noise of 5 µV in which activity of 200 µV rises over `rise_s` from second 2 on."""
    rng = np.random.default_rng(0)
    n = round((length_s + 4) * FS)
    time = np.arange(n) / FS - 2
    loud = np.clip(time / max(rise_s, 1e-3), 0, 1) * (time < length_s)
    if pause:
        loud = loud * (np.sin(2 * np.pi * time) > 0)
    uv = rng.normal(0, 5, n) + 200 * np.clip(loud, 0, 1) * rng.normal(0, 1, n)
    info = StreamInfo(FS, (Channel("EMG1", 1.0, count_min=-(2**40), count_max=2**40),))
    return Recording(info, np.asfortranarray(uv[:, None]))


@pytest.mark.parametrize(("rise_s", "low", "high"), [(0.01, 0, 0.6), (6, 3.5, 6), (12, 7.5, 11)])
def test_build_up_is_measured(rise_s, low, high):
    event = measured(swelling(rise_s), 0, Kind.CRAMP, (2000, 22_000), 5.0)
    assert event.duration_s == 20
    assert low <= event.build_up_s <= high
    assert event.dense > 0.95


def test_density_is_measured():
    pauses = measured(swelling(0.01, pause=True), 0, Kind.CONTRACTION, (2000, 22_000), 5.0)
    assert 0.4 < pauses.dense < 0.65
    assert measured(swelling(1), 0, Kind.CONTRACTION, (2000, 22_000), None).dense is None


def test_an_event_in_a_gap_or_of_no_length_has_no_figures():
    recording = swelling(1)
    gone = replace(recording, gaps=np.array([[0, recording.n_samples]]))
    event = measured(gone, 0, Kind.CRAMP, (2000, 4000), 5.0)
    assert (event.build_up_s, event.dense) == (None, None)
    assert measured(recording, 0, Kind.CRAMP, (2000, 2010), 5.0).build_up_s is None


LONG = Sustained("cramp", 0, 31, 6.0, 0.95)
SHORT = Sustained("contraction", 0, 2, 0.1, 0.5)


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (replace(LONG, pain=7, hard=True, willed=False), "what people call a cramp"),
        (replace(SHORT, pain=7, hard=True, willed=False), "what people call a cramp; in the"),
        (replace(LONG, willed=True), "a contraction of your own"),
        (replace(LONG, pain=0, willed=False), "held without noticing"),
        (LONG, "the two look alike there"),
        (SHORT, "tensed for a while"),
    ],
)
def test_both_sides_together(event, words):
    assert words in explain(event).together


def test_each_side_alone():
    told = explain(replace(LONG, pain=0, hard=False, willed=False))
    assert told.person == ("No pain.", "The muscle was not hard.", "Not tensed on purpose.")
    assert told.signal[0].startswith("It lasted 31 s")
    assert "swelled" in told.signal[1]
    assert "dense: activity stood out of the noise in 95 %" in told.signal[2]
    quick = explain(SHORT)
    assert "came at once" in quick.signal[1]
    assert "had pauses" in quick.signal[2]
    assert "did it hurt" in quick.person[0]
    assert looks_like_cramp(LONG)
    assert not looks_like_cramp(SHORT)
