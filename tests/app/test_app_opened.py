"""`app/opened.py` and `app/studio.py`: one review a recording, whoever holds it."""

from __future__ import annotations

import gc
import os
from types import SimpleNamespace

import pytest

from fasciscope import detect, formats, simulate
from fasciscope.app import opened as room
from fasciscope.app.studio import KEPT_OPEN, Studio
from fasciscope.errors import InputError
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


def kept(opened):
    review, _ = load_review(opened.path, opened.automatic)
    return [int(k) for k in review.status.nonzero()[0]]


def test_a_recording_that_a_tab_holds_is_not_opened_twice(studio):
    held = ready(studio)
    for number in range(1, KEPT_OPEN + 2):
        ready(studio, f"r{number}_emg.edf")
    again = studio.open("r0_emg.edf")
    assert again is held
    held.say(lambda review: review.reject([0]), "")
    again.say(lambda review: review.reject([1]), "")
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
    old.say(lambda review: review.reject([0]), "")
    os.utime(old.path, ns=(1, 1))
    new = ready(studio)
    assert new is not old
    with pytest.raises(InputError, match="Load the page again"):
        old.say(lambda review: review.reject([1]), "")
    new.say(lambda review: review.reject([2]), "")
    studio.close()
    assert kept(new) == [0, 2]


@pytest.mark.parametrize("change", ["edit", "remove"])
def test_a_review_changed_by_somebody_else_is_not_written_over(studio, change):
    opened = ready(studio)
    opened.say(lambda review: review.reject([0]), "")
    table, _ = review_paths(opened.path)
    theirs = table.read_text().replace("\trejected\t", "\taccepted\t", 1)
    theirs = theirs.replace("\trejected\t", "\tfasciculation\t")
    if change == "edit":
        table.write_text(theirs)
    else:
        table.unlink()
    trouble = opened.say(lambda review: review.reject([1]), "")
    assert "changed by somebody else" in trouble
    assert "kept in memory" in opened.save_error
    assert opened.is_contested
    assert opened.review.finding(1).status == Status.REJECTED
    assert (table.read_text() == theirs) if change == "edit" else not table.exists()


def test_a_review_that_comes_from_elsewhere_at_first_is_seen(studio):
    opened = ready(studio)
    table, _ = review_paths(opened.path)
    table.write_text("theirs")
    assert "changed by somebody else" in opened.say(lambda review: review.reject([0]), "")
    assert table.read_text() == "theirs"


def test_theirs_is_taken(studio, tmp_path):
    opened = ready(studio)
    opened.say(lambda review: review.reject([0]), "")
    table, _ = review_paths(opened.path)
    before = table.read_bytes()
    opened.say(lambda review: review.reject([1]), "")
    table.write_bytes(before)
    opened.say(lambda review: review.reject([2]), "")
    version = opened.review.version
    opened.take_theirs()
    assert opened.review.version > version
    assert list(opened.review.status.nonzero()[0]) == [0]
    assert not opened.is_contested
    assert not opened.save_error
    assert opened.say(lambda review: review.reject([3]), "") == ""
    studio.close()
    assert kept(opened) == [0, 3]


def test_mine_is_kept(studio):
    opened = ready(studio)
    opened.say(lambda review: review.reject([0]), "")
    review_paths(opened.path)[0].unlink()
    opened.say(lambda review: review.reject([1]), "")
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
    ready(studio, "r1_emg.edf").say(lambda review: review.reject([0]), "")
    studio.session.is_over = True
    assert studio.open("r0_emg.edf") is not opened
    studio.session = None
