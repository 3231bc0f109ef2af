"""Results as JSON's own types: for scripts, and for pages that are drawn in a browser."""

from __future__ import annotations

import math
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any


def plain(value: Any) -> Any:
    """Return `value` in lists, dicts, numbers and words; what is not finite as None.

    Parameters
    ----------
    value : any
        Dataclasses of the journal, dates, enums, tuples and mappings of them. A `Ratio` and its
        like become dicts by field; days become ``2026-03-14``.
    """
    if is_dataclass(value) and not isinstance(value, type):
        out = {f.name: plain(getattr(value, f.name)) for f in fields(value)}
        for name in ("verdict", "new", "per_minute"):  # what is worked out and worth telling
            if name not in out and hasattr(value, name):
                out[name] = plain(getattr(value, name))
        return out
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
