"""`cli/journal*.py`: every command of the journal, as a person types it, and what it refuses."""

from __future__ import annotations

import json
import re
import sqlite3
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from typer.testing import CliRunner

from fasciscope import formats, simulate
from fasciscope.analysis import detect as find
from fasciscope.app.keeping import keeper
from fasciscope.cli import journal_app, journal_files
from fasciscope.cli.main import app
from fasciscope.errors import InputError
from fasciscope.journal import database
from fasciscope.journal.sessions import NOTHING_SAID
from fasciscope.journal.store import Journal
from fasciscope.review import Review, Reviewed, review_paths, save_review

TODAY = date.today()


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setenv(database.VARIABLE, str(tmp_path / "data" / "journal.sqlite"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "data" / "journal.sqlite"


@pytest.fixture
def run(path):
    def run_it(*words, code=0, stdin=None):
        done = CliRunner().invoke(app, ["journal", *map(str, words)], input=stdin)
        assert done.exit_code == code, (done.output, done.exception)
        assert "Traceback" not in done.output
        return done

    return run_it


@pytest.fixture(scope="session")
def calm_file(tmp_path_factory):
    recording = simulate("calm", seconds=150, seed=3).recording
    info = replace(recording.info, start=datetime(2026, 3, 1, 20, tzinfo=UTC), note="at rest")
    file = tmp_path_factory.mktemp("made") / "calm_emg.edf"
    formats.write_edf(replace(recording, info=info), file)
    return file


@pytest.fixture
def lived(run):
    run("simulate", "half.zip")
    run("import", "half.zip")


def test_add_keeps_a_recording_once_and_corrects_it(run, path, calm_file):
    done = run("add", calm_file, "--muscle", "calf", "--side", "left", "--posture", "Lying")
    assert re.search(r"session 1: \d+ twitches in .*calm_emg\.edf", done.stdout)
    assert "Added to your journal as session 1 (left calf)" in done.stderr
    assert "fasciscope journal delete session 1" in done.stderr
    done = run("add", calm_file)
    assert "Session 1 of your journal (left calf) is brought up to date" in done.stderr
    with Journal.open(path) as journal:
        (kept,) = journal.sessions()
    assert (kept.muscle, kept.side, kept.posture, kept.note) == ("calf", "left", "lying", "at rest")
    run("edit", 1, "--muscle", "Shin", "--place", "upper third")
    assert "upper third" in run("list", "sessions").stdout
    with Journal.open(path) as journal:
        assert journal.session(1).muscle == "tibialis"
    assert "Say what to correct" in run("edit", 1, code=2).stderr
    assert "no session 9" in run("edit", 9, "--side", "left", code=2).stderr


def test_one_bad_file_does_not_stop_the_others(run, calm_file, tmp_path):
    (tmp_path / "bad.edf").write_text("no")
    done = run("add", "bad.edf", calm_file, code=2)
    assert "Added to your journal" in done.stderr
    assert "bad.edf" in done.stderr
    assert "There is no file" in run("add", "none.edf", code=2).stderr


def test_a_muscle_that_is_not_on_the_map_is_kept_and_said(run):
    done = run("felt", "claf")
    assert "claf is not on the body map; it is kept in your own words. Did you mean calf?" in (
        done.stderr
    )
    assert "claf" in run("list", "felt").stdout


def test_the_side_may_stand_before_the_muscle(run, path, calm_file):
    assert "felt 1: left calf" in run("felt", "left calf").stdout
    assert "felt 2: right foot" in run("felt", "Right foot", "--side", "right").stdout
    assert "are two sides" in run("felt", "left calf", "--side", "right", code=2).stderr
    assert "in the left hand" in run("symptom", "cramp", "--muscle", "left thumb").stdout
    assert "(left neck)" in run("add", calm_file, "--muscle", "left neck").stderr
    run("edit", 1, "--muscle", "right shin")
    with Journal.open(path) as journal:
        assert (journal.session(1).muscle, journal.session(1).side) == ("tibialis", "right")
        assert [f.side for f in journal.felt()] == ["left", "right"]


def test_a_day_is_noted_bit_by_bit(run, path):
    run("note", "--sleep", 6.5, "--cups", "2 coffee, 1 tea", "--tired", "left calf=6")
    done = run(
        "note", "--stress", 7, "--tired", "neck=2", "--text", "<b>a</b> [red]long[/red] day",
        "--sleep-quality", 4, "--exercise", 30, "--activity", "swim", "--fluids", 2,
        "--alcohol", 1, "--supplements", "magnesium", "--medicines", "none",
    )  # fmt: skip
    for words in ("sleep 6.5 h", "caffeine 230 mg", "stress 7 of 10", "tired left calf 6",
                  "tired neck 2", "<b>a</b> [red]long[/red] day", "swim", "alcohol 1"):  # fmt: skip
        assert words in done.stdout
    run("note", "--date", "yesterday", "--caffeine", 0)
    with Journal.open(path) as journal:
        assert [n.day for n in journal.notes()] == [TODAY - timedelta(days=1), TODAY]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["note"], "Say something to note"),
        (["note", "--caffeine", "-5"], "Caffeine (mg) lies between 0 and 5000"),
        (["note", "--caffeine", "nan"], "Caffeine (mg) lies between"),
        (["note", "--caffeine", "5", "--cups", "tea"], "not in both"),
        (["note", "--cups", "3 beers"], "is not known as a drink"),
        (["note", "--date", "2999-01-01", "--stress", "1"], "lies ahead: today is"),
        (["note", "--date", "soon", "--stress", "1"], "is given as 2026-03-14"),
        (["note", "--sleep", "30"], "Sleep (hours) lies between 0 and 24"),
        (["note", "--tired", "calf"], "is given as calf=6"),
        (["note", "--tired", "calf=12"], "Fatigue lies between 0 and 10"),
        (["felt", "eyelid", "--when", "25:00"], "no time of the day"),
        (["felt", "eyelid", "--when", "2999-01-01 08:00"], "lies ahead"),
        (["felt", "eyelid", "--minutes", "-1"], "How long it lasted"),
        (["felt", " "], "in which muscle"),
        (["felt", "x" * 80], "at most 60"),
        (["felt", "eyelid", "--side", "up"], "left or right"),
        (["symptom", "itch"], "one of weakness, wasting"),
        (["symptom", "numbness", "--since", "2026-03-05", "--until", "2026-03-01"], "comes before"),
        (["symptom", "7"], "Say when symptom 7 had gone"),
        (["change", " "], "Say what was changed"),
        (["change", "x", "--date", "2026-03-05", "--until", "2026-03-01"], "comes before"),
        (["add", "x.edf", "--side", "up"], "There is no file"),
        (["learn", "magic"], "no page on 'magic'"),
        (["simulate", "x.txt"], "does not end in .zip"),
        (["simulate", "x.zip", "--days", "0"], "1-4000 days"),
        (["import", "none.zip"], "There is no file none.zip"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(run, words, says):
    done = run(*words, code=2)
    assert says in " ".join(done.stderr.split())
    assert done.stdout == ""


@pytest.mark.parametrize(
    "words",
    [
        ["list"], ["today"], ["calendar"], ["body"], ["where"], ["trends"], ["factors"], ["doctor"],
        ["report"], ["export", "x.zip"], ["edit", "1", "--side", "left"], ["sustained", "1"],
        ["delete", "session", "1"], ["delete", "all", "--yes"],
        ["symptom", "1", "--until", "today"],
    ],
)  # fmt: skip
def test_without_a_journal_nothing_is_made(run, path, words):
    done = run(*words, code=2)
    assert "There is no journal at" in done.stderr
    assert not path.exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["list", "moods"], "What can be listed"),
        (["list", "--from", "2026-03-05", "--to", "2026-03-01"], "comes before --from"),
        (["delete", "mood", "1"], "is one of session, note"),
        (["delete", "session"], "Say which session"),
        (["delete", "session", "one"], "by its number"),
        (["delete", "note", "never"], "is given as 2026-03-14"),
        (["delete", "all", "7"], "not all and 7"),
        (["delete", "all"], "add --yes"),
        (["calendar", "June"], "is given as"),
        (["trends", "--split", "1999-01-01"], "must lie between"),
        (["report", "--output", "x.doc"], "as .pdf or .html"),
        (["report", "--sessions", "a"], "takes numbers"),
        (["report", "--sessions", "9999"], "no session 9999"),
        (["report", "--output", "none/x.pdf"], "There is no folder none"),
        (["body", "--output", "x.png"], "written as .svg"),
        (["sustained", "1", "--pain", "3"], "Say of which event"),
        (["sustained", "1", "--event", "3", "--pain", "3"], "there is no 3"),
        (["sustained", "1", "--event", "3"], "there is no 3"),
    ],
)
def test_what_is_not_in_the_journal_is_refused_in_a_sentence(run, lived, words, says):
    assert says in " ".join(run(*words, code=2).stderr.split())


