"""The page to record: choose, look whether the signal is good, record, mark, stop."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from nicegui import run, ui

from fasciscope.app import making, words
from fasciscope.app.components import Scope
from fasciscope.app.keeping import keeper
from fasciscope.app.pages.check import CheckCard
from fasciscope.app.pages.frame import card, figure, frame, heading, note, say
from fasciscope.app.running import NOT_KEPT, Plan, Running, Stage
from fasciscope.app.studio import Studio
from fasciscope.errors import FasciscopeError
from fasciscope.journal.database import default_path
from fasciscope.journal.sessions import Placement

REFRESH_S = 0.5
MUSCLES = (
    "calf", "shin", "thigh", "foot", "hand", "forearm", "upper arm", "shoulder", "eyelid", "back",
)  # fmt: skip
POSTURES = ("lying", "sitting", "standing")
SCALES = {0: "fit", 50: "± 50 µV", 100: "± 100 µV", 250: "± 250 µV", 500: "± 500 µV",
          1000: "± 1 mV", 5000: "± 5 mV"}  # fmt: skip
_SOURCES = {"board": "A board", "demo": "The demo signal", "replay": "A recording, played again"}
FELT, MOVED = "felt one", "moved"
IDLE = "The signal will be here once something runs."
_NOT_YET = object()


def add(studio: Studio) -> None:
    """Add the page."""

    @ui.page("/")
    def page() -> None:
        with frame("Record", "/"):
            RecordPage(studio)


class RecordPage:
    """One browser's view of the session that runs; the session does not know of it."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        self._shown: object = _NOT_YET
        heading("Record")
        self.away = note()
        with ui.element("div").classes("fs-columns") as self.columns:
            with ui.element("div").classes("fs-stack"):
                with ui.element("div").classes("fs-card"):
                    self._build_live()
                self.check = CheckCard()
            with ui.element("div").classes("fs-stack"):
                self._build_end()
                self.setup = ui.element("div")
                with self.setup:
                    self._build_setup()
        ui.timer(REFRESH_S, self.update)
        self.update()

    # -- what is on the page

    def _build_live(self) -> None:
        with ui.element("div").classes("fs-row"):
            self.state = ui.label("Nothing is running.").props('role="status"')
            ui.space()
            scale = (
                ui.select(SCALES, value=0, label="Height").props("dense").style("min-width:7rem")
            )
        self.scope = Scope("Live signal, the last ten seconds", IDLE)
        scale.on_value_change(lambda e: self.scope.set_scale(e.value))
        with ui.element("div").classes("fs-figures"):
            self.minute = figure("twitches in the last minute")
            self.so_far = figure("twitches so far")
            self.rate = figure("a minute, with 95 % interval")
            self.usable = figure("time without gaps; usable at the end")
            self.elapsed = figure("elapsed")
            self.lost = figure("lost samples")
            self.noise = figure("noise, µV")
        self.provisional = ui.label().classes("fs-faint fs-small")
        with ui.element("div").classes("fs-row"):
            self.buttons = [
                ui.button("I felt one", on_click=lambda: self.mark(FELT)).props("outline"),
                ui.button("I moved", on_click=lambda: self.mark(MOVED)).props("outline"),
            ]
            self.stop = ui.button("Stop", on_click=self.end).props("unelevated")
            ui.label("Keys: F felt one, M moved.").classes("fs-faint fs-small")
        ui.keyboard(on_key=self._key)

    def _build_setup(self) -> None:
        with card("What to record"):
            self.source = ui.radio(_SOURCES, value="board")
            self._build_sources()
            ui.label(words.SAFETY).classes("fs-note")
            self.muscle = ui.input("Muscle", autocomplete=list(MUSCLES))
            with ui.element("div").classes("fs-row"):
                self.side = ui.select(
                    {"": "not said", "left": "left", "right": "right"}, value="", label="Side"
                ).style("min-width:7rem")
                self.posture = ui.input("Posture", autocomplete=list(POSTURES))
            self.note = ui.input("Note")
            self.keep = ui.checkbox("Keep it in my journal", value=default_path().exists())
            self.minutes = ui.number(
                "Minutes (empty: until you stop)", min=0.1, max=10080, format="%g"
            )
            with ui.element("div").classes("fs-row"):
                ui.button("Check the signal", on_click=lambda: self.begin(False)).props("outline")
                self.go = ui.button("Record", on_click=lambda: self.begin(True))
        self.source.on_value_change(self._show_source)
        self._show_source()

    def _build_sources(self) -> None:
        from fasciscope.device.boards import list_ports
        from fasciscope.simulation import SCENES

        ports = {"auto": "found by itself"}
        ports |= {one.port: f"{one.port}: {one.reason}" for one in list_ports()}
        self.port = ui.select(
            ports, value="auto", label="Port", with_input=True, new_value_mode="add-unique"
        ).props('hint="or type its path and press Enter"')
        self.scene = ui.select(list(SCENES), value="calf", label="Scene")
        names = [one.name for one in self.studio.recordings()]
        self.file = ui.select(names, value=names[0] if names else None, label="Recording")

    def _build_end(self) -> None:
        with card("Recorded") as self.ended:
            self.summary = ui.label().props('role="status"')
            with ui.element("div").classes("fs-row"):
                self.look = ui.link("Review it", "/review")
                self.again = ui.button("Try to keep it in the journal again", on_click=self.rekeep)
                self.again.props("flat")
                ui.button("New recording", on_click=self.anew).props("flat")

    def _show_source(self) -> None:
        which = self.source.value
        self.port.set_visibility(which == "board")
        for field in (self.muscle, self.side, self.keep):
            field.set_visibility(which == "board")
        for words_of in (self.posture, self.note, self.minutes):
            words_of.set_visibility(which != "replay")
        self.scene.set_visibility(which == "demo")
        self.file.set_visibility(which == "replay")
        self.go.set_text("Play" if which == "replay" else "Record")

    # -- what its buttons do

    async def begin(self, recording: bool) -> None:
        """Start a session: only to look, or into a new file."""
        try:
            plan = self._plan(recording)
            await run.io_bound(self.studio.start, plan)
        except FasciscopeError as error:
            say(error)
        self.update()

    def _plan(self, recording: bool) -> Plan:
        output = making.new_name(self.studio.folder) if recording else None
        minutes = self.minutes.value
        seconds = None if minutes in (None, "") or not recording else 60 * float(minutes)
        plan = self._source_plan(output, seconds)
        if recording and self.keep.value and self.source.value == "board":
            said = Placement(posture=self.posture.value, note=self.note.value)
            plan = replace(plan, keep=keeper(said))
        return plan

    def _source_plan(self, output: Path | None, seconds: float | None) -> Plan:
        posture = self.posture.value.strip()
        said = f"Posture: {posture}. {self.note.value}" if posture else self.note.value
        if self.source.value == "demo":
            return making.demo(self.scene.value, output=output, seconds=seconds, note=said.strip())
        if self.source.value == "replay":
            return making.replay(self.studio.path_of(self.file.value or ""))
        muscle = self.muscle.value.strip()
        return making.from_board(
            str(self.port.value or "auto").strip(),
            output=output,
            seconds=seconds,
            muscles=(muscle,) if muscle else (),
            side=self.side.value,
            note=said.strip(),
        )

    def mark(self, text: str) -> None:
        """Set a marker, if something runs."""
        session = self.studio.session
        if session is not None and session.stage == Stage.RUNNING:
            session.mark(text)
            ui.notify(f"Marked: {text}", type="info", position="bottom", timeout=1500)

    def _key(self, event: Any) -> None:
        held = event.modifiers
        if not event.action.keydown or event.action.repeat or held.ctrl or held.alt or held.meta:
            return
        what = {"f": FELT, "m": MOVED}.get(str(event.key).lower())
        if what:
            self.mark(what)

    def end(self) -> None:
        """Ask the session to end; what has come is still taken."""
        if self.studio.session is not None:
            self.studio.session.stop()
        self.update()

    async def rekeep(self) -> None:
        """Try once more to put the recording into the journal, as when that was busy."""
        if self.studio.session is not None:
            await run.io_bound(self.studio.session.keep_in_journal)
        self.update()

    def anew(self) -> None:
        """Go back to the choice."""
        if self.studio.session is not None and self.studio.session.is_over:
            self.studio.session = None
        for figure_ in (self.minute, self.so_far, self.rate, self.usable, self.elapsed):
            figure_.set_text("–")
        for text in (self.lost, self.noise):
            text.set_text("–")
        self.provisional.set_text("")
        self.away.set_text("")
        self.update()

    # -- what it shows

    def update(self) -> None:
        """Bring the page up to what the session is doing, whoever started it."""
        session = self.studio.session
        stage = session.stage if session is not None else None
        if (session, stage) != self._shown:
            self._shown = session, stage
            self._lay_out(session, stage)
        if session is not None:
            self._fill(session)
        self.check.update(session)

    def _lay_out(self, session: Running | None, stage: Stage | None) -> None:
        runs = stage in (Stage.OPENING, Stage.RUNNING, Stage.ENDING)
        recording = session is not None and session.is_recording
        self.setup.set_visibility(not recording)
        # while a recording runs the right-hand side is empty: the trace takes its room
        alone = recording and runs
        self.columns.classes(add="fs-one" if alone else "", remove="" if alone else "fs-one")
        for button in self.buttons:
            button.set_enabled(stage == Stage.RUNNING)
        self.stop.set_enabled(stage in (Stage.OPENING, Stage.RUNNING))
        self.ended.set_visibility(bool(recording) and stage in (Stage.ENDED, Stage.FAILED))
        if session is not None and session.plan.output is not None:
            name = self.studio.name_of(session.plan.output)
            self.look.props(f'href="/review?file={_quoted(name)}"')
            self.look.set_visibility(session.plan.output.exists())
        texts = {
            None: "Nothing is running.",
            Stage.OPENING: "Looking for {} …",
            Stage.RUNNING: "Recording from {}" if recording else "Looking at {}; no file is made.",
            Stage.ENDING: "Ending: the whole is judged once more …"
            if session is not None and session.trace is not None
            else "Giving up the search …",
            Stage.ENDED: "Ended.",
            Stage.FAILED: "Ended early.",
        }
        text = texts[stage].format(session.plan.title if session is not None else "")
        if runs and session is not None and session.plan.output is not None:
            text += f", into {session.plan.output.name}"
        self.state.set_text(text)

    def _fill(self, session: Running) -> None:
        if session.error:
            self.away.set_text(session.error)
        health = session.health
        if health is not None and session.info is not None:
            self.lost.set_text(f"{health.lost:,}")
            whole_s = (health.samples + health.lost) / health.nominal_hz
            self.elapsed.set_text(words.span(whole_s))
            if not session.error:
                self.away.set_text(
                    words.health(health.lost, health.gaps, health.waiting_s, session.silent_s)
                )
            if health.sink_errors or health.dropped_beside:
                self.away.set_text("\n".join(health.sink_errors) or _BEHIND)
        elif not session.error:
            self.away.set_text("")
        if session.counter is not None:
            self._fill_counts(session)

    def _fill_counts(self, session: Running) -> None:
        assert session.counter is not None
        now = session.counter.snapshot()
        self.minute.set_text(f"{now.last_minute:,}")
        self.so_far.set_text(f"{now.twitches:,}")
        self.usable.set_text(words.span(now.usable_s))
        if now.rate == now.rate:
            limits = f"{words.number(now.low)} to {words.number(now.high)}"
            self.rate.set_text(f"{words.number(now.rate)} ({limits})")
        else:
            self.rate.set_text("–")
        known = [value for value in now.noise_uv if value > 0]
        self.noise.set_text(" ".join(f"{value:.1f}" for value in known[:8]) or "…")
        self.provisional.set_text(
            "The verdict on the whole."
            if now.finished
            else "Provisional until the end: the whole is judged once more then."
        )
        self.again.set_visibility(session.is_over and session.kept.startswith(NOT_KEPT))
        if session.is_over and session.plan.output is not None:
            self.summary.set_text(self._goodbye(session, now))

    def _goodbye(self, session: Running, now: Any) -> str:
        output = session.plan.output
        if output is None or not output.exists():
            return "Not one sample came, so there is no file."
        twitches = words.plural(now.twitches, "twitch", "twitches")
        told = f"{output.name}: {twitches} in {words.span(now.usable_s)} of analysable time."
        return f"{told} {session.kept}".strip()


_BEHIND = (
    "This computer is too slow for counting beside the recording; the file has every sample, and "
    "the count can be made afterwards."
)


def _quoted(name: str) -> str:
    from urllib.parse import quote

    return quote(name, safe="")
