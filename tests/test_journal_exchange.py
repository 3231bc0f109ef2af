"""`journal/exchange.py`: everything out, everything in on another machine, everything gone."""

from __future__ import annotations

import csv
import io
import sqlite3
import stat
import zipfile
from dataclasses import replace

import pytest

from fasciscope.errors import InputError, JournalError, OutputError
from fasciscope.journal import exchange, schema
from fasciscope.journal.entries import Note
from fasciscope.journal.simulate import half_year
from fasciscope.journal.store import Journal
from journal_cases import FELT, FULL, NOTE, fill, session


@pytest.fixture
def journal(tmp_path):
    with Journal.open(tmp_path / "a" / "journal.sqlite", create=True) as opened:
        fill(opened)
        yield opened


@pytest.fixture
def other(tmp_path):
    with Journal.open(tmp_path / "b" / "journal.sqlite", create=True) as opened:
        yield opened


def unnumbered(found):
    """Return everything without the numbers that each journal gives by itself."""
    return [[replace(e, id=0) if hasattr(e, "id") else e for e in part] for part in (
        found.sessions, found.notes, found.felt, found.symptoms, found.changes,
    )]  # fmt: skip


def test_all_of_it_arrives_on_another_machine_once(journal, other, tmp_path):
    path = exchange.export_all(journal, tmp_path / "out.zip")
    new = exchange.import_all(other, path)
    assert new == {"sessions": 1, "notes": 1, "felt": 1, "symptoms": 1, "changes": 1}
    assert unnumbered(other.everything()) == unnumbered(journal.everything())
    again = exchange.import_all(other, path)
    assert set(again.values()) == {0}
    assert unnumbered(other.everything()) == unnumbered(journal.everything())
    other.must_be_whole()


def test_two_journals_become_one(journal, other, tmp_path):
    other.add_session(session(9))
    other.add_note(Note(NOTE.day, text="here"))
    exchange.import_all(other, exchange.export_all(journal, tmp_path / "out.zip"))
    assert len(other.sessions()) == 2
    assert other.note(NOTE.day).caffeine_mg == NOTE.caffeine_mg


def test_what_is_in_the_zip(journal, tmp_path):
    path = exchange.export_all(journal, tmp_path / "out.zip")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with zipfile.ZipFile(path) as archive:
        names = {f"{table}.csv" for table in schema.TABLES}
        assert set(archive.namelist()) == {*names, "journal.sqlite", "README.txt"}
        assert "Not a medical device" in archive.read("README.txt").decode()
        tables = {
            name: list(csv.DictReader(io.StringIO(archive.read(name).decode()))) for name in names
        }
    assert tables["sessions.csv"][0]["note"] == FULL.note
    assert tables["sessions.csv"][0]["amplitude_uv"] == "123.5"
    assert tables["notes.csv"][0]["text"] == NOTE.text
    assert len(tables["tired.csv"]) == len(NOTE.tired)
    assert len(tables["sustained.csv"]) == len(tables["families.csv"]) == 2
    assert tables["felt.csv"][0]["muscle"] == FELT.muscle == "eyelid"


def test_a_spreadsheet_takes_no_word_for_a_formula():
    text = exchange.csv_of(["a", "b"], [("=HYPERLINK(1)", -2.5), ("-1+1", None), ("fine", "@x")])
    assert text == "a,b\n'=HYPERLINK(1),-2.5\n'-1+1,\nfine,'@x\n"


def test_a_journals_own_file_is_taken_too(journal, other):
    assert exchange.import_all(other, journal.path)["sessions"] == 1


def test_exports_are_refused_with_words(journal, tmp_path):
    with pytest.raises(InputError, match=r"does not end in \.zip"):
        exchange.export_all(journal, tmp_path / "out.tar")
    (tmp_path / "out.zip").write_text("mine")
    with pytest.raises(OutputError, match="exists already"):
        exchange.export_all(journal, tmp_path / "out.zip")
    assert (tmp_path / "out.zip").read_text() == "mine"
    with pytest.raises(OutputError, match="Cannot write"):
        exchange.export_all(journal, tmp_path / "none" / "out.zip")


