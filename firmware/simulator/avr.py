"""One simulated chip that runs a .hex: cycles go by, bytes and voltages in, bytes and a log out.

Deterministic: the same calls give the same bytes at the same cycles. What the simulator gets wrong
and what is done about it here:

- its converter knows no trigger but free running: Timer1's compare flag is watched, and its rising
  edge starts the conversion;
- it reads the input when ADCL is read: the code is taken at the trigger and put on the inputs when
  the conversion is complete;
- it computes ``mV * 1023 / reference``: the millivolts that give exactly the wanted code are put
  there;
- a reset leaves the signal of Timer1's flag up: it is taken down;
- its UART takes 11 bits for a byte: the right time is set;
- it sleeps on the wall clock: a function of its own that does nothing of the kind is put in place.

What is left: interrupts are entered in 0 cycles (4 in a chip), a conversion takes 13 ADC clocks
(13.5), and the receiver holds 64 bytes (2).
"""

from __future__ import annotations

import ctypes
from array import array
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator import chips
from simulator.analog import Analog, Quiet
from simulator.chips import CHIPS
from simulator.hexfile import read_hex
from simulator.library import NOTIFY, ON_RESET, Adc, SimulatorError, Uart, ioctl_code, load

_IN_TRIGGER, _OUT_TRIGGER = 17, 18
_UART_INPUT, _UART_OUTPUT = 0, 1
_STDIO_FLAG = 2
_STATE_DONE, _STATE_CRASHED = 6, 7
_RUN_LIMIT = 1 << 30
_PC_BYTES = 2


