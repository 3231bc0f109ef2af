"""What one browser is sent while it looks at the session that runs.

Each browser has its own place in the stream, so that a slow or sleeping one delays nobody: it is
sent what the trace still holds when it takes the next frame.
"""

from __future__ import annotations

import asyncio
from typing import Any

from fasciscope.app.running import Running
from fasciscope.app.studio import Studio
from fasciscope.trace import SPAN_S

FRAMES_HZ = 25.0
"""Frames a second that a browser is sent, at most."""
SEND_S = 20.0
"""A browser that takes longer than this to take a frame is asleep: it may come again."""


def hello(session: Running) -> dict[str, Any]:
    """Return what a browser must know of a session before its first frame."""
    assert session.trace is not None
    info = session.trace.info
    return {
        "kind": "hello",
        "fs_hz": info.fs_hz,
        "bin_samples": session.trace.bin_samples,
        "span_s": SPAN_S,
        "channels": [channel.name for channel in info.channels],
    }


def marks_of(session: Running) -> dict[str, Any]:
    """Return what is to be marked in the stretch that is shown: events, and the person's marks."""
    assert session.trace is not None
    assert session.counter is not None
    fs_hz = session.trace.info.fs_hz
    since = session.trace.newest - round(2 * SPAN_S * fs_hz)
    events = session.counter.events(since)
    return {
        "kind": "marks",
        "events": rows_of(events),
        "marks": [[at, text] for at, text in session.marks if at > since],
    }


def rows_of(events: Any) -> list[list[int]]:
    """Return events as plain numbers: start, stop, peak, kind, channel, family."""
    keys = ("start", "stop", "peak", "kind", "channel", "family")
    return [[int(event[key]) for key in keys] for event in events]


async def follow(send_bytes: Any, send_json: Any, studio: Studio) -> None:
    """Send one browser what the running session has, for as long as it looks.

    Parameters
    ----------
    send_bytes, send_json : coroutine functions
    studio : Studio
    """
    shown: Running | None = None
    since, told = 0, (-1, -1)
    while True:
        session = studio.session
        if session is not None and session is not shown and session.trace is not None:
            await asyncio.wait_for(send_json(hello(session)), SEND_S)
            shown, since, told = session, 0, (-1, -1)
        if shown is not None and shown.trace is not None and shown.counter is not None:
            frame, since = shown.trace.frame(since)
            if frame:
                await asyncio.wait_for(send_bytes(frame), SEND_S)
            state = (shown.counter.version, len(shown.marks))
            if state != told:
                told = state
                await asyncio.wait_for(send_json(marks_of(shown)), SEND_S)
        await asyncio.sleep(1 / FRAMES_HZ)
