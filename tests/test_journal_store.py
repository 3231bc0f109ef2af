"""`journal/store.py` and its parts: what is kept comes back, whole, once."""

from __future__ import annotations

import stat
from dataclasses import replace
from datetime import date

import pytest

from fasciscope.errors import InputError, JournalError
from fasciscope.journal import database
from fasciscope.journal.diary_store import says_nothing
from fasciscope.journal.entries import Note, Sustained, Tired
from fasciscope.journal.store import Journal
from journal_cases import CHANGE, FELT, FULL, NOTE, SYMPTOM, fill, session


@pytest.fixture
def journal(tmp_path):
    with Journal.open(tmp_path / "deep" / "journal.sqlite", create=True) as opened:
        yield opened


def test_what_is_kept_comes_back(journal):
    fill(journal)
    found = journal.everything()
    (kept,) = found.sessions
    assert replace(kept, id=0, sustained=()) == replace(FULL, sustained=())
    assert [replace(s, uid="") for s in kept.sustained] == list(FULL.sustained)
    assert all(s.uid for s in kept.sustained)
    assert found.notes == (NOTE,)
    assert [replace(f, uid="", id=0) for f in found.felt] == [FELT]
    assert [replace(s, uid="", id=0) for s in found.symptoms] == [SYMPTOM]
    assert [replace(c, uid="", id=0) for c in found.changes] == [CHANGE]
    journal.must_be_whole()


def test_it_is_there_after_closing(tmp_path):
    path = tmp_path / "j.sqlite"
    with Journal.open(path, create=True) as journal:
        fill(journal)
        before = journal.everything()
    with Journal.open(path) as journal:
        assert journal.everything() == before


def test_only_its_owner_can_read_it(journal):
    fill(journal)
    for path in [journal.path, *database.companions(journal.path)]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE(journal.path.parent.stat().st_mode) == 0o700
    journal.path.chmod(0o644)
    Journal.open(journal.path).close()
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600


def test_where_it_is(monkeypatch, tmp_path):
    monkeypatch.delenv(database.VARIABLE, raising=False)
    assert database.default_path().name == "journal.sqlite"
    assert database.default_path().parent.name == "fasciscope"
    monkeypatch.setenv(database.VARIABLE, str(tmp_path / "mine.db"))
    assert database.default_path() == tmp_path / "mine.db"
    with pytest.raises(JournalError, match=r"There is no journal at .*mine\.db yet"):
        Journal.open()
    assert not (tmp_path / "mine.db").exists()


def test_the_same_session_again_is_brought_up_to_date_and_never_doubled(journal):
    first = journal.add_session(FULL)
    assert first.is_new
    journal.say_of_sustained(first.id, 1, pain=2, hard=None, willed=True)
    journal.change_session(first.id, side="right")
    later = replace(
        FULL,
        twitches=55,
        muscle="neck",
        side="left",
        posture="",
        place="elsewhere",
        note="",
        families=(),
        sustained=(Sustained("contraction", 12.9, 3.0), Sustained("cramp", 210.0, 20.0)),
    )
    second = journal.add_session(later, said=["place"])
    assert second == replace(first, is_new=False)
    (kept,) = journal.sessions()
    assert kept.twitches == 55
    assert (kept.muscle, kept.side, kept.posture) == ("calf", "right", "lying")
    assert (kept.place, kept.note, kept.families) == ("elsewhere", FULL.note, ())
    assert [(s.pain, s.willed) for s in kept.sustained] == [(2, True), (None, None)]


def test_sessions_without_a_key_are_each_their_own(journal):
    bare = replace(session(), key="")
    journal.add_sessions([bare, bare])
    assert len(journal.sessions()) == 2


def test_a_session_is_corrected(journal):
    number = journal.add_session(FULL).id
    journal.change_session(number, muscle="Shin", side="right", note="mended")
    kept = journal.session(number)
    assert (kept.muscle, kept.side, kept.note) == ("tibialis", "right", "mended")
    assert [session.key for session in journal.sessions()] == [FULL.key]
    with pytest.raises(InputError, match="no session 99"):
        journal.change_session(99, side="left")
    with pytest.raises(InputError, match="left or right"):
        journal.change_session(number, side="up")
    with pytest.raises(InputError, match="has 2 sustained events; there is no 3"):
        journal.say_of_sustained(number, 3, pain=1, hard=None, willed=None)


