"""The report: one page about one recording, to look at and to keep.

`Recording` and `Analysis` in; an HTML, PDF or PNG file out.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fasciscope.errors import InputError, OutputError

if TYPE_CHECKING:
    from fasciscope.analysis import Analysis
    from fasciscope.recording import Recording

__all__ = ["SUFFIXES", "check_output", "render_report", "write_report"]

SUFFIXES = (".html", ".pdf", ".png")
"""What a report can be."""
_PNG_DPI = 150


def check_output(output: str | Path) -> None:
    """Raise what `write_report` would raise for this name, before anything is read or found.

    Raises
    ------
    InputError
        If the ending is none of `SUFFIXES`, or a recording lies there.
    """
    from fasciscope import formats

    output = Path(output)
    if output.suffix.lower() not in SUFFIXES:
        raise InputError(
            f"A report is written as {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}; {output.name} "
            "ends otherwise."
        )
    formats.must_not_be_recording(output)


def write_report(recording: Recording, analysis: Analysis, output: str | Path) -> None:
    """Write the report on a recording.

    An older report of the same name is replaced, at once and whole: a report can always be made
    again from its recording.

    Parameters
    ----------
    recording : Recording
    analysis : Analysis
        What was found in it.
    output : str or Path
        The file to write; its ending says as what: ``.html`` (self-contained), ``.pdf`` or
        ``.png`` (one A4 page).

    Raises
    ------
    InputError
        If the ending is none of these, or a recording lies there.
    OutputError
        If the file cannot be written.
    """
    from fasciscope.formats.whole_file import write_whole

    output = Path(output)
    check_output(output)
    content = render_report(recording, analysis, output.suffix.lower())
    try:
        write_whole(output, content)
    except OSError as error:
        raise OutputError(f"Cannot write {output}: {error.strerror}.") from error


def render_report(recording: Recording, analysis: Analysis, suffix: str) -> bytes:
    """Return the report as the bytes of a file; `suffix` is one of `SUFFIXES`."""
    import io

    from fasciscope.report import html, page  # late: matplotlib takes half a second

    with page.style():
        if suffix == ".html":
            return html.page(recording, analysis).encode("utf-8", "replace")
        buffer = io.BytesIO()
        # no time of writing in it: the same input gives the same bytes
        metadata = {"Software": None} if suffix == ".png" else {"CreationDate": None}
        page.draw(recording, analysis).savefig(
            buffer, format=suffix[1:], dpi=_PNG_DPI, metadata=metadata
        )
        return buffer.getvalue()
