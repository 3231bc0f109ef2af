"""`journal/takeaway*.py`: two pages that say what they must, whatever is in the journal."""

from __future__ import annotations

import re
import stat
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from fasciscope import formats, report, simulate
from fasciscope.analysis import detect
from fasciscope.errors import InputError, OutputError
from fasciscope.journal import takeaway_html, takeaway_pdf
from fasciscope.journal.doctor import STANDING
from fasciscope.journal.entries import Change, Felt, Symptom
from fasciscope.journal.sessions import sessions_of
from fasciscope.journal.simulate import half_year
from fasciscope.journal.store import Journal
from fasciscope.journal.takeaway import write_takeaway
from fasciscope.journal.takeaway_words import gather
from fasciscope.report.words import DISCLAIMER
from fasciscope.review import Review, Reviewed, save_review
from journal_cases import NOTE, fill, session


@pytest.fixture
def journal(tmp_path):
    with Journal.open(tmp_path / "j.sqlite", create=True) as opened:
        yield opened


@pytest.fixture
def lived(journal):
    journal.add_everything(half_year(8).entries)
    return journal


def pages(path):
    return len(re.findall(rb"/Type /Page\b", path.read_bytes()))


class Text(HTMLParser):
    """Collects words, and that each element that was opened is closed."""

    def __init__(self):
        super().__init__()
        self.words, self.open, self.tags = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "br", "path", "circle"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.words.append(data)


def read_html(path):
    parser = Text()
    parser.feed(path.read_text(encoding="utf-8"))
    assert parser.open == []
    return parser, " ".join(parser.words)


@pytest.mark.parametrize("suffix", [".pdf", ".html"])
def test_it_is_written_whole_for_its_owner_alone(lived, tmp_path, suffix):
    path = tmp_path / f"out{suffix}"
    path.write_text("an older one")
    assert write_takeaway(lived, path) == []
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.stat().st_size > 20_000
    assert {p.name for p in tmp_path.glob("*out*")} == {path.name}


def test_the_pdf_has_two_pages(lived, tmp_path):
    write_takeaway(lived, tmp_path / "out.pdf")
    assert pages(tmp_path / "out.pdf") == 2


def test_the_html_says_all_of_it_and_fetches_nothing(lived, tmp_path):
    lived.add_symptom(Symptom("weakness", date(2024, 6, 20), "hand", "left"))
    write_takeaway(lived, tmp_path / "out.html")
    parser, text = read_html(tmp_path / "out.html")
    for words in (
        DISCLAIMER, STANDING, "something to show to a doctor", "you noted weakness",
        "8 January 2024 to 7 July 2024", "150 sessions in 3 muscles", "Clearly more often",
        "go clearly more twitches", "went swimming twice a week", "left calf", "right thigh, front",
    ):  # fmt: skip
        assert words in text
    assert any(tag == "svg" for tag, _ in parser.tags)
    for tag, attributes in parser.tags:
        assert tag not in ("script", "link", "iframe")
        for name in ("src", "href"):
            assert attributes.get(name, "data:").startswith("data:")


def test_without_reasons_there_is_no_frame_and_no_reassurance(journal, tmp_path):
    journal.add_sessions([session(day) for day in range(1, 9)])
    write_takeaway(journal, tmp_path / "out.html")
    _, text = read_html(tmp_path / "out.html")
    assert "something to show to a doctor" not in text
    assert STANDING in text
    assert not re.search(r"\b(normal|healthy|harmless|fine|all is well|no reason)\b", text.lower())


def test_markup_in_notes_is_words(journal, tmp_path):
    fill(journal)
    journal.add_session(session(4, muscle="<img src=x>", side=""))
    journal.add_change(Change(date(2026, 3, 4), "<b>no</b> coffee $x^2$"))
    write_takeaway(journal, tmp_path / "out.html")
    parser, text = read_html(tmp_path / "out.html")
    assert "<script>alert(1)</script>" in text
    assert "Not on the map: <img src=x>." in text
    assert not any(tag in ("script", "b") for tag, _ in parser.tags)
    write_takeaway(journal, tmp_path / "out.pdf")
    assert pages(tmp_path / "out.pdf") == 2


@pytest.mark.parametrize("suffix", [".pdf", ".html"])
def test_an_empty_journal_makes_pages_too(journal, tmp_path, suffix):
    write_takeaway(journal, tmp_path / f"out{suffix}")
    if suffix == ".html":
        assert "0 days noted" in read_html(tmp_path / "out.html")[1].replace("no days", "0 days")


def test_the_days_are_those_asked_for(lived):
    words = gather(lived, date(2024, 3, 1), date(2024, 3, 31))
    assert words.about.startswith("1 March 2024 to 31 March 2024")
    days = {row[0] for row in words.sections[4].rows}
    assert days <= {f"2024-03-{d:02d}" for d in range(1, 32)}
    assert gather(lived, None, None).about.startswith("8 January 2024 to 7 July 2024")


