"""The header record of EDF, EDF+, BDF and BDF+: its fields, read and written side by side.

Bytes in, `Header` out, and back. Nothing here looks at samples.

References
----------
EDF: Kemp et al., Electroencephalogr Clin Neurophysiol 1992;82:391. EDF+: Kemp and Olivan,
Clin Neurophysiol 2003;114:1755, sections 2.1.1 to 2.1.3. BDF: BioSemi, "Which file format does
BioSemi use", 24-bit samples and a first byte of 255, otherwise the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from fasciscope.errors import RecordingError

FIXED_BYTES = 256
N_RECORDS_OFFSET = 236
"""Where the number of data records stands: the one field that changes after it was written."""
EDF_VERSION = b"0       "
BDF_VERSION = b"\xffBIOSEMI"
_DECIMAL = re.compile(r"\+?(?:\d+(?:\.\d*)?|\.\d+)")
_SIGNAL_FIELDS = (
    ("label", 16),
    ("transducer", 80),
    ("unit", 8),
    ("physical_min", 8),
    ("physical_max", 8),
    ("digital_min", 8),
    ("digital_max", 8),
    ("prefilter", 80),
    ("n_samples", 8),
    ("reserved", 32),
)


@dataclass(frozen=True, slots=True)
class SignalHeader:
    """One signal as the header describes it; physical limits stay text, as exact as they came."""

    label: str
    n_samples: int
    transducer: str = ""
    unit: str = ""
    physical_min: str = "-1"
    physical_max: str = "1"
    digital_min: int = -32768
    digital_max: int = 32767
    prefilter: str = ""
    reserved: str = ""

    @property
    def is_annotations(self) -> bool:
        """Whether the signal holds TALs (EDF+ 2.2.1)."""
        return self.label in ("EDF Annotations", "BDF Annotations")


@dataclass(frozen=True, slots=True)
class Header:
    """The whole header record.

    Parameters
    ----------
    signals : tuple of SignalHeader
    record_s : str
        Length of a data record in seconds, as the eight characters of the field.
    recording, patient : str
        Local identification fields, 80 characters.
    startdate, starttime : str
        ``dd.mm.yy`` and ``hh.mm.ss``.
    reserved : str
        ``EDF+C`` (continuous), ``EDF+D`` (with interruptions), or anything else for plain EDF.
    n_records : int, default -1
        Number of data records; -1 while the file is being written.
    bytes_per_sample : {2, 3}
        EDF or BDF.
    """

    signals: tuple[SignalHeader, ...]
    record_s: str
    recording: str = ""
    patient: str = "X X X X"
    startdate: str = "01.01.85"
    starttime: str = "00.00.00"
    reserved: str = "EDF+C"
    n_records: int = -1
    bytes_per_sample: int = 2

    @property
    def n_bytes(self) -> int:
        """Size of the header record."""
        return FIXED_BYTES * (len(self.signals) + 1)

    @property
    def record_bytes(self) -> int:
        """Size of one data record."""
        return self.bytes_per_sample * sum(signal.n_samples for signal in self.signals)

    @property
    def record_duration(self) -> Fraction:
        """Length of a data record in seconds, exactly as written."""
        return Fraction(self.record_s)

    @property
    def is_interrupted(self) -> bool:
        """Whether time may be missing between data records (EDF+D, BDF+D)."""
        return self.reserved.startswith(("EDF+D", "BDF+D"))

    def whole_records(self, file_bytes: int) -> tuple[int, int]:
        """Return how many whole data records a file of that size holds, and the bytes left over."""
        behind = max(file_bytes - self.n_bytes, 0)
        return divmod(behind, self.record_bytes) if self.record_bytes else (0, behind)

    def byte_range(self, signal: int) -> tuple[int, int]:
        """Return where in a data record a signal's bytes lie, half-open."""
        start = self.bytes_per_sample * sum(s.n_samples for s in self.signals[:signal])
        return start, start + self.bytes_per_sample * self.signals[signal].n_samples

    def to_bytes(self) -> bytes:
        """Return the header record, `n_bytes` long, ASCII, fields filled up with spaces."""
        version = EDF_VERSION if self.bytes_per_sample == 2 else BDF_VERSION
        fixed = (
            (self.patient, 80),
            (self.recording, 80),
            (self.startdate, 8),
            (self.starttime, 8),
            (self.n_bytes, 8),
            (self.reserved, 44),
            (self.n_records, 8),
            (self.record_s, 8),
            (len(self.signals), 4),
        )
        fields = [_field(value, width) for value, width in fixed]
        for name, width in _SIGNAL_FIELDS:
            fields += [_field(getattr(signal, name), width) for signal in self.signals]
        return version + b"".join(fields)


