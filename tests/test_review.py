import json
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from fasciscope import detect, simulate
from fasciscope import events as ev
from fasciscope.errors import InputError, RecordingError
from fasciscope.events import Kind
from fasciscope.review import (
    Review,
    Reviewed,
    Status,
    follow_review,
    load_review,
    remark,
    review_paths,
    reviewed_analysis,
    save_review,
)
from fasciscope.review.anew import Kept, meet

FS = 1000.0
BY = Reviewed("Ada", datetime(2026, 3, 1, 21, 5, tzinfo=UTC))


def some_events():
    twitches = ev.empty(3)
    twitches["start"], twitches["stop"] = [1000, 2000, 3000], [1020, 2020, 3020]
    twitches["peak"], twitches["family"], twitches["channel"] = [1010, 2010, 3010], [1, 2, 1], 0
    twitches["amplitude_uv"] = [100.004, 80, 90]
    return ev.merge(
        twitches,
        ev.intervals(Kind.CONTRACTION, np.array([[5000, 8000]])),
        ev.intervals(Kind.GAP, np.array([[9000, 9100]])),
    )


@pytest.fixture(scope="module")
def analysis():
    return detect(simulate("contractions", seconds=60, seed=2).recording)


def test_what_is_said_and_taken_back():
    review = Review(some_events(), FS, 10_000)
    review.reject([0])
    review.relabel([1], Kind.ARTIFACT)
    review.accept([2])
    assert list(review.status) == [2, 3, 1, 0, 0]
    assert [Kind(k).name for k in review.standing["kind"]] == [
        "ARTIFACT",
        "FASCICULATION",
        "CONTRACTION",
        "GAP",
    ]
    assert review.finding(1).found_as == Kind.FASCICULATION
    assert review.undo() == "accepted: 1 event"
    assert review.undo() == "called artifact: 1 event"
    assert list(review.status) == [2, 0, 0, 0, 0]
    assert review.finding(1).family == 2
    assert review.redo() == "called artifact: 1 event"
    review.undo()
    review.undo()
    assert review.undo() == ""
    assert not review.is_changed
    assert review.events.tobytes() == some_events().tobytes()


def test_a_new_change_forgets_what_was_undone():
    review = Review(some_events(), FS, 10_000)
    review.reject([0])
    review.undo()
    review.accept([0])
    assert review.redo() == ""
    assert review.finding(0).status == Status.ACCEPTED


def test_saying_the_same_again_is_no_change():
    review = Review(some_events(), FS, 10_000)
    review.reject([0])
    before = review.version
    review.reject([0])
    review.reject([])
    assert review.version == before


def test_accepting_brings_back_what_was_found():
    review = Review(some_events(), FS, 10_000)
    review.relabel([1], Kind.ARTIFACT)
    review.accept([1])
    finding = review.finding(1)
    assert (finding.kind, finding.family) == (Kind.FASCICULATION, 2)
    assert finding.status == Status.ACCEPTED
    review.regroup([1], 9)
    review.reject([1])
    review.accept([1])
    assert review.finding(1).family == 2


def test_calling_it_what_it_is_changes_nothing():
    review = Review(some_events(), FS, 10_000)
    review.relabel([0, 1], Kind.FASCICULATION)
    review.regroup([0], 1)
    assert not review.is_changed
    assert review.finding(1).family == 2
    review.regroup([1], 7)
    review.relabel([1], Kind.FASCICULATION)
    assert review.finding(1).family == 7
    review.relabel([0, 1], Kind.ARTIFACT)
    review.reject([0])
    review.relabel([0, 1], Kind.FASCICULATION)
    assert [review.finding(k).status for k in (0, 1)] == [Status.ACCEPTED] * 2
    assert [review.finding(k).family for k in (0, 1)] == [1, 2]


def test_only_what_changes_is_counted_as_changed():
    review = Review(some_events(), FS, 10_000)
    review.accept([0])
    review.accept([0, 1])
    assert review.undo() == "accepted: 1 event"
    assert review.finding(0).status == Status.ACCEPTED


