"""The report as files: what is on the page, what is escaped, and cases with nothing to show."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from fasciscope.errors import InputError, OutputError
from fasciscope.events import Kind
from fasciscope.report import panels, write_report
from fasciscope.report.page import draw, style
from fasciscope.report.words import DISCLAIMER, SEE_A_DOCTOR
from report_cases import analysis, family, recording, stretch, twitches


class Page(HTMLParser):
    """Collects text, tags and pictures; complains of what is not closed."""

    void = frozenset({"meta", "img"})

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.words, self.sources = [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []
        self.text = " ".join("".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.sources += [value for key, value in attrs if key in ("src", "href")]
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def typical(**info):
    source = recording(
        gaps=[(30_000, 31_000)], start=datetime(2024, 3, 2, 13, 5, tzinfo=UTC), **info
    )
    found = analysis(
        source,
        twitches(np.arange(1000, 29_000, 2500)),
        twitches(np.arange(80_000, 110_000, 3000), family=2),
        stretch(Kind.GAP, 30_000, 31_000, -1),
        stretch(Kind.CONTRACTION, 40_000, 52_000),
        stretch(Kind.CRAMP, 60_000, 66_000),
        stretch(Kind.ARTIFACT, 70_000, 70_400),
        families=[family(1), family(2, count=10)],
        quality=["Mains hum is strong."],
    )
    return source, found


@pytest.fixture(scope="module")
def typical_page(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "a.html"
    write_report(*typical(note="left calf"), path)
    return Page(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "words",
    [
        "calf_emg.edf",
        "soleus",
        "2 March 2024, 13:05",
        "2 min recorded",
        "1 min 41 s analysable",
        "twitches a minute",
        "95 % interval 10.0 to 20.5",
        "1 contraction, 1 cramp, 1 artefact",
        "Lost samples1,000",
        "Mains hum is strong.",
        "left calf",
        "a family is not a motor unit",
        "threshold 15.0",
        "fasciscope 0.1.0",
        "All 26 events",
        DISCLAIMER,
        SEE_A_DOCTOR,
    ],
)
def test_the_page_says(typical_page, words):
    assert words in typical_page.text


def test_the_page_needs_nothing_from_elsewhere(typical_page):
    assert len(typical_page.sources) == 5
    assert all(source.startswith("data:image/png;base64,") for source in typical_page.sources)


def test_the_page_never_judges(typical_page):
    text = typical_page.text.lower().replace(DISCLAIMER.lower(), "")
    for word in ("normal", "risk", "patholog", "als", "benign", "healthy", "patient", "diagnos"):
        assert not re.search(rf"\b{word}", text), word


def test_markup_in_names_and_notes_is_only_text(tmp_path):
    nasty = "<script>alert('x')</script> & \"quotes\" $\\frac{1}{2$ _^"
    source, found = typical(note=nasty, device=nasty)
    channels = tuple(replace(c, name=nasty, muscle=nasty) for c in source.info.channels)
    info = replace(source.info, channels=channels)
    source = replace(source, info=info, name=nasty + ".edf")
    found = replace(found, info=info)
    found.summary["quality"] = [nasty]
    write_report(source, found, tmp_path / "a.html")
    page = Page((tmp_path / "a.html").read_text(encoding="utf-8"))
    assert "script" not in page.tags
    assert nasty in page.text
    write_report(source, found, tmp_path / "a.png")  # no mathematics in it either


def test_letters_without_a_font_and_very_long_names_are_drawn_all_the_same(tmp_path):
    source, found = typical(note="肌肉 " * 100)
    write_report(replace(source, name="x" * 300 + ".edf"), found, tmp_path / "a.png")


def a4(path):
    raw = path.read_bytes()
    assert raw[:8] == b"\x89PNG\r\n\x1a\n"
    return int.from_bytes(raw[16:20], "big"), int.from_bytes(raw[20:24], "big")


def test_one_a4_page_as_png_and_pdf(tmp_path):
    case = typical()
    for suffix in ("png", "pdf"):
        write_report(*case, tmp_path / f"a.{suffix}")
    assert a4(tmp_path / "a.png") == (1240, 1753)
    pdf = (tmp_path / "a.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert len(re.findall(rb"/Type /Page\b", pdf)) == 1
    assert [p.name for p in sorted(tmp_path.iterdir())] == ["a.pdf", "a.png"]


def test_the_same_input_gives_the_same_bytes(tmp_path):
    for name in ("a.pdf", "b.pdf"):
        write_report(*typical(), tmp_path / name)
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()


def empty_cases():
    quiet = recording(60)
    yield "no events", quiet, analysis(quiet)
    whole = recording(40)
    yield "no analysable time", whole, analysis(whole, stretch(Kind.CONTRACTION, 0, 40_000))
    lost = recording(20, gaps=[(0, 20_000)])
    yield "nothing but a gap", lost, analysis(lost, stretch(Kind.GAP, 0, 20_000, -1))
    dot = recording(0.001)
    yield "one sample", dot, analysis(dot)
    short = recording(0.5)
    yield "very short", short, analysis(short, twitches([250], family=0))
    many = recording(10, n_channels=64)
    yield (
        "64 channels",
        many,
        analysis(many, twitches([5000], channel=63), families=[family(1, 63)]),
    )
    nan = recording(60)
    yield (
        "not a number",
        nan,
        analysis(
            nan,
            twitches([30_000]),
            twitches_per_minute_ci95=[float("nan"), None],
            noise_uv=None,
            settings={},
        ),
    )
    crowd = recording(300)
    yield (
        "crowded",
        crowd,
        analysis(
            crowd,
            twitches(np.arange(20, 299_980, 40)),
            families=[family(i) for i in range(1, 15)],
        ),
    )


@pytest.mark.parametrize(
    ("source", "found"), [pytest.param(s, f, id=name) for name, s, f in empty_cases()]
)
def test_any_case_makes_a_page(tmp_path, source, found):
    write_report(source, found, tmp_path / "a.html")
    page = Page((tmp_path / "a.html").read_text(encoding="utf-8"))
    assert DISCLAIMER in page.text
    assert "nan" not in page.text.lower().split()
    with style():
        assert len(draw(source, found).axes) >= 5


def test_only_so_many_events_are_listed(tmp_path):
    source = recording(300)
    found = analysis(source, twitches(np.arange(20, 299_980, 100)))
    write_report(source, found, tmp_path / "a.html")
    page = Page((tmp_path / "a.html").read_text(encoding="utf-8"))
    assert "The first 2,000 of 3,000." in page.text


@pytest.mark.parametrize(("seconds", "stated"), [(9.9, False), (20.0, True)])
def test_the_page_states_a_rate_where_the_summary_does(tmp_path, seconds, stated):
    source = recording(seconds)
    found = analysis(source, twitches([2000, 5000]))
    assert (found.summary["twitches_per_minute"] is not None) == stated
    write_report(source, found, tmp_path / "a.html")
    text = Page((tmp_path / "a.html").read_text(encoding="utf-8")).text
    assert ("too little" not in text) == stated
    assert ("6.0twitches a minute" in text) == stated
    with style():
        assert bool(rate_bars(source, found)) == stated


def rate_bars(source, found):
    ax = next(ax for ax in draw(source, found).axes if "a minute" in ax.get_title(loc="left"))
    return [container for container in ax.containers if len(container)]


def test_what_the_quality_says_of_the_file_is_said_once(tmp_path):
    from fasciscope.analysis import detect

    source = replace(recording(30, gaps=[(5000, 6000)]), truncated=True)
    write_report(source, detect(source), tmp_path / "a.html")
    text = Page((tmp_path / "a.html").read_text(encoding="utf-8")).text
    assert text.count("1000 samples of each channel are missing") == 1
    assert "samples were lost" not in text
    assert text.count("The file was cut off at its end") == 1
    assert "never closed" not in text


def test_every_twitch_is_marked_above_its_own_channel():
    from matplotlib.figure import Figure

    source = recording(60, n_channels=2)
    found = analysis(source, twitches([10_000, 20_000]), twitches([40_000], channel=1))
    with style():
        for channel, own, other in ((0, [10, 20], [40]), (1, [40], [10, 20])):
            ax = Figure().add_subplot()
            panels.overview(ax, source, found, channel)
            marks = {
                tuple(round(float(line[0][0]), 3) for line in lines.get_segments())
                for lines in ax.collections
                if hasattr(lines, "get_segments")
            }
            assert marks == {tuple(own), tuple(other)}


def test_an_older_report_is_replaced(tmp_path):
    path = tmp_path / "a.html"
    path.write_text("old")
    write_report(*typical(), path)
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["a.svg", "a", "a.html.gz", "a.edf"])
def test_another_ending_is_refused_before_anything_is_touched(tmp_path, name):
    (tmp_path / name).write_text("mine")
    with pytest.raises(InputError, match=r"\.html, \.pdf or \.png"):
        write_report(*typical(), tmp_path / name)
    assert (tmp_path / name).read_text() == "mine"


def test_a_recording_is_never_replaced_whatever_it_is_called(tmp_path):
    from fasciscope import formats

    mine = tmp_path / "mine.png"
    formats.write_edf(recording(2), mine)
    before = mine.read_bytes()
    (tmp_path / "link.png").symlink_to(mine)
    for output in (mine, tmp_path / "link.png"):
        with pytest.raises(InputError, match=f"{output.name} is a recording"):
            write_report(*typical(), output)
    assert mine.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"mine.png", "link.png"}


def test_a_report_is_not_written_through_a_link_that_waits(tmp_path):
    mine = tmp_path / "mine"
    mine.write_text("mine")
    for name in ("a.html.part", ".a.html.part"):
        (tmp_path / name).symlink_to(mine)
    write_report(*typical(), tmp_path / "a.html")
    assert mine.read_text() == "mine"
    assert (tmp_path / "a.html.part").is_symlink()


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(OutputError, match="Cannot write"):
        write_report(*typical(), tmp_path / "no" / "a.html")


def test_a_folder_in_the_way_is_named_and_nothing_is_left(tmp_path):
    (tmp_path / "a.html").mkdir()
    with pytest.raises(OutputError, match=r"a\.html"):
        write_report(*typical(), tmp_path / "a.html")
    assert [p.name for p in tmp_path.iterdir()] == ["a.html"]


def test_a_real_analysis_fits_the_page(tmp_path):
    from fasciscope.analysis import detect

    source = recording(8)
    found = detect(source)
    json.dumps(found.summary, allow_nan=False)
    write_report(source, found, tmp_path / "a.html")
    assert Path(tmp_path / "a.html").stat().st_size > 10_000


def test_all_that_the_quality_says_is_on_the_page():
    source = recording()
    done = analysis(source)
    said = [f"Sentence {k} says what to mind in this recording, at some length." for k in range(11)]
    done.summary["quality"] = said
    with style():
        figure = draw(source, done)
    texts = " ".join(text.get_text() for ax in figure.axes for text in ax.texts)
    assert said[-1] in " ".join(texts.split())
    assert "…" not in texts


def test_numbers_in_the_close_up_do_not_stand_over_each_other():
    source = recording()
    found = twitches([60_000, 60_008, 60_400, 60_408], family=[1, 1, 2, 3])
    with style():
        figure = draw(source, analysis(source, found))
    ax = next(ax for ax in figure.axes if "close up" in ax.get_title(loc="left"))
    shown = [(text.get_text(), text.get_ha()) for text in ax.texts]
    assert shown == [("1", "center"), ("2", "center"), ("3", "left")]
