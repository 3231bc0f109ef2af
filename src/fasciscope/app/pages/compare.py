"""The page to compare two recordings on the same scales."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from nicegui import ui

from fasciscope.app import svg
from fasciscope.app.components import Signal
from fasciscope.app.opened import Opened, Progress
from fasciscope.app.pages.frame import card, frame, heading, note
from fasciscope.app.pages.results_card import figure_rows, table
from fasciscope.app.pages.review import SCALES
from fasciscope.app.studio import Studio
from fasciscope.app.words import subtitle
from fasciscope.errors import FasciscopeError
from fasciscope.report import shape
from fasciscope.report.words import SAME_PLACE

REFRESH_S = 0.5
DEFAULT_SCALE = 250
FIRST_S = 30.0


def add(studio: Studio) -> None:
    """Add the page."""

    @ui.page("/compare")
    def page(a: str = "", b: str = "") -> None:
        with frame("Compare", "/compare"):
            ComparePage(studio, a, b)


class ComparePage:
    """Two recordings, one over the other: the same µV, the same seconds, the same rates."""

    def __init__(self, studio: Studio, a: str, b: str) -> None:
        heading("Compare two recordings")
        names = [one.name for one in studio.recordings()]
        names += [name for name in (a, b) if name and name not in names]
        with ui.element("div").classes("fs-row"):
            first = ui.select(names, value=a or None, label="First").style("min-width:16rem")
            second = ui.select(names, value=b or None, label="Second").style("min-width:16rem")
            ui.button(
                "Compare",
                on_click=lambda: ui.navigate.to(
                    f"/compare?a={quote(first.value or '', safe='')}"
                    f"&b={quote(second.value or '', safe='')}"
                ),
            )
        ui.label(SAME_PLACE).classes("fs-note")
        self.warning = note()
        self.opened: list[Opened] = []
        if not (a and b):
            return
        try:
            self.opened = [studio.open(name) for name in (a, b)]
        except FasciscopeError as error:
            self.warning.set_text(str(error))
            return
        self.names = [a, b]
        self.state = ui.label().props('role="status"')
        self.body = ui.element("div").style("display:flex;flex-direction:column;gap:1rem")
        self.signals: list[Signal] = []
        self.timer = ui.timer(REFRESH_S, self.update)
        self.update()

    def update(self) -> None:
        """Show both when both are ready."""
        failed = [one.error for one in self.opened if one.progress == Progress.FAILED]
        if failed:
            self.warning.set_text("\n".join(failed))
            self.state.set_text("")
            self.timer.deactivate()
            return
        if any(one.progress != Progress.READY for one in self.opened):
            done = sum(one.share for one in self.opened) / len(self.opened)
            self.state.set_text(f"Looking for twitches … {100 * done:.0f} %")
            return
        self.state.set_text("")
        self.timer.deactivate()
        with self.body:
            self._build()

    def _build(self) -> None:
        analyses = [one.shown() for one in self.opened]
        with card("Signals"):
            with ui.element("div").classes("fs-row"):
                scale = ui.select(SCALES, value=DEFAULT_SCALE, label="Height, both")
                scale.props("dense").style("min-width:8rem")
                ui.label("Move or zoom one, and the other follows.").classes("fs-faint fs-small")
            scale.on_value_change(lambda e: self._scale(float(e.value)))
            for k, opened in enumerate(self.opened):
                self._signal(k, opened)
        with card("Figures"):
            table(("", *self.names), figure_rows(*(one.summary for one in analyses if one)))
        self._rates(analyses)
        self._families(analyses)

    def _scale(self, uv: float) -> None:
        for signal in self.signals:
            signal.set(scale=uv)

    def _signal(self, k: int, opened: Opened) -> None:
        recording, analysis = opened.recording, opened.shown()
        assert recording is not None
        assert analysis is not None
        ui.label(f"{self.names[k]}  ·  {subtitle(recording, analysis.summary)}")
        signal = Signal(recording, self.names[k], strip=False).style("--fs-height: 15rem")
        shortest = min(one.recording.duration_s for one in self.opened if one.recording)
        window = [0, round(min(FIRST_S, shortest) * recording.info.fs_hz)]
        longest = max(one.recording.duration_s for one in self.opened if one.recording)
        most = round(longest * recording.info.fs_hz)
        signal.set(scale=float(DEFAULT_SCALE), window=window, most=most)
        signal.on_event("window", lambda e: self._follow(k, e))
        self.signals.append(signal)

    def _follow(self, k: int, told: dict[str, Any]) -> None:
        mine, other = self.opened[k].recording, self.opened[1 - k].recording
        if mine is None or other is None:
            return
        ratio = other.info.fs_hz / mine.info.fs_hz
        self.signals[1 - k].run_method(
            "follow", round(told["start"] * ratio), round(told["stop"] * ratio)
        )

    def _rates(self, analyses: list[Any]) -> None:
        rates = [shape.rate(one) for one in analyses]
        known = [v for one in rates for v in one.per_minute if v == v]
        most = 1.1 * max([*known, 1.0])
        longest = max(one.edges_s[-1] for one in rates)
        with card("Twitches a minute over time"), ui.element("div").classes("fs-two"):
            for name, one in zip(self.names, rates, strict=True):
                with ui.element("figure").style("margin:0"):
                    picture = svg.rates(
                        one.edges_s.tolist(),
                        one.per_minute.tolist(),
                        most=most,
                        longest_s=float(longest),
                    )
                    ui.html(picture, sanitize=False)
                    with ui.element("figcaption").classes("fs-small"):
                        ui.label(name)

    def _families(self, analyses: list[Any]) -> None:
        drawn = [
            [
                (number, data)
                for number in sorted({int(f) for f in shape.twitches(one)["family"]} - {0})[:8]
                if (data := opened.waves(number)) is not None
            ]
            for one, opened in zip(analyses, self.opened, strict=True)
        ]
        half_uv = max([svg.reach(data) for side in drawn for _, data in side], default=1.0)
        with card("Families, all on one scale"), ui.element("div").classes("fs-two"):
            for name, side in zip(self.names, drawn, strict=True):
                with ui.element("div"):
                    ui.label(name).classes("fs-small")
                    with ui.element("div").classes("fs-row"):
                        for number, data in side:
                            with ui.element("figure").style("margin:0;width:12rem"):
                                ui.html(svg.waves(data, number, half_uv), sanitize=False)
                                with ui.element("figcaption").classes("fs-small"):
                                    ui.label(f"Family {number}: {data['count']}")
                    if not side:
                        ui.label("No families were told apart.").classes("fs-small")
