"""A helper for caffeine: cups, cans and bars in, milligrams out.

References
----------
European Food Safety Authority, "EFSA explains risk assessment: caffeine" (2015), beside its
Scientific Opinion on the safety of caffeine, EFSA Journal 13 (2015) 4102: amounts in a usual
serving. A real cup may hold half or twice as much.
"""

from __future__ import annotations

import math
import re

from fasciscope.errors import InputError

MG: dict[str, float] = {
    "coffee": 90,  # filter coffee, 200 ml
    "espresso": 80,  # 60 ml
    "tea": 50,  # black, 220 ml
    "cola": 40,  # 355 ml
    "energy drink": 80,  # 250 ml
    "dark chocolate": 25,  # 50 g
    "milk chocolate": 10,  # 50 g
    "decaf": 3,  # not EFSA's: decaffeinated coffee holds a few milligrams
}
"""Caffeine of one serving, mg."""
_ONE = re.compile(r"^\s*(?:(\d+(?:[.,]\d+)?)\s*(?:x|×)?\s*)?([a-z ]+?)\s*$")


def caffeine_mg(cups: str) -> float:
    """Return the caffeine in what was drunk or eaten.

    Parameters
    ----------
    cups : str
        Such as ``"2 coffee, 1 tea"``; one where no number stands.

    Raises
    ------
    InputError
        If a word is not known; the text lists those that are.
    """
    total = 0.0
    for part in re.split(r"[;+]|,(?!\d)| and ", cups.lower()):
        found = _ONE.match(part)
        name = _drink(found.group(2)) if found else None
        if found is None or name is None:
            raise InputError(
                f"{part.strip() or cups!r} is not known as a drink. Known: {', '.join(MG)}; such "
                'as "2 coffee, 1 tea". Or give the milligrams.'
            )
        total += float((found.group(1) or "1").replace(",", ".")) * MG[name]
    if not math.isfinite(total) or total > 5000:
        raise InputError(f"That makes {total:,.0f} mg of caffeine; up to 5,000 are taken. Mind it.")
    return total


def _drink(words: str) -> str | None:
    for text in (words, words.removesuffix("s"), words.removesuffix("es")):
        text = text.removeprefix("cups of ").removeprefix("cup of ").strip()
        if text in MG:
            return text
    return None
