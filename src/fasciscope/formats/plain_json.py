"""JSON for people and programs: what is known, in JSON's own types and nothing beside them.

Any nest of dicts, sequences, numpy and plain values in; text out.
"""

from __future__ import annotations

import json
import math
from typing import Any


def as_json(value: Any) -> str:
    """Return `value` as indented JSON that ends with a new line."""
    return json.dumps(plain(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def plain(value: Any) -> Any:
    """Return `value` in JSON's own types: numpy unpacked, what is not a finite number as null."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, (str, int, bool, type(None))) else str(value)