def test_felt_symptom_and_change(run):
    done = run("felt", "Eye", "--side", "right", "--minutes", 10, "--when", "yesterday 09:15")
    yesterday = TODAY - timedelta(days=1)
    assert done.stdout.strip() == f"felt 1: right eyelid, {yesterday} 09:15"
    done = run(
        "symptom", "weakness", "--muscle", "thumb", "--side", "left", "--since", "2026-03-03"
    )
    assert "weakness in the left hand and thumb, from 2026-03-03" in done.stdout
    assert "This is something to show to a doctor: you noted weakness" in done.stdout
    done = run("symptom", "cramp", "--muscle", "calf")
    assert "see a doctor, whatever the count says" in done.stdout
    assert "something to show" not in done.stdout
    assert "to 2026-03-09" in run("symptom", 1, "--until", "2026-03-09").stdout
    assert "change 1: stopped coffee" in run("change", "stopped coffee").stdout
    shown = run("today").stdout
    assert "stopped coffee" in shown
    assert "cramp" in shown
    assert "from 3 March 2026 to 9 March 2026" in shown


def test_lists_in_words_and_as_json(run, lived):
    shown = run("list").stdout
    for words in ("sessions: 150", "notes: 182", "felt: ", "symptoms: 1", "changes: 1"):
        assert words in shown
    found = json.loads(run("list", "sessions", "--from", "2024-02-01", "--json").stdout)
    assert list(found) == ["sessions"]
    assert all(s["start"] >= "2024-02-01" and s["per_minute"] >= 0 for s in found["sessions"])
    found = json.loads(run("today", "--date", "2024-03-05", "--json").stdout)
    assert found["day"] == "2024-03-05"
    assert found["entries"]["symptoms"][0]["kind"] == "cramp"


