"""The report as a web page in one file: text as text, pictures inside it, nothing fetched.

`Recording` and `Analysis` in, HTML text out. Whatever came from a file or a person is escaped.
"""

from __future__ import annotations

import base64
import io
from html import escape
from typing import TYPE_CHECKING, Any

from fasciscope.analysis import Analysis
from fasciscope.events import Kind
from fasciscope.recording import Recording
from fasciscope.report import panels, words

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EVENTS_LISTED = 2000
_DPI = 160
_CSS = """
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; max-width: 60rem;
       margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.35rem; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.05rem; margin: 2rem 0 .4rem; }
.about, .small { color: #444; font-size: .9rem; }
.rate { display: flex; align-items: center; gap: 1rem; margin: 1.2rem 0; flex-wrap: wrap; }
.rate b { font-size: 3.4rem; line-height: 1; color: #0072B2; }
.rate strong { font-size: 1.15rem; display: block; }
img { width: 100%; height: auto; display: block; }
table { border-collapse: collapse; font-size: .9rem; }
th, td { text-align: left; padding: .15rem .9rem .15rem 0; border-bottom: 1px solid #ddd;
         vertical-align: top; font-variant-numeric: tabular-nums; }
.scroll { max-height: 28rem; overflow: auto; }
.foot { border-top: 2px solid #1a1a1a; margin-top: 2.5rem; padding-top: .6rem; }
"""


def page(recording: Recording, analysis: Analysis) -> str:
    """Return the whole page; to be called inside `page.style`."""
    rate, what, certainty = words.headline(analysis.summary)
    title = escape(recording.name)
    quality = [str(sentence) for sentence in analysis.summary.get("quality") or []]
    parts = [
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}: twitches</title>\n<style>{_CSS}</style>\n</head>\n<body>",
        f"<h1>{title}</h1>",
        f'<p class="about">{escape(words.subtitle(recording, analysis.summary))}</p>',
        f'<div class="rate"><b>{escape(rate)}</b><span><strong>{escape(what)}</strong>'
        f"{escape(certainty)}</span></div>",
        f"<p>{escape(' '.join(words.in_words(analysis)))}</p>",
        *_list("Quality", quality),
        *_list("Note", [recording.info.note] if recording.info.note else []),
        *_pictures(recording, analysis),
        "<h2>Figures</h2>",
        _figures(analysis),
        *_events(analysis),
        f'<p class="small">{escape(words.SAME_PLACE)}</p>',
        f'<div class="foot"><p>{escape(words.DISCLAIMER)}</p>'
        f"<p>{escape(words.SEE_A_DOCTOR)}</p></div>",
        "</body>\n</html>\n",
    ]
    return "\n".join(parts)


def _list(heading: str, sentences: list[str]) -> list[str]:
    if not sentences:
        return []
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    return [f"<h2>{heading}</h2><ul>{items}</ul>"]


def _pictures(recording: Recording, analysis: Analysis) -> list[str]:
    from matplotlib.figure import Figure

    channels = panels.drawn_channels(analysis)
    signal = Figure(figsize=(9.0, 1.0 + 1.5 * len(channels)), layout="constrained")
    for row, channel in enumerate(channels):
        ax = signal.add_subplot(len(channels), 1, row + 1)
        panels.overview(ax, recording, analysis, channel)
        if row == 0:
            panels.legend(ax, analysis)
    close = Figure(figsize=(9.0, 2.4), layout="constrained")
    panels.closer(close.add_subplot(), recording, analysis)
    rate = Figure(figsize=(9.0, 2.2), layout="constrained")
    panels.rate(rate.add_subplot(), analysis)
    steps = Figure(figsize=(9.0, 2.2), layout="constrained")
    panels.intervals(steps.add_subplot(), analysis)
    out = ["<h2>Signal</h2>", _img(signal, "The whole recording with what was found in it")]
    rest = [c.name for i, c in enumerate(analysis.info.channels) if i not in channels]
    if rest:
        out.append(f'<p class="small">Not drawn: {escape(", ".join(rest))}.</p>')
    out += [
        _img(close, "A short stretch of the recording close up, twitches marked"),
        "<h2>Rate over time</h2>",
        _img(rate, "Twitches a minute over the length of the recording"),
        "<h2>Average waveforms</h2>",
        _waveforms(analysis),
        "<h2>Intervals</h2>",
        _img(steps, "Histogram of the times from one twitch to the next"),
    ]
    return out


