"""The walls of docs/architecture.md: who imports whom, who prints, how long a module may be."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "fasciscope"
MODULES = sorted(PACKAGE.rglob("*.py"))
LONGEST_MODULE = 350

# Ground floor first. A room imports from floors below its own, and from itself.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("errors",),
    ("blocks",),
    ("events", "recording"),
    ("detection", "simulation", "scoring", "formats", "device"),
    ("sources", "session", "aside"),
    ("quality", "analysis", "recorder", "live", "signal_check", "trace"),
    ("report", "bench", "review", "journal"),
    ("api", "__init__"),
    ("app",),
    ("cli", "__main__"),
)
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
# Rooms that stand side by side and may still see each other, one way only.
NEIGHBOURS = {
    ("session", "sources"),
    ("aside", "session"),
    ("analysis", "quality"),
    ("signal_check", "quality"),
    ("journal", "report"),
    ("journal", "review"),
    ("__init__", "api"),
    ("__main__", "cli"),
}
PRINTERS = {"rich", "typer", "click"}


def room_of(dotted: str) -> str:
    """Return the room of a module named as ``fasciscope.room.part``; ``__init__`` for the root."""
    parts = dotted.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def dotted_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(tree: ast.AST, dotted: str, *, is_package: bool) -> Iterator[tuple[int, str]]:
    """Yield (line, absolute dotted name) of each import anywhere in `tree`, functions included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                here = dotted.split(".")
                up = node.level - (1 if is_package else 0)
                kept = here[: len(here) - up]
                base = ".".join([*kept, *([node.module] if node.module else [])])
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                # `from fasciscope import x`: a room if there is one of that name, else the root.
                yield node.lineno, whole if base == "fasciscope" and is_room(alias.name) else base
        elif (
            isinstance(node, ast.Call)
            and ast.unparse(node.func).split(".")[-1] == "import_module"
            and node.args
            and isinstance(node.args[0], ast.Constant)
        ):
            yield node.lineno, str(node.args[0].value)


def is_room(name: str) -> bool:
    return name in FLOOR or (PACKAGE / f"{name}.py").exists() or (PACKAGE / name).is_dir()


def broken_walls(source: str, dotted: str, *, is_package: bool = False) -> list[str]:
    """Return a sentence for each import in `source` that goes up or sideways."""
    mine = room_of(dotted)
    broken = []
    for line, name in imports_of(ast.parse(source), dotted, is_package=is_package):
        if name.split(".")[0] != "fasciscope":
            continue
        theirs = room_of(name)
        if theirs == mine or (mine, theirs) in NEIGHBOURS:
            continue
        if FLOOR[theirs] >= FLOOR[mine]:
            broken.append(f"{dotted}, line {line}: {mine} may not import {theirs} ({name})")
    return broken


@pytest.mark.parametrize("path", MODULES, ids=dotted_name)
def test_rooms_import_only_from_the_floors_below(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert not broken_walls(source, dotted_name(path), is_package=path.name == "__init__.py")


def test_every_room_has_a_floor() -> None:
    rooms = {room_of(dotted_name(path)) for path in MODULES}
    assert rooms <= set(FLOOR)


def test_the_page_names_the_same_rooms() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| (.*?) \|", page, flags=re.MULTILINE)
    drawn = {
        (int(floor), name.removesuffix(".py").rstrip("/"))
        for floor, cell in rows
        for name in re.findall(r"`([^`]+)`", cell)
    }
    kept = {(floor + 1, room) for floor, rooms in enumerate(FLOORS) for room in rooms}
    assert drawn == kept - {(len(FLOORS), "__main__")}


@pytest.mark.parametrize(
    ("source", "dotted"),
    [
        ("from fasciscope.device.link import Link", "fasciscope.detection.filters"),
        ("from fasciscope import formats", "fasciscope.simulation.scenes"),
        ("import fasciscope.cli", "fasciscope.report.page"),
        ("def late():\n    from ..session import run_session", "fasciscope.formats.edf"),
        ("from .. import analysis", "fasciscope.device.link"),
        ("import importlib\nimportlib.import_module('fasciscope.api')", "fasciscope.blocks"),
        ("if TYPE_CHECKING:\n    from fasciscope.report import write_report", "fasciscope.session"),
    ],
)
def test_a_broken_wall_is_seen(source: str, dotted: str) -> None:
    assert len(broken_walls(source, dotted)) == 1


@pytest.mark.parametrize(
    ("source", "dotted"),
    [
        ("from . import kernels", "fasciscope.detection.filters"),
        ("from fasciscope.blocks import Block\nimport numpy", "fasciscope.device.link"),
        ("from ..errors import InputError", "fasciscope.formats.edf"),
        ("from fasciscope.sources import Paced", "fasciscope.session"),
    ],
)
def test_a_wall_that_stands_is_left_alone(source: str, dotted: str) -> None:
    assert not broken_walls(source, dotted)


@pytest.mark.parametrize("path", MODULES, ids=dotted_name)
def test_only_the_command_line_talks(path: Path) -> None:
    dotted = dotted_name(path)
    if room_of(dotted) in {"cli", "__main__"}:
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    talk = [
        f"line {node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(tree)
        if (isinstance(node, ast.Name) and node.id == "print")
        or (isinstance(node, ast.Attribute) and ast.unparse(node) in {"sys.stdout", "sys.stderr"})
    ]
    talk += [
        f"line {line}: {name}"
        for line, name in imports_of(tree, dotted, is_package=path.name == "__init__.py")
        if name.split(".")[0] in PRINTERS
    ]
    assert not talk


@pytest.mark.parametrize("path", MODULES, ids=dotted_name)
def test_modules_stay_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE


def loaded_after(statement: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter holds after `statement`."""
    code = f"{statement}\nimport sys\nprint(*sorted({{n.split('.')[0] for n in sys.modules}}))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("statement", ["import fasciscope", "import fasciscope.cli.main"])
def test_starting_loads_nothing_heavy(statement: str) -> None:
    heavy = {"numpy", "scipy", "numba", "matplotlib", "edfio", "serial"}
    assert not heavy & loaded_after(statement)
