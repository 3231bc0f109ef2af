"""The card that says whether the signal is good enough to count in, before and while recording."""

from __future__ import annotations

from time import monotonic

from nicegui import ui

from fasciscope import signal_check
from fasciscope.app.pages.frame import card
from fasciscope.app.running import Running, Stage
from fasciscope.app.words import RELAX

EVERY_S = 1.0
TENSE_S = 6.0
_FITNESS = ("good", "could be better", "not good enough")


class CheckCard:
    """Levels and words on each channel, and the trial: relax, then tense for a second."""

    def __init__(self) -> None:
        self._next = 0.0
        self._seen: list[signal_check.ChannelCheck] = []
        self._rest: list[float] = []
        self._until = 0.0
        with card("Is the signal good enough?") as self.box:
            self.verdict = ui.label().props('role="status"')
            self.levels = ui.element("div")
            ui.label(RELAX).classes("fs-faint fs-small")
            with ui.element("div").classes("fs-row"):
                ui.button("Relaxed: now I tense it", on_click=self.begin).props("outline dense")
            self.answer = ui.label().props('role="status"')

    def begin(self) -> None:
        """Take the present loudness for rest, and wait for the muscle to be tensed."""
        if not self._seen:
            return
        self._rest = [check.rest_uv for check in self._seen]
        self._until = monotonic() + TENSE_S
        self.answer.set_text("Now tense the muscle for a second …")

    def update(self, session: Running | None) -> None:
        """Look again, if something runs and it is time to."""
        runs = session is not None and session.stage == Stage.RUNNING
        self.box.set_visibility(runs)
        if not runs or monotonic() < self._next:
            return
        assert session is not None
        if session.checker is None:
            return
        self._next = monotonic() + EVERY_S
        self._seen = session.checker.look()
        self.verdict.set_text(signal_check.verdict(self._seen))
        self._draw()
        self._try_tensed()

    def _draw(self) -> None:
        self.levels.clear()
        with self.levels:
            for check in self._seen:
                if len(self._seen) > 1:
                    ui.label(f"{check.name}: {_FITNESS[check.fitness]}").classes("fs-small")
                if len(self._seen) > 2 and not check.fitness:
                    continue
                for level in check.levels:
                    self._level(level)

    def _level(self, level: signal_check.Level) -> None:
        with ui.element("div").classes("fs-level fs-small"):
            ui.label(level.name)
            with ui.element("div").classes("fs-bar") as bar:
                bar.props(
                    f'role="meter" aria-label="{level.name}" aria-valuemin="0" aria-valuemax="100" '
                    f'aria-valuenow="{100 * level.share:.0f}"'
                )
                ui.element("div").style(f"width:{100 * level.share:.0f}%")
            ui.label(level.text)

    def _try_tensed(self) -> None:
        if not self._until:
            return
        most = signal_check.times_rest(self._seen, self._rest)
        if most > signal_check.TENSE:
            self._until = 0.0
            self.answer.set_text(
                f"The muscle is seen: {most:.0f} times as loud as its rest. Let it go loose again."
            )
        elif monotonic() > self._until:
            self._until = 0.0
            self.answer.set_text(
                "No contraction was seen. The electrodes may lie beside the muscle, or across it: "
                "two of them along its fibres, on its belly, show most."
            )
