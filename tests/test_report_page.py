"""The report as a page: every section is there, what is from a file is text, nothing is fetched."""

import re
import subprocess
from dataclasses import replace

import pytest

from fasciscope.report import write_report
from fasciscope.report.html import DARK
from fasciscope.report.words import DISCLAIMER, SAME_PLACE, SEE_A_DOCTOR, WHAT_IT_IS_NOT
from report_cases import Page, analysis, recording, twitches, typical

PAGE_ONE = ["calf_emg.edf", "In words", "What to mind", "Contractions and cramps",
            "Doublets and runs"]  # fmt: skip
DETAILS = ["Details of calf_emg.edf", "What to mind", "Note", "Rate over time", "Intervals",
           "Families of waveforms", "Doublets and runs by family",
           "Contractions and cramps, one by one", "Settings and versions", "What this is not",
           "All 26 events"]  # fmt: skip
MINUTE_BY_MINUTE = {"Rate over time", "Intervals", "All 26 events"}
NASTY = "<script>alert('x')</script> --><img src=x onerror=alert(1)> & \"quotes\" $\\frac{1}{2$ _^"


def written(folder, case, **options):
    path = folder / "a.html"
    write_report(*case, path, **options)
    return Page.of(path)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return written(tmp_path_factory.mktemp("page"), typical(note="left calf"), person="Ada L.")


@pytest.fixture(scope="module")
def calm(tmp_path_factory):
    case = typical(note="left calf")
    return written(tmp_path_factory.mktemp("page"), case, low_detail=True)


@pytest.mark.parametrize(
    "words",
    [
        "Person Ada L.",
        "Muscle and side soleus",
        "When 2 March 2024, 13:05",
        "Recorded for 2 min",
        "Usable 1 min 41 s (84 %)",
        "13.1 twitches a minute",
        "95 % interval 10.0 to 20.5",
        "1 contraction, 1 cramp and 1 artefact",
        "contractions 1 12 s",
        "cramps 1 6.0 s",
        "gaps (samples lost) 1 1.0 s",
        "contraction 0:40.0 12 s EMG1",
        "cramp 1:00.0 6.0 s EMG1",
        "samples 120,000 a channel, 1,000 lost",
        "1 EMG1 12 55 % 120 µV",
        "half are shorter than (median) 2.5 s",
        "0:00 to 0:10 10 s 4 24.0",
        "Mains hum is strong.",
        "left calf",
        "a family is not a motor unit",
        "software fasciscope 0.1.0 threshold 15.0",
        "fasciscope 0.1.0",
        "numpy",
        "fasciscope detect calf_emg.edf",
        DISCLAIMER,
        SEE_A_DOCTOR,
        SAME_PLACE,
        *WHAT_IT_IS_NOT,
    ],
)
def test_the_page_says(page, words):
    assert words in page.text


def test_every_section_is_there_in_its_order(page):
    assert page.headings == PAGE_ONE + DETAILS


def test_every_picture_has_a_name_that_can_be_read_aloud(page):
    assert page.tags.count("svg") == 5
    named = {value for tag, key, value in page.attributes if key == "aria-labelledby"}
    ids = [value for _, key, value in page.attributes if key == "id"]
    assert len(named) == 5
    assert named <= set(ids)
    for words in (
        "The whole recording on EMG1, with what was found in it",
        "Twitches a minute over the length of the recording",
        "A short stretch close up, with each twitch marked",
        "Average waveform of each family in µV, with its spread",
        "How long it is from one twitch to the next",
    ):
        assert words in page.text


def test_no_id_is_given_twice_but_to_outlines_of_letters(page):
    ids = [value for _, key, value in page.attributes if key == "id"]
    assert len(ids) == len(set(ids))


def test_the_page_needs_nothing_from_elsewhere_and_runs_nothing(page):
    assert not {"script", "img", "link", "iframe", "object"} & set(page.tags)
    for _, key, value in page.attributes:
        assert not key.startswith("on")
        if key in ("src", "href", "xlink:href", "action", "data"):
            assert value.startswith("#")
    (policy,) = (value for _, key, value in page.attributes if value and "default-src" in value)
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


def test_no_style_reaches_out(tmp_path):
    write_report(*typical(), tmp_path / "a.html")
    text = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "@import" not in text
    assert set(re.findall(r"url\((.)", text)) <= {"#"}
    places = set(re.findall(r"https?://[^\s\"'<)]+", text))
    assert places <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


