"""Pages to learn from: what a twitch is, what goes with it, what helps, when to see a doctor.

A topic in; its text as Markdown or HTML out. The texts are the files in ``pages/``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib import resources

from fasciscope.errors import InputError

TOPICS = ("fasciculation", "pathway", "causes", "help", "cramp", "doctor", "instrument")
"""In the order of reading."""
_REFERENCE = re.compile(r"^\[\d\] ")


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its topic, its title, and its whole text in Markdown."""

    topic: str
    title: str
    markdown: str

    @property
    def html(self) -> str:
        """The page as HTML, from its heading on, to be put into a page of ours."""
        return "\n".join(_block(block) for block in self.markdown.strip().split("\n\n"))


@cache
def page(topic: str) -> Page:
    """Return the page on a topic.

    Raises
    ------
    InputError
        If there is none; the text lists those that there are.
    """
    if topic not in TOPICS:
        raise InputError(f"There is no page on {topic!r}. There are: {', '.join(TOPICS)}.")
    folder = resources.files("fasciscope.journal") / "pages"
    text = (folder / f"{topic}.md").read_text(encoding="utf-8")
    return Page(topic, text.partition("\n")[0].removeprefix("# "), text)


def pages() -> tuple[Page, ...]:
    """Return all pages, in the order of reading."""
    return tuple(page(topic) for topic in TOPICS)


def _inline(text: str) -> str:
    out = escape(" ".join(text.split()), quote=False)
    out = re.sub(r"`([^`]+)`", r"<code>\1</code>", out)
    return re.sub(r"\*([^*]+)\*", r"<em>\1</em>", out)


def _block(block: str) -> str:
    """Return one block of the few kinds that our pages have."""
    lines = block.split("\n")
    if block.startswith("# "):
        return f"<h2>{_inline(block[2:])}</h2>"
    if block.startswith("| "):
        rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
        body = "".join(_row(cells, "td") for cells in rows[2:])
        return f"<table>{_row(rows[0], 'th')}{body}</table>"
    if block.startswith("- "):
        items = re.split(r"\n- ", block[2:])
        return "<ul>" + "".join(f"<li>{_inline(item)}</li>" for item in items) + "</ul>"
    if _REFERENCE.match(block):
        items = re.split(r"\n(?=\[\d\] )", block)
        return '<p class="small">' + "<br>".join(_inline(item) for item in items) + "</p>"
    return f"<p>{_inline(block)}</p>"


def _row(cells: list[str], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}>{_inline(cell)}</{tag}>" for cell in cells) + "</tr>"
