"""The pages of the journal, walked in a real browser."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from app_walking import choose_port, running, until

from fasciscope import simulate
from fasciscope.device.emulator import EmulatedBoard
from fasciscope.journal.entries import Symptom, SymptomKind
from fasciscope.journal.simulate import half_year
from fasciscope.journal.store import Journal

STANDING = "If you notice weakness"


@pytest.fixture
def own(monkeypatch, tmp_path):
    """A journal of its own for the test, and for the app that it starts."""
    path = tmp_path / "journal.sqlite"
    monkeypatch.setenv("FASCISCOPE_JOURNAL", str(path))
    return path


@pytest.fixture
def lived(own):
    """The same, with half a year in it that ended yesterday."""
    made = half_year(seed=1, first_day=date.today() - timedelta(days=183))
    with Journal.open(own, create=True) as journal:
        journal.add_everything(made.entries)
    return own


@pytest.fixture(scope="module")
def lived_app(tmp_path_factory):
    """An app on such a half year, for the tests that only look."""
    folder = tmp_path_factory.mktemp("lived")
    path = folder / "journal.sqlite"
    made = half_year(seed=1, first_day=date.today() - timedelta(days=183))
    with Journal.open(path, create=True) as journal:
        journal.add_everything(made.entries)
    with running(folder, FASCISCOPE_JOURNAL=str(path)) as app:
        yield app


def test_a_first_day(page, start_app, own, tmp_path):
    app = start_app(tmp_path)
    page.goto(app.url("/journal"))
    page.get_by_role("button", name="Begin a journal").click()
    page.get_by_text(STANDING).wait_for()
    page.get_by_label("Sleep (hours)").fill("6.5")
    page.get_by_label("Or what you drank").fill("2 coffee, 1 tea")
    page.get_by_role("button", name="Count the caffeine").click()
    page.get_by_label("Anything else").fill("<b>late</b> shift")
    page.get_by_role("button", name="Keep the note").click()
    page.get_by_text(re.compile(r"sleep \(hours\) 6.5.*<b>late</b> shift")).wait_for()
    page.get_by_label("Where", exact=True).fill("eyelid")
    page.get_by_label("For how many minutes").fill("10")
    page.get_by_role("button", name="Keep it").first.click()
    page.get_by_text(re.compile("felt in the eyelid, for 10 min")).wait_for()
    page.get_by_label("What", exact=True).click()
    page.get_by_role("option", name="weakness").click()
    page.get_by_role("button", name="Keep it").nth(1).click()
    page.get_by_text(
        re.compile("This is something to show to a doctor: you noted weakness")
    ).wait_for()
    page.get_by_label("What, such as: stopped coffee").fill("stopped coffee")
    page.get_by_role("button", name="Keep it").nth(2).click()
    page.get_by_text("you changed stopped coffee").wait_for()
    with Journal.open(own) as journal:
        (note,) = journal.notes()
        assert (note.sleep_hours, note.text) == (6.5, "<b>late</b> shift")
        assert note.caffeine_mg > 100
        (felt,) = journal.felt()
        assert (felt.muscle, felt.minutes) == ("eyelid", 10)
        assert journal.symptoms()[0].kind == SymptomKind.WEAKNESS
        assert len(journal.changes()) == 1
    page.get_by_role("button", name="Take out: felt").click()
    page.get_by_role("button", name="Take it out").click()
    page.get_by_text("felt in the eyelid").wait_for(state="detached")
    with Journal.open(own) as journal:
        assert journal.felt() == []


def test_what_cannot_be_is_refused_and_said(page, start_app, own, tmp_path):
    with Journal.open(own, create=True):
        pass
    app = start_app(tmp_path)
    page.goto(app.url("/journal"))
    page.get_by_label("Sleep (hours)").fill("40")
    page.get_by_role("button", name="Keep the note").click()
    page.get_by_text(re.compile(r"Sleep \(hours\).*24")).wait_for()
    page.get_by_label("Or what you drank").fill("3 dragons")
    page.get_by_role("button", name="Count the caffeine").click()
    page.get_by_text("is not known as a drink").wait_for()
    with Journal.open(own) as journal:
        assert journal.notes() == []


def test_the_body_map_answers(page, lived_app):
    page.goto(lived_app.url("/journal/body"))
    page.locator("#left-calf-back a, #left-calf a").first.click()
    page.get_by_role("heading", name="left calf").wait_for()
    page.get_by_text(re.compile(r"left calf, lying.*twitches in")).first.wait_for()


def test_the_calendar_leads_to_the_day(page, lived_app):
    month = (date.today() - timedelta(days=60)).strftime("%Y-%m")
    page.goto(lived_app.url("/journal/calendar", month=month))
    page.get_by_text("1 session").first.wait_for()
    page.get_by_role("link", name=re.compile(r"^15 ")).click()
    page.get_by_role("heading", name=re.compile(r"^15 ")).wait_for()
    page.get_by_text(STANDING).wait_for()


def test_trends_and_what_goes_with_it(page, lived_app):
    page.goto(lived_app.url("/journal/trends"))
    page.get_by_role("heading", name="Left calf").wait_for()
    page.get_by_text(re.compile("Clearly more often")).first.wait_for()
    page.get_by_text("What goes with something need not be caused by it.").wait_for()
    page.get_by_text(re.compile("With 200 mg more caffeine|200 mg more caffeine")).first.wait_for()
    assert page.locator("svg[role=img]").count() >= 6
    page.get_by_text(re.compile("show to a doctor: in the left calf")).wait_for()


def test_entries_can_be_told_where_they_were_made(page, start_app, lived, tmp_path):
    app = start_app(tmp_path)
    page.goto(app.url("/journal/entries"))
    page.get_by_label("Session", exact=True).click()
    page.get_by_role("option").first.click()
    page.get_by_label("Electrode place").fill("upper third")
    page.get_by_role("button", name="Keep it").click()
    page.get_by_text("upper third").first.wait_for()


def test_taking_along_exporting_and_deleting(page, start_app, lived, tmp_path):
    app = start_app(tmp_path)
    page.goto(app.url("/journal/keep"))
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    exported = tmp_path / "out.zip"
    download.value.save_as(exported)
    assert exported.read_bytes()[:2] == b"PK"
    with page.expect_download() as download:
        page.get_by_role("button", name="As PDF").click()
    download.value.save_as(tmp_path / "record.pdf")
    assert (tmp_path / "record.pdf").read_bytes()[:5] == b"%PDF-"
    page.get_by_role("button", name="Delete everything").click()
    page.get_by_text("Nothing was deleted").wait_for()
    assert lived.exists()
    page.get_by_label("Type delete to be sure").fill("delete")
    page.get_by_role("button", name="Delete everything").click()
    page.get_by_role("button", name="Begin a journal").wait_for()
    assert not lived.exists()
    page.goto(app.url("/journal/keep"))
    page.locator("input[type=file]").set_input_files(exported)
    page.get_by_text(re.compile("New in your journal: 150 sessions")).wait_for()
    with Journal.open(lived) as journal:
        assert journal.counts()["sessions"] == 150


def test_learning(page, lived_app):
    page.goto(lived_app.url("/learn"))
    page.get_by_role("link", name="When to see a doctor").click()
    page.get_by_role("heading", name="When to see a doctor").wait_for()
    assert "weakness" in page.inner_text("main")


def test_a_recording_is_kept_where_there_is_a_journal(page, start_app, own, tmp_path):
    with Journal.open(own, create=True) as journal:
        journal.add_symptom(Symptom(SymptomKind.CRAMP, date.today()))
    app = start_app(tmp_path)
    made = simulate("calm", seconds=60, seed=2)
    with EmulatedBoard(made.recording, loop=True, speed=4.0) as board:
        page.goto(app.url())
        choose_port(page, board.port)
        page.get_by_label("Muscle").fill("calf")
        page.get_by_label("Posture").fill("lying")
        page.get_by_role("button", name="Record", exact=True).click()
        until(lambda: page.evaluate("window.fasciscopeScope.newest") > 24_000)
        page.get_by_role("button", name="Stop").click()
        page.get_by_text(re.compile(r"Kept in your journal as session 1 \(calf\)")).wait_for()
    with Journal.open(own) as journal:
        (session,) = journal.sessions()
    assert (session.muscle, session.posture) == ("calf", "lying")


@pytest.mark.parametrize(
    "path", ["/journal", "/journal/body", "/journal/calendar", "/journal/trends", "/journal/keep"]
)
def test_a_phone_hides_nothing(page, lived_app, path):
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(lived_app.url(path))
    page.get_by_text("Not a medical device").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_damaged_journal_is_said_and_left(page, start_app, own, tmp_path):
    own.write_bytes(b"SQLite format 3\x00" + b"\xff" * 4096)
    before = own.read_bytes()
    app = start_app(tmp_path)
    page.goto(app.url("/journal"))
    assert str(own) in page.locator(".fs-note").inner_text()
    assert own.read_bytes() == before
