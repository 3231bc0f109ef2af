"""The report as a PDF: page one, then the details on as many A4 sheets as they take.

`Recording`, `Analysis` and `Content` in, the bytes of the file out.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fasciscope.analysis import Analysis
from fasciscope.recording import Recording
from fasciscope.report import page, panels, words
from fasciscope.report.content import Content
from fasciscope.report.flow import Flow

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CHANNEL_MM = 34.0


def as_pdf(recording: Recording, analysis: Analysis, said: Content) -> bytes:
    """Return the whole PDF; to be called inside `page.style`."""
    from matplotlib.backends.backend_pdf import PdfPages

    buffer = io.BytesIO()
    # no time of making in it: the same input gives the same bytes
    facts = {"CreationDate": None, "Title": f"{said.title}: twitches"}
    with PdfPages(buffer, metadata=facts) as pages:
        pages.savefig(page.draw(recording, analysis, said))
        for sheet in details(recording, analysis, said).sheets:
            pages.savefig(sheet.figure)
    return buffer.getvalue()


def details(recording: Recording, analysis: Analysis, said: Content) -> Flow:
    """Return the sheets behind page one."""
    flow = Flow(said.title, words.DISCLAIMER)
    flow.sheet.heading(f"Details of {said.title}", 13)
    if said.minded:
        flow.heading("What to mind")
        for sentence in said.minded:
            flow.paragraph(f"· {sentence}")
    if said.note:
        flow.heading("Note")
        flow.paragraph(said.note)
    if not said.low_detail:
        _channels(flow, recording, analysis)
    flow.tables(said.details)
    flow.heading("What this is not")
    for sentence in words.WHAT_IT_IS_NOT:
        flow.paragraph(f"· {sentence}")
    return flow


def _channels(flow: Flow, recording: Recording, analysis: Analysis) -> None:
    others = panels.further_channels(analysis)
    if others:
        flow.heading("Other channels")
    for channel in others:

        def draw(axes: Sequence[Axes], channel: int = channel) -> None:
            panels.overview(axes[0], recording, analysis, channel)

        flow.picture(draw, CHANNEL_MM)
