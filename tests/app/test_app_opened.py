"""`app/opened.py` and `app/studio.py`: one review a recording, whoever holds it."""

from __future__ import annotations

import gc
import os
import threading
from types import SimpleNamespace

import pytest

from fasciscope import detect, formats, simulate
from fasciscope.app import opened as room
from fasciscope.app.studio import KEPT_OPEN, Studio
from fasciscope.errors import InputError, OutputError
from fasciscope.review import Status, load_review, review_paths


@pytest.fixture(scope="session")
def made():
    recording = simulate("calf", seconds=20, seed=3).recording
    return recording, detect(recording)


@pytest.fixture
def studio(tmp_path, made, monkeypatch):
    """A studio with more recordings than it keeps; the detector's answer is known."""
    monkeypatch.setattr(room, "detect", lambda recording, progress=None: made[1])
    for number in range(KEPT_OPEN + 2):
        formats.write_edf(made[0], tmp_path / f"r{number}_emg.edf")
    studio = Studio(tmp_path)
    yield studio
    studio.close()


def ready(studio, name="r0_emg.edf"):
    opened = studio.open(name)
    assert opened.wait()
    assert opened.progress == room.Progress.READY, opened.error
    return opened


def say(opened, act):
    """Judge, and wait until it is written or cannot be."""
    opened.say(act, "")
    assert opened.flush(30)


def kept(opened):
    review, _ = load_review(opened.path, opened.automatic)
    return [int(k) for k in review.status.nonzero()[0]]


def test_a_recording_that_a_tab_holds_is_not_opened_twice(studio):
    held = ready(studio)
    for number in range(1, KEPT_OPEN + 2):
        ready(studio, f"r{number}_emg.edf")
    again = studio.open("r0_emg.edf")
    assert again is held
    say(held, lambda review: review.reject([0]))
    say(again, lambda review: review.reject([1]))
    studio.close()
    assert kept(held) == [0, 1]


def test_one_that_nobody_holds_is_let_go(studio):
    first = id(ready(studio))
    for number in range(1, KEPT_OPEN + 2):
        ready(studio, f"r{number}_emg.edf")
    gc.collect()
    assert first not in {id(one) for one in studio._held.values()}


def test_another_way_to_the_same_place_is_the_same(studio, tmp_path):
    (tmp_path / "sub").mkdir()
    assert studio.open("sub/../r0_emg.edf") is studio.open("r0_emg.edf")


def test_a_file_that_became_another_is_not_judged_by_who_holds_the_old(studio):
    old = ready(studio)
    say(old, lambda review: review.reject([0]))
    os.utime(old.path, ns=(1, 1))
    new = ready(studio)
    assert new is not old
    with pytest.raises(InputError, match="Load the page again"):
        old.say(lambda review: review.reject([1]), "")
    say(new, lambda review: review.reject([2]))
    studio.close()
    assert kept(new) == [0, 2]


@pytest.mark.parametrize("change", ["edit", "remove"])
def test_a_review_changed_by_somebody_else_is_not_written_over(studio, change):
    opened = ready(studio)
    say(opened, lambda review: review.reject([0]))
    table, _ = review_paths(opened.path)
    theirs = table.read_text().replace("\trejected\t", "\taccepted\t", 1)
    theirs = theirs.replace("\trejected\t", "\tfasciculation\t")
    if change == "edit":
        table.write_text(theirs)
    else:
        table.unlink()
    say(opened, lambda review: review.reject([1]))
    assert "changed by somebody else" in opened.save_error
    assert "kept in memory" in opened.save_error
    assert opened.is_contested
    assert opened.review.finding(1).status == Status.REJECTED
    assert (table.read_text() == theirs) if change == "edit" else not table.exists()


def test_a_review_that_comes_from_elsewhere_at_first_is_seen(studio):
    opened = ready(studio)
    table, _ = review_paths(opened.path)
    table.write_text("theirs")
    say(opened, lambda review: review.reject([0]))
    assert "changed by somebody else" in opened.save_error
    assert table.read_text() == "theirs"


def test_theirs_is_taken(studio, tmp_path):
    opened = ready(studio)
    say(opened, lambda review: review.reject([0]))
    table, _ = review_paths(opened.path)
    before = table.read_bytes()
    say(opened, lambda review: review.reject([1]))
    table.write_bytes(before)
    say(opened, lambda review: review.reject([2]))
    version = opened.review.version
    opened.take_theirs()
    assert opened.review.version > version
    assert list(opened.review.status.nonzero()[0]) == [0]
    assert not opened.is_contested
    assert not opened.save_error
    say(opened, lambda review: review.reject([3]))
    assert not opened.save_error
    studio.close()
    assert kept(opened) == [0, 3]


