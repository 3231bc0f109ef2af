"""The pictures of the page for the screen: matplotlib figures as SVG text that stands in HTML.

The SVG has no comments, no metadata and no letters of its own text (they are outlines), so nothing
from a file is in it as markup; its colours are variables of the page, so that they can follow a
dark screen.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from fasciscope.analysis import Analysis
from fasciscope.recording import Recording
from fasciscope.report import charts, panels, shape, words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_INCHES = 7.16
"""What an A4 sheet has between its margins, so that letters are printed in the size they say."""
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}\b")
_IDS = re.compile(r'(\bid="|url\(#|href="#)')
_DIGITS = re.compile(r"(\d\.\d\d)\d+")  # a hundredth of a point is finer than any eye or printer
_PATH = re.compile(r' d="[^"]*"')
_SIZE = re.compile(r'<svg [^>]*?viewBox="([^"]+)"[^>]*>')


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure for the page.

    Parameters
    ----------
    key : str
        Short name, its own on the page.
    title : str
        What it shows.
    svg : str
        Markup.
    height_mm : float
        Its height when its letters are as large as they say.
    """

    key: str
    title: str
    svg: str
    height_mm: float


def first_page(recording: Recording, analysis: Analysis, *, low_detail: bool) -> list[Picture]:
    """Return the pictures of page one, from top to bottom; to be called inside `page.style`."""
    channel = panels.drawn_channels(analysis, 1)[0]
    name = analysis.info.channels[channel].name
    more = 1.0 if analysis.families else 1.35
    pictures = []
    if not low_detail:
        pictures += [
            _picture(
                "signal",
                f"The whole recording on {name}, with what was found in it",
                1.4 * more,
                lambda axes: panels.first_overview(axes[0], recording, analysis, channel),
            ),
            _picture(
                "rate",
                "Twitches a minute over the length of the recording",
                1.15 * more,
                lambda axes: charts.rate(axes[0], analysis),
            ),
        ]
    pictures.append(
        _picture(
            "close",
            "A short stretch close up, with each twitch marked",
            (2.6 if low_detail else 1.25) * more,
            lambda axes: panels.closer(axes[0], recording, analysis),
        )
    )
    if analysis.families:  # or else the words say that there are none
        pictures.append(
            _picture(
                "families",
                "Average waveform of each family in µV, with its spread",
                2.3 if low_detail else 1.3,
                lambda axes: charts.families(axes, analysis),
                columns=charts.family_columns(analysis),
                top=0.34,
            )
        )
    return pictures


def intervals(analysis: Analysis) -> Picture | None:
    """Return the histogram of intervals, half a sheet wide; None if they are too few."""
    if len(shape.intervals_s(analysis)) < charts.INTERVALS_LEAST:
        return None
    title = "How long it is from one twitch to the next"
    return _picture(
        "intervals", title, 1.5, lambda axes: charts.intervals(axes[0], analysis), width=0.5
    )


def channels(recording: Recording, analysis: Analysis) -> list[Picture]:
    """Return the whole length of every channel but the one on page one, as far as drawn."""
    pictures = []
    for channel in panels.further_channels(analysis):

        def draw(axes: Sequence[Axes], channel: int = channel) -> None:
            panels.overview(axes[0], recording, analysis, channel)

        name = analysis.info.channels[channel].name
        count = words.plural(len(shape.twitches(analysis, channel)), "twitch", "twitches")
        title = f"The whole recording on {name}: {count}"
        pictures.append(_picture(f"channel-{channel}", title, 1.25, draw))
    return pictures


def _picture(
    key: str,
    title: str,
    height: float,
    draw: Callable[[Sequence[Axes]], None],
    *,
    width: float = 1.0,
    top: float = 0.2,
    columns: int = 1,
) -> Picture:
    """Draw a figure with margins in inches, so that pictures under each other are in line."""
    from matplotlib.figure import Figure

    wide = width * WIDTH_INCHES
    figure = Figure(figsize=(wide, height))
    grid = figure.add_gridspec(
        1,
        columns,
        left=0.5 / wide,
        right=1 - 0.08 / wide,
        bottom=0.32 / height,
        top=1 - top / height,
        wspace=charts.apart(columns),
    )
    draw([figure.add_subplot(grid[k]) for k in range(columns)])
    return Picture(key, title, as_svg(figure, key, title), height * 25.4)


def as_svg(figure: Figure, key: str, title: str) -> str:
    """Return a figure as an SVG element with `title`, its ids begun with `key`."""
    for artist in figure.findobj(lambda artist: bool(artist.get_rasterized())):
        artist.set_rasterized(False)  # pixels cannot change their colours
    buffer = io.StringIO()
    quiet = {"Date": None, "Creator": None, "Format": None, "Type": None}
    figure.savefig(buffer, format="svg", transparent=True, metadata=quiet)
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", text, flags=re.DOTALL)
    text = _IDS.sub(rf"\g<1>{key}-", text)
    text = _COLOUR.sub(lambda found: f"var(--c{found.group()[1:].lower()}, {found.group()})", text)
    text = _PATH.sub(lambda found: _DIGITS.sub(r"\1", found.group()), text)
    text = re.sub(r"\n\s*", "\n", text)
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="\\1" role="img" aria-labelledby="{key}-title">'
        f'<title id="{key}-title">{escape(title)}</title>'
    )
    return _SIZE.sub(lambda found: opening.replace("\\1", found.group(1)), text, count=1)
