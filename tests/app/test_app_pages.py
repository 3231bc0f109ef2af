"""The pages, walked in a real browser."""

from __future__ import annotations

import re
import time
from dataclasses import replace

import numpy as np
import pytest
from app_walking import choose_port, until, watched

from fasciscope import detect, formats, read, simulate
from fasciscope import events as ev
from fasciscope.device.emulator import EmulatedBoard

NOT_A_DEVICE = "Not a medical device"


def open_review(page, app, name):
    page.goto(app.url("/review", file=name))
    page.get_by_role("heading", name="Figures").wait_for()
    page.get_by_text("as found").first.wait_for()


def test_from_the_board_to_the_report(page, start_app, tmp_path):
    app = start_app(tmp_path)
    made = simulate("calm", seconds=60, seed=2)
    with EmulatedBoard(made.recording, loop=True, speed=4.0) as board:
        page.goto(app.url())
        page.get_by_text(NOT_A_DEVICE).wait_for()
        choose_port(page, board.port)
        page.get_by_label("Muscle").fill("calf")
        page.get_by_role("button", name="Check the signal").click()
        page.get_by_text("This signal is good enough to count in.").wait_for()
        page.get_by_role("button", name="Relaxed: now I tense it").click()
        page.get_by_text("Now tense the muscle").wait_for()
        page.get_by_role("button", name="Record", exact=True).click()
        page.get_by_text(re.compile(r"Recording from the board on .*_emg\.edf")).wait_for()
        until(lambda: page.evaluate("window.fasciscopeScope.newest") > 24_000)
        page.get_by_role("button", name="I felt one").click()
        page.keyboard.press("m")
        page.get_by_text("Marked: moved").wait_for()
        page.get_by_role("button", name="Stop").click()
        page.get_by_text(re.compile(r"_emg\.edf: .* of analysable time")).wait_for()
    (file,) = tmp_path.glob("*_emg.edf")
    recorded = read(file)
    np.testing.assert_array_equal(
        recorded.samples[:, 0],
        np.resize(made.recording.samples[:, 0], recorded.n_samples),
    )
    assert recorded.lost_samples == 0
    assert [marker.text for marker in recorded.markers] == ["felt one", "moved"]
    assert recorded.info.channels[0].muscle == "calf"
    page.get_by_role("link", name="Review it").click()
    page.get_by_role("heading", name=file.name).wait_for()
    page.get_by_text("as found").first.wait_for()
    page.get_by_role("cell", name="twitch", exact=True).first.click()
    page.get_by_label("It is something else").click()
    page.get_by_role("option", name="it is: artefact").click()
    page.get_by_text("after review").wait_for()
    table = until(lambda: next(tmp_path.glob("*_desc-reviewed_events.tsv"), None))
    assert "relabelled" in table.read_text()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Report").click()
    report = opened.value
    report.get_by_text(NOT_A_DEVICE).first.wait_for()
    assert "1 relabelled" in report.inner_text("body")


def test_a_browser_that_goes_leaves_the_recording_alone(chromium, start_app, tmp_path, faults):
    app = start_app(tmp_path)
    context = chromium.new_context()
    page = watched(context.new_page(), faults)
    page.goto(app.url())
    page.get_by_text("The demo signal").click()
    page.get_by_role("button", name="Record", exact=True).click()
    until(lambda: page.evaluate("window.fasciscopeScope.newest") > 1000)
    file = next(tmp_path.glob("*_emg.edf"))
    context.close()
    size = file.stat().st_size
    until(lambda: file.stat().st_size > size + 8000)
    context = chromium.new_context()
    page = watched(context.new_page(), faults)
    page.goto(app.url())
    page.get_by_text(re.compile("Recording from the demo signal")).wait_for()
    until(lambda: page.evaluate("window.fasciscopeScope.newest") > 5000)
    other = watched(context.new_page(), faults)
    other.goto(app.url())
    other.get_by_text(re.compile("Recording from the demo signal")).wait_for()
    page.get_by_role("button", name="Stop").click()
    other.get_by_text(re.compile(r"_emg\.edf: .* of analysable time")).wait_for()
    context.close()
    assert formats.check(file).is_sound
    assert not faults


def test_a_cable_that_is_pulled_is_said_and_costs_nothing(page, start_app, tmp_path):
    app = start_app(tmp_path)
    made = simulate("calm", seconds=60, seed=2)
    with EmulatedBoard(made.recording, loop=True, speed=4.0) as board:
        page.goto(app.url())
        choose_port(page, board.port)
        page.get_by_role("button", name="Record", exact=True).click()
        until(lambda: page.evaluate("window.fasciscopeScope.newest") > 6000)
        board.unplug()
        page.get_by_text(
            re.compile("The board is away since .* What was recorded is safe")
        ).wait_for()
        page.get_by_role("button", name="Stop").click()
        page.get_by_text(re.compile(r"_emg\.edf: .* of analysable time")).wait_for()
    (file,) = tmp_path.glob("*_emg.edf")
    assert read(file).n_samples > 6000