def test_calendar_body_and_where(run, lived, tmp_path, path):
    shown = run("calendar", "2024-02").stdout
    assert shown.startswith("February 2024\nMon")
    assert " 29 " in shown
    assert "30" not in shown.split("\n", 2)[2]
    assert len(json.loads(run("calendar", "2024-02", "--json").stdout)) == 29
    shown = run("body", "--output", "map.svg").stdout
    assert re.search(r"left calf +50 sessions +felt \d+ times", shown)
    assert (tmp_path / "map.svg").read_text().startswith("<svg")
    assert "exists" in run("body", "--output", "map.svg", code=2).stderr
    assert f"{path}: " in run("where").stdout


def test_trends_factors_doctor(run, lived):
    shown = run("trends").stdout
    assert re.search(r"left calf\n  how often   Clearly more often: \d\.\d\d times", shown)
    assert "in the left calf twitches have clearly become more frequent" in shown
    assert "in how many muscles" in shown
    assert run("trends", "--split", "2024-04-17").stdout != shown
    found = json.loads(run("trends", "--json").stdout)
    assert found["trends"]["sites"][0]["frequency"]["verdict"] == "clearly more"
    assert found["trends"]["spread"]["verdict"] == "cannot tell yet"
    assert found["reasons"][0]["rule"] == "more frequent"
    shown = run("factors").stdout
    assert "With 200 mg more caffeine in the day (about two cups) go clearly more twitches" in shown
    assert "8 factors were looked at" in shown
    assert "before and after\n  7 May 2024, went swimming twice a week: " in shown
    assert json.loads(run("factors", "--json").stdout)["factors"][0]["ratio"]["ratio"] > 1
    done = run("doctor")
    assert "something to show to a doctor" in done.stdout
    assert "whatever the count says" in done.stdout
    assert "fasciscope journal report" in done.stderr
    assert json.loads(run("doctor", "--json").stdout)["advice"]


def test_trends_and_factors_of_nothing(run):
    run("note", "--stress", 3)
    assert "no session of 2 minutes or more yet" in run("trends").stdout
    assert "No factor has been noted often enough yet" in run("factors").stdout
    assert "whatever the count says" in run("doctor").stdout