def test_a_days_note_grows_and_what_is_left_open_stays(journal):
    journal.add_note(NOTE)
    day = NOTE.day
    journal.add_note(Note(day, caffeine_mg=0, text="later", tired=(Tired("calf", 3, "left"),)))
    kept = journal.note(day)
    assert (kept.caffeine_mg, kept.stress, kept.text) == (0, 7, "later")
    assert set(kept.tired) == {Tired("calf", 3, "left"), Tired("neck", 2)}
    assert journal.note(date(2026, 3, 4)) is None
    assert says_nothing(Note(day))
    assert not says_nothing(kept)


def test_days_are_found_from_and_until_both_included(journal):
    journal.add_sessions([session(d) for d in (1, 2, 3, 4)])
    for day in (1, 2, 3):
        journal.add_note(Note(date(2026, 3, day), stress=day))
    found = journal.sessions(date(2026, 3, 2), date(2026, 3, 3))
    assert [s.day.day for s in found] == [2, 3]
    assert [n.stress for n in journal.notes(date(2026, 3, 2))] == [2, 3]
    assert journal.noted_days(until=date(2026, 3, 2)) == [739676, 739677]
    fill(journal)
    assert journal.felt(until=date(2026, 3, 4))
    assert not journal.felt(until=date(2026, 3, 3))
    assert journal.symptoms(date(2026, 3, 5), date(2026, 3, 9))
    assert not journal.symptoms(date(2026, 3, 6))
    assert not journal.changes(until=date(2026, 3, 9))


def test_bare_columns_for_the_figures(journal):
    journal.add_sessions([session(2, twitches=7), session(1, twitches=9)])
    assert journal.columns(["day", "twitches"]) == [(739676, 9), (739677, 7)]
    with pytest.raises(InputError, match="no column"):
        journal.columns(["day; DROP TABLE sessions"])


@pytest.mark.parametrize("kind", ["session", "note", "felt", "symptom", "change"])
def test_one_entry_is_taken_out(journal, kind):
    fill(journal)
    which = NOTE.day if kind == "note" else 1
    journal.delete(kind, which)
    left = journal.everything()
    counts = [len(getattr(left, n)) for n in ("sessions", "notes", "felt", "symptoms", "changes")]
    assert sum(counts) == 4
    with pytest.raises(InputError, match=f"no {kind} "):
        journal.delete(kind, which)
    journal.must_be_whole()


def test_what_belongs_to_a_session_goes_with_it(journal):
    fill(journal)
    journal.delete("session", 1)
    for table in ("families", "sustained"):
        assert journal._db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 0
    with pytest.raises(InputError, match="one of session, note"):
        journal.delete("everything", 1)


def test_a_symptom_ends(journal):
    number = journal.add_symptom(replace(SYMPTOM, until=None))
    assert journal.end_symptom(number, date(2026, 3, 8)).until == date(2026, 3, 8)
    assert journal.symptoms()[0].until == date(2026, 3, 8)
    with pytest.raises(InputError, match="comes before"):
        journal.end_symptom(number, date(2026, 3, 1))
    with pytest.raises(InputError, match="no symptom 9"):
        journal.end_symptom(9, date(2026, 3, 8))


def test_all_or_nothing(journal):
    with pytest.raises(AttributeError):
        journal.add_sessions([session(1), "no session"])
    assert journal.sessions() == []


def test_an_entry_that_cannot_be_read_is_said(journal):
    fill(journal)
    journal._db.execute("UPDATE notes SET stress = 99")
    with pytest.raises(JournalError, match=r"among the journal's notes cannot be read .*Stress"):
        journal.notes()
    journal._db.execute("UPDATE sessions SET start = 'once'")
    with pytest.raises(JournalError, match="among the journal's sessions"):
        journal.sessions()