def test_no_board_is_a_sentence(page, start_app, tmp_path):
    app = start_app(tmp_path)
    page.goto(app.url())
    choose_port(page, "/dev/null")
    page.get_by_role("button", name="Record", exact=True).click()
    page.get_by_text(re.compile("cannot be opened as a serial port")).first.wait_for()
    assert not list(tmp_path.glob("*.edf"))


def test_events_are_judged_by_keys_and_undone(page, shared_app):
    name = "calf_emg.edf"
    open_review(page, shared_app, name)
    page.locator(".fs-main").focus()
    page.keyboard.press("n")
    page.keyboard.press("n")
    page.keyboard.press("r")
    page.get_by_text("1 rejected").first.wait_for()
    table = shared_app.folder / "calf_desc-reviewed_events.tsv"
    assert until(lambda: table.exists() and "\trejected\t" in table.read_text())
    page.keyboard.press("u")
    page.get_by_text("after review").wait_for(state="detached")
    until(lambda: "\trejected\t" not in table.read_text())
    page.keyboard.press("a")
    page.get_by_text("1 accepted").first.wait_for()
    automatic = read(shared_app.folder / name)
    assert automatic.n_samples == 120_000


def test_what_was_missed_is_added(page, shared_app):
    open_review(page, shared_app, "contractions_emg.edf")
    before = page.get_by_text(re.compile(r"\d+ of \d+ events")).inner_text()
    box = page.locator(".fs-main").bounding_box()
    y = box["y"] + box["height"] / 2
    found = detect(read(shared_app.folder / "contractions_emg.edf")).events
    quiet = [
        at
        for at in range(4000, 76_000, 1000)
        if not ((found["start"] < at + 1500) & (found["stop"] > at - 1500)).any()
    ]
    page.mouse.click(box["x"] + 58 + (box["width"] - 58) * quiet[0] / 80_000, y)
    page.get_by_role("button", name="Add twitch").click()
    page.get_by_text("1 added").first.wait_for()
    page.keyboard.down("Shift")
    page.mouse.move(box["x"] + box["width"] * 0.7, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.75, y, steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")
    page.get_by_role("button", name="Add cramp").click()
    page.get_by_text("2 added").first.wait_for()
    after = page.get_by_text(re.compile(r"\d+ of \d+ events")).inner_text()
    assert int(after.split()[2]) == int(before.split()[2]) + 2
    names = ["EMG1"]
    table = shared_app.folder / "contractions_desc-reviewed_events.tsv"
    # it is written a moment after it is shown
    assert until(lambda: table.read_text().count("\tadded\t") == 2)
    assert len(ev.read_tsv(table, 2000.0, names)) == int(after.split()[2])


def test_many_channels_are_shown_sixteen_at_a_time(page, start_app, tmp_path):
    one = simulate("calf", seconds=12, seed=1).recording
    channels = tuple(replace(one.info.channels[0], name=f"EMG{k + 1}") for k in range(20))
    many = replace(
        one,
        info=replace(one.info, channels=channels),
        samples=np.asfortranarray(np.repeat(one.samples, 20, axis=1)),
    )
    formats.write_edf(many, tmp_path / "many_emg.edf")
    open_review(page, start_app(tmp_path), "many_emg.edf")
    page.get_by_label("Channels, 16 at most").click()
    for k in range(4, 20):
        page.get_by_role("option", name=f"EMG{k + 1}", exact=True).click()
    chosen = page.get_by_role("option", selected=True)
    until(lambda: chosen.count() == 16)


def test_two_tabs_share_one_review(page, shared_app):
    open_review(page, shared_app, "calf_emg.edf")
    other = page.context.new_page()
    open_review(other, shared_app, "calf_emg.edf")
    other.locator("tbody tr").nth(4).click()
    other.get_by_role("button", name="Reject").click()
    other.get_by_text(re.compile(r"1 rejected|after review")).first.wait_for()
    page.get_by_text(re.compile("1 rejected")).first.wait_for()
    other.get_by_role("button", name="Undo").click()
    page.get_by_text(re.compile("1 rejected")).first.wait_for(state="detached")


def test_the_list_is_filtered_and_sorted(page, shared_app):
    open_review(page, shared_app, "contractions_emg.edf")
    page.get_by_label("What", exact=True).click()
    page.get_by_role("option", name="contraction").click()
    until(
        lambda: (
            {r.split("\t")[0] for r in page.locator("tbody tr td:nth-child(3)").all_inner_texts()}
            == {"contraction"}
        )
    )
    page.get_by_label("What", exact=True).click()
    page.get_by_role("option", name="twitch").click()
    page.get_by_role("columnheader", name="µV").click()

    def sizes():
        texts = page.locator("tbody tr td:nth-child(4)").all_inner_texts()
        return [float(text) for text in texts if text != "–"]

    until(lambda: len(sizes()) > 3 and sizes() == sorted(sizes()))


def test_zooming_reaches_single_samples_and_back(page, shared_app):
    open_review(page, shared_app, "calf_emg.edf")
    shown = lambda: page.evaluate("window.fasciscopeSignals[0].shown")  # noqa: E731
    page.locator(".fs-main").focus()
    for _ in range(14):
        page.keyboard.press("+")
    until(lambda: shown()[1] - shown()[0] == 20)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("0")
    until(lambda: shown() == [0, 120_000])
    page.get_by_role("button", name="Zoom in").click()
    until(lambda: shown()[1] - shown()[0] == 60_000)


def test_comparing(page, shared_app):
    page.goto(shared_app.url("/compare", a="calf_emg.edf", b="contractions_emg.edf"))
    page.get_by_role("heading", name="Families, all on one scale").wait_for()
    page.get_by_text("compare only sessions with the same placement").wait_for()
    shown = lambda k: page.evaluate(f"window.fasciscopeSignals[{k}].shown")  # noqa: E731
    until(lambda: len(page.evaluate("window.fasciscopeSignals")) == 2)
    page.locator(".fs-main").first.focus()
    page.keyboard.press("ArrowRight")
    until(lambda: shown(0)[0] > 0 and shown(1) == shown(0))


@pytest.mark.parametrize("path", ["/", "/review", "/compare", "calf"])
@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (640, "dark")])
def test_a_phone_and_large_letters_hide_nothing(page, shared_app, path, width, scheme):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 740})  # 640 is 1280 at 200 %
    if path == "calf":
        open_review(page, shared_app, "calf_emg.edf")
    else:
        page.goto(shared_app.url(path))
    page.get_by_text(NOT_A_DEVICE).wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    light = sum(map(int, re.findall(r"\d+", paper)[:3])) > 380
    assert light == (scheme == "light")


