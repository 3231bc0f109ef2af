"""The bench's results as rows of text for a table, and as CSV."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence

from fasciscope.bench.coverage import TARGET
from fasciscope.bench.measures import LOWER_IS_BETTER, Measure, figures
from fasciscope.bench.running import Row

HEADINGS = {
    "f1": "F1",
    "oracle_f1": "oracle",
    "sensitivity": "sens",
    "ppv": "PPV",
    "false_per_minute": "false/min",
    "time_error_ms": "ms",
    "sustained": "found",
    "inside": "inside",
    "told": "told",
    "heart": "heart",
    "rand": "rand",
    "family": "family",
    "analysable": "usable",
    "seconds": "s/10 min",
    "covered": "covered",
    "width": "high/low",
}
"""Figures in the order of the table, with their headings."""
_DIGITS = {"false_per_minute": 2, "time_error_ms": 2, "inside": 0, "seconds": 2, "width": 2}
BEGINS = "case,recording,"
"""What a CSV of the bench begins with."""
_PLAIN = ("case", "recording", "fs_hz", "minutes", "true", "found", "right")


def columns(rows: Sequence[Row]) -> list[str]:
    """Return the figures that at least one row has, in the order of the table."""
    return [
        name
        for name in HEADINGS
        if any(not math.isnan(row.figures.get(name, math.nan)) for row in rows)
    ]


def shown(name: str, value: float) -> str:
    """Return a figure as the table shows it; nothing where it could not be measured."""
    return "" if math.isnan(value) else f"{value:.{_DIGITS.get(name, 3)}f}"


def targets(row: Row) -> str:
    """Return a row's targets in a few characters: "F1 ≥ 0.95, false/min ≤ 0.3"."""
    parts = []
    for name, bound in row.targets.items():
        sign = "≤" if name in LOWER_IS_BETTER else "≥"
        parts.append(f"{HEADINGS[name]} {sign} {bound:g}")
    if "covered" in row.targets:
        return f"{TARGET[0]:g} ≤ covered ≤ {TARGET[1]:g}"
    return ", ".join(parts)


def verdict(row: Row) -> str:
    """Return "ok", "BELOW …" with the headings of what is missed, or nothing without a target."""
    if row.missed:
        return f"BELOW {', '.join(HEADINGS[name] for name in row.missed)}"
    return "ok" if row.targets else ""


def to_csv(rows: Sequence[Row]) -> str:
    """Return all rows as CSV: one line a recording, then one for the whole case ("all")."""
    names = [*columns(rows)]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*_PLAIN, *names, "targets", "verdict"])
    for row in rows:
        for one in row.measures if len(row.measures) > 1 else ():
            own = figures([one])
            writer.writerow([*_counts([one], one.case, one.name), *_values(own, names), "", ""])
        name = row.measures[0].name if len(row.measures) == 1 else "all"
        head = _counts(row.measures, row.case, name)
        writer.writerow([*head, *_values(row.figures, names), targets(row), verdict(row)])
    return out.getvalue()


def _counts(measures: Sequence[Measure], case: str, name: str) -> list[str]:
    if not measures:
        return [case, name, *[""] * (len(_PLAIN) - 2)]
    rate = measures[0].fs_hz
    minutes = sum(one.minutes for one in measures)
    counts = [sum(getattr(one, key) for one in measures) for key in ("true", "found", "right")]
    return [case, name, f"{rate:g}", f"{minutes:.4f}", *map(str, counts)]


def _values(values: dict[str, float], names: Sequence[str]) -> list[str]:
    known = [values.get(name, math.nan) for name in names]
    return ["" if math.isnan(value) else f"{value:.6g}" for value in known]
