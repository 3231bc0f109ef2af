"""Intel HEX: the file that people flash, as the bytes that end up in the chip."""

from __future__ import annotations

from pathlib import Path


def read_hex(path: Path) -> bytes:
    """Return the program in `path`, from address 0; holes are 0xFF, as in an erased chip.

    Raises
    ------
    ValueError
        If a line is damaged; the text names it.
    OSError
        If the file cannot be read.
    """
    program = bytearray()
    base = 0
    for number, line in enumerate(path.read_text(encoding="ascii").split(), start=1):
        record = bytes.fromhex(line.removeprefix(":"))
        if not line.startswith(":") or len(record) != record[0] + 5 or sum(record) & 0xFF:
            raise ValueError(f"{path}, line {number}, is not a whole Intel HEX record.")
        address, kind, data = int.from_bytes(record[1:3], "big"), record[3], record[4:-1]
        if kind == 0:
            start = base + address
            program.extend(b"\xff" * (start + len(data) - len(program)))
            program[start : start + len(data)] = data
        elif kind == 2:
            base = int.from_bytes(data, "big") << 4
        elif kind == 4:
            base = int.from_bytes(data, "big") << 16
        elif kind == 1:
            break
    return bytes(program)