def _field(value: str | int, width: int) -> bytes:
    raw = str(value).encode("ascii")
    if len(raw) > width:
        raise ValueError(f"{value!r} is longer than its field of {width} characters")
    return raw.ljust(width)


def n_records_field(n_records: int) -> bytes:
    """Return the eight characters that mend the number of data records."""
    return _field(n_records, 8)


def read_header(path: Path) -> Header:
    """Read the header record of `path`.

    Raises
    ------
    RecordingError
        If the file is cut inside its header, is not EDF or BDF, or a field does not hold what
        it must; the text names the field.
    """
    with path.open("rb") as file:
        fixed = file.read(FIXED_BYTES)
        header = _parse_fixed(fixed, path.name)
        n_signals = _whole(fixed, 252, 4, "number of signals", path.name, low=1)
        rest = file.read(FIXED_BYTES * n_signals)
    if len(rest) < FIXED_BYTES * n_signals:
        raise RecordingError(
            f"{path.name} is cut off inside its header: it announces {n_signals} signals, which "
            f"takes {FIXED_BYTES * (n_signals + 1)} bytes, and has {FIXED_BYTES + len(rest)}."
        )
    header = replace(header, signals=_parse_signals(rest, n_signals, path.name))
    announced = _whole(fixed, 184, 8, "size of the header", path.name)
    if announced != header.n_bytes:
        raise RecordingError(
            f"{path.name} contradicts itself: its header is said to be {announced} bytes long, "
            f"and {n_signals} signals take {header.n_bytes}."
        )
    return header


def _text(raw: bytes, start: int, width: int) -> str:
    # Latin-1 decodes every byte, and gives the micro sign that some programs write; what would
    # move a terminal's cursor or colour it has no place in a header
    text = raw[start : start + width].decode("latin-1").strip(" \x00")
    return text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)


def _whole(raw: bytes, start: int, width: int, what: str, name: str, low: int = 0) -> int:
    text = _text(raw, start, width)
    try:
        value = int(text)
    except ValueError:
        raise RecordingError(
            f"{name}: the {what} in its header reads {text!r}, which is not a whole number."
        ) from None
    if value < low:
        raise RecordingError(
            f"{name}: the {what} in its header is {value}; it must be at least {low}."
        )
    return value


def _parse_fixed(raw: bytes, name: str) -> Header:
    if len(raw) < FIXED_BYTES:
        raise RecordingError(
            f"{name} is cut off inside its header: it has {len(raw)} bytes, and an EDF header "
            f"begins with {FIXED_BYTES}."
        )
    record_s = _text(raw, 244, 8)
    # a plain decimal only: Fraction would take "1e999999" too, and work on it for long
    if not _DECIMAL.fullmatch(record_s) or Fraction(record_s) > 86_400:
        raise RecordingError(
            f"{name}: the length of its data records reads {record_s!r}; it must be a number of "
            "seconds between 0 and 86400."
        )
    return Header(
        signals=(),
        record_s=record_s,
        patient=_text(raw, 8, 80),
        recording=_text(raw, 88, 80),
        startdate=_text(raw, 168, 8),
        starttime=_text(raw, 176, 8),
        reserved=_text(raw, 192, 44),
        n_records=_whole(raw, N_RECORDS_OFFSET, 8, "number of data records", name, low=-1),
        bytes_per_sample=3 if raw[:8] == BDF_VERSION else 2,
    )


def _parse_signals(raw: bytes, n_signals: int, name: str) -> tuple[SignalHeader, ...]:
    columns: dict[str, int] = {}
    start = 0
    for field, width in _SIGNAL_FIELDS:
        columns[field] = start
        start += width * n_signals
    widths = dict(_SIGNAL_FIELDS)

    def text(field: str, i: int) -> str:
        return _text(raw, columns[field] + i * widths[field], widths[field])

    def whole(field: str, i: int, low: int) -> int:
        what = f"{field.replace('_', ' ')} of signal {i + 1}"
        return _whole(raw, columns[field] + i * widths[field], widths[field], what, name, low)

    return tuple(
        SignalHeader(
            label=text("label", i),
            n_samples=whole("n_samples", i, 0),
            transducer=text("transducer", i),
            unit=text("unit", i),
            physical_min=text("physical_min", i),
            physical_max=text("physical_max", i),
            digital_min=whole("digital_min", i, -(2**31)),
            digital_max=whole("digital_max", i, -(2**31)),
            prefilter=text("prefilter", i),
            reserved=text("reserved", i),
        )
        for i in range(n_signals)
    )
