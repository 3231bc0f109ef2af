"""The report on paper: page one is one A4 sheet that holds all it says, the details go on."""

import re

import pytest

from fasciscope.report import content as contents
from fasciscope.report import letters, page, pdf, write_report
from fasciscope.report.flow import COLUMN_MM, Flow
from fasciscope.report.sheets import HIGH_MM, MARGIN_MM, WIDE_MM, table_mm
from fasciscope.report.tables import Table
from fasciscope.report.words import DISCLAIMER, SEE_A_DOCTOR, WHAT_IT_IS_NOT
from report_cases import analysis, empty_cases, recording, typical

A4 = (595.276, 841.89)
LONG = " ".join(f"Sentence {k} says what to mind, at some length and then more." for k in range(12))


def texts(figure):
    """All that is written on a sheet outside and inside its pictures, as drawn."""
    return [text for text in figure.findobj(match=page_text) if text.get_text().strip()]


def page_text(artist):
    from matplotlib.text import Text

    return isinstance(artist, Text) and artist.get_visible()


def said_on(figure):
    return " ".join(" ".join(text.get_text() for text in texts(figure)).split())


def extreme():
    source, found = typical(note=LONG)
    found.summary["quality"] = LONG.split(". ")
    return source, found


def cases():
    yield "typical", *typical(note="left calf")
    yield "everything long", *extreme()
    yield from empty_cases()


CASES = [pytest.param(source, found, id=name) for name, source, found in cases()]


def pages(path):
    raw = path.read_bytes()
    assert raw.startswith(b"%PDF")
    boxes = re.findall(rb"/MediaBox \[ ?([\d. ]+)\]", raw)
    assert len(boxes) == len(re.findall(rb"/Type /Page\b", raw))
    return [tuple(float(x) for x in box.split()[2:]) for box in boxes]


def test_every_sheet_is_a4_and_details_follow(tmp_path):
    write_report(*typical(), tmp_path / "a.pdf")
    sizes = pages(tmp_path / "a.pdf")
    assert len(sizes) >= 2
    for size in sizes:
        assert size == pytest.approx(A4, abs=0.5)


@pytest.mark.parametrize("low_detail", [False, True])
@pytest.mark.parametrize(("source", "found"), CASES)
def test_nothing_leaves_page_one(source, found, low_detail):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    person = "A person with quite a long name, to be sure that it has room"
    said = contents.content(source, found, low_detail=low_detail, person=person)
    with page.style():
        figure = page.draw(source, found, said)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        dot_mm = 25.4 / figure.dpi
        renderer = canvas.get_renderer()
        drawn = [(text.get_text(), text.get_window_extent(renderer)) for text in figure.texts]
        drawn += [(ax.get_title(loc="left"), ax.get_tightbbox(renderer)) for ax in figure.axes]
        for what, box in drawn:
            if box is None:  # an empty place among the families
                continue
            assert box.x0 * dot_mm > 0.3 * MARGIN_MM, what
            assert box.x1 * dot_mm < WIDE_MM - 0.3 * MARGIN_MM, what
            assert box.y0 * dot_mm > 3.0, what
            assert box.y1 * dot_mm < HIGH_MM - 3.0, what
        for ax in figure.axes:
            assert ax.get_position().height * HIGH_MM > 7.0  # high enough to be seen
            assert ax.get_position().y0 * HIGH_MM > HIGH_MM - page.FOOT_MM


@pytest.mark.parametrize(("source", "found"), CASES)
def test_no_words_of_page_one_stand_on_others(source, found):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    with page.style():
        figure = page.draw(source, found, contents.content(source, found))
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        boxes = [text.get_window_extent(canvas.get_renderer()) for text in figure.texts]
    names = [text.get_text() for text in figure.texts]
    for i, one in enumerate(boxes):
        for name, other in zip(names[i + 1 :], boxes[i + 1 :], strict=True):
            wide = min(one.x1, other.x1) - max(one.x0, other.x0)
            high = min(one.y1, other.y1) - max(one.y0, other.y0)
            low = min(one.height, other.height)
            assert wide <= 0 or high < 0.35 * low, (names[i], name)


def test_page_one_says_what_it_must():
    source, found = typical(note="left calf")
    with page.style():
        said = contents.content(source, found, person="Ada L.")
        text = said_on(page.draw(source, found, said))
    for words in (
        "calf_emg.edf", "Ada L.", "soleus", "2 March 2024, 13:05", "2 min", "1 min 41 s (84 %)",
        "13.1", "twitches a minute", "95 % interval 10.0 to 20.5", "Mains hum is strong.",
        "left calf", "EMG1: 22 twitches", "Twitches a minute, by the 10 s", "close up", "Family 1",
        "From one twitch to the next", "Contractions and cramps", "Doublets and runs", "by chance",
        DISCLAIMER, SEE_A_DOCTOR,
    ):  # fmt: skip
        assert words in text, words


