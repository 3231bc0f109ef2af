"""The report as a web page in one file: text as text, pictures inside it, nothing fetched.

`Recording` and `Content` in, HTML text out. Whatever came from a file or a person is escaped by
the template; and the page itself forbids scripts and anything from elsewhere.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from fasciscope.analysis import Analysis
from fasciscope.recording import Recording
from fasciscope.report import drawings, words
from fasciscope.report.content import Content

if TYPE_CHECKING:
    from jinja2 import Template

DARK = {
    "1a1a1a": "e8e6e1",
    "000000": "e8e6e1",
    "ffffff": "1d2024",
    "0072b2": "5cb3e6",
    "9ecae1": "3d6f8e",
    "8c8c8c": "8f959c",
    "333333": "c9c7c2",
    "e69f00": "f0b030",
    "cc79a7": "e09cc2",
    "56b4e9": "8fd0f5",
    "a6761d": "cf9c3f",
    "999999": "9aa0a6",
    "d9d9d9": "3a3f45",
    "f7e2b3": "5c4b28",
    "f0d7e5": "584554",
    "e0e0e0": "43474d",
    "cce9f8": "3f5565",
}
"""What each colour of a picture becomes on a dark screen."""


def page(recording: Recording, analysis: Analysis, said: Content) -> str:
    """Return the whole page; to be called inside `page.style`."""
    pictures = drawings.first_page(recording, analysis, low_detail=said.low_detail)
    return _template().render(
        said=said,
        words=words,
        pictures=pictures,
        intervals=None if said.low_detail else drawings.intervals(analysis),
        channels=[] if said.low_detail else drawings.channels(recording, analysis),
        style=files("fasciscope.report").joinpath("report.css").read_text(encoding="utf-8"),
        colours=list(DARK.items()),
    )


@cache
def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("fasciscope.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2")
