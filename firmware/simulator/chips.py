"""What differs between the chips that we simulate: vectors, registers, pins; by datasheet."""

from __future__ import annotations

from dataclasses import dataclass

ADCSRA, ADCSRB = 0x7A, 0x7B
ADEN_ADATE = 0xA0
ADTS = 0x07
ADTS_TIMER1_B = 0x05
MCUSR = 0x54
RESET_FLAGS = {"power": 0x01, "reset": 0x02, "brown-out": 0x04, "watchdog": 0x08}


@dataclass(frozen=True, slots=True)
class Chip:
    """One chip.

    Parameters
    ----------
    name : str
        As simavr and avr-gcc call it.
    timer1_b, adc : int
        Vector numbers of Timer1 compare match B and of the converter.
    uart : str
        Number of the UART that the firmware uses.
    ucsra, ubrrl : int
        Its status register and the low byte of its divider, in data space.
    button, led : tuple of (str, int)
        Port and bit.
    ram : tuple of int
        First address of the static RAM, and one past its last.
    inputs : tuple of int
        Converter input behind A0, A1, ….
    """

    name: str
    timer1_b: int
    adc: int
    uart: str
    ucsra: int
    ubrrl: int
    button: tuple[str, int]
    led: tuple[str, int]
    ram: tuple[int, int]
    inputs: tuple[int, ...]


CHIPS = {
    chip.name: chip
    for chip in (
        Chip(
            "atmega328p", 12, 21, "0", 0xC0, 0xC4, ("D", 2), ("B", 5), (0x100, 0x900),
            (0, 1, 2, 3, 4, 5),
        ),
        Chip(
            "atmega2560", 18, 29, "0", 0xC0, 0xC4, ("E", 4), ("B", 7), (0x200, 0x2200),
            (0, 1, 2, 3, 4, 5, 6, 7),
        ),
        Chip(
            "atmega32u4", 18, 29, "1", 0xC8, 0xCC, ("D", 1), ("C", 7), (0x100, 0xB00),
            (7, 6, 5, 4, 1, 0),
        ),
    )
}  # fmt: skip