def test_much_of_everything_still_is_two_pages_that_say_what_is_missing(lived, tmp_path):
    for k in range(40):
        day = date(2024, 6, 1) + timedelta(days=k % 28)
        lived.add_symptom(
            Symptom("tingling", day, f"place {k} with a long name of its own", "left")
        )
        lived.add_felt(Felt(datetime(2024, 6, 1 + k % 28, 9, tzinfo=UTC), f"spot {k}"))
        lived.add_note(replace(NOTE, day=day, text="word " * 300))
        lived.add_session(
            replace(session(1), start=datetime(2024, 5, 3, 4, k, tzinfo=UTC), key=f"x{k}",
                    muscle=f"muscle number {k}", posture="p" * 100, recording="/a/" + "b" * 200)
        )  # fmt: skip
    words = gather(lived, None, None)
    assert words.sections[0].more(10) == "31 more symptoms are in the journal's export."
    assert words.sections[0].more(41) == ""
    write_takeaway(lived, tmp_path / "out.pdf")
    assert pages(tmp_path / "out.pdf") == 2
    write_takeaway(lived, tmp_path / "out.html")
    assert "more symptoms are in the journal's export" in read_html(tmp_path / "out.html")[1]


@pytest.fixture
def recorded(journal, tmp_path):
    recording = simulate("calm", seconds=30, seed=3).recording
    info = replace(recording.info, start=datetime(2026, 3, 1, 20, tzinfo=UTC))
    formats.write_edf(replace(recording, info=info), tmp_path / "calm_emg.edf")
    read = formats.read(tmp_path / "calm_emg.edf")
    journal.add_sessions(sessions_of(read, detect(read), tmp_path / "calm_emg.edf"))
    journal.add_session(session(2))
    return journal


def test_reports_of_chosen_recordings_are_appended(recorded, tmp_path):
    missing = write_takeaway(recorded, tmp_path / "out.pdf", sessions=[1, 2, 1])
    assert pages(tmp_path / "out.pdf") == 3
    assert missing == ["No report of session 2: it has no recording."]
    write_takeaway(recorded, tmp_path / "out.html", sessions=[1])
    parser, text = read_html(tmp_path / "out.html")
    assert "Session 1: calm_emg.edf" in text
    assert sum(tag == "img" for tag, _ in parser.tags) == 2
    (tmp_path / "calm_emg.edf").unlink()
    assert "There is no file" in write_takeaway(recorded, tmp_path / "out.pdf", sessions=[1])[0]


def test_an_appended_report_follows_the_review(recorded, tmp_path, monkeypatch):
    file = Path(recorded.session(1).recording)
    automatic = detect(formats.read(file))
    review = Review(automatic.events, automatic.info.fs_hz, automatic.n_samples)
    review.reject(range(len(review)))
    by = Reviewed("Ada", datetime(2026, 3, 1, 21, 5, tzinfo=UTC))
    paths = save_review(file, review, automatic, by)
    drawn = []

    def note(recording, analysis, output):
        drawn.append(analysis.summary)
        output.write_bytes(report.render_report(recording, analysis, ".png"))

    monkeypatch.setattr(report, "write_report", note)
    try:
        assert write_takeaway(recorded, tmp_path / "out.html", sessions=[1]) == []
    finally:
        paths.table.unlink()
        paths.about.unlink()
    assert drawn[0]["fasciculations"] == 0
    assert drawn[0]["quality"][0].startswith("Reviewed by Ada")


def test_what_cannot_be_is_refused(journal, tmp_path):
    with pytest.raises(InputError, match=r"as \.pdf or \.html"):
        write_takeaway(journal, tmp_path / "out.docx")
    with pytest.raises(InputError, match="no session 7"):
        write_takeaway(journal, tmp_path / "out.pdf", sessions=[7])
    with pytest.raises(OutputError, match="Cannot write"):
        write_takeaway(journal, tmp_path / "none" / "out.pdf")
    journal.add_sessions([session(1, key=str(k)) for k in range(30)])
    with pytest.raises(InputError, match="At most 20 reports"):
        write_takeaway(journal, tmp_path / "out.pdf", sessions=range(1, 31))


def test_what_is_drawn_is_inside_the_page(lived):
    words = gather(lived, None, None)
    with takeaway_pdf.style():
        for figure in (takeaway_pdf._first(words), takeaway_pdf._second(words)):
            figure.canvas.draw()
            width, height = figure.bbox.size
            for text in figure.texts:
                box = text.get_window_extent()
                assert box.x0 >= 0.05 * width
                assert box.x1 <= 0.96 * width, text.get_text()
                assert box.y0 >= 0.005 * height
                assert box.y1 <= 0.985 * height


def test_nothing_to_draw_is_no_picture(journal):
    assert takeaway_pdf.trend_picture(gather(journal, None, None)) is None
    assert takeaway_html._trend(gather(journal, None, None)) == ""
