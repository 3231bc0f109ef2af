"""`journal/database.py` and `schema.py`: kills, two writers, old forms, damage, full disks."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fasciscope.errors import JournalError, OutputError
from fasciscope.journal import database, schema
from fasciscope.journal.store import Journal
from journal_cases import FULL, fill, session

TESTS = Path(__file__).resolve().parent

WRITER = """
import sys
sys.path.insert(0, {tests!r})
from journal_cases import session
from fasciscope.journal.store import Journal
path, mark, n = sys.argv[1], sys.argv[2], int(sys.argv[3])
for k in range(n):
    with Journal.open(path, create=True) as journal:
        number = journal.add_sessions([session(1, key=f"{{mark}}-{{k}}-a"),
                                       session(2, key=f"{{mark}}-{{k}}-b")])[1].id
    print(number, flush=True)
"""


def writer(path, mark, n):
    code = WRITER.format(tests=str(TESTS))
    return subprocess.Popen(
        [sys.executable, "-c", code, str(path), mark, str(n)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def old_form(path, form=1):
    """Make a journal as an older fasciscope left it, with a session in it."""
    db = sqlite3.connect(path, isolation_level=None)
    for step in schema.STEPS[:form]:
        for statement in schema.statements(step):
            db.execute(statement)
    db.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
    db.execute(f"PRAGMA user_version = {form}")
    db.execute(
        "INSERT INTO sessions VALUES (1, 'k', '2026-03-01T20:30:00+01:00', 1772393400, 739676, "
        "'calf', 'left', '', '', 605, 600, 40, NULL, 0, 0, 0, NULL, '[]', '', '', '', '', 'kept')"
    )
    db.close()


def test_two_processes_write_at_once_and_begin_it_at_once(tmp_path):
    path = tmp_path / "new" / "j.sqlite"
    writers = [writer(path, mark, 25) for mark in "xyz"]
    for process in writers:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    with Journal.open(path) as journal:
        assert len(journal.sessions()) == 3 * 25 * 2
        journal.must_be_whole()


def test_many_processes_begin_it_at_once(tmp_path):
    """None takes the half-made file of another for damaged, foreign or locked."""
    for k in range(3):
        path = tmp_path / str(k) / "j.sqlite"
        for process in [writer(path, str(mark), 1) for mark in range(6)]:
            _, errors = process.communicate(timeout=120)
            assert process.returncode == 0, errors
        with Journal.open(path) as journal:
            assert len(journal.sessions()) == 12


def test_kill_in_mid_write_loses_nothing_that_was_committed(tmp_path):
    for delay_s in (0.05, 0.15, 0.3, 0.45, 0.6):
        path = tmp_path / f"{delay_s}" / "j.sqlite"
        process = writer(path, "k", 10_000)
        assert process.stdout.readline().strip().isdigit()
        time.sleep(delay_s)
        os.kill(process.pid, signal.SIGKILL)
        told = 2 * (1 + len([x for x in process.communicate()[0].split("\n")[:-1] if x]))
        with Journal.open(path) as journal:
            kept = journal.sessions()
            journal.must_be_whole()
        assert len(kept) % 2 == 0, "both sessions of one call, or none"
        assert told <= len(kept) <= told + 2


def test_a_writer_that_waits_in_vain_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(database, "BUSY_S", 0.2)
    path = tmp_path / "j.sqlite"
    with Journal.open(path, create=True) as journal, Journal.open(path) as other:
        other._db.execute("BEGIN IMMEDIATE")
        with pytest.raises(JournalError, match=r"Another program .* 0\.2 seconds.*not kept"):
            journal.add_session(FULL)
        other._db.execute("ROLLBACK")
        journal.add_session(FULL)


def test_an_older_form_is_taken_along_and_copied_first(tmp_path):
    path = tmp_path / "j.sqlite"
    old_form(path)
    with Journal.open(path) as journal:
        assert [s.note for s in journal.sessions()] == ["kept"]
        journal.add_session(FULL)
        assert journal._db.execute("PRAGMA user_version").fetchone()[0] == schema.NEWEST
        journal.must_be_whole()
    copy = tmp_path / "j.sqlite.backup-form1"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    db = sqlite3.connect(copy)
    assert db.execute("PRAGMA user_version").fetchone()[0] == 1
    assert db.execute("SELECT note FROM sessions").fetchall() == [("kept",)]
    db.close()


def test_a_step_that_fails_leaves_the_older_form(tmp_path, monkeypatch):
    path = tmp_path / "j.sqlite"
    old_form(path)
    broken = (schema.STEPS[0], "CREATE TABLE half (x); CREATE TABLE sessions (y)")
    monkeypatch.setattr(schema, "STEPS", broken)
    with pytest.raises(sqlite3.OperationalError):
        Journal.open(path)
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA user_version").fetchone()[0] == 1
    assert not db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'half'").fetchall()
    db.close()


def test_a_newer_form_is_refused_and_left(tmp_path):
    path = tmp_path / "j.sqlite"
    Journal.open(path, create=True).close()
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA user_version = {schema.NEWEST + 1}")
    db.close()
    before = path.read_bytes()
    with pytest.raises(JournalError, match=r"newer fasciscope.*Nothing was changed. Update"):
        Journal.open(path)
    assert path.read_bytes() == before


def test_a_database_of_somebody_else_is_left(tmp_path):
    path = tmp_path / "photos.sqlite"
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE photos (x)")
    db.close()
    before = path.read_bytes()
    with pytest.raises(JournalError, match="no journal of fasciscope"):
        Journal.open(path, create=True)
    assert path.read_bytes() == before


def damage(path, where):
    raw = bytearray(path.read_bytes())
    for start in where(len(raw)):
        raw[start : start + 200] = b"\xa5" * 200
    path.write_bytes(raw)


@pytest.mark.parametrize(
    "where",
    [lambda n: [0], lambda n: range(4096, n, 4096), lambda n: [n // 2 // 4096 * 4096]],
    ids=["header", "every page", "one page"],
)
def test_a_damaged_file_is_said_and_not_written_to(tmp_path, where):
    path = tmp_path / "j.sqlite"
    with Journal.open(path, create=True) as journal:
        journal.add_sessions([session(1, key=str(k), note="x" * 200) for k in range(300)])
    (tmp_path / "j.sqlite.backup-form1").write_bytes(b"older")
    damage(path, where)
    before = path.read_bytes()
    with pytest.raises(JournalError, match=r"is damaged .*Nothing was written to it\. An older"):
        Journal.open(path, create=True)
    assert path.read_bytes() == before


def test_a_file_cut_off_and_a_file_that_is_none(tmp_path):
    path = tmp_path / "j.sqlite"
    with Journal.open(path, create=True) as journal:
        journal.add_sessions([session(1, key=str(k)) for k in range(300)])
    path.write_bytes(path.read_bytes()[:20_000])
    with pytest.raises(JournalError, match="is damaged"):
        Journal.open(path)
    path.write_text("my diary, and nothing that SQLite knows; " * 40)
    with pytest.raises(JournalError, match=r"is damaged|no journal of fasciscope"):
        Journal.open(path)


def test_a_full_disk_keeps_what_was_kept(tmp_path):
    path = tmp_path / "j.sqlite"
    with Journal.open(path, create=True) as journal:
        fill(journal)
        pages = journal._db.execute("PRAGMA page_count").fetchone()[0]
        journal._db.execute(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(OutputError, match=r"is full.*What was kept before is safe.*Make room"):
            journal.add_sessions([session(1, key=str(k), note="x" * 999) for k in range(99)])
        assert len(journal.sessions()) == 1
        journal.must_be_whole()


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 512 KiB, where we may make one."""
    folder = tmp_path / "small"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=512k", "none", str(folder)], capture_output=True
    )
    if made.returncode:
        pytest.skip("only a privileged user can make a small file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_is_really_full(small_disk):
    path = small_disk / "j.sqlite"
    kept = []

    def keep_on():
        for k in range(5000):
            journal.add_session(session(1, key=str(k), note="x" * 3000))
            kept.append(k)

    refused = pytest.raises(OutputError, match=r"(full|cannot be).*What was kept before is safe")
    with Journal.open(path, create=True) as journal, refused:
        keep_on()
    assert len(kept) > 10
    with Journal.open(path) as journal:
        assert len(journal.sessions()) == len(kept)
        journal.must_be_whole()


def test_no_room_for_the_copy_means_no_new_form(small_disk):
    path = small_disk / "j.sqlite"
    old_form(path)
    (small_disk / "filler").write_bytes(b"x" * 420_000)
    before = path.read_bytes()
    with pytest.raises(OutputError):
        Journal.open(path)
    assert path.read_bytes()[100:] == before[100:]
    (small_disk / "filler").unlink()
    with Journal.open(path) as journal:
        assert len(journal.sessions()) == 1


def test_places_that_cannot_be(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="Name another place with"):
        Journal.open(tmp_path / "file" / "j.sqlite", create=True)
    with pytest.raises((OutputError, JournalError)):
        Journal.open(tmp_path)


def test_sqlite_itself_makes_what_we_refuse(tmp_path):
    path = tmp_path / "j.sqlite"
    with Journal.open(path, create=True) as journal:
        fill(journal)
        assert journal._db.execute("PRAGMA foreign_keys").fetchone()[0] == 1
        assert journal._db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        with pytest.raises(sqlite3.IntegrityError):
            journal._db.execute("INSERT INTO families VALUES (77, 1, 1, 1.0)")
