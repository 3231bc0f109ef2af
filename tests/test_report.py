"""The report as files: each kind, whole or not at all, and cases with nothing to show."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fasciscope.errors import InputError, OutputError
from fasciscope.events import Kind
from fasciscope.report import panels, write_report
from fasciscope.report.content import content
from fasciscope.report.page import draw, style
from fasciscope.report.words import DISCLAIMER
from report_cases import Page, analysis, empty_cases, recording, stretch, twitches, typical


def test_letters_without_a_font_and_very_long_names_are_drawn_all_the_same(tmp_path):
    source, found = typical(note="肌肉 " * 100)
    write_report(replace(source, name="x" * 300 + ".edf"), found, tmp_path / "a.png")


def a4(path):
    raw = path.read_bytes()
    assert raw[:8] == b"\x89PNG\r\n\x1a\n"
    return int.from_bytes(raw[16:20], "big"), int.from_bytes(raw[20:24], "big")


def test_the_picture_is_an_a4_page(tmp_path):
    write_report(*typical(), tmp_path / "a.png")
    assert a4(tmp_path / "a.png") == (1240, 1753)
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]


def test_the_same_input_gives_the_same_bytes(tmp_path):
    for suffix in ("pdf", "png", "html"):
        for name in ("a", "b"):
            write_report(*typical(), tmp_path / f"{name}.{suffix}")
        first, second = ((tmp_path / f"{name}.{suffix}").read_bytes() for name in ("a", "b"))
        assert first == second


@pytest.mark.parametrize(
    ("source", "found"), [pytest.param(s, f, id=name) for name, s, f in empty_cases()]
)
@pytest.mark.parametrize("low_detail", [False, True])
def test_any_case_makes_a_page(tmp_path, source, found, low_detail):
    write_report(source, found, tmp_path / "a.html", low_detail=low_detail)
    page = Page.of(tmp_path / "a.html")
    assert DISCLAIMER in page.text
    assert "nan" not in page.text.lower().split()


def test_only_so_many_events_are_listed(tmp_path):
    source = recording(300)
    found = analysis(source, twitches(np.arange(20, 299_980, 100)))
    write_report(source, found, tmp_path / "a.html")
    page = Page.of(tmp_path / "a.html")
    assert "The first 2,000 of 3,000." in page.text


@pytest.mark.parametrize(("seconds", "stated"), [(9.9, False), (20.0, True)])
def test_the_page_states_a_rate_where_the_summary_does(tmp_path, seconds, stated):
    source = recording(seconds)
    found = analysis(source, twitches([2000, 5000]))
    assert (found.summary["twitches_per_minute"] is not None) == stated
    write_report(source, found, tmp_path / "a.html")
    text = Page.of(tmp_path / "a.html").text
    for words in ("too little analysable time for a rate", "too little time to state a rate"):
        assert (words not in text) == stated
    assert ("6.0 twitches a minute" in text) == stated
    with style():
        assert bool(rate_bars(source, found)) == stated


def rate_bars(source, found):
    drawn = draw(source, found, content(source, found))
    ax = next(ax for ax in drawn.axes if "a minute" in ax.get_title(loc="left"))
    return [container for container in ax.containers if len(container)]


def test_what_the_quality_says_of_the_file_is_not_said_in_other_words_too(tmp_path):
    from fasciscope.analysis import detect

    source = replace(recording(30, gaps=[(5000, 6000)]), truncated=True)
    write_report(source, detect(source), tmp_path / "a.html")
    text = Page.of(tmp_path / "a.html").text
    assert text.count("1000 samples of each channel are missing") == 2  # page one, details
    assert "samples were lost" not in text
    assert text.count("The file was cut off at its end") == 2
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


def test_of_many_twitches_each_column_of_the_picture_has_its_mark():
    from matplotlib.figure import Figure

    source = recording(600)
    peaks = np.sort(np.random.default_rng(0).integers(0, 600_000, 20_000))
    with style():
        ax = Figure().add_subplot()
        panels.overview(ax, source, analysis(source, twitches(peaks)), 0)
        marks = [
            float(line[0][0]) * 60_000
            for lines in ax.collections
            if hasattr(lines, "get_segments")
            for line in lines.get_segments()
        ]
    assert 1400 < len(marks) <= 1500
    assert np.diff(np.sort(marks)).max() < 1200
    assert set(np.round(marks).astype(int)) <= set(peaks.tolist())


def test_a_stretch_that_could_not_be_used_is_still_drawn_to_its_height():
    source = recording(40)
    done = analysis(source, stretch(Kind.CONTRACTION, 0, 40_000))
    with style():
        figure = draw(source, done, content(source, done))
    ax = next(ax for ax in figure.axes if "close up" in ax.get_title(loc="left"))
    low, high = ax.get_ylim()
    assert low < -15 < 15 < high


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


def test_numbers_in_the_close_up_do_not_stand_over_each_other():
    source = recording()
    found = twitches([60_000, 60_008, 60_400, 60_408], family=[1, 1, 2, 3])
    with style():
        done = analysis(source, found)
        figure = draw(source, done, content(source, done))
    ax = next(ax for ax in figure.axes if "close up" in ax.get_title(loc="left"))
    shown = [(text.get_text(), text.get_ha()) for text in ax.texts]
    assert shown == [("1", "center"), ("2", "center"), ("3", "left")]
