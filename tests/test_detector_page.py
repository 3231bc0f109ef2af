"""docs/detector-constants.md says what the code does: every constant, with the right value."""

import ast
import importlib
import re
from pathlib import Path

import numpy as np
import pytest

from fasciscope.detection import Settings

ROOT = Path(__file__).resolve().parents[1]
PLACES = re.compile(
    r"^(N_.*|DC|STARTED|[A-Z]+_(COS|SIN|I|Q|UP|ALIKE|UNLIKE)|COS|SIN)$"
)  # columns, rows and codes of tables: no figure among them


def numbers(value):
    """All numbers in a number or nested tuple, in order."""
    return [n for part in value for n in numbers(part)] if isinstance(value, tuple) else [value]


def in_the_code():
    """Every numeric constant of the detector: (module, name) to its numbers."""
    found = {("settings", name): [value] for name, value in Settings().as_dict().items()}
    for path in sorted((ROOT / "src" / "fasciscope" / "detection").glob("*.py")):
        module = importlib.import_module(f"fasciscope.detection.{path.stem}")
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if not isinstance(node, ast.Assign):
                continue
            try:
                ast.literal_eval(node.value)
            except ValueError:
                continue
            for name in re.findall(r"id='([A-Z0-9_]+)'", ast.dump(node.targets[0])):
                if not PLACES.match(name):
                    found[path.stem, name] = numbers(getattr(module, name))
    return found


def in_the_page():
    """Every row of the table of constants: (module, names) to its numbers."""
    text = (ROOT / "docs" / "detector-constants.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\w+) \| (`[^|]+`) \| ([^|]+) \|", text, flags=re.MULTILINE)
    return {
        (where, tuple(re.findall(r"`(\w+)`", names))): [float(v) for v in values.split(",")]
        for where, names, values in rows
    }


@pytest.mark.parametrize(("row", "values"), in_the_page().items())
def test_each_row_of_the_table_has_the_values_of_the_code(row, values):
    where, names = row
    code = in_the_code()
    expected = [number for name in names for number in code[where, name]]
    np.testing.assert_allclose(values, expected, rtol=1e-12)


def test_no_constant_is_left_out_of_the_table():
    told = {(where, name) for where, names in in_the_page() for name in names}
    assert set(in_the_code()) == told
