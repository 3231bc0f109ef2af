"""Small pictures for the pages, as SVG in the page's own colours: waveforms, intervals, rates.

Plain numbers in, the text of an SVG out. Every picture says in its title what it shows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from html import escape
from typing import Any

WIDTH, HEIGHT = 220, 150
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 6, 8, 20


class Frame:
    """The axes of a picture: from what is measured to where it is drawn."""

    def __init__(
        self,
        x: tuple[float, float],
        y: tuple[float, float],
        *,
        width: int = WIDTH,
        height: int = HEIGHT,
    ) -> None:
        self.width, self.height = width, height
        self._x, self._y = x, y

    def x(self, value: float) -> float:
        """Return where `value` lies on the horizontal axis."""
        low, high = self._x
        share = (value - low) / (high - low or 1.0)
        return round(_LEFT + share * (self.width - _LEFT - _RIGHT), 1)

    def y(self, value: float) -> float:
        """Return where `value` lies on the vertical axis."""
        low, high = self._y
        share = (value - low) / (high - low or 1.0)
        return round(self.height - _BOTTOM - share * (self.height - _TOP - _BOTTOM), 1)

    def line(self, xs: Sequence[float], ys: Sequence[float], style: str) -> str:
        """Return a line through points."""
        points = " ".join(f"{self.x(x)},{self.y(y)}" for x, y in zip(xs, ys, strict=True))
        return f'<polyline points="{points}" fill="none" {style}/>'

    def ticks(self, xs: Sequence[tuple[float, str]], ys: Sequence[tuple[float, str]]) -> str:
        """Return the axes' numbers and faint lines."""
        out = []
        for value, text in xs:
            x, at = self.x(value), "middle"
            if x > self.width - 4 * len(text):  # the last one must not be cut off
                x, at = self.width - 1.0, "end"
            out.append(
                f'<text x="{x}" y="{self.height - 5}" text-anchor="{at}">{escape(text)}</text>'
            )
        for value, text in ys:
            y = self.y(value)
            out.append(
                f'<line x1="{_LEFT}" x2="{self.width - _RIGHT}" y1="{y}" y2="{y}" '
                f'stroke="var(--fs-grid)"/><text x="{_LEFT - 4}" y="{y + 3.5}" '
                f'text-anchor="end">{escape(text)}</text>'
            )
        return "".join(out)

    def picture(self, title: str, inside: str) -> str:
        """Return the whole SVG."""
        return (
            f'<svg viewBox="0 0 {self.width} {self.height}" role="img" width="100%" '
            f'style="max-width:{1.4 * self.width:.0f}px;font:10px var(--fs-font);'
            f'fill:var(--fs-faint)"><title>{escape(title)}</title>{inside}</svg>'
        )


def step_of(span: float, most: int = 4) -> float:
    """Return a round step that divides `span` into at most `most` parts."""
    raw = max(span, 1e-12) / most
    power = 10.0 ** math.floor(math.log10(raw))
    return next(k * power for k in (1, 2, 5, 10) if k * power >= raw * (1 - 1e-9))


def waves(data: dict[str, Any], family: int, half_uv: float | None = None) -> str:
    """Return the waveforms of a family over each other, their average in its colour.

    Parameters
    ----------
    data : dict
        As `Opened.waves` gives it.
    family : int
    half_uv : float or None, default None
        Height of the picture, ± µV; None fits it.
    """
    if half_uv is None:
        half_uv = reach(data)
    time_ms = data["time_ms"]
    frame = Frame((time_ms[0], time_ms[-1]), (-half_uv, half_uv))
    step = step_of(half_uv, 2)
    ticks = [(k * step, f"{k * step:g}") for k in (-1, 0, 1)]
    inside = frame.ticks([(-10, "−10"), (0, "0"), (10, "10 ms")], ticks)
    inside += "".join(
        frame.line(
            time_ms,
            [max(-half_uv, min(half_uv, v)) for v in one],
            'stroke="var(--fs-faint)" stroke-opacity="0.28" stroke-width="0.7"',
        )
        for one in data["single"]
    )
    colour = f"var(--fs-family-{(family - 1) % 6 + 1})"
    inside += frame.line(
        time_ms,
        [max(-half_uv, min(half_uv, v)) for v in data["average"]],
        f'stroke="{colour}" stroke-width="2"',
    )
    title = f"Family {family}: {data['count']} waveforms in µV over each other, and their average"
    return frame.picture(title, inside)


def reach(data: dict[str, Any]) -> float:
    """Return ± µV that hold the average and nearly all of the single waveforms."""
    tops = sorted(max(abs(v) for v in one) for one in data["single"])
    most = max(tops[int(0.9 * (len(tops) - 1))], max(abs(v) for v in data["average"]))
    return 1.1 * max(float(most), 1.0)


