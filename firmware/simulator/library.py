"""libsimavr 1.6 through ctypes: the functions that we call and the fields that we touch.

Nothing is compiled. The layout of the structures is that of the 1.6 headers on a 64-bit machine; a
few known values are read back when a chip is made, so a library of another layout is refused.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from ctypes import (
    CFUNCTYPE,
    POINTER,
    PYFUNCTYPE,
    Structure,
    c_char,
    c_char_p,
    c_int,
    c_int8,
    c_size_t,
    c_uint8,
    c_uint16,
    c_uint32,
    c_uint64,
    c_void_p,
)

_NAME = "libsimavr.so.2"
HOW_TO_GET = "On Debian or Ubuntu: sudo apt-get install libsimavr2"


class SimulatorError(RuntimeError):
    """The simulator is missing, is another version, or the firmware crashed in it."""


class Irq(Structure):
    """One of simavr's signals; `value` is still the old one while the hooks run."""

    _fields_ = (
        ("pool", c_void_p),
        ("name", c_char_p),
        ("irq", c_uint32),
        ("value", c_uint32),
        ("flags", c_uint8),
        ("hook", c_void_p),
    )


class Io(Structure):
    """Head of every peripheral; they hang on one chain."""


Io._fields_ = (
    ("next", POINTER(Io)),
    ("avr", c_void_p),
    ("kind", c_char_p),
    ("irq_names", c_void_p),
    ("irq_ioctl_get", c_uint32),
    ("irq_count", c_int),
    ("irq", POINTER(Irq)),
    ("reset", c_void_p),
    ("ioctl", c_void_p),
    ("dealloc", c_void_p),
)


class Uart(Structure):
    """A UART, as far as we need it."""

    _fields_ = (
        ("io", Io),
        ("name", c_char),
        ("_skipped", c_uint8 * (588 - ctypes.sizeof(Io) - 1)),
        ("flags", c_uint32),
        ("cycles_per_byte", c_uint64),
    )


class Adc(Structure):
    """The converter, as far as we need it."""

    _fields_ = (
        ("io", Io),
        ("_skipped", c_uint8 * (872 - ctypes.sizeof(Io))),
        ("millivolts", c_uint16 * 8),
    )


class Avr(Structure):
    """The chip, as far as we need it."""

    _fields_ = (
        ("mmcu", c_char_p),
        ("ioend", c_uint16),
        ("ramend", c_uint16),
        ("flashend", c_uint32),
        ("e2end", c_uint32),
        ("_skipped1", c_uint8 * (60 - 20)),
        ("state", c_int),
        ("frequency", c_uint32),
        ("vcc", c_uint32),
        ("avcc", c_uint32),
        ("aref", c_uint32),
        ("cycle", c_uint64),
        ("run_cycle_count", c_uint64),
        ("run_cycle_limit", c_uint64),
        ("_skipped2", c_uint8 * (128 - 104)),
        ("reset", c_void_p),
        ("_skipped5", c_uint8 * (168 - 136)),
        ("sleep", c_void_p),
        ("_skipped3", c_uint8 * (200 - 176)),
        ("interrupt_state", c_int8),
        ("pc", c_uint32),
        ("_skipped4", c_uint8 * (11712 - 208)),
        ("flash", POINTER(c_uint8)),
        ("data", POINTER(c_uint8)),
        ("io_port", POINTER(Io)),
    )


NOTIFY = PYFUNCTYPE(None, POINTER(Irq), c_uint32, c_void_p)
ON_RESET = PYFUNCTYPE(None, POINTER(Avr))
_LOGGER = CFUNCTYPE(None, c_void_p, c_int, c_char_p, c_void_p)
_silent = _LOGGER(lambda _avr, _level, _format, _arguments: None)
_loaded: list[ctypes.PyDLL] = []


def ioctl_code(text: str) -> int:
    """Return simavr's four-letter code as a number."""
    return int.from_bytes(text.encode("ascii"), "big")


def load() -> ctypes.PyDLL:
    """Return the library, its functions typed.

    Raises
    ------
    SimulatorError
        If it is not there; the text says how to get it.
    """
    if _loaded:
        return _loaded[0]
    try:
        # PyDLL: the interpreter's lock is kept, so a call costs little; none of them waits
        library = ctypes.PyDLL(_NAME)
    except OSError as error:
        raise SimulatorError(f"The AVR simulator {_NAME} is not here. {HOW_TO_GET}") from error
    avr, irq = POINTER(Avr), POINTER(Irq)
    signatures = {
        "avr_make_mcu_by_name": (avr, [c_char_p]),
        "avr_init": (c_int, [avr]),
        "avr_reset": (None, [avr]),
        "avr_run": (c_int, [avr]),
        "avr_terminate": (None, [avr]),
        "avr_loadcode": (None, [avr, c_char_p, c_uint32, c_uint32]),
        "avr_io_getirq": (irq, [avr, c_uint32, c_int]),
        "avr_get_interrupt_irq": (irq, [avr, c_uint8]),
        "avr_raise_irq": (None, [irq, c_uint32]),
        "avr_irq_register_notify": (None, [irq, NOTIFY, c_void_p]),
        "avr_ioctl": (c_int, [avr, c_uint32, c_void_p]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    library.avr_global_logger_set.argtypes = [_LOGGER]
    library.avr_global_logger_set(_silent)
    _loaded.append(library)
    return library


def missing() -> str:
    """Return why the simulator cannot be used here, in a sentence, or "" if it can."""
    if ctypes.sizeof(c_size_t) != 8:
        return "The AVR simulator needs a 64-bit Python."
    try:
        load()
    except SimulatorError as error:
        return str(error)
    return ""