@pytest.mark.parametrize("made", ["page", "calm"])
def test_the_page_never_judges(made, request):
    text = request.getfixturevalue(made).text.lower()
    for said in (DISCLAIMER, *WHAT_IT_IS_NOT):
        text = text.replace(said.lower(), "")
    for word in ("normal", "abnormal", "risk", "patholog", "als", "benign", "healthy", "patient",
                 "diagnos", "disease"):  # fmt: skip
        assert not re.search(rf"\b{word}", text), word


def test_a_calm_page_has_nothing_minute_by_minute(calm):
    assert calm.headings == PAGE_ONE + [h for h in DETAILS if h not in MINUTE_BY_MINUTE]
    assert calm.tags.count("svg") == 2
    assert "13.1 twitches a minute" in calm.text
    assert "Twitches a minute over the length" not in calm.text
    assert not re.search(r"\b\d+:\d\d\b", calm.text.replace("13:05", ""))


def test_nobody_is_named_unless_asked(calm):
    assert "Person" not in calm.text


def test_markup_in_names_and_notes_is_only_text(tmp_path):
    source, found = typical(note=NASTY, device=NASTY)
    channels = tuple(replace(c, name=NASTY, muscle=NASTY) for c in source.info.channels)
    info = replace(source.info, channels=channels)
    source = replace(source, info=info, name=NASTY + ".edf")
    found = replace(found, info=info)
    found.summary["quality"] = [NASTY]
    page = written(tmp_path, (source, found), person=NASTY[:70])
    assert not {"script", "img"} & set(page.tags)
    assert page.text.count(" ".join(NASTY.split())) >= 8
    for suffix in ("png", "pdf"):  # no mathematics in it either
        write_report(source, found, tmp_path / f"a.{suffix}")


def test_a_name_of_several_lines_is_one_line(tmp_path):
    source, found = typical(note="one\ntwo", device="a\x00b")
    source = replace(source, name="evil\n\x1b[2J\tname.edf")
    page = written(tmp_path, (source, found), person="Ada\nL.")
    assert page.headings[0] == "evil [2J name.edf"
    assert "Ada L." in page.text
    assert "\x1b" not in page.text
    for suffix in ("png", "pdf"):
        write_report(source, found, tmp_path / f"a.{suffix}")


def test_each_colour_of_the_pictures_has_one_for_the_dark(tmp_path):
    write_report(*typical(), tmp_path / "a.html")
    used = set(re.findall(r"var\(--c([0-9a-f]{6})", (tmp_path / "a.html").read_text("utf-8")))
    assert used <= set(DARK)
    assert "1a1a1a" in used


def test_many_families_and_channels_all_have_their_picture(tmp_path):
    source = recording(30, n_channels=5)
    page = written(tmp_path, (source, analysis(source, twitches([9000], channel=3))))
    assert "Other channels" in page.headings
    assert "The whole recording on EMG4, with what was found in it" in page.text
    for name in ("EMG1", "EMG2", "EMG3", "EMG5"):
        assert f"The whole recording on {name}: no twitches" in page.text


CHROMIUM = "/usr/bin/chromium"


def printed(page, folder):
    from shutil import which

    if which(CHROMIUM) is None or which("pdfinfo") is None:
        pytest.skip("no chromium or pdfinfo here")
    done = folder / "printed.pdf"
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update",
             "--disable-sync"]  # fmt: skip
    subprocess.run(
        [CHROMIUM, *flags, f"--user-data-dir={folder / 'profile'}", "--no-pdf-header-footer",
         f"--print-to-pdf={done}", page.as_uri()],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    text = subprocess.run(
        ["pdftotext", "-layout", done, "-"], check=True, capture_output=True, text=True
    ).stdout
    return text.split("\f")[:-1]


@pytest.mark.parametrize("case", ["typical", "everything long"])
def test_page_one_is_printed_on_one_sheet(tmp_path, case):
    source, found = typical(note="a note that says a lot, " * 40)
    person = ""
    if case == "everything long":
        words = [
            f"Sentence {k} says what to mind in this recording, at some length." for k in range(20)
        ]
        found.summary["quality"] = words
        source = replace(source, name="x" * 200 + ".edf")
        person = "A very long name " * 6
    write_report(source, found, tmp_path / "a.html", person=person)
    sheets = printed(tmp_path / "a.html", tmp_path)
    assert len(sheets) >= 2
    first, second = (" ".join(sheet.split()) for sheet in sheets[:2])
    assert "TWITCH REPORT" in first.upper()
    assert "compare only sessions with the same placement" in first
    assert second.startswith("Details of")
