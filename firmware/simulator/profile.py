"""Where the chip's time goes: cycles in each interrupt, and asleep. Attach it before the run."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from simulator.avr import SimulatedAvr
from simulator.library import Avr

ENTRY_CYCLES = 4
"""Cycles that a chip takes to enter an interrupt, and the simulator does not (ATmega328P data
sheet, "Interrupt Response Time")."""
_ON_SLEEP = ctypes.PYFUNCTYPE(None, ctypes.POINTER(Avr), ctypes.c_uint64)


@dataclass(slots=True)
class Profile:
    """Watch interrupts by vector number.

    Parameters
    ----------
    avr : SimulatedAvr
    vectors : dict of str to int
        What to call them, and their numbers.

    Attributes
    ----------
    lengths : dict of str to list of int
        Cycles of each call, entry included.
    asleep : int
        Cycles asleep.
    """

    avr: SimulatedAvr
    vectors: dict[str, int]
    lengths: dict[str, list[int]] = field(default_factory=dict)
    asleep: int = 0
    _kept: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name, vector in self.vectors.items():
            self.lengths[name] = []
            self.avr.on_interrupt(vector, self._watcher(self.lengths[name]))
        self._kept.append(_ON_SLEEP(self._on_sleep))
        self.avr.on_sleep(self._kept[-1])

    def _watcher(self, lengths: list[int]) -> Callable[[bool], None]:
        begun = 0

        def watch(running: bool) -> None:
            nonlocal begun
            if running:
                begun = self.avr.cycle
            elif begun:
                lengths.append(self.avr.cycle - begun + ENTRY_CYCLES)

        return watch

    def _on_sleep(self, _avr: Any, cycles: int) -> None:
        self.asleep += cycles

    def clear(self) -> None:
        """Forget what was seen so far."""
        for lengths in self.lengths.values():
            lengths.clear()
        self.asleep = 0

    def share(self, name: str, cycles: int) -> float:
        """Return the part of `cycles` that went into one interrupt."""
        return float(np.sum(self.lengths[name])) / cycles
