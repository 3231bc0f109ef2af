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


def write_report(
    recording: Recording,
    analysis: Analysis,
    output: str | Path,
    *,
    low_detail: bool = False,
    person: str = "",
) -> None:
    """Write the report on a recording.

    An older report of the same name is replaced, at once and whole: a report can always be made
    again from its recording.

    Parameters
    ----------
    recording : Recording
    analysis : Analysis
        What was found in it.
    output : str or Path
        The file to write; its ending says as what: ``.html`` (self-contained), ``.pdf`` (A4
        sheets) or ``.png`` (the first of them).
    low_detail : bool, default False
        A calm version, without what follows the twitches minute by minute.
    person : str, default ""
        Whom the recording is of, if that shall be on the report.

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
    content = render_report(recording, analysis, output.suffix.lower(), low_detail, person)
    try:
        write_whole(output, content)
    except OSError as error:
        raise OutputError(f"Cannot write {output}: {error.strerror}.") from error


def render_report(
    recording: Recording,
    analysis: Analysis,
    suffix: str,
    low_detail: bool = False,
    person: str = "",
) -> bytes:
    """Return the report as the bytes of a file; see `write_report`.

    Parameters
    ----------
    recording : Recording
    analysis : Analysis
    suffix : str
        One of `SUFFIXES`.
    low_detail : bool, default False
    person : str, default ""
    """
    from fasciscope.report import html, page, pdf  # late: matplotlib takes half a second
    from fasciscope.report.content import content

    said = content(recording, analysis, low_detail=low_detail, person=person)
    with page.style():
        if suffix == ".html":
            return html.page(recording, analysis, said).encode("utf-8", "replace")
        if suffix == ".png":
            return page.as_png(page.draw(recording, analysis, said))
        return pdf.as_pdf(recording, analysis, said)
