"""Checks of what a scene asks for, with the same words everywhere."""

from __future__ import annotations

import math

from fasciscope.errors import InputError


def ascending(what: str, unit: str, *values: float, above: float = 0.0) -> None:
    """Raise `InputError` unless `values` are finite, above `above`, and none below the one before.

    Parameters
    ----------
    what : str
        Name of the values, as the sentence begins ("The noise").
    unit : str
        Their unit.
    *values : float
    above : float, default 0
    """
    finite = all(math.isfinite(value) for value in values)
    if not finite or values[0] <= above or list(values) != sorted(values):
        given = ", ".join(f"{value:g}" for value in values)
        order = ", from low to high" if len(values) > 1 else ""
        raise InputError(f"{what} must be above {above:g} {unit}{order}, not {given}.")