def damaged_zip(tmp_path, journal):
    path = exchange.export_all(journal, tmp_path / "d.zip")
    raw = bytearray(path.read_bytes())
    raw[300:1200] = b"\x00" * 900
    path.write_bytes(raw)
    return path


def test_what_is_no_export_is_refused_and_nothing_is_added(journal, other, tmp_path):
    with pytest.raises(InputError, match="There is no file"):
        exchange.import_all(other, tmp_path / "none.zip")
    (tmp_path / "text.zip").write_text("hello")
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        archive.writestr("a.jpg", "x")
    for name in ("text.zip", "photos.zip"):
        with pytest.raises(InputError, match="is no export of a journal"):
            exchange.import_all(other, tmp_path / name)
    with pytest.raises((InputError, JournalError)):
        exchange.import_all(other, damaged_zip(tmp_path, journal))
    with pytest.raises(InputError, match="Cannot read"):
        exchange.import_all(other, tmp_path)
    assert not any(other.counts().values())


def test_an_export_with_an_entry_that_cannot_be_adds_nothing(journal, other, tmp_path):
    journal._db.execute("UPDATE notes SET caffeine_mg = -5")
    path = exchange.export_all(journal, tmp_path / "bad.zip")
    with pytest.raises(JournalError, match=r"Caffeine.*Nothing was added to your journal"):
        exchange.import_all(other, path)
    assert not any(other.counts().values())


def test_an_export_of_a_newer_fasciscope_is_refused(journal, other, tmp_path):
    journal._db.execute(f"PRAGMA user_version = {schema.NEWEST + 1}")
    path = exchange.export_all(journal, tmp_path / "new.zip")
    with pytest.raises(JournalError, match=r"in .*new\.zip was written by a newer fasciscope"):
        exchange.import_all(other, path)


def test_a_damaged_journal_is_not_exported_as_if_it_were_whole(journal, tmp_path):
    journal._db.execute("PRAGMA foreign_keys = OFF")
    journal._db.execute("INSERT INTO families VALUES (99, 1, 1, 1.0)")
    with pytest.raises(JournalError, match="is damaged"):
        exchange.export_all(journal, tmp_path / "out.zip")
    assert not list(tmp_path.glob("*.zip*"))


def test_a_half_year_comes_in_by_one_file(tmp_path, other):
    with Journal.open(tmp_path / "made", create=True) as made:
        made.add_everything(half_year(8).entries)
        exchange.export_all(made, tmp_path / "half.zip")
    assert exchange.import_all(other, tmp_path / "half.zip")["sessions"] == 150


def test_everything_is_deleted(tmp_path):
    path = tmp_path / "x" / "journal.sqlite"
    with Journal.open(path, create=True) as journal:
        fill(journal)
        (tmp_path / "x" / "journal.sqlite.backup-form1").write_bytes(b"older")
        (tmp_path / "x" / "recording.edf").write_bytes(b"mine")
        exchange.export_all(journal, tmp_path / "x" / "out.zip")
        gone = exchange.delete_all(path)
    assert {p.name for p in gone.paths} >= {"journal.sqlite", "journal.sqlite.backup-form1"}
    assert {p.name for p in (tmp_path / "x").iterdir()} == {"recording.edf", "out.zip"}
    with pytest.raises(JournalError, match="nothing was deleted"):
        exchange.delete_all(path)


def test_what_one_entry_said_is_gone_from_the_file(tmp_path):
    path = tmp_path / "j.sqlite"
    with Journal.open(path, create=True) as journal:
        journal.add_note(replace(NOTE, text="a secret of mine"))
        journal.delete("note", NOTE.day)
        journal._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"a secret of mine" not in path.read_bytes()


def test_somebody_elses_database_is_not_deleted_and_a_damaged_journal_is(tmp_path):
    path = tmp_path / "photos.sqlite"
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE photos (x)")
    db.close()
    with pytest.raises(JournalError, match="no journal of fasciscope"):
        exchange.delete_all(path)
    assert path.exists()
    path = tmp_path / "journal.sqlite"
    Journal.open(path, create=True).close()
    raw = bytearray(path.read_bytes())
    raw[:4000] = b"\xff" * 4000
    path.write_bytes(raw)
    exchange.delete_all(path)
    assert not path.exists()
