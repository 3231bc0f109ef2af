"""The record to take along as one HTML file: text as text, pictures inside it, nothing fetched.

`Takeaway` in, HTML out. Whatever a person wrote is escaped. On paper it is two pages.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape

from fasciscope.journal import body
from fasciscope.journal.takeaway_pdf import CAPTION, trend_picture
from fasciscope.journal.takeaway_words import Section, Takeaway

_CSS = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { font: 15px/1.45 system-ui, sans-serif; color: #1a1a1a; background: #fff; max-width: 62rem;
       margin: 1.5rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0; }
h2 { font-size: 1.05rem; margin: 1.4rem 0 .35rem; }
p, ul { margin: .35rem 0; }
.about, .small, .more { color: #444; font-size: .86rem; }
.advice { border: 2px solid #1a1a1a; border-radius: .4rem; padding: .6rem .9rem; margin: 1rem 0; }
.top { display: grid; grid-template-columns: minmax(16rem, 23rem) 1fr; gap: 1.6rem; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 0 2rem; }
@media (max-width: 46rem) { .top, .pair { display: block; } }
.body-map { width: 100%; height: auto; }
img { width: 100%; height: auto; display: block; }
table { border-collapse: collapse; font-size: .84rem; width: 100%; }
th, td { text-align: left; padding: .14rem .7rem .14rem 0; border-bottom: 1px solid #ddd;
         vertical-align: top; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
th { font-weight: 600; color: #444; overflow-wrap: normal; }
li { overflow-wrap: anywhere; }
.foot { border-top: 2px solid #1a1a1a; margin-top: 1.6rem; padding-top: .5rem; font-size: .86rem; }
@media print {
  @page { size: A4; margin: 10mm; }
  body { font-size: 7.4pt; line-height: 1.28; margin: 0; padding: 0; max-width: none; }
  h1 { font-size: 14pt; } h2 { font-size: 9pt; margin: .7em 0 .2em; break-after: avoid; }
  p { margin: .25em 0; } ul { margin: .2em 0; padding-left: 1.4em; }
  .top { grid-template-columns: 7.6cm 1fr; gap: .8cm; }
  .advice { margin: .5em 0; font-size: 8.4pt; }
  .trend img { max-height: 8.6cm; object-fit: contain; object-position: left; }
  .about, .small, .more, .foot, table { font-size: 7pt; } .foot { margin-top: .8em; }
  th, td { padding-top: .05em; padding-bottom: .05em; }
  .second { break-before: page; } .report { break-before: page; } }
"""


def document(words: Takeaway, pictures: Sequence[tuple[str, bytes]]) -> str:
    """Return the whole file; `pictures` are names and PNGs of reports to append."""
    title = escape(words.title)
    advice = f'<div class="advice">{escape(words.advice)}</div>' if words.advice else ""
    facts = "".join(f"<p>{escape(fact)}</p>" for fact in words.facts)
    symptoms, sites, goes_with, notes, sessions, felt = map(_section, words.sections)
    parts = [
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{_CSS}</style>\n</head>\n<body>",
        f'<h1>{title}</h1>\n<p class="about">{escape(words.about)}</p>',
        advice,
        f'<div class="top"><div>{body.svg(words.marks)}<p class="small">{escape(LEGEND)}</p></div>'
        f"<div><h2>In short</h2>{facts}</div></div>",
        _trend(words),
        f'<div class="second">{symptoms}{sites}<div class="pair"><div>{goes_with}</div>'
        f"<div>{notes}{felt}</div></div>{sessions}</div>",
        '<div class="foot">' + "".join(f"<p>{escape(line)}</p>" for line in words.foot) + "</div>",
        *(
            f'<div class="report"><h2>{escape(name)}</h2>{_img(png, f"Report: {name}")}</div>'
            for name, png in pictures
        ),
        "</body>\n</html>\n",
    ]
    return "\n".join(part for part in parts if part)


LEGEND = (
    "The number is that of sessions, darker with more; a dot means that twitches were felt. Front: "
    "the person's left is on the right."
)


def _trend(words: Takeaway) -> str:
    png = trend_picture(words)
    if png is None:
        return ""
    caption = f'<p class="small">{escape(CAPTION)}</p>'
    picture = _img(png, "Twitches a minute over time")
    return f'<div class="trend"><h2>Over time</h2>{picture}{caption}</div>'


def _img(png: bytes, alt: str) -> str:
    data = base64.b64encode(png).decode("ascii")
    return f'<img alt="{escape(alt)}" src="data:image/png;base64,{data}">'


def _section(section: Section) -> str:
    out = [f"<h2>{escape(section.heading)}</h2>"]
    if section.lines:
        out.append("<ul>" + "".join(f"<li>{escape(x)}</li>" for x in section.lines) + "</ul>")
    if section.rows:
        rows = [(section.head, "th"), *((row, "td") for row in section.rows)]
        out.append("<table>" + "".join(_row(cells, tag) for cells, tag in rows) + "</table>")
    if more := section.more(len(section.rows)):
        out.append(f'<p class="more">{escape(more)}</p>')
    return "".join(out)


def _row(cells: tuple[str, ...], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"