def test_a_short_stretch_called_a_twitch_has_a_peak_and_a_long_one_is_refused(tmp_path, analysis):
    spans = np.array([[20_000, 20_160], [24_000, 24_300]])
    found = ev.intervals(Kind.CONTRACTION, spans)
    review = Review(found, FS_OF_SCENE, 100_000)
    with pytest.raises(InputError, match="is no single twitch"):
        review.relabel([0, 1], Kind.FASCICULATION)
    assert not review.is_changed
    review.relabel([0], Kind.FASCICULATION)
    assert review.events["peak"][0] == 20_080
    automatic = replace(analysis, events=found, n_samples=100_000, left_out=spans)
    figures = reviewed_analysis(automatic, review).summary
    assert figures["fasciculations"] == 1
    save_review(tmp_path / "a.edf", review, automatic, BY)
    again, _ = load_review(tmp_path / "a.edf", automatic)
    assert again.events["peak"][0] == 20_080
    again.accept([0])
    assert again.events["peak"][0] == -1
    assert Kind(again.events["kind"][0]) == Kind.CONTRACTION


def test_an_added_event_goes_when_it_is_undone():
    review = Review(some_events(), FS, 10_000)
    number = review.add(4000, 4000, Kind.FASCICULATION, channel=0)
    event = review.events[number]
    assert (event["start"], event["stop"], event["peak"]) == (3990, 4010, 4000)
    assert len(review.standing) == 6
    review.undo()
    assert len(review.standing) == len(review) == len(review.events) == 5
    assert review.counts()[Status.REJECTED] == 0
    assert not review.is_changed
    with pytest.raises(InputError):
        review.accept([number])
    review.redo()
    assert review.events[number].tobytes() == event.tobytes()
    review.accept([number])
    assert review.finding(number).status == Status.ADDED
    assert review.finding(number).found_as is None


def test_a_number_that_is_free_again_is_given_anew(tmp_path, analysis):
    review = Review(analysis.events, analysis.info.fs_hz, analysis.n_samples)
    first = review.add(4000, 4500, Kind.CRAMP)
    review.add(6000, 6000, Kind.FASCICULATION, channel=0)
    review.reject([first])
    for _ in range(3):
        review.undo()
    table, *_ = save_review(tmp_path / "a.edf", review, analysis, BY)
    assert len(table.read_text().splitlines()) == len(analysis.events) + 1
    assert review.add(8000, 8500, Kind.ARTIFACT) == first
    assert review.redo() == ""
    assert review.events[first]["start"] == 8000


@pytest.mark.parametrize(
    ("start", "stop", "kind"),
    [
        (-5, 10, Kind.ARTIFACT),
        (10, 10, Kind.CRAMP),
        (9_990, 10_001, Kind.ARTIFACT),
        (1, 9, Kind.GAP),
    ],
)
def test_what_cannot_be_added(start, stop, kind):
    review = Review(some_events(), FS, 10_000)
    with pytest.raises(InputError):
        review.add(start, stop, kind)
    assert len(review) == 5


def test_gaps_and_unknown_numbers_are_not_judged():
    review = Review(some_events(), FS, 10_000)
    review.reject([4])
    assert not review.is_changed
    for numbers in ([5], [-1], [0, 99]):
        with pytest.raises(InputError, match="There is no event number"):
            review.reject(numbers)
    with pytest.raises(InputError, match="not up to a review"):
        review.relabel([0], Kind.GAP)
    with pytest.raises(InputError, match="A family has a number"):
        review.regroup([0], -1)
    assert not review.is_changed


def test_nothing_said_changes_no_figure(analysis):
    review = Review(analysis.events, analysis.info.fs_hz, analysis.n_samples)
    same = reviewed_analysis(analysis, review)
    assert same.summary == analysis.summary
    assert same.events.tobytes() == analysis.events.tobytes()
    np.testing.assert_array_equal(same.left_out, analysis.left_out)