def test_learn(run):
    done = run("learn")
    assert "When to see a doctor" in done.stdout
    assert run("learn", "cramp").stdout.startswith("# Twitch or cramp")


def test_report_of_days_and_recordings(run, calm_file, tmp_path):
    run("add", calm_file)
    done = run("report", "--from", "2026-02-20", "--to", "2026-03-05", "--sessions", "1")
    assert (tmp_path / "journal-2026-03-05.pdf").read_bytes().startswith(b"%PDF")
    assert "written: journal-2026-03-05.pdf" in done.stdout
    run("report", "--output", "out.html")
    assert "Twitch journal" in (tmp_path / "out.html").read_text()


def test_twitch_or_cramp(run, tmp_path):
    recording = simulate("contractions", seconds=60, seed=2).recording
    info = replace(recording.info, start=datetime(2026, 3, 1, 20, tzinfo=UTC))
    formats.write_edf(replace(recording, info=info), tmp_path / "c_emg.edf")
    run("add", "c_emg.edf")
    shown = run("sustained", 1).stdout
    assert "event 1, at " in shown
    assert "did it hurt" in shown
    shown = run("sustained", 1, "--event", 1, "--pain", 6, "--hard", "--unwilled").stdout
    assert "Pain: 6 of 10. The muscle was hard. Not tensed on purpose." in shown
    assert "what people call a cramp" in shown
    assert "event 2" not in shown
    assert "contraction of your own" in run("sustained", 1, "--event", 1, "--willed").stdout


def test_out_in_and_gone(run, lived, path, tmp_path):
    shown = run("export", "all.zip").stdout
    assert "150" in shown
    assert "only you can read it" in shown
    assert "exists already" in run("export", "all.zip", code=2).stderr
    run("delete", "note", "2024-03-05")
    run("delete", "session", 3)
    assert "0 new" in run("import", "half.zip").stdout
    shown = run("import", "all.zip", "--journal", "other.sqlite").stdout
    assert re.search(r"sessions +150 new", shown)
    shown = run("delete", "all", "--yes").stdout
    assert f"deleted: {path}" in shown
    assert not path.exists()
    assert (tmp_path / "other.sqlite").exists()


@pytest.mark.parametrize("answer", ["n", "y"])
def test_on_a_terminal_it_asks_back_before_all_is_deleted(run, path, monkeypatch, answer):
    run("note", "--stress", 3)
    monkeypatch.setattr(journal_files, "_on_a_terminal", lambda: True)
    shown = run("delete", "all", stdin=f"{answer}\n").stdout
    assert "It cannot be brought back" in shown
    assert ("Nothing was deleted." in shown) == path.exists() == (answer == "n")


def test_a_damaged_journal_is_left_as_it_is(run, lived, path):
    raw = bytearray(path.read_bytes())
    raw[8192:9000] = b"\xff" * 808
    path.write_bytes(raw)
    done = run("note", "--stress", 3, code=2)
    assert "is damaged" in done.stderr
    assert "Nothing was written to it" in done.stderr
    assert path.read_bytes() == bytes(raw)


def test_a_newer_journal_and_another_database(run, path, tmp_path):
    run("note", "--stress", 3)
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    assert "Update fasciscope" in run("list", code=2).stderr
    db = sqlite3.connect(tmp_path / "photos.db")
    db.execute("CREATE TABLE photos (x)")
    db.close()
    assert "no journal of fasciscope" in run("list", "--journal", "photos.db", code=2).stderr


# -- what detect keeps by itself -----------------------------------------------------------------


@pytest.fixture
def detect(path, calm_file, tmp_path):
    file = tmp_path / "calm_emg.edf"
    file.write_bytes(calm_file.read_bytes())

    def run_it(*words):
        done = CliRunner().invoke(app, ["detect", str(file), *words])
        assert done.exit_code == 0, done.output
        return done.stderr

    return run_it


def ours(tmp_path):
    text = json.dumps({"fasciscope": {"session": {"lost": 0}}})
    (tmp_path / "calm_emg.json").write_text(text)


def test_detect_begins_no_journal_unless_asked(detect, path, tmp_path):
    ours(tmp_path)
    assert "journal" not in detect()
    assert not path.exists()
    assert "Added to your journal as session 1" in detect("--journal")
    assert "Session 1 of your journal" in detect()


