"""The body map: every muscle a region, front and back, left and right; drawn by code.

Marks for sites in; an SVG, or the curves for another painter, out. A region's id is side and muscle
(``left-calf``), with ``-back`` where a muscle shows on both views; ``data-muscle`` and
``data-side`` say the same, so that a page can make regions answer to a click.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from html import escape

from fasciscope.journal import body_shapes as shapes
from fasciscope.journal.entries import Felt, Session
from fasciscope.journal.muscles import is_known, site

Point = tuple[float, float]
Site = tuple[str, str]
Segment = tuple[Point, Point, Point]
"""Two controls and the end of a cubic curve."""

VIEWS = ("front", "back")
GAP = 26.0
WIDTH = 4 * shapes.HALF_WIDTH + GAP
TOP = 20.0
HEIGHT = shapes.HEIGHT + TOP
SHADES = ("#f4f6f8", "#cfe1f2", "#9ecae1", "#5aa3d0", "#0072B2")
"""From no session to many; blue, which says neither good nor bad."""
STEPS = (1, 4, 10, 25)
"""Sessions from which on the next darker shade is taken."""
FELT = "#E69F00"
EDGE, SKIN, INK = "#6b7780", "#fbfcfd", "#1a1a1a"


@dataclass(frozen=True, slots=True)
class Mark:
    """What is known of a site: recorded sessions, and how often twitches were felt."""

    sessions: int = 0
    felt: int = 0


@dataclass(frozen=True, slots=True)
class Region:
    """A muscle on one view, on one side.

    Parameters
    ----------
    id : str
    muscle, side, view : str
    segments : tuple of (point, point, point)
        Cubic curves, each two controls and an end; the first begins at `start`.
    start : point
    centre : point
    """

    id: str
    muscle: str
    side: str
    view: str
    start: Point
    segments: tuple[Segment, ...]
    centre: Point


def curve(points: Iterable[Point]) -> tuple[Segment, ...]:
    """Return the closed smooth curve through `points` as cubic segments.

    Tangents are Catmull and Rom's, held to the shorter of the two neighbouring chords, so that no
    corner runs out over its muscle.
    """
    p = [complex(*point) for point in points]
    n = len(p)
    tangents = []
    for i in range(n):
        before, here, after = p[i - 1], p[i], p[(i + 1) % n]
        along = after - before
        length = min(abs(here - before), abs(after - here))
        tangents.append(along / abs(along) * length / 3 if along else 0j)
    out = []
    for i in range(n):
        j = (i + 1) % n
        controls = (p[i] + tangents[i], p[j] - tangents[j], p[j])
        first, second, end = ((z.real, z.imag) for z in controls)
        out.append((first, second, end))
    return tuple(out)


def midline(view: str) -> float:
    """Return where the middle of a view stands, from the left."""
    first = shapes.HALF_WIDTH
    return first if view == "front" else first + 2 * shapes.HALF_WIDTH + GAP


def outline(view: str) -> tuple[Point, tuple[Segment, ...]]:
    """Return the body's edge on a view: where it begins, and its curve."""
    middle = midline(view)
    right = [(middle + x, y + TOP) for x, y in shapes.OUTLINE]
    left = [(middle - x, y + TOP) for x, y in reversed(shapes.OUTLINE[1:-1])]
    points = [*right, *left]
    return points[0], curve(points)


@cache
def regions() -> tuple[Region, ...]:
    """Return every region, front before back, head before foot."""
    out: list[Region] = []
    for view, halves in zip(VIEWS, (shapes.FRONT, shapes.BACK), strict=True):
        for muscle, half in halves.items():
            out += [_region(muscle, side, view, half) for side in ("left", "right")]
    return tuple(out)


def _region(muscle: str, side: str, view: str, half: shapes.Half) -> Region:
    # seen from the front, a person's left is on the right
    sign = 1 if (view == "front") == (side == "left") else -1
    points = [(midline(view) + sign * x, y + TOP) for x, y in half]
    both = muscle in shapes.FRONT and muscle in shapes.BACK
    name = f"{side}-{muscle}" + ("-back" if both and view == "back" else "")
    centre = (sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points))
    return Region(name, muscle, side, view, points[0], curve(points), centre)


def marks(sessions: Iterable[Session] = (), felt: Iterable[Felt] = ()) -> dict[Site, Mark]:
    """Return what is known of each site (muscle, side), free words among them."""
    counts: dict[Site, list[int]] = {}
    for session in sessions:
        counts.setdefault((session.muscle, session.side), [0, 0])[0] += 1
    for one in felt:
        counts.setdefault((one.muscle, one.side), [0, 0])[1] += 1
    return {where: Mark(*pair) for where, pair in counts.items()}


