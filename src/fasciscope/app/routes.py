"""The ways by which pictures and files travel to the browser, beside the pages themselves."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from fasciscope.app.following import follow, rows_of
from fasciscope.app.opened import Opened
from fasciscope.app.studio import Studio
from fasciscope.app.views import view
from fasciscope.errors import FasciscopeError
from fasciscope.report.shape import rate

_DRAWING = threading.Lock()
"""matplotlib keeps its style in one place for the whole process."""
STRIP_COLUMNS = 2000
_DRAWN_MAX = 2000


def add(app: FastAPI, studio: Studio) -> None:
    """Add the routes to an application."""

    @app.websocket("/api/live")
    async def live(socket: WebSocket) -> None:
        await socket.accept()
        listener = asyncio.ensure_future(_until_closed(socket))
        sender = asyncio.ensure_future(follow(socket.send_bytes, socket.send_json, studio))
        done, rest = await asyncio.wait({listener, sender}, return_when=asyncio.FIRST_COMPLETED)
        for task in rest:
            task.cancel()
        for task in (*done, *rest):
            with contextlib.suppress(Exception, asyncio.CancelledError):
                await task
        with contextlib.suppress(Exception):
            await socket.close()

    @app.get("/api/view")
    def a_view(file: str, channel: int, start: int, stop: int, columns: int) -> Response:
        try:
            recording = studio.open(file).recording
            if recording is None:
                return PlainTextResponse("The recording is still being read.", 409)
            body = view(recording, channel, start, stop, columns)
        except FasciscopeError as error:
            return PlainTextResponse(str(error), 404)
        return Response(body, media_type="application/octet-stream", headers=_FRESH)

    @app.get("/api/events")
    def events(file: str, start: int, stop: int) -> Response:
        try:
            opened = studio.open(file)
        except FasciscopeError as error:
            return PlainTextResponse(str(error), 404)
        return JSONResponse(_events_in(opened, start, stop), headers=_FRESH)

    @app.get("/api/strip")
    def strip(file: str) -> Response:
        try:
            opened = studio.open(file)
        except FasciscopeError as error:
            return PlainTextResponse(str(error), 404)
        return JSONResponse(_strip(opened), headers=_FRESH)

    @app.get("/api/report")
    def report(file: str, form: str = "html") -> Response:
        try:
            opened = studio.open(file)
            opened.wait()
            return _report(opened, form)
        except FasciscopeError as error:
            return PlainTextResponse(str(error), 404)


_FRESH = {"cache-control": "no-store"}


async def _until_closed(socket: WebSocket) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while True:
            await socket.receive_text()


def _events_in(opened: Opened, start: int, stop: int) -> dict[str, Any]:
    """Return the events in a stretch, each with its number and what was said of it."""
    if opened.review is None:
        return {"version": -1, "events": [], "more": 0}
    review = opened.review.copy()  # all of one time: it may be changed meanwhile
    events = review.events
    at = (events["start"] < stop) & (events["stop"] > start)
    numbers = at.nonzero()[0]
    status = review.status
    rows = [
        [int(k), *row, int(status[k])]
        for k, row in zip(numbers[:_DRAWN_MAX], rows_of(events[numbers[:_DRAWN_MAX]]), strict=True)
    ]
    return {"version": review.version, "events": rows, "more": max(len(numbers) - _DRAWN_MAX, 0)}


def _strip(opened: Opened) -> dict[str, Any]:
    """Return the whole length at a glance: rate over time, and what could not be used."""
    analysis = opened.analysis()
    if analysis is None:
        return {"version": -1}
    rates = rate(analysis)
    per_minute = [None if value != value else round(float(value), 2) for value in rates.per_minute]
    stretches = analysis.events[analysis.events["kind"] != 0]
    stretches = stretches[stretches["kind"] != 4]
    if len(stretches) > STRIP_COLUMNS:  # the longest are those that can be seen
        longest = (stretches["stop"] - stretches["start"]).argsort()[-STRIP_COLUMNS:]
        stretches = stretches[longest]
    review = opened.review
    return {
        "version": review.version if review is not None else -1,
        "edges_s": rates.edges_s.tolist(),
        "per_minute": per_minute,
        "stretches": [[int(e["start"]), int(e["stop"]), int(e["kind"])] for e in stretches],
        "markers": [
            [marker.sample_index, marker.text]
            for marker in (opened.recording.markers if opened.recording is not None else ())
        ],
    }


def _report(opened: Opened, form: str) -> Response:
    from fasciscope.report import render_report

    analysis, recording = opened.analysis(), opened.recording
    if analysis is None or recording is None:
        return PlainTextResponse(opened.error or "The recording is still being read.", 409)
    kinds = {"html": "text/html; charset=utf-8", "pdf": "application/pdf"}
    if form not in kinds:
        return PlainTextResponse("A report is html or pdf.", 404)
    with _DRAWING:
        body = render_report(recording, analysis, f".{form}")
    headers = {**_FRESH}
    if form == "pdf":
        name = quote(f"{opened.path.stem}_report.pdf", safe="")
        headers["content-disposition"] = f"attachment; filename*=UTF-8''{name}"
    return Response(body, media_type=kinds[form], headers=headers)