def test_detect_keeps_our_recordings_and_leaves_strangers(detect, run, tmp_path):
    run("note", "--stress", 3)
    assert "journal" not in detect()
    ours(tmp_path)
    assert "journal" not in detect("--no-journal")
    assert "journal" not in detect("--channels", "EMG1")
    assert "Added to your journal" in detect()


def test_a_journal_that_fails_costs_detect_nothing(detect, path, tmp_path):
    ours(tmp_path)
    path.parent.mkdir()
    path.write_text("not a journal at all, but long enough for one to be looked at" * 20)
    assert "Not kept in the journal: " in detect()
    assert (tmp_path / "calm_summary.json").exists()


# -- days and times ------------------------------------------------------------------------------


def test_days_and_times_in_words():
    assert journal_app.day_of("Today") == TODAY
    assert journal_app.day_of("3 days ago") == TODAY - timedelta(days=3)
    assert journal_app.day_of("2 weeks ago") == TODAY - timedelta(days=14)
    assert journal_app.day_of("2026-03-14") == date(2026, 3, 14)
    moment = journal_app.moment_of("2026-03-14 09:15")
    assert (moment.date(), moment.hour, moment.minute) == (date(2026, 3, 14), 9, 15)
    assert moment.tzinfo is not None
    assert journal_app.moment_of("2026-03-14").hour == 12
    assert abs(journal_app.moment_of("now") - datetime.now(UTC)) < timedelta(minutes=1)
    for wrong in ("12:75", "2026-02-30", "", "9 o'clock"):
        with pytest.raises(InputError):
            journal_app.moment_of(wrong)


@pytest.fixture
def reviewed_file(calm_file, tmp_path):
    """A copy of the recording in which everything was rejected."""
    file = tmp_path / "seen_emg.edf"
    file.write_bytes(calm_file.read_bytes())
    automatic = find(formats.read(file))
    review = Review(automatic.events, automatic.info.fs_hz, automatic.n_samples)
    review.reject(range(len(review)))
    save_review(file, review, automatic, Reviewed("Ada", datetime(2026, 3, 1, 21, tzinfo=UTC)))
    return file


def test_the_journal_keeps_what_the_review_left(run, path, reviewed_file):
    done = run("add", reviewed_file)
    assert "session 1: 0 twitches" in done.stdout
    assert "Reviewed by Ada" in done.stderr
    with Journal.open(path) as book:
        assert book.session(1).twitches == 0
        assert book.session(1).quality[0].startswith("Reviewed by Ada")
    detected = CliRunner().invoke(app, ["detect", str(reviewed_file), "--journal"])
    assert not re.search(r"twitches +0:", detected.stdout), "detect itself stays automatic"
    with Journal.open(path) as book:
        assert book.session(1).twitches == 0
    review_paths(reviewed_file)[0].write_text("no review")
    done = run("add", reviewed_file)
    assert "The figures are those found by itself" in done.stderr
    with Journal.open(path) as book:
        assert book.session(1).twitches > 0


def test_chosen_channels_are_kept_as_found_and_that_is_said(path, reviewed_file):
    (channel,) = formats.read(reviewed_file).info.channels
    words = ["detect", str(reviewed_file), "--channels", channel.name, "--journal"]
    done = CliRunner().invoke(app, words)
    assert "review beside the recording is of all its channels" in " ".join(done.stderr.split())
    with Journal.open(path) as book:
        assert book.session(1).twitches > 0


def test_the_app_keeps_what_the_review_left(path, reviewed_file):
    words = keeper(NOTHING_SAID)(reviewed_file)
    assert words.startswith("Kept in your journal as session 1")
    assert "Reviewed by Ada" in words
    with Journal.open(path) as book:
        assert book.session(1).twitches == 0


def test_a_report_follows_the_review_unless_told_not_to(reviewed_file, tmp_path):
    def report(*words):
        return CliRunner().invoke(app, ["report", str(reviewed_file), *words]).stdout

    page = tmp_path / "seen_report.html"
    said = report()
    assert re.search(r"twitches +0:", said)
    assert "Reviewed by Ada" in said
    assert "Reviewed by Ada" in page.read_text(encoding="utf-8")
    said = report("--automatic")
    assert not re.search(r"twitches +0:", said)
    assert "Reviewed by Ada" not in said + page.read_text(encoding="utf-8")
    review_paths(reviewed_file)[0].write_text("no review")
    assert "The figures are those found by itself" in " ".join(report().split())
