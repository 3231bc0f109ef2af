"""The page to review a recording: look through it, judge what was found, see what follows."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from nicegui import run, ui

from fasciscope.app import words
from fasciscope.app.components import Signal
from fasciscope.app.opened import ANOTHER_FILE, BEING_MADE, Opened, Progress
from fasciscope.app.pages.events_card import EventsCard
from fasciscope.app.pages.frame import card, frame, heading, note, say
from fasciscope.app.pages.results_card import ResultsCard
from fasciscope.app.studio import Studio
from fasciscope.errors import FasciscopeError
from fasciscope.events import Kind
from fasciscope.review import Review

REFRESH_S = 0.4
MOST_SHOWN = 16
"""Channels drawn at once: more are too low to see anything in."""
SCALES = {0: "fit", 25: "± 25 µV", 50: "± 50 µV", 100: "± 100 µV", 250: "± 250 µV",
          500: "± 500 µV", 1000: "± 1 mV", 5000: "± 5 mV"}  # fmt: skip
MISSING = (
    "The file has gone since it was opened. What you see is still in memory; put the file back to "
    "keep your review beside it."
)


def add(studio: Studio) -> None:
    """Add the page."""

    @ui.page("/review")
    def page(file: str = "") -> None:
        with frame("Review", "/review"):
            if not file:
                _choose(studio)
                return
            try:
                opened = studio.open(file)
            except FasciscopeError as error:
                heading("Review")
                note(str(error))
                _choose(studio)
                return
            ReviewPage(studio, opened)


def _choose(studio: Studio) -> None:
    """Show the recordings that can be opened."""
    heading("Review a recording")
    with card("In this folder"):
        ui.label(str(studio.folder)).classes("fs-faint fs-small")
        listed = studio.recordings()
        if not listed:
            ui.label("There is no recording here yet.")
        with ui.element("div").classes("fs-table-wrap"), ui.element("table").classes("fs-table"):
            for one in listed:
                with ui.element("tr"):
                    with ui.element("td"):
                        ui.link(one.name, address(one.name))
                    with ui.element("td").classes("fs-faint"):
                        ui.label(f"{one.changed:%d %b %Y, %H:%M}")
                    with ui.element("td").classes("fs-faint"):
                        ui.label(f"{one.n_bytes / 1e6:,.1f} MB")
    with card("Elsewhere on this computer"), ui.element("div").classes("fs-row"):
        path = ui.input("Path of a recording (.edf, .bdf)").style("min-width:20rem;flex:1")
        ui.button("Open", on_click=lambda: ui.navigate.to(address(path.value.strip())))


def address(name: str) -> str:
    """Return the address of the review of a recording."""
    return f"/review?file={quote(name, safe='')}"


def _warning(opened: Opened) -> str:
    """Return what stands in the way of a review, "" if nothing."""
    if opened.is_missing:
        return MISSING
    if opened.is_being_made:
        return BEING_MADE
    return ANOTHER_FILE if opened.is_stale else opened.save_error


class ReviewPage:
    """One tab's view of an opened recording; the review itself is shared by all tabs."""

    def __init__(self, studio: Studio, opened: Opened) -> None:
        self.studio, self.opened = studio, opened
        self.name = studio.name_of(opened.path)
        self.signal: Signal | None = None
        self.selected: list[int] = []
        self.place: tuple[int, int] | None = None
        self.span: tuple[int, int] | None = None
        self._version = self._figured = -2
        heading(opened.path.name)
        self.facts = ui.label().classes("fs-faint")
        self.warning = note()
        with ui.element("div").classes("fs-row") as self.contest:
            for text, act in (
                ("Take the review from the disk", self.opened.take_theirs),
                ("Keep mine in its place", self.opened.keep_mine),
            ):
                button = ui.button(text, on_click=lambda act=act: self._settle(act))
                button.props("outline dense no-caps")
        self.contest.set_visibility(False)
        self.progress = ui.label().props('role="status"')
        self.body = ui.element("div").style("display:flex;flex-direction:column;gap:1rem")
        self.timer = ui.timer(REFRESH_S, self.update)
        self.update()

    def update(self) -> None:
        """Bring the page up to where the recording, its analysis and its review are."""
        opened = self.opened
        if opened.progress == Progress.FAILED:
            self.progress.set_text("")
            self.warning.set_text(opened.error or "The recording was closed. Load the page again.")
            return
        if self.signal is None and opened.recording is not None:
            self._build()
        if opened.progress == Progress.READY:
            self.progress.set_text("")
        elif opened.progress == Progress.READING:
            self.progress.set_text("Reading …")
        else:
            self.progress.set_text(f"Looking for twitches … {100 * opened.share:.0f} %")
        self.warning.set_text(_warning(opened))
        self.contest.set_visibility(opened.is_contested)
        version = opened.review.version if opened.review is not None else -1
        if self.signal is not None and version != self._version:
            self._version = version
            self.signal.set(version=version)
            if self.opened.review is not None:
                self.events.fill()
        if self.signal is not None and opened.shown_version != self._figured:
            self._figured = opened.shown_version
            self._refill()

    def _build(self) -> None:
        recording = self.opened.recording
        assert recording is not None
        with self.body:
            with ui.element("div").classes("fs-card"):
                self._toolbar()
                self.signal = Signal(recording, self.name)
                self._below_signal()
            with ui.element("div").classes("fs-columns"):
                self.events = EventsCard(self)
                self.results = ResultsCard(self.opened)
            self.results.build_pictures()
        signal = self.signal
        signal.on_event("pick", lambda e: self.select([int(e["number"])], move=False))
        signal.on_event("place", self._placed)
        signal.on_event("span", self._spanned)
        ui.keyboard(on_key=self._key, ignore=["input", "select", "textarea"])

    def _toolbar(self) -> None:
        recording = self.opened.recording
        assert recording is not None
        with ui.element("div").classes("fs-row"):
            for text, name, act in (
                ("−", "Zoom out", lambda: self._canvas("zoom", 2)),
                ("+", "Zoom in", lambda: self._canvas("zoom", 0.5)),
                ("◀", "Back", lambda: self._canvas("pan", -0.5)),
                ("▶", "On", lambda: self._canvas("pan", 0.5)),
                ("Whole", "Whole recording", lambda: self._canvas("whole")),
            ):
                button = ui.button(text, on_click=act).props("outline dense no-caps")
                button.props(f'aria-label="{name}"').style("min-width:2.4rem")
            scale = ui.select(SCALES, value=0, label="Height").props("dense")
            scale.style("min-width:7rem")
            scale.on_value_change(lambda e: self._set(scale=float(e.value)))
            if recording.info.n_channels > 1:
                names = {k: channel.name for k, channel in enumerate(recording.info.channels)}
                label = f"Channels, {MOST_SHOWN} at most" if len(names) > MOST_SHOWN else "Channels"
                shown = ui.select(names, value=list(names)[:4], label=label, multiple=True)
                shown.props(f"dense max-values={MOST_SHOWN}")
                shown.style("min-width:10rem;max-width:24rem")
                shown.on_value_change(lambda e: self._set(shown=sorted(e.value)))
            ui.space()
            link = f"/api/report?file={quote(self.name, safe='')}"
            ui.link("Report", link, new_tab=True)
            ui.link("PDF", f"{link}&form=pdf")

    def _below_signal(self) -> None:
        with ui.element("div").classes("fs-row") as self.adding:
            self.adding_text = ui.label()
            for kind in (Kind.FASCICULATION, Kind.CONTRACTION, Kind.CRAMP, Kind.ARTIFACT):
                button = ui.button(
                    f"Add {words.KIND_NAMES[kind]}", on_click=lambda kind=kind: self._add(kind)
                )
                button.props("outline dense no-caps")
                if kind != Kind.FASCICULATION:
                    button.bind_visibility_from(self, "span", bool)
                else:
                    button.bind_visibility_from(self, "place", lambda place: place is not None)
        self.adding.set_visibility(False)
        ui.label(
            "Drag to move, wheel to zoom, click a mark to select it; click beside one to add a "
            "twitch, Shift and drag for a stretch. Keys: N next, P previous, A accept, R reject, "
            "U undo."
        ).classes("fs-faint fs-small")

    def _refill(self) -> None:
        """Show the figures; they come a little after the change that they follow."""
        analysis, recording = self.opened.shown(), self.opened.recording
        if analysis is not None and recording is not None:
            self.facts.set_text(words.subtitle(recording, analysis.summary))
            self.results.fill()

    # -- what a person does

    def _canvas(self, method: str, *args: Any) -> None:
        if self.signal is not None:
            self.signal.run_method(method, *args)

    def _set(self, **props: Any) -> None:
        if self.signal is not None:
            self.signal.set(**props)

    def select(self, numbers: list[int], *, move: bool = True) -> None:
        """Select events by number; the first is shown."""
        review = self.opened.review
        if review is None or self.signal is None:
            return
        self.selected = [number for number in numbers if 0 <= number < len(review)]
        self.place = self.span = None
        self.adding.set_visibility(False)
        first = self.selected[0] if self.selected else -1
        self.signal.set(selected=first)
        if move and first >= 0:
            event = review.events[first]
            self._canvas("go", int(event["start"]), int(event["stop"]))
        self.events.show_selected()

    def step(self, by: int) -> None:
        """Select the next or the previous event of the list."""
        number = self.events.neighbour(self.selected[0] if self.selected else None, by)
        if number is not None:
            self.select([number])

    async def judge(self, act: Any) -> None:
        """Do something with the review, and show what follows; it is saved by itself."""

        def do(review: Review) -> None:
            act(review)

        try:
            trouble = await run.io_bound(self.opened.say, do, self.events.reviewer.value or "")
        except FasciscopeError as error:
            say(error)
            return
        if trouble:
            say(trouble)
        review = self.opened.review
        if review is not None:  # an added event goes when it is undone
            self.selected = [number for number in self.selected if number < len(review)]
        self.update()
        self.events.show_selected()

    async def _settle(self, act: Any) -> None:
        """Settle which of two reviews of the recording stands."""
        try:
            trouble = await run.io_bound(act)
        except FasciscopeError as error:
            say(error)
            return
        if trouble:
            say(trouble)
        self.select([], move=False)
        self.update()

    async def _key(self, event: Any) -> None:
        if not event.action.keydown or event.modifiers.alt or event.modifiers.meta:
            return
        key = str(event.key).lower()
        chosen = list(self.selected)
        if event.modifiers.ctrl:
            if key in ("z", "y"):
                await self.judge(Review.undo if key == "z" else Review.redo)
        elif key == "n":
            self.step(1)
        elif key == "p":
            self.step(-1)
        elif key == "u":
            await self.judge(Review.undo)
        elif key == "a" and chosen:
            await self.judge(lambda review: review.accept(chosen))
        elif key == "r" and chosen:
            await self.judge(lambda review: review.reject(chosen))

    def _placed(self, told: dict[str, Any]) -> None:
        self.select([], move=False)
        if told.get("channel") is None:
            return
        self.place = (int(told["at"]), int(told["channel"]))
        self._offer(f"At {self._clock(self.place[0])}:")

    def _spanned(self, told: dict[str, Any]) -> None:
        self.select([], move=False)
        self.span = (int(told["start"]), int(told["stop"]))
        self._offer(f"From {self._clock(self.span[0])} to {self._clock(self.span[1])}:")

    def _offer(self, text: str) -> None:
        self.adding_text.set_text(text)
        self.adding.set_visibility(self.opened.review is not None)

    async def _add(self, kind: Kind) -> None:
        place, span = self.place, self.span

        def do(review: Review) -> None:
            if span is not None:
                self.selected = [review.add(span[0], span[1], kind)]
            elif place is not None:
                self.selected = [review.add(place[0], place[0], kind, place[1])]

        await self.judge(do)
        self._canvas("forget")
        self.select(self.selected, move=False)

    def _clock(self, sample: int) -> str:
        recording = self.opened.recording
        assert recording is not None
        return words.clock(sample / recording.info.fs_hz)
