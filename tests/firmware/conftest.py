"""The firmware's portable part, built once with sanitizers, a fresh process for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from firmware_builds import BUILD, make, need
from host_board import HostBoard


@pytest.fixture(scope="session")
def host_program() -> Path:
    need("make", "gcc")
    make("host")
    return BUILD / "host_board"


@pytest.fixture
def new_board(host_program: Path) -> Iterator[Callable[..., HostBoard]]:
    with ExitStack() as boards:
        yield lambda **wishes: boards.enter_context(HostBoard(host_program, **wishes))


@pytest.fixture
def board(new_board: Callable[..., HostBoard]) -> HostBoard:
    return new_board()
