"""The list of events with its filters, and what can be said of those selected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from nicegui import ui

from fasciscope.app.pages.frame import card
from fasciscope.app.words import KIND_NAMES, clock
from fasciscope.events import Events, Kind
from fasciscope.review import KINDS, Review, Status

if TYPE_CHECKING:
    from fasciscope.app.pages.review import ReviewPage

ROWS = 14
_SAID = {
    Status.UNSEEN: "",
    Status.ACCEPTED: "accepted",
    Status.REJECTED: "rejected",
    Status.RELABELLED: "changed",
    Status.ADDED: "added",
}
_COLUMNS = [
    {"name": "time", "label": "Time", "field": "time", "align": "left", "sortable": True},
    {"name": "kind", "label": "What", "field": "kind", "align": "left", "sortable": True},
    {"name": "size", "label": "µV", "field": "size", "align": "right", "sortable": True},
    {"name": "length", "label": "ms", "field": "length", "align": "right", "sortable": True},
    {"name": "family", "label": "Family", "field": "family", "align": "right", "sortable": True},
    {"name": "channel", "label": "Channel", "field": "channel", "align": "left", "sortable": True},
    {"name": "said", "label": "Review", "field": "said", "align": "left", "sortable": True},
]
_SORT = {
    "time": "start",
    "kind": "kind",
    "size": "amplitude_uv",
    "family": "family",
    "channel": "channel",
}


class EventsCard:
    """A table that asks for a page of rows at a time, so that a night's events are no burden."""

    def __init__(self, page: ReviewPage) -> None:
        self._page = page
        self._order = np.empty(0, dtype=np.int64)
        self._sort, self._descending, self._first = "time", False, 1
        with card("Events"):
            with ui.element("div").classes("fs-row"):
                self.kind = self._filter(
                    "What", {-1: "all", **{int(k): name for k, name in KIND_NAMES.items()}}
                )
                self.family = self._filter("Family", {-1: "all", 0: "none"})
                self.said = self._filter(
                    "Review", {-1: "all", **{int(k): n or "not yet" for k, n in _SAID.items()}}
                )
                self.reviewer = ui.input("Reviewed by (if you like)").props("dense")
            self.count = ui.label().classes("fs-faint fs-small").props('role="status"')
            self._buttons()
            self.table = ui.table(
                columns=_COLUMNS,
                rows=[],
                row_key="number",
                selection="multiple",
                pagination={"rowsPerPage": ROWS, "rowsNumber": 0, "sortBy": "time"},
                on_select=self._selected,
            )
            self.table.props(f'flat dense :rows-per-page-options="[{ROWS}]"')
            self.table.on("request", self._asked)
            self.table.on("row-click", self._clicked, [[], ["number"], None])

    def _filter(self, label: str, options: dict[int, str]) -> ui.select:
        choice = ui.select(options, value=-1, label=label).props("dense").style("min-width:8rem")
        choice.on_value_change(self._filtered)
        return choice

    def _buttons(self) -> None:
        page = self._page
        with ui.element("div").classes("fs-row"):
            for text, act in (
                ("Accept", lambda chosen: lambda review: review.accept(chosen)),
                ("Reject", lambda chosen: lambda review: review.reject(chosen)),
            ):
                ui.button(
                    text, on_click=lambda act=act: page.judge(act(list(page.selected)))
                ).props("dense no-caps outline").bind_enabled_from(page, "selected", bool)
            kinds = {int(kind): f"it is: {KIND_NAMES[kind]}" for kind in KINDS}
            self.as_kind = ui.select(kinds, label="It is something else").props("dense")
            self.as_kind.style("min-width:11rem").bind_enabled_from(page, "selected", bool)
            self.as_kind.on_value_change(self._relabel)
            self.as_family = ui.number("Its family", min=0, max=9999, format="%d").props("dense")
            self.as_family.style("width:6rem").bind_enabled_from(page, "selected", bool)
            self.as_family.on("keydown.enter", self._regroup)
            ui.button("Undo", on_click=lambda: page.judge(Review.undo)).props("dense no-caps flat")
            ui.button("Redo", on_click=lambda: page.judge(Review.redo)).props("dense no-caps flat")

    async def _relabel(self, event: Any) -> None:
        if event.value is None:
            return
        chosen, kind = list(self._page.selected), Kind(event.value)
        self.as_kind.set_value(None)
        await self._page.judge(lambda review: review.relabel(chosen, kind))

    async def _regroup(self, _: Any) -> None:
        chosen, family = list(self._page.selected), self.as_family.value
        if family is not None:
            await self._page.judge(lambda review: review.regroup(chosen, int(family)))

    # -- the rows

    def _review(self) -> Review | None:
        """Return the review as it is now, all of one time: another tab may change it meanwhile."""
        review = self._page.opened.review
        return None if review is None else review.copy()

    def fill(self) -> None:
        """Read the events anew; page and sorting stay."""
        review = self._review()
        if review is None:
            return
        families = sorted({int(f) for f in review.events["family"]} - {0})
        options = {-1: "all", 0: "none", **{f: str(f) for f in families}}
        if options != self.family.options:
            self.family.set_options(options)
        events, status = review.events, review.status
        keep = np.ones(len(events), dtype=bool)
        for choice, values in (
            (self.kind.value, events["kind"]),
            (self.family.value, events["family"]),
            (self.said.value, status),
        ):
            if choice is not None and choice >= 0:
                keep &= values == choice
        self._order = self._sorted(np.flatnonzero(keep), events, status)
        text = f"{len(self._order):,} of {len(events):,} events"
        self.count.set_text(text)
        self._show(events, review)

    def _sorted(self, numbers: Any, events: Events, status: Any) -> Any:
        if self._sort == "said":
            values = status[numbers].astype(float)
        elif self._sort == "length":
            values = (events["stop"] - events["start"])[numbers].astype(float)
        else:
            values = np.nan_to_num(events[_SORT[self._sort]][numbers].astype(float), nan=-1.0)
        if self._descending:
            values = -values
        return numbers[np.lexsort((events["start"][numbers], values))]

    def _show(self, events: Events, review: Review) -> None:
        last = max(1, -(-len(self._order) // ROWS))
        self._first = min(max(self._first, 1), last)
        shown = self._order[(self._first - 1) * ROWS : self._first * ROWS]
        self.table.rows = [self._row(int(k), events, review) for k in shown]
        self.table.pagination = {
            "rowsPerPage": ROWS,
            "rowsNumber": len(self._order),
            "page": self._first,
            "sortBy": self._sort,
            "descending": self._descending,
        }
        chosen = set(self._page.selected)
        self.table.selected = [row for row in self.table.rows if row["number"] in chosen]
        self.table.update()

    def _row(self, number: int, events: Events, review: Review) -> dict[str, Any]:
        event, finding = events[number], review.finding(number)
        recording = self._page.opened.recording
        assert recording is not None
        fs_hz, channel = recording.info.fs_hz, int(event["channel"])
        size = float(event["amplitude_uv"])
        what = KIND_NAMES[finding.kind]
        if finding.found_as is not None and finding.found_as != finding.kind:
            what += f" (found as {KIND_NAMES[finding.found_as]})"
        return {
            "number": number,
            "time": clock(int(event["start"]) / fs_hz),
            "kind": what,
            "size": f"{size:.0f}" if size == size else "–",
            "length": f"{1000 * (int(event['stop']) - int(event['start'])) / fs_hz:,.0f}",
            "family": finding.family or "–",
            "channel": recording.info.channels[channel].name if channel >= 0 else "all",
            "said": _SAID[finding.status],
        }

    def show_selected(self) -> None:
        """Turn to the page of the selected event, and tick it."""
        review = self._review()
        if review is None:
            return
        if self._page.selected:
            at = np.flatnonzero(self._order == self._page.selected[0])
            if len(at):
                self._first = int(at[0]) // ROWS + 1
        self._show(review.events, review)

    def neighbour(self, number: int | None, by: int) -> int | None:
        """Return the event before or after one in the list as it is filtered and sorted."""
        if not len(self._order):
            return None
        at = np.flatnonzero(self._order == (-1 if number is None else number))
        if not len(at):
            return int(self._order[0 if by > 0 else -1])
        return int(self._order[min(max(int(at[0]) + by, 0), len(self._order) - 1)])

    # -- what the table tells

    def _filtered(self) -> None:
        self._first = 1
        self.fill()

    def _asked(self, event: Any) -> None:
        wish = event.args["pagination"]
        self._first = int(wish.get("page") or 1)
        self._sort = wish.get("sortBy") or "time"
        self._descending = bool(wish.get("descending"))
        self.fill()

    def _clicked(self, event: Any) -> None:
        self._page.select([int(event.args[1]["number"])])

    def _selected(self, event: Any) -> None:
        numbers = [int(row["number"]) for row in event.selection]
        if set(numbers) != set(self._page.selected):
            self._page.select(numbers, move=len(numbers) == 1)