def test_page_one_in_brief_has_nothing_minute_by_minute():
    source, found = typical()
    with page.style():
        text = said_on(page.draw(source, found, contents.content(source, found, low_detail=True)))
    assert "IN BRIEF" in text
    assert "13.1" in text
    for words in ("by the 10 s", "From one twitch", "EMG1: 22"):
        assert words not in text


def test_the_details_hold_every_section_and_number_their_pages():
    source, found = typical(note="left calf")
    with page.style():
        sheets = pdf.details(source, found, contents.content(source, found)).sheets
        text = " ".join(said_on(sheet.figure) for sheet in sheets)
    for words in (
        "Details of calf_emg.edf", "What to mind", "Note", "Rate over time", "Intervals",
        "Families of waveforms", "Doublets and runs by family",
        "Contractions and cramps, one by one", "Settings and versions", "What this is not",
        *WHAT_IT_IS_NOT,
    ):  # fmt: skip
        assert words in text, words
    for k, sheet in enumerate(sheets):
        assert f"calf_emg.edf, page {k + 2}" in said_on(sheet.figure)
        assert DISCLAIMER in said_on(sheet.figure)


def test_all_that_the_quality_says_is_in_the_details():
    source, found = extreme()
    with page.style():
        said = contents.content(source, found)
        text = " ".join(said_on(s.figure) for s in pdf.details(source, found, said).sheets)
    assert "Sentence 11 says what to mind" in text
    assert "sentences more: see the details." in " ".join(said.minded_first)
    assert said.minded_first[0] == said.minded[0]


def test_a_long_table_goes_on_over_sheets_and_loses_no_row():
    rows = tuple((str(k), f"row {k}") for k in range(150))
    with page.style():
        flow = Flow("a", "b")
        flow.paragraph("Before it. " * 30)
        flow.table(Table("Many", ("number", "name"), rows))
        assert len(flow.sheets) >= 3
        written = [text.get_text() for sheet in flow.sheets for text in sheet.figure.texts]
        assert [word for word in written if word.startswith("row ")] == [name for _, name in rows]
        for sheet in flow.sheets:
            lowest = min(text.get_position()[1] for text in sheet.figure.texts)
            assert lowest * HIGH_MM > 5


def placed(flow, words):
    """Return sheet, x and y (mm from above) of what begins with `words`."""
    return [
        (k, text.get_position()[0] * WIDE_MM, (1 - text.get_position()[1]) * HIGH_MM)
        for k, sheet in enumerate(flow.sheets)
        for text in sheet.figure.texts
        if text.get_text().startswith(words)
    ]


def test_small_tables_stand_beside_each_other_and_none_over_another():
    tables = [
        Table(f"Table {k}", ("name", "value"), (("a", "b"),) * rows, note="A note. " * 9)
        for k, rows in enumerate([3, 12, 5, 30, 2, 30, 41])
    ]
    wide = Table("Table wide", ("name", "value"), (("x" * 200, "y"),))
    with page.style():
        flow = Flow("a", "b")
        flow.tables([*tables[:3], wide, *tables[3:]])
        boxes = []
        for table in [*tables, wide]:
            ((sheet, left, top),) = placed(flow, table.title)
            width, height = table_mm(table, 7.5, 9.0, COLUMN_MM)
            right = left + (COLUMN_MM if width <= COLUMN_MM else 2 * COLUMN_MM)
            assert top + height - 4 < HIGH_MM - 14
            boxes.append((sheet, left, right, top, top + height - 4))
    assert len(flow.sheets) == 2
    assert len({left for _, left, *_ in boxes}) == 2
    for i, one in enumerate(boxes):
        for other in boxes[i + 1 :]:
            apart = one[2] <= other[1] or other[2] <= one[1] or one[4] < other[3]
            assert one[0] != other[0] or apart or other[4] < one[3]


def test_lines_are_as_long_as_there_is_room_and_no_word_is_lost():
    text = LONG + " " + "x" * 400
    with page.style():
        lines = letters.wrap(text, 7.5, 200.0)
        assert max(letters.width_pt(line, 7.5) for line in lines) <= 200.0
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        cut = letters.fitted(text, 7.5, 100.0)
        assert cut.endswith("…")
        assert 80 < letters.width_pt(cut, 7.5) <= 100.0
        assert letters.fitted("short", 7.5, 100.0) == "short"


def test_a_night_of_rates_is_a_table_one_can_read():
    source = recording(60.0)
    said = contents.content(source, analysis(source))
    assert len(said.details[0].rows) == 6
    long = recording(3600.0)
    said = contents.content(long, analysis(long))
    assert 20 <= len(said.details[0].rows) <= 48
