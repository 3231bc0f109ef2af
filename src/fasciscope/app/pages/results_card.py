"""What follows from the events as they stand: figures, families, intervals, quality in words."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from fasciscope.app import svg, words
from fasciscope.app.opened import Opened
from fasciscope.app.pages.frame import card
from fasciscope.report import shape

FAMILIES_SHOWN = 12


def rate_of(summary: dict[str, Any]) -> str:
    """Return the rate of a summary in words."""
    low, high = summary["twitches_per_minute_ci95"]
    return words.rate(summary["twitches_per_minute"], low, high)


def table(head: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    """Show a plain table; the first cell of a row is its name."""
    with ui.element("div").classes("fs-table-wrap"), ui.element("table").classes("fs-table"):
        with ui.element("tr"):
            for text in head:
                with ui.element("th").props('scope="col"'):
                    ui.label(text)
        for name, *cells in rows:
            with ui.element("tr"):
                with ui.element("th").props('scope="row"'):
                    ui.label(str(name))
                for cell in cells:
                    with ui.element("td"):
                        ui.label(str(cell))


def figure_rows(*summaries: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return the rows of a table of figures, one column for each summary."""
    rows: list[tuple[Any, ...]] = [
        ("Twitches", *(f"{one['fasciculations']:,}" for one in summaries)),
        ("Rate", *(rate_of(one) for one in summaries)),
        (
            "Usable time",
            *(words.usable(one["analysable_s"], one["duration_s"]) for one in summaries),
        ),
    ]
    for name, key in (
        ("Contractions", "contractions"),
        ("Cramps", "cramps"),
        ("Artefacts", "artifacts"),
        ("Lost samples", "lost_samples"),
    ):
        rows.append((name, *(f"{one[key]:,}" for one in summaries)))
    rows.append(("Noise, µV", *(words.number(one["noise_uv"]) for one in summaries)))
    return rows


class ResultsCard:
    """The figures beside the list of events, and the pictures below it."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened
        with card("Figures"):
            self._figures = ui.element("div")

    def build_pictures(self) -> None:
        """Build the part that stands below, where there is room for it."""
        with card("Families"):
            self._families = ui.element("div").classes("fs-row")
            self._ungrouped = ui.label().classes("fs-faint fs-small")
        with card("From one twitch to the next"):
            self._intervals = ui.element("div")

    def fill(self) -> None:
        """Show what follows from the review as it stands."""
        opened = self._opened
        analysis = opened.shown()
        if analysis is None or opened.automatic is None:
            return
        self._figures.clear()
        with self._figures:
            changed = opened.review is not None and opened.review.is_changed
            if changed:
                table(
                    ("", "after review", "as found"),
                    figure_rows(analysis.summary, opened.automatic.summary),
                )
            else:
                table(("", "as found"), figure_rows(analysis.summary))
            for sentence in analysis.summary["quality"]:
                ui.label(sentence).classes("fs-small")
        self._families.clear()
        with self._families:
            self._draw_families(analysis)
        self._intervals.clear()
        with self._intervals:
            values = shape.intervals_s(analysis)
            if len(values):
                ui.html(svg.intervals(values.tolist()), sanitize=False)
            else:
                ui.label("Fewer than two twitches follow each other.").classes("fs-small")

    def _draw_families(self, analysis: Any) -> None:
        twitches = shape.twitches(analysis)
        numbers = sorted({int(k) for k in twitches["family"]} - {0})
        for number in numbers[:FAMILIES_SHOWN]:
            data = self._opened.waves(number)
            if data is None:
                continue
            members = twitches[twitches["family"] == number]
            with ui.element("figure").style("margin:0;flex:0 1 15rem"):
                ui.html(svg.waves(data, number), sanitize=False)
                with ui.element("figcaption").classes("fs-small"):
                    size = float(sorted(members["amplitude_uv"])[len(members) // 2])
                    ui.label(
                        f"Family {number}: {words.plural(len(members), 'twitch', 'twitches')}, "
                        f"{words.number(size, 0)} µV"
                    )
        if len(numbers) > FAMILIES_SHOWN:
            ui.label(f"and {len(numbers) - FAMILIES_SHOWN} more families").classes("fs-small")
        alone = int((twitches["family"] == 0).sum())
        rest = (
            f"{words.plural(alone, 'twitch', 'twitches')} could not be grouped. " if alone else ""
        )
        self._ungrouped.set_text(
            f"{rest}A family is one waveform; it is not a motor unit."
            if len(twitches)
            else "No twitches were found."
        )