def test_a_rejected_twitch_is_not_counted(analysis):
    review = Review(analysis.events, analysis.info.fs_hz, analysis.n_samples)
    first = int(np.flatnonzero(analysis.events["kind"] == Kind.FASCICULATION)[0])
    review.reject([first])
    less = reviewed_analysis(analysis, review, "Reviewed.").summary
    assert less["fasciculations"] == analysis.summary["fasciculations"] - 1
    assert less["twitches_per_minute"] < analysis.summary["twitches_per_minute"]
    assert less["quality"][0] == "Reviewed."
    family = int(analysis.events["family"][first])
    if family:
        was = analysis.summary["families"][family - 1]["fasciculations"]
        assert less["families"][family - 1]["fasciculations"] == was - 1


def longest_contraction(analysis):
    held = np.flatnonzero(analysis.events["kind"] == Kind.CONTRACTION)
    assert len(held)
    return int(held[np.argmax((analysis.events["stop"] - analysis.events["start"])[held])])


def test_a_contraction_that_is_none_does_not_lower_the_rate(analysis):
    review = Review(analysis.events, analysis.info.fs_hz, analysis.n_samples)
    review.reject([longest_contraction(analysis)])
    after = reviewed_analysis(analysis, review).summary
    for key in ("analysable_s", "fasciculations", "twitches_per_minute"):
        assert after[key] == analysis.summary[key]
    assert after["contractions"] == analysis.summary["contractions"] - 1
    assert "1 stretch stays out of the usable time, not searched for twitches" in remark(
        analysis, review, BY
    )
    review.undo()
    assert reviewed_analysis(analysis, review).summary == analysis.summary
    assert "searched" not in remark(analysis, review, BY)


def test_an_artefact_that_took_no_time_is_not_said_to_stay_out(analysis):
    found = ev.intervals(Kind.ARTIFACT, np.array([[100, 200], [1000, 2000]]), 0)
    one = replace(analysis, events=found, left_out=np.array([[1000, 2000]]))
    review = Review(found, FS_OF_SCENE, analysis.n_samples)
    review.reject([0])
    assert "usable time" not in remark(one, review, BY)
    review.reject([1])
    assert "1 stretch stays out of the usable time" in remark(one, review, BY)


