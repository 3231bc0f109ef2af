"""`journal/body.py`: every muscle has its place, on the right side, inside the body."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from matplotlib.path import Path as Curve

from fasciscope.journal import body
from fasciscope.journal.body import Mark
from fasciscope.journal.muscles import MUSCLES
from journal_cases import FELT, session

SVG = "{http://www.w3.org/2000/svg}"


def polygon(start, segments):
    """Return a curve as a fine polygon, for asking what is inside."""
    points, here = [], np.array(start)
    t = np.linspace(0, 1, 8, endpoint=False)[:, None]
    for first, second, end in segments:
        a, b, c = np.array(first), np.array(second), np.array(end)
        points.append(
            (1 - t) ** 3 * here + 3 * t * (1 - t) ** 2 * a + 3 * t**2 * (1 - t) * b + t**3 * c
        )
        here = c
    return Curve(np.concatenate(points))


def test_every_muscle_has_a_region_on_both_sides():
    have = {(r.muscle, r.side) for r in body.regions()}
    assert have == {(m.key, side) for m in MUSCLES for side in ("left", "right")}
    ids = [r.id for r in body.regions()]
    assert len(ids) == len(set(ids))
    assert {"left-calf", "right-tibialis", "left-deltoid", "left-deltoid-back"} <= set(ids)


@pytest.mark.parametrize("region", body.regions(), ids=lambda r: r.id)
def test_each_region_lies_inside_the_body_and_overlaps_no_other(region):
    edge = polygon(*body.outline(region.view))
    mine = polygon(region.start, region.segments)
    assert edge.contains_points(mine.vertices).all()
    assert mine.contains_point(region.centre)
    for other in body.regions():
        if other.view == region.view and other.id != region.id:
            theirs = polygon(other.start, other.segments)
            assert not theirs.contains_points(mine.vertices).any(), other.id


def test_left_is_on_the_right_when_seen_from_the_front():
    for region in body.regions():
        right_of_middle = region.centre[0] > body.midline(region.view)
        assert right_of_middle == ((region.view == "front") == (region.side == "left"))


def test_the_map_is_well_formed_and_says_what_is_known():
    known = {("calf", "left"): Mark(12, 3), ("foot", ""): Mark(0, 1), ("my <b>ear", ""): Mark(1)}
    tree = ET.fromstring(body.svg(known, label='"<me> & you"'))
    assert tree.get("aria-label") == '"<me> & you"'
    groups = {g.get("id"): g for g in tree.iter(f"{SVG}g")}
    assert len(groups) == len(body.regions())
    calf = groups["left-calf"]
    assert (calf.get("data-muscle"), calf.get("data-side")) == ("calf", "left")
    assert calf.find(f"{SVG}title").text == "left calf: 12 sessions, felt 3 times"
    assert calf.find(f"{SVG}text").text == "12"
    assert calf.find(f"{SVG}path").get("fill") == body.SHADES[3]
    for side in ("left", "right"):  # the side was not stated
        assert groups[f"{side}-foot"].find(f"{SVG}circle") is not None
    assert groups["right-calf"].find(f"{SVG}title").text == "right calf: nothing yet"
    assert "my " not in "".join(tree.itertext())
    assert body.off_the_map(known) == (("my <b>ear", ""),)


def test_regions_can_be_links():
    text = body.svg({}, link=lambda muscle, side: f"/site?m={muscle}&s={side}")
    hrefs = [a.get("href") for a in ET.fromstring(text).iter(f"{SVG}a")]
    assert len(hrefs) == len(body.regions())
    assert "/site?m=calf&s=left" in hrefs
    assert "href" not in body.svg({})


def test_marks_are_counted_from_entries():
    found = body.marks([session(1), session(2), session(1, side="right")], [FELT, FELT])
    assert found == {
        ("calf", "left"): Mark(2), ("calf", "right"): Mark(1), ("eyelid", "right"): Mark(0, 2),
    }  # fmt: skip


def test_shades_grow_darker_and_are_neither_red_nor_green():
    shades = [body.shade(n) for n in (0, 1, 4, 10, 25)]
    assert shades == list(body.SHADES)

    def rgb(colour):
        return [int(x, 16) for x in re.findall("..", colour[1:])]

    light = [sum(rgb(shade)) for shade in shades]
    assert light == sorted(light, reverse=True)
    assert all(b >= max(r, g) for r, g, b in map(rgb, shades))
