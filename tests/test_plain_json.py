"""`formats/plain_json.py`: whatever comes, the file is JSON."""

import json
from pathlib import Path

import numpy as np

from fasciscope.formats.plain_json import as_json, plain


def test_json_holds_only_what_json_knows():
    value = {
        "a": np.float32(1.5),
        "b": (np.int64(2), float("nan")),
        "c": np.array([1.0, np.inf]),
        3: None,
        "path": Path("here"),
    }
    assert plain(value) == {"a": 1.5, "b": [2, None], "c": [1.0, None], "3": None, "path": "here"}
    assert json.loads(as_json(value)) == plain(value)