def off_the_map(known: Mapping[Site, Mark]) -> tuple[Site, ...]:
    """Return the sites that have no region: in the person's own words, or not stated."""
    return tuple(where for where in known if not is_known(where[0]))


def of_region(region: Region, known: Mapping[Site, Mark]) -> Mark:
    """Return what is known of a region; what was noted without a side counts on both."""
    own = known.get((region.muscle, region.side), Mark())
    either = known.get((region.muscle, ""), Mark())
    return Mark(own.sessions + either.sessions, own.felt + either.felt)


def shade(sessions: int) -> str:
    """Return the colour for a number of sessions."""
    return SHADES[sum(sessions >= step for step in STEPS)]


def title(region: Region, mark: Mark) -> str:
    """Return what a region says of itself: ``left calf: 12 sessions, felt 3 times``."""
    parts = [f"{mark.sessions} session{'' if mark.sessions == 1 else 's'}"] if mark.sessions else []
    if mark.felt:
        parts.append("felt once" if mark.felt == 1 else f"felt {mark.felt} times")
    return f"{site(region.muscle, region.side)}: {', '.join(parts) or 'nothing yet'}"


def svg(
    known: Mapping[Site, Mark],
    *,
    link: Callable[[str, str], str] | None = None,
    label: str = "Body map: front and back",
) -> str:
    """Return the map as an SVG element.

    Parameters
    ----------
    known : mapping of (muscle, side) to Mark
        See `marks`.
    link : callable or None, default None
        Muscle and side in, an address out: each region is then a link to it.
    label : str
        What a screen reader calls it.
    """
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" '
        f'class="body-map" role="group" aria-label="{escape(label)}" '
        f'font-family="system-ui, sans-serif">'
    ]
    for view in VIEWS:
        start, segments = outline(view)
        parts.append(f'<path d="{_d(start, segments)}" fill="{SKIN}" stroke="{EDGE}"/>')
        for text, x in _words(view):
            parts.append(
                f'<text x="{x:g}" y="10" font-size="9" text-anchor="middle" fill="{EDGE}">'
                f"{text}</text>"
            )
    parts += [_element(region, of_region(region, known), link) for region in regions()]
    return "\n".join([*parts, "</svg>"])


def _words(view: str) -> list[tuple[str, float]]:
    middle, out = midline(view), shapes.HALF_WIDTH * 0.72
    sides = ("right", "left") if view == "front" else ("left", "right")
    return [(sides[0], middle - out), (view, middle), (sides[1], middle + out)]


def _d(start: Point, segments: tuple[Segment, ...]) -> str:
    curves = (" ".join(f"{x:.1f},{y:.1f}" for x, y in segment) for segment in segments)
    return f"M{start[0]:.1f},{start[1]:.1f} " + " ".join(f"C{c}" for c in curves) + "Z"


def _element(region: Region, mark: Mark, link: Callable[[str, str], str] | None) -> str:
    x, y = region.centre
    inside = [
        f"<title>{escape(title(region, mark))}</title>",
        f'<path d="{_d(region.start, region.segments)}" fill="{shade(mark.sessions)}" '
        f'stroke="{EDGE}" stroke-width="0.7"/>',
    ]
    if mark.sessions:
        ink = "#fff" if mark.sessions >= STEPS[2] else INK
        size = number_size(region)
        inside.append(
            f'<text x="{x:.1f}" y="{y + 0.36 * size:.1f}" font-size="{size:g}" fill="{ink}" '
            f'text-anchor="middle" pointer-events="none">{mark.sessions}</text>'
        )
    if mark.felt:
        at_x, at_y = felt_at(region, mark)
        inside.append(
            f'<circle cx="{at_x:.1f}" cy="{at_y:.1f}" r="2.6" fill="{FELT}" stroke="#fff" '
            'stroke-width="0.6" pointer-events="none"/>'
        )
    if link is not None:
        address = escape(link(region.muscle, region.side))
        inside = [f'<a href="{address}">', *inside, "</a>"]
    return (
        f'<g id="{region.id}" class="region" data-muscle="{region.muscle}" '
        f'data-side="{region.side}">{"".join(inside)}</g>'
    )


def number_size(region: Region) -> float:
    """Return the size of the number in a region, so that it fits."""
    return 5.0 if region.muscle == "eyelid" else 8.0


def felt_at(region: Region, mark: Mark) -> Point:
    """Return where the dot for felt twitches stands: in the middle, or under the number."""
    x, y = region.centre
    if not mark.sessions:
        return x, y
    if region.muscle == "eyelid":  # outwards, beside the eye
        return x + (8.0 if x > midline(region.view) else -8.0), y
    return x, y + 8.5