def test_a_stretch_in_which_a_person_found_twitches_counts(analysis):
    review = Review(analysis.events, analysis.info.fs_hz, analysis.n_samples)
    longest = longest_contraction(analysis)
    start, stop = (int(analysis.events[key][longest]) for key in ("start", "stop"))
    review.reject([longest])
    review.add((start + stop) // 2, (start + stop) // 2, Kind.FASCICULATION, 0)
    more = reviewed_analysis(analysis, review).summary
    gained = more["analysable_s"] - analysis.summary["analysable_s"]
    length_s = (stop - start) / analysis.info.fs_hz
    assert length_s <= gained <= length_s + 0.13
    assert more["fasciculations"] == analysis.summary["fasciculations"] + 1
    assert "searched" not in remark(analysis, review, BY)


def test_an_added_contraction_takes_its_time_and_the_twitches_in_it(analysis):
    fs_hz = analysis.info.fs_hz
    review = Review(analysis.events, fs_hz, analysis.n_samples)
    peaks = ev.of_kind(analysis.events, Kind.FASCICULATION)["peak"]
    at = int(peaks[len(peaks) // 2])
    review.add(at - 10, at + 10, Kind.CONTRACTION)
    less = reviewed_analysis(analysis, review)
    assert less.summary["fasciculations"] == analysis.summary["fasciculations"] - 1
    assert less.summary["analysable_s"] == pytest.approx(
        analysis.summary["analysable_s"] - 20 / fs_hz, abs=0.002
    )
    assert not (less.events["peak"] == at).any()


def test_a_review_is_kept_and_found_again(tmp_path, analysis):
    recording = tmp_path / "calf_emg.edf"
    review = Review(analysis.events, analysis.info.fs_hz, analysis.n_samples)
    review.reject([0, 1])
    review.relabel([2, 3], Kind.ARTIFACT)
    review.reject([3])
    review.regroup([5], 7)
    review.accept([6])
    review.add(10_000, 12_000, Kind.CRAMP)
    gone = review.add(20_000, 22_000, Kind.CONTRACTION)
    review.reject([gone])
    table, about, _ = save_review(recording, review, analysis, BY)
    assert table.name == "calf_desc-reviewed_events.tsv"
    assert json.loads(about.read_text())["Reviewer"] == "Ada"
    again, by = load_review(recording, analysis)
    assert by == BY
    assert str(by) == "Reviewed by Ada on 1 March 2026, 21:05"
    np.testing.assert_array_equal(again.status, review.status)
    for key in ("start", "stop", "peak", "kind", "family", "channel"):
        np.testing.assert_array_equal(again.events[key], review.events[key])
    assert reviewed_analysis(analysis, again).summary == reviewed_analysis(analysis, review).summary


def test_other_readers_see_only_what_stands(tmp_path, analysis):
    review = Review(analysis.events, analysis.info.fs_hz, analysis.n_samples)
    review.reject([0])
    table, *_ = save_review(tmp_path / "a.edf", review, analysis, BY)
    names = [channel.name for channel in analysis.info.channels]
    seen = ev.read_tsv(table, analysis.info.fs_hz, names)
    assert len(seen) == len(analysis.events) - 1


def twitches_at(*peaks, channel=0):
    events = ev.empty(len(peaks))
    events["peak"] = peaks
    events["start"], events["stop"] = events["peak"] - 10, events["peak"] + 10
    events["channel"], events["family"] = channel, 1
    return events


def met_again(tmp_path, analysis, before, judge, after, n_samples=(100_000, 100_000)):
    """Review `before`, find `after`, and return the review then."""
    old = replace(analysis, events=before, n_samples=n_samples[0])
    review = Review(before, FS_OF_SCENE, n_samples[0])
    judge(review)
    save_review(tmp_path / "a.edf", review, old, BY)
    new = replace(analysis, events=after, n_samples=n_samples[1])
    return load_review(tmp_path / "a.edf", new)[0], new


FS_OF_SCENE = 2000.0


def test_a_recording_that_has_grown_shows_what_is_new(tmp_path, analysis):
    before = twitches_at(1000, 2000, 3000)
    after = ev.merge(before, twitches_at(20_000, 30_000))
    review, new = met_again(
        tmp_path, analysis, before, lambda r: r.reject([1]), after, (15_000, 100_000)
    )
    assert list(review.status) == [0, 2, 0, 0, 0]
    assert review.unseen_anew == 2
    assert "Found anew since the review: 2 events have not been judged." in remark(new, review, BY)
    assert reviewed_analysis(new, review).summary["fasciculations"] == 4
    review.accept([3, 4])
    assert "anew" not in remark(new, review, BY)
    about = json.loads(review_paths(tmp_path / "a.edf")[1].read_text())
    assert about["n_samples"] == 15_000


def test_judgements_outlast_a_changed_detector(tmp_path, analysis):
    def judge(review):
        review.reject([0])
        review.relabel([1], Kind.ARTIFACT)
        review.accept([2])
        review.add(50_000, 50_000, Kind.FASCICULATION, 0)
        review.add(60_000, 60_000, Kind.FASCICULATION, 0)

    before = twitches_at(1000, 2000, 3000, 4000)
    # the first two moved a little, the accepted and an unseen one are gone, an added one is found
    after = twitches_at(1010, 1980, 9000, 50_020)
    review, _ = met_again(tmp_path, analysis, before, judge, after)
    said = zip(review.events["peak"], review.status, strict=True)
    assert [(int(peak), Status(status).name) for peak, status in said] == [
        (1010, "REJECTED"),
        (1980, "RELABELLED"),
        (9000, "UNSEEN"),
        (50_020, "ACCEPTED"),
        (3000, "ACCEPTED"),
        (60_000, "ADDED"),
    ]
    assert Kind(review.events["kind"][1]) == Kind.ARTIFACT
    assert review.finding(1).found_as == Kind.FASCICULATION
    assert review.unseen_anew == 1
    save_review(tmp_path / "a.edf", review, replace(analysis, events=after), BY)
    again, _ = load_review(tmp_path / "a.edf", replace(analysis, events=after, n_samples=100_000))
    np.testing.assert_array_equal(again.status, review.status)
    np.testing.assert_array_equal(again.events["peak"], review.events["peak"])


def test_neighbours_are_told_apart(tmp_path, analysis):
    before = twitches_at(1000, 1020)
    review, _ = met_again(tmp_path, analysis, before, lambda r: r.reject([1]), before[:1].copy())
    # only the first of a doublet is found now; the rejected second does not take its place
    assert [int(p) for p in review.events["peak"]] == [1000, 1020]
    assert list(review.status) == [0, 2]


def test_another_channel_is_another_event():
    kept = Kept(twitches_at(1000), twitches_at(1000), np.array([Status.REJECTED], dtype=np.uint8))
    both, new = meet(kept, twitches_at(1000, channel=1), FS_OF_SCENE)
    assert list(both.status) == [Status.UNSEEN, Status.REJECTED]
    assert list(new) == [0]


def test_a_contraction_that_goes_on_keeps_its_judgement(tmp_path, analysis):
    before = ev.intervals(Kind.CONTRACTION, np.array([[40_000, 50_000]]), 0)
    after = ev.intervals(Kind.CONTRACTION, np.array([[40_000, 55_000], [70_000, 90_000]]), 0)
    review, _ = met_again(tmp_path, analysis, before, lambda r: r.reject([0]), after)
    assert list(review.status) == [2, 0]
    assert review.unseen_anew == 1


def test_without_a_review_there_is_a_fresh_one(tmp_path, analysis):
    review, by = load_review(tmp_path / "a.edf", analysis)
    assert by is None
    assert not review.is_changed


HEAD = "onset\tduration\ttrial_type\tchannel\tpeak_time\tamplitude_uv\tfamily"
HEAD += "\treview\tfound_as\tfound_family\n"
GOOD = "1.0\t0.02\tfasciculation\tEMG1\t1.01\t80\t1\taccepted\tfasciculation\t1\n"


@pytest.mark.parametrize(
    ("good", "bad", "words"),
    [
        ("1.0\t0.02", "-1.0\t0.02", "lies between 0 and"),
        ("1.0\t0.02", "1.0\t-0.02", "not less than 0"),
        ("1.0\t0.02", "1.0\t600", "where the recording ends"),
        ("1.0\t0.02", "nan\t0.02", "numbers of seconds"),
        ("1.0\t0.02", "1e300\t0.02", "where the recording ends"),
        ("1.0\t0.02", "inf\t0.02", "numbers of seconds"),
        ("\t1.01\t", "\t2.5\t", "peak of an event lies in it"),
        ("\t1.01\t", "\t1e9\t", "where the recording ends"),
        ("\t1\taccepted", "\t40000\taccepted", "family is 1 to 9999"),
        ("fasciculation\t1\n", "fasciculation\t40000\n", "found_family is 1 to 9999"),
        ("fasciculation\t1\n", "fasciculation\t-1\n", "found_family is 1 to 9999"),
        ("fasciculation\t1\n", "fasciculation\t1e400\n", "cannot be read"),
        ("EMG1", "EMG77", "no channel EMG77"),
        ("accepted\tfasc", "added\tfasc", "what was found was not added"),
        ("accepted\tfasciculation", "accepted\tn/a", "what was found was not added"),
        ("\tfasciculation\tEMG1", "\tgap\tEMG1", "not up to a review"),
        ("accepted", "perhaps", "cannot be read"),
        ("1.0\t0.02", "one\t0.02", "cannot be read"),
    ],
)
def test_a_line_edited_by_hand_is_checked_and_named(tmp_path, analysis, good, bad, words):
    assert GOOD.count(good)
    table, _ = review_paths(tmp_path / "a.edf")
    table.write_text(HEAD + GOOD + "\n" + GOOD.replace(good, bad, 1))
    with pytest.raises(RecordingError, match="line 4: ") as caught:
        load_review(tmp_path / "a.edf", analysis)
    assert words in str(caught.value)
    assert "left as it is" in str(caught.value)


def test_a_table_that_another_program_wrote_is_read(tmp_path, analysis):
    automatic = replace(analysis, events=twitches_at(2020))
    table, _ = review_paths(tmp_path / "a.edf")
    added = "3.0\t0.5\tcramp\tn/a\tn/a\tn/a\tn/a\tadded\tn/a\tn/a\n"
    text = (
        HEAD
        + "\n"
        + added
        + GOOD.replace("\tfasc", "\tartifact", 1).replace("artifacticulation", "artifact")
    )
    table.write_bytes(b"\xef\xbb\xbf" + (text + "\n\n").replace("\n", "\r\n").encode())
    review, _ = load_review(tmp_path / "a.edf", automatic)
    assert list(review.status) == [Status.RELABELLED, Status.ADDED]
    assert [Kind(k) for k in review.events["kind"]] == [Kind.ARTIFACT, Kind.CRAMP]
    assert review.finding(0).found_as == Kind.FASCICULATION


@pytest.mark.parametrize(
    "text",
    [
        "",
        "onset\tduration\n1\t2\n",
        "onset\tduration\ttrial_type\treview\tfound_as\tfound_family\n1\t2\tcramp\tmaybe\tcramp\tn/a\n",
        "onset\tduration\ttrial_type\treview\tfound_as\tfound_family\n1\t2\n",
        "onset\tduration\ttrial_type\treview\tfound_as\tfound_family\n1\t2\tdog\tunseen\tcramp\tn/a\n",
    ],
)
def test_a_review_that_cannot_be_read_is_said_and_left(tmp_path, analysis, text):
    table, _ = review_paths(tmp_path / "a.edf")
    table.write_text(text)
    with pytest.raises(RecordingError, match="left as it is"):
        load_review(tmp_path / "a.edf", analysis)
    assert table.read_text() == text


def test_a_description_that_is_no_json_is_said(tmp_path, analysis):
    review = Review(analysis.events, analysis.info.fs_hz, analysis.n_samples)
    review.reject([0])
    _, about, _ = save_review(tmp_path / "a.edf", review, analysis, BY)
    about.write_text("[1, 2")
    with pytest.raises(RecordingError, match="cannot be read"):
        load_review(tmp_path / "a.edf", analysis)


def test_figures_follow_the_review_beside_a_recording(tmp_path, analysis):
    file = tmp_path / "a.edf"
    assert follow_review(file, analysis) == (analysis, "")
    review = Review(analysis.events, analysis.info.fs_hz, analysis.n_samples)
    save_review(file, review, analysis, BY)
    assert follow_review(file, analysis) == (analysis, "")
    review.reject([0])
    table, *_ = save_review(file, review, analysis, BY)
    followed, sentence = follow_review(file, analysis)
    assert sentence.startswith("Reviewed by Ada on 1 March 2026, 21:05: 1 rejected.")
    assert followed.summary == reviewed_analysis(analysis, review, sentence).summary
    table.write_text("no review")
    followed, sentence = follow_review(file, analysis)
    assert sentence.endswith("The figures are those found by itself.")
    assert followed.summary["quality"] == [sentence, *analysis.summary["quality"]]
    assert followed.events is analysis.events