class SimulatedAvr:
    """A chip with the firmware in it.

    Parameters
    ----------
    hex_file : Path
    chip : str, default "atmega328p"
    analog : Analog or None, default None
        What hangs on the inputs; None leaves them at half the reference.
    cpu_hz, reference_mv : int

    Attributes
    ----------
    sent : bytearray
        What the UART has sent and nobody has taken yet.
    sent_cycles : array of int
        Cycle at which each of the bytes sent so far was handed to the UART; only if `log_bytes`.

    Raises
    ------
    SimulatorError
        If the simulator is missing or does not know the chip.
    """

    def __init__(
        self,
        hex_file: Path,
        chip: str = "atmega328p",
        analog: Analog | None = None,
        *,
        cpu_hz: int = 16_000_000,
        reference_mv: int = 5000,
        log_bytes: bool = False,
    ) -> None:
        self._lib = load()
        self.chip = CHIPS[chip]
        self.cpu_hz = cpu_hz
        self.analog: Analog = analog or Quiet()
        self.sent = bytearray()
        self.sent_cycles = array("Q")
        self._log_bytes = log_bytes
        self._reference_mv = reference_mv
        self._to_send: deque[int] = deque()
        self._next_byte = 0
        self._error: BaseException | None = None
        self._hooks: list[Any] = []
        self._latched = 0
        self._triggered = False
        self._was_reset = self._is_down = False
        self._cycles, self._channels, self._codes = array("Q"), array("B"), array("H")
        self.led: list[tuple[int, int]] = []
        self._avr = self._make(read_hex(hex_file), reference_mv)
        self._uart = self._peripheral(Uart, b"uart", self.chip.uart)
        self._adc = self._peripheral(Adc, b"adc")
        self._connect()
        self.button(down=False)

    def _make(self, program: bytes, reference_mv: int) -> Any:
        avr = self._lib.avr_make_mcu_by_name(self.chip.name.encode())
        if not avr:
            raise SimulatorError(f"The simulator does not know the {self.chip.name}.")
        self._lib.avr_init(avr)
        core = avr.contents
        known = (self.chip.name.startswith(core.mmcu.decode()), core.ramend + 1, core.frequency)
        if known != (True, self.chip.ram[1], 1_000_000):
            raise SimulatorError("This libsimavr is another version than 1.6, which is needed.")
        core.frequency = self.cpu_hz
        core.vcc = core.avcc = core.aref = reference_mv
        core.sleep = ctypes.cast(self._lib.avr_pending_sleep_usec, ctypes.c_void_p)
        core.run_cycle_limit = _RUN_LIMIT
        self._lib.avr_loadcode(avr, program, len(program), 0)
        return avr

    def _peripheral(self, kind: type[Any], name: bytes, which: str = "") -> Any:
        io = self._avr.contents.io_port
        while io:
            if io.contents.kind == name:
                found = ctypes.cast(io, ctypes.POINTER(kind)).contents
                if not which or found.name == which.encode():
                    return found
            io = io.contents.next
        raise SimulatorError(f"The simulated {self.chip.name} has no {name.decode()} {which}.")

    # -- wires -------------------------------------------------------------------------------

    def _irq(self, code: str, index: int) -> Any:
        return self._lib.avr_io_getirq(self._avr, ioctl_code(code), index)

    def _hook(self, irq: Any, function: Callable[[Any, int], None]) -> None:
        def guarded(signal: Any, value: int, _parameter: Any) -> None:
            try:
                function(signal, value)
            except BaseException as error:  # ctypes would only print it
                self._error = self._error or error

        callback = NOTIFY(guarded)
        self._hooks.append(callback)
        self._lib.avr_irq_register_notify(irq, callback, None)

    def _connect(self) -> None:
        lib, avr, chip = self._lib, self._avr, self.chip
        self._uart.flags &= ~_STDIO_FLAG
        self._uart_input = self._irq("uar" + chip.uart, _UART_INPUT)
        self._adc_in = self._irq("adc ", _IN_TRIGGER)
        self._hook(self._irq("uar" + chip.uart, _UART_OUTPUT), self._on_byte)
        self._timer = lib.avr_get_interrupt_irq(avr, chip.timer1_b)
        self._hook(self._timer, self._on_timer)
        self._hook(self._irq("adc ", _OUT_TRIGGER), self._on_conversion)
        self._hook(lib.avr_get_interrupt_irq(avr, chip.adc), self._on_complete)
        self._hook(self._irq("iog" + chip.led[0], chip.led[1]), self._on_led)
        self._button = self._irq("iog" + chip.button[0], chip.button[1])

        core = avr.contents
        chip_reset = ON_RESET(core.reset)

        def on_reset(which: Any) -> None:
            chip_reset(which)
            self._lib.avr_raise_irq(self._timer, 0)
            self._was_reset = True

        self._hooks.append(ON_RESET(on_reset))
        core.reset = ctypes.cast(self._hooks[-1], ctypes.c_void_p)

    def _on_byte(self, _signal: Any, value: int) -> None:
        if self._was_reset:  # pins are outside; a reset, by the watchdog too, has forgotten them
            self._was_reset = False
            self.button(down=self._is_down)
        if self._log_bytes:
            self.sent_cycles.append(self._avr.contents.cycle)
        self.sent.append(value & 0xFF)
        self._time_bytes()

    def _time_bytes(self) -> None:
        """Give a byte its ten bits; at boot the divider is not set before the first byte."""
        data = self._avr.contents.data
        divider = data[self.chip.ubrrl] | (data[self.chip.ubrrl + 1] & 0x0F) << 8
        bit = (8 if data[self.chip.ucsra] & 0x02 else 16) * (divider + 1)
        self._uart.cycles_per_byte = 10 * bit

    def _on_timer(self, signal: Any, value: int) -> None:
        if not value or signal.contents.value:
            return  # only the rising edge
        data = self._avr.contents.data
        if (
            data[chips.ADCSRA] & chips.ADEN_ADATE == chips.ADEN_ADATE
            and data[chips.ADCSRB] & chips.ADTS == chips.ADTS_TIMER1_B
        ):
            self._triggered = True
            self._lib.avr_raise_irq(self._adc_in, 1)
            self._triggered = False

    def _on_conversion(self, _signal: Any, value: int) -> None:
        if not self._triggered:
            self._latched = 0  # the dummy after switching on
            return
        channel = self.chip.inputs.index(value >> 19 & 0x1FFF)
        cycle = self._avr.contents.cycle
        code = self.analog.code(channel, cycle)
        self._cycles.append(cycle)
        self._channels.append(channel)
        self._codes.append(code)
        self._latched = code

    def _on_complete(self, _signal: Any, value: int) -> None:
        if value:  # on all inputs: the firmware has chosen the next one by now
            millivolts = -(-self._latched * self._reference_mv // 1023)
            self._adc.millivolts[:] = (millivolts,) * 8

    def _on_led(self, _signal: Any, value: int) -> None:
        if not self.led or self.led[-1][1] != value:
            self.led.append((self.cycle, value))

    def on_interrupt(self, vector: int, function: Callable[[bool], None]) -> None:
        """Have `function` called when an interrupt is entered (True) and left (False)."""
        running = ctypes.pointer(self._lib.avr_get_interrupt_irq(self._avr, vector)[1])
        self._hook(running, lambda _signal, value: function(bool(value)))

    def on_sleep(self, callback: Any) -> None:
        """Have a C callback (chip, cycles) told each time that the chip sleeps."""
        self._avr.contents.sleep = ctypes.cast(callback, ctypes.c_void_p)

    # -- time --------------------------------------------------------------------------------

    @property
    def cycle(self) -> int:
        """CPU cycles since power came on."""
        return int(self._avr.contents.cycle)

    @property
    def seconds(self) -> float:
        """Simulated seconds since power came on."""
        return self.cycle / self.cpu_hz

    def run(self, seconds: float) -> bytes:
        """Let `seconds` go by and return what the board has sent."""
        self.run_to(self.cycle + round(seconds * self.cpu_hz))
        return self.take()

    def run_to(self, cycle: int) -> None:
        """Run until `cycle`, or the first event behind it."""
        run, avr, core = self._lib.avr_run, self._avr, self._avr.contents
        core.run_cycle_limit = _RUN_LIMIT  # a reset makes it 1
        while core.cycle < cycle:
            if self._to_send and core.cycle >= self._next_byte:
                self._deliver()
            state = run(avr)
            if self._error is not None:
                error, self._error = self._error, None
                raise error
            if state in (_STATE_DONE, _STATE_CRASHED):
                raise SimulatorError(f"The firmware crashed at address {core.pc:#06x}.")

    def stall(self, seconds: float) -> None:
        """Keep every interrupt out for `seconds`, as a program would that forgets them."""
        until = self.cycle + round(seconds * self.cpu_hz)
        core = self._avr.contents
        while core.cycle < until:
            core.interrupt_state = -100
            core.run_cycle_limit = 50
            self._lib.avr_run(self._avr)
        core.interrupt_state = 1
        core.run_cycle_limit = _RUN_LIMIT

    # -- the line and the pins ---------------------------------------------------------------

    def send(self, data: bytes) -> None:
        """Send `data` to the board, at its speed, behind what is still on the way."""
        self._to_send.extend(data)

    def take(self) -> bytes:
        """Return what the board has sent since the last call."""
        sent = bytes(self.sent)
        self.sent.clear()
        return sent

    def _deliver(self) -> None:
        self._lib.avr_raise_irq(self._uart_input, self._to_send.popleft())
        self._next_byte = self.cycle + int(self._uart.cycles_per_byte)

    def button(self, *, down: bool) -> None:
        """Press or release the button; it pulls its pin to ground."""
        self._is_down = down
        self._lib.avr_raise_irq(self._button, 0 if down else 1)

    # -- faults ------------------------------------------------------------------------------

    def reset(self, cause: str = "reset", seed: int = 0) -> None:
        """Restart the chip; EEPROM and log stay.

        Parameters
        ----------
        cause : {"power", "reset", "brown-out", "watchdog"}
            What the chip is told. After a brown-out its RAM holds anything.
        seed : int, default 0
            What exactly.
        """
        data = self._avr.contents.data
        self._lib.avr_reset(self._avr)
        if cause in ("power", "brown-out"):
            first, stop = self.chip.ram
            noise = np.random.default_rng(seed).integers(0, 256, stop - first, dtype=np.uint8)
            ctypes.memmove(ctypes.addressof(data.contents) + first, noise.tobytes(), len(noise))
        data[chips.MCUSR] = chips.RESET_FLAGS[cause]
        self._to_send.clear()
        self.button(down=self._is_down)

    def hang(self) -> None:
        """Catch the program in an endless loop with interrupts off, as a wild jump would."""
        core = self._avr.contents
        here = next(
            at for at in range(0, 0x8000, _PC_BYTES)
            if core.flash[at] == 0xFF and core.flash[at + 1] == 0xCF  # rjmp .-2
            and core.flash[at - 2] == 0xF8 and core.flash[at - 1] == 0x94  # cli
        )  # fmt: skip
        core.pc = here - 2

    # -- the log -----------------------------------------------------------------------------

    @property
    def n_conversions(self) -> int:
        """How many conversions have been triggered."""
        return len(self._cycles)

    @property
    def trigger_cycles(self) -> NDArray[np.uint64]:
        """Cycle of every triggered conversion, shape (n,), uint64."""
        return np.array(self._cycles, dtype=np.uint64)

    @property
    def conversions(self) -> NDArray[np.uint16]:
        """Channel and code of every triggered conversion, shape (n, 2), uint16."""
        return np.column_stack([np.array(self._channels), np.array(self._codes)]).astype(np.uint16)

    def injected(self, start: int, n_channels: int, oversampling: int) -> NDArray[np.uint16]:
        """Return the samples that conversions from number `start` on should make.

        Shape (n_scans, n_channels), uint16: sums over the codes as they were on the inputs.

        Raises
        ------
        ValueError
            If the channels did not take turns as they should.
        """
        log = self.conversions[start:]
        per_scan = n_channels * oversampling
        log = log[: len(log) // per_scan * per_scan].reshape(-1, oversampling, n_channels, 2)
        if (log[..., 0] != np.arange(n_channels)).any():
            raise ValueError("the channels did not take turns")
        return log[..., 1].sum(axis=1).astype(np.uint16)