def intervals(values_s: Sequence[float]) -> str:
    """Return the distribution of the times from one twitch to the next, on a logarithmic axis."""
    kept = [v for v in values_s if v > 0]
    low, high = -2.0, 2.0
    n = 32
    counts = [0] * n
    for value in kept:
        k = int((math.log10(value) - low) / (high - low) * n)
        counts[min(max(k, 0), n - 1)] += 1
    most = max(counts, default=0) or 1
    frame = Frame((low, high), (0, most), width=320)
    step = max(1.0, step_of(most, 3))
    ys = [(k * step, f"{k * step:g}") for k in range(int(most / step) + 1)]
    xs = [(-2.0, "10 ms"), (-1.0, "0.1"), (0.0, "1 s"), (1.0, "10"), (2.0, "100 s")]
    inside = frame.ticks(xs, ys)
    wide = (high - low) / n
    for k, count in enumerate(counts):
        if count:
            x, to = frame.x(low + k * wide), frame.x(low + (k + 1) * wide)
            y = frame.y(count)
            inside += (
                f'<rect x="{x}" y="{y}" width="{max(to - x - 0.6, 0.6):.1f}" '
                f'height="{frame.y(0) - y:.1f}" fill="var(--fs-accent)"/>'
            )
    return frame.picture(f"Times from one twitch to the next, {len(kept)} of them", inside)


def rates(
    edges_s: Sequence[float],
    per_minute: Sequence[float],
    *,
    most: float | None = None,
    longest_s: float | None = None,
) -> str:
    """Return twitches a minute over time; `most` and `longest_s` give two pictures one scale."""
    known = [v for v in per_minute if v == v]
    top = most or 1.1 * max([*known, 1.0])
    end_s = longest_s or edges_s[-1] or 1.0
    frame = Frame((0, end_s), (0, top), width=460)
    step = step_of(top, 3)
    unit, name = (3600.0, "h") if end_s > 5400 else (60.0, "min") if end_s > 90 else (1.0, "s")
    every = step_of(end_s / unit, 5)
    xs = [(k * every * unit, f"{k * every:g}") for k in range(int(end_s / unit / every + 1e-9) + 1)]
    if len(xs) > 1:
        xs[-1] = (xs[-1][0], f"{xs[-1][1]} {name}")
    inside = frame.ticks(xs, [(k * step, f"{k * step:g}") for k in range(int(top / step) + 1)])
    for start, stop, value in zip(edges_s[:-1], edges_s[1:], per_minute, strict=True):
        if value == value:
            x, y = frame.x(start), frame.y(value)
            wide = max(frame.x(stop) - x - 0.6, 0.6)
            inside += (
                f'<rect x="{x}" y="{y}" width="{wide:.1f}" height="{frame.y(0) - y:.1f}" '
                'fill="var(--fs-accent)"/>'
            )
    return frame.picture("Twitches a minute over time; gaps are time that was left out", inside)


def course(bins: Sequence[Any], title: str) -> str:
    """Return values over time with their intervals.

    Parameters
    ----------
    bins : sequence of journal bins
        Each with ``start``, ``stop`` (days), ``value``, ``low`` and ``high`` (NaN if unknown).
    title : str
    """
    first = bins[0].start.toordinal()
    last = max(bins[-1].stop.toordinal(), first + 1)
    tops = [b.high if b.high == b.high else b.value for b in bins]
    ordered = sorted(tops)
    # one short session may have an interval without end; it runs out of the picture
    top = 1.1 * max(
        min(ordered[-1], 3 * ordered[len(ordered) // 2]), *(b.value for b in bins), 1e-9
    )
    frame = Frame((first, last), (0, top), width=460)
    step = step_of(top, 3)
    ys = [(k * step, f"{k * step:g}") for k in range(int(top / step) + 1)]
    xs = [(float(d), f"{date.fromordinal(d):%d %b %y}") for d in _days(first, last)]
    inside = frame.ticks(xs, ys)
    for one in bins:
        x = frame.x((one.start.toordinal() + one.stop.toordinal()) / 2)
        if one.low == one.low and one.high == one.high:
            inside += (
                f'<line x1="{x}" x2="{x}" y1="{frame.y(min(one.high, top))}" '
                f'y2="{frame.y(one.low)}" stroke="var(--fs-accent)" stroke-opacity="0.55" '
                'stroke-width="2"/>'
            )
        inside += f'<circle cx="{x}" cy="{frame.y(one.value)}" r="3" fill="var(--fs-accent)"/>'
    return frame.picture(title, inside)


def _days(first: int, last: int) -> list[int]:
    return (
        [round(first + k * (last - first) / 3) for k in range(4)] if last - first > 3 else [first]
    )