def test_mine_is_kept(studio):
    opened = ready(studio)
    say(opened, lambda review: review.reject([0]))
    review_paths(opened.path)[0].unlink()
    say(opened, lambda review: review.reject([1]))
    assert opened.keep_mine() == ""
    assert not opened.is_contested
    assert kept(opened) == [0, 1]


class Session:
    """A session that writes to a file."""

    def __init__(self, output):
        self.plan, self.is_over = SimpleNamespace(output=output), False


def test_what_is_still_being_recorded_is_looked_at_and_not_judged(studio, tmp_path):
    studio.session = Session(tmp_path / "r0_emg.edf")
    opened = ready(studio)
    os.utime(opened.path, ns=(1, 1))  # it grows
    assert studio.open("r0_emg.edf") is opened
    with pytest.raises(InputError, match="still being recorded"):
        opened.say(lambda review: review.reject([0]), "")
    assert not opened.review.is_changed
    say(ready(studio, "r1_emg.edf"), lambda review: review.reject([0]))
    studio.session.is_over = True
    assert studio.open("r0_emg.edf") is not opened
    studio.session = None


@pytest.fixture
def slow_disk(monkeypatch):
    """A disk that writes only when it is let, and what was written on it."""
    let, begun, written, save = threading.Event(), threading.Event(), [], room.save_review

    def slowly(path, review, automatic, by, over=None):
        begun.set()
        assert let.wait(30)
        written.append(review.version)
        return save(path, review, automatic, by, over)

    monkeypatch.setattr(room, "save_review", slowly)
    yield SimpleNamespace(let=let, begun=begun, written=written)
    let.set()


def test_nobody_waits_for_the_disk_and_the_newest_is_written(studio, slow_disk):
    opened = ready(studio)
    opened.say(lambda review: review.reject([0]), "")
    assert slow_disk.begun.wait(30)
    for number in range(1, 6):  # while the first is being written
        opened.say(lambda review, number=number: review.reject([number]), "")
    assert opened.analysis().summary["quality"][0].count("6 rejected") == 1
    assert not slow_disk.written
    slow_disk.let.set()
    assert opened.flush(30)
    assert slow_disk.written[-1] == 6
    assert len(slow_disk.written) == 2
    assert kept(opened) == [0, 1, 2, 3, 4, 5]


def test_the_end_of_the_app_waits_for_what_is_not_written(studio, slow_disk):
    opened = ready(studio)
    opened.say(lambda review: review.reject([0]), "Ada")
    path, automatic = opened.path, opened.automatic
    del opened
    studio._opened.clear()  # nobody holds it, but what writes it
    gc.collect()
    slow_disk.let.set()
    studio.close()
    review, by = load_review(path, automatic)
    assert list(review.status.nonzero()[0]) == [0]
    assert by.reviewer == "Ada"


def test_what_could_not_be_written_is_told_and_tried_again_at_the_end(studio, monkeypatch):
    opened = ready(studio)
    save = room.save_review

    def full(*args, **more):
        raise OutputError("The disk is full.")

    monkeypatch.setattr(room, "save_review", full)
    say(opened, lambda review: review.reject([0]))
    assert opened.save_error == "The disk is full."
    assert not opened.is_contested
    monkeypatch.setattr(room, "save_review", save)
    studio.close()
    assert not opened.save_error
    assert kept(opened) == [0]


def test_a_fault_in_writing_is_told_and_ends_nothing(studio, monkeypatch):
    opened = ready(studio)
    monkeypatch.setattr(room, "save_review", lambda *args, **more: 1 / 0)
    say(opened, lambda review: review.reject([0]))
    assert "fault in fasciscope: ZeroDivisionError" in opened.save_error
    monkeypatch.undo()
    say(opened, lambda review: review.reject([1]))
    assert kept(opened) == [0, 1]


def test_what_is_shown_is_never_computed_by_who_asks(studio, monkeypatch):
    opened = ready(studio)
    first = opened.shown()
    assert opened.shown_version == opened.review.version
    monkeypatch.setattr(opened._writer, "wake", lambda: None)
    opened.say(lambda review: review.reject([0]), "")
    assert opened.shown() is first
    assert opened.shown_version < opened.review.version
    assert opened.analysis() is not first
    assert opened.shown_version == opened.review.version
    monkeypatch.undo()


def test_the_figures_follow_without_being_asked(studio):
    opened = ready(studio)
    say(opened, lambda review: review.reject([0]))
    assert opened.shown_version == opened.review.version
    assert "1 rejected" in opened.shown().summary["quality"][0]