def _waveforms(analysis: Analysis) -> str:
    from matplotlib.figure import Figure

    shown = len(analysis.families[: panels.FAMILIES_DRAWN])
    if not shown:
        return "<p>No waveform came back often enough to make a family.</p>"
    figure = Figure(figsize=(9.0, 1.9), layout="constrained")
    for i in range(shown):
        panels.family(figure.add_subplot(1, panels.FAMILIES_DRAWN, i + 1), analysis, i)
    more = len(analysis.families) - shown
    rest = f'<p class="small">{more} smaller families are not drawn.</p>' if more else ""
    return _img(figure, "Average waveform of each family in µV, with its spread") + rest


def _img(figure: Figure, alt: str) -> str:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_DPI, metadata={"Software": None})
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f'<img alt="{escape(alt)}" src="data:image/png;base64,{data}">'


def _table(head: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    def row(cells: tuple[Any, ...], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{escape(str(c))}</{tag}>" for c in cells) + "</tr>"

    return f"<table>{row(head, 'th')}{''.join(row(cells, 'td') for cells in rows)}</table>"


def _figures(analysis: Analysis) -> str:
    summary = analysis.summary
    rate = summary["twitches_per_minute"] if words.has_rate(summary) else None
    limits = words.interval(summary) if rate is not None else None
    rows: list[tuple[Any, ...]] = [
        ("Recorded", words.span(float(summary["duration_s"]))),
        ("Analysable", words.span(float(summary["analysable_s"]))),
        ("Twitches", f"{int(summary['fasciculations']):,}"),
        ("Twitches a minute", words.number(rate, 2)),
        ("95 % interval", " to ".join(words.number(x, 2) for x in limits) if limits else "–"),
        ("Noise", f"{words.number(summary.get('noise_uv'), 2)} µV"),
        ("Contractions", int(summary["contractions"])),
        ("Cramps", int(summary["cramps"])),
        ("Artefacts", int(summary["artifacts"])),
        ("Lost samples", f"{int(summary['lost_samples']):,}"),
        ("Sampling rate", f"{analysis.info.fs_hz:g} Hz"),
        ("Channels", ", ".join(channel.name for channel in analysis.info.channels)),
        ("Device", analysis.info.device or "not stated"),
        ("Software and settings", words.settings(summary)),
    ]
    for family in analysis.families:
        where = analysis.info.channels[family.channel].name
        size = f"n = {family.count:,}, {family.amplitude_uv:.1f} µV peak to peak, {where}"
        rows.append((f"Family {family.number}", size))
    return _table(("", ""), rows)


def _events(analysis: Analysis) -> list[str]:
    fs_hz, names = analysis.info.fs_hz, [c.name for c in analysis.info.channels]
    rows: list[tuple[Any, ...]] = []
    for event in analysis.events[:EVENTS_LISTED]:
        channel, family, amplitude = event["channel"], event["family"], float(event["amplitude_uv"])
        kind = Kind(int(event["kind"]))
        peak = int(event["peak"])
        rows.append(
            (
                f"{(peak if peak >= 0 else int(event['start'])) / fs_hz:.3f}",
                f"{(event['stop'] - event['start']) / fs_hz:.3f}",
                {Kind.FASCICULATION: "twitch", Kind.CARDIAC: "heartbeat"}.get(
                    kind, kind.name.lower()
                ),
                names[channel] if channel >= 0 else "all",
                f"{amplitude:.1f}" if amplitude == amplitude else "–",
                family if family > 0 else "–",
            )
        )
    n = len(analysis.events)
    if n == 0:
        return ["<h2>Events</h2>", "<p>Nothing was found.</p>"]
    head = ("time, s", "length, s", "what", "channel", "peak to peak, µV", "family")
    more = f"<p>The first {EVENTS_LISTED:,} of {n:,}.</p>" if n > EVENTS_LISTED else ""
    return [
        "<h2>Events</h2>",
        f"<details><summary>All {n:,} events</summary>{more}"
        f'<div class="scroll">{_table(head, rows)}</div></details>',
    ]
