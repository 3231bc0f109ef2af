"""Checks of what a scene asks for, with the same words everywhere."""

from __future__ import annotations

import math

from fasciscope.errors import InputError


def ascending(what: str, unit: str, *values: float) -> None:
    """Raise `InputError` unless `values` are finite, above 0, and none below the one before.

    Parameters
    ----------
    what : str
        Name of the values, as the sentence begins ("The noise").
    unit : str
        Their unit.
    *values : float
    """
    finite = all(math.isfinite(value) for value in values)
    if not finite or values[0] <= 0 or list(values) != sorted(values):
        given = ", ".join(f"{value:g}" for value in values)
        order = ", from low to high" if len(values) > 1 else ""
        raise InputError(f"{what} must be above 0 {unit}{order}, not {given}.")