@pytest.mark.parametrize("path", ["/", "/review", "/compare"])
def test_everything_has_a_name_and_can_be_reached_by_keys(page, shared_app, path):
    page.goto(shared_app.url(path))
    page.get_by_text(NOT_A_DEVICE).wait_for()
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('button, a, input, select')]
        .filter(e => e.offsetParent && !e.innerText.trim() && !e.getAttribute('aria-label')
            && !e.labels?.length && !e.title && !e.closest('label'))
        .map(e => e.outerHTML.slice(0, 120))"""
    )
    assert nameless == []
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("document.activeElement.innerText || document.activeElement.ariaLabel")
        )
    assert {"Record", "Review", "Compare"} <= {str(one).strip() for one in reached}


def test_names_with_markup_are_shown_and_never_executed(page, start_app, tmp_path, faults):
    name = "<img src=x onerror=alert(1)>_emg.edf"
    made = simulate("calm", seconds=20, seed=1)
    formats.write_edf(made.recording, tmp_path / name)
    app = start_app(tmp_path)
    page.on("dialog", lambda dialog: faults.append("something was executed"))
    page.goto(app.url("/review"))
    page.get_by_text(name).wait_for()
    open_review(page, app, name)
    assert page.locator("img[src=x]").count() == 0


def test_an_empty_file_and_one_that_is_none(page, start_app, tmp_path):
    (tmp_path / "empty_emg.edf").write_bytes(b"")
    (tmp_path / "junk_emg.edf").write_bytes(b"junk" * 500)
    app = start_app(tmp_path)
    for name, words in (
        ("empty_emg.edf", "it has 0 bytes"),
        ("junk_emg.edf", "is not a recording that can be read"),
        ("gone_emg.edf", "There is no recording"),
        ("/etc/passwd", "is not a recording"),
    ):
        page.goto(app.url("/review", file=name))
        page.get_by_text(re.compile(words)).first.wait_for()


def test_a_review_changed_by_somebody_else_is_settled_on_the_page(page, start_app, tmp_path):
    made = simulate("calf", seconds=20, seed=1)
    formats.write_edf(made.recording, tmp_path / "a_emg.edf")
    app = start_app(tmp_path)
    open_review(page, app, "a_emg.edf")
    table = tmp_path / "a_desc-reviewed_events.tsv"
    page.locator(".fs-main").focus()
    page.keyboard.press("n")
    page.keyboard.press("r")
    theirs = until(lambda: table.exists() and table.read_text())
    page.keyboard.press("n")
    page.keyboard.press("r")
    until(lambda: table.read_text().count("\trejected\t") == 4)
    table.write_text(theirs)
    page.keyboard.press("n")
    page.keyboard.press("r")
    page.get_by_text("was changed by somebody else").wait_for()
    assert table.read_text() == theirs
    page.get_by_role("button", name="Take the review from the disk").click()
    page.get_by_text(re.compile(r"\b1 rejected")).first.wait_for()
    page.get_by_text("was changed by somebody else").wait_for(state="hidden")
    assert not page.get_by_role("button", name="Keep mine in its place").is_visible()


def test_a_recording_deleted_while_it_is_open(page, start_app, tmp_path, faults):
    made = simulate("calm", seconds=30, seed=1)
    file = tmp_path / "a_emg.edf"
    formats.write_edf(made.recording, file)
    app = start_app(tmp_path)
    open_review(page, app, file.name)
    file.unlink()
    page.get_by_text("The file has gone since it was opened").wait_for()
    page.locator(".fs-main").focus()
    page.keyboard.press("+")
    until(lambda: page.evaluate("window.fasciscopeSignals[0].pending") == 0)
    assert page.evaluate("window.fasciscopeSignals[0].shown") != [0, 60_000]


def test_a_browser_that_slept_finds_its_way_back(page, start_app, tmp_path, faults):
    app = start_app(tmp_path)
    page.goto(app.url())
    page.get_by_text("The demo signal").click()
    page.get_by_role("button", name="Check the signal").click()
    newest = lambda: page.evaluate("window.fasciscopeScope.newest")  # noqa: E731
    until(lambda: newest() > 1000)
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Page.setWebLifecycleState", {"state": "frozen"})
    slept_at = newest()
    time.sleep(4)
    session.send("Page.setWebLifecycleState", {"state": "active"})
    until(lambda: newest() > slept_at + 10_000)
    page.get_by_text(re.compile("Looking at the demo signal")).wait_for()


def test_a_board_keeps_all_its_channels_when_a_muscle_is_named(page, start_app, tmp_path):
    app = start_app(tmp_path)
    made = simulate("grid", seconds=20, seed=2)
    with EmulatedBoard(made.recording, loop=True, speed=2.0) as board:
        page.goto(app.url())
        choose_port(page, board.port)
        page.get_by_label("Muscle").fill("calf")
        page.get_by_role("button", name="Record", exact=True).click()
        until(lambda: page.evaluate("window.fasciscopeScope.newest") > 3000)
        page.keyboard.press("Control+f")
        page.keyboard.press("Shift+F")
        page.get_by_text("Marked: felt one").wait_for()
        page.get_by_role("button", name="Stop").click()
        page.get_by_text(re.compile(r"_emg\.edf: .* of analysable time")).wait_for()
    (file,) = tmp_path.glob("*_emg.edf")
    recorded = read(file)
    assert [channel.muscle for channel in recorded.info.channels] == ["calf"] * 6
    assert [marker.text for marker in recorded.markers] == ["felt one"]
    page.get_by_role("button", name="New recording").click()
    page.get_by_text("Nothing is running.").wait_for()
    assert "The verdict on the whole" not in page.inner_text("main")


def test_a_stretch_that_was_drawn_is_let_go_with_the_next_click(page, shared_app):
    open_review(page, shared_app, "calf_emg.edf")
    page.locator(".fs-main").focus()
    page.keyboard.press("n")
    box = page.locator(".fs-main").bounding_box()
    y = box["y"] + box["height"] / 2
    page.keyboard.down("Shift")
    page.mouse.move(box["x"] + box["width"] * 0.7, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.75, y, steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")
    page.get_by_role("button", name="Add cramp").wait_for()
    until(lambda: page.get_by_role("button", name="Reject").is_disabled())
    page.locator(".fs-main").focus()
    page.keyboard.press("n")
    page.get_by_role("button", name="Add cramp").wait_for(state="hidden")
    until(lambda: page.get_by_role("button", name="Reject").is_enabled())


def test_a_second_is_as_wide_in_both_that_are_compared(page, shared_app):
    page.goto(shared_app.url("/compare", a="calf_emg.edf", b="contractions_emg.edf"))
    page.get_by_role("heading", name="Families, all on one scale").wait_for()
    until(lambda: len(page.evaluate("window.fasciscopeSignals")) == 2)
    page.locator(".fs-main").nth(1).focus()
    page.keyboard.press("0")
    shown = lambda k: page.evaluate(f"window.fasciscopeSignals[{k}].shown")  # noqa: E731
    until(lambda: shown(0) == shown(1) == [0, 120_000])
