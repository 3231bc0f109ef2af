"""The firmware without a board: the built .hex, executed on the real instruction set.

Voltages and bytes from the host in; bytes to the host out, and a log of every conversion with
the cycle at which it was triggered. Made for the tests, the benchmark and ``demo --firmware``.
It drives libsimavr (GPL-3) through ctypes and needs nothing to be compiled for this machine.
"""

from simulator.analog import Voltages, from_recording
from simulator.avr import SimulatedAvr
from simulator.chips import CHIPS, Chip
from simulator.faults import LineFaults
from simulator.library import SimulatorError, missing
from simulator.terminal import FirmwareBoard

__all__ = [
    "CHIPS",
    "Chip",
    "FirmwareBoard",
    "LineFaults",
    "SimulatedAvr",
    "SimulatorError",
    "Voltages",
    "from_recording",
    "missing",
]
