"""What the writer decides before the first byte: length of a record, scaling, labels, header.

A `StreamInfo` in, a `Layout` (header, exact rate, what the header had no room for) out.

How the numbers are made exact in fields of eight characters:

- *Length of a data record*: the longest one up to a second that holds a whole number of samples
  and is a decimal of at most six places, so that ``samples / length`` is the rate itself: 2000 in
  1 s, 976 in 0.999424 s at 976.5625 Hz, 9259 in 0.999972 s at 9259.259… Hz. Where no such length
  exists, the pair nearest to the rate, which is within 1e-7 of it.
- *Scaling*: the digital limits are the converter's rails. The physical minimum is rounded to its
  field, and the physical maximum set so far above it as the rails are apart. So rounding the
  minimum moves the zero line by less than a fifth of a count and does not touch the scale, which
  stays within 1e-6 of the channel's.

References
----------
EDF specification (digital and physical limits; at most 61440 bytes a record); EDF+
specification 2.1.3 (identification fields, labels, no personal data needed: ``X X X X``).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from fasciscope.blocks import Channel, StreamInfo
from fasciscope.errors import InputError
from fasciscope.formats.edf_header import Header, SignalHeader
from fasciscope.formats.edf_tal import US

RECORD_BYTES_MAX = 61_440
ANNOTATION_SAMPLES = 256
"""Room for annotations in each data record, in samples of two bytes."""
SCALE_ERROR_MAX = 1e-6
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
FORMAT_VERSION = 1
_INT16 = (-32768, 32767)


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything that is settled before the first byte.

    Parameters
    ----------
    header : Header
        With -1 data records.
    fs_hz : Fraction
        The rate that the file states: samples in a record over the record's length.
    n_per_record : int
        Samples of one channel in a data record.
    record_us : int
        Length of a data record, µs.
    start_us : int
        Sample 0, µs after the whole second in the header (EDF+ 2.2.4).
    infos : tuple of dict
        Facts for info annotations: first what says that the file is ours.
    """

    header: Header
    fs_hz: Fraction
    n_per_record: int
    record_us: int
    start_us: int
    infos: tuple[dict[str, Any], ...]

    def onset_us(self, sample: int) -> int:
        """Return when a sample is, µs after the whole second in the header."""
        return self.start_us + round(sample * US / self.fs_hz)


def plan(info: StreamInfo, record_s: float) -> Layout:
    """Settle the layout of a file for `info`, its records at most `record_s` long.

    Raises
    ------
    InputError
        If `record_s` is not in (0, 1], the start lies outside 1985 to 2084, or a channel's range
        cannot be written in EDF; the text names the bound.
    """
    if not 0 < record_s <= 1:
        raise InputError(f"A data record lasts more than 0 and at most 1 second, not {record_s}.")
    room = (RECORD_BYTES_MAX // 2 - ANNOTATION_SAMPLES) // info.n_channels
    n_per_record, record_us = _record_length(info.fs_hz, Fraction(record_s), room)
    labels = _labels([channel.name for channel in info.channels])
    infos: list[dict[str, Any]] = [{"writer": "fasciscope", "format": FORMAT_VERSION}]
    equipment = header_text(info.device, 44).replace(" ", "_")
    if equipment.replace("_", " ") != info.device:
        infos.append({"device": info.device})
    if info.note:
        infos.append({"note": info.note})
    signals = []
    for i, channel in enumerate(info.channels):
        signal, extra = _signal(channel, labels[i], n_per_record)
        signals.append(signal)
        if extra:
            infos.append({"channel": i, **extra})
    signals.append(SignalHeader("EDF Annotations", ANNOTATION_SAMPLES))
    date, time, recording = _start_fields(info.start, equipment)
    header = Header(
        signals=tuple(signals),
        record_s=f"{record_us / US:.6f}".rstrip("0").rstrip("."),
        recording=recording,
        startdate=date,
        starttime=time,
    )
    return Layout(
        header=header,
        fs_hz=Fraction(n_per_record * US, record_us),
        n_per_record=n_per_record,
        record_us=record_us,
        start_us=info.start.microsecond if info.start else 0,
        infos=tuple(infos),
    )


def _record_length(fs_hz: float, record_s: Fraction, n_max: int) -> tuple[int, int]:
    """Return samples in a record and its length in µs, exact or nearest; see the module's text."""
    rate = Fraction(fs_hz).limit_denominator(100_000)
    if abs(float(rate) / fs_hz - 1) > 1e-13:
        rate = Fraction(fs_hz)
    n_max = max(1, min(n_max, int(rate * record_s)))
    step = (US / rate).denominator  # whole µs come only at multiples of this many samples
    if step <= n_max:
        n = n_max - n_max % step
        return n, int(n * US / rate)

    def error(n: int) -> Fraction:
        us = round(n * US / rate)
        return abs(Fraction(n * US, us) / rate - 1)

    n = min(range(n_max, n_max // 2, -1), key=error)
    return n, round(n * US / rate)


def header_text(text: str, width: int) -> str:
    """Return `text` in printable ASCII, at most `width` characters; accents fall off."""
    plain = unicodedata.normalize("NFKD", text.replace("µ", "u").replace("μ", "u"))
    kept = (c for c in plain if not unicodedata.combining(c))
    ascii_only = "".join(c if " " <= c <= "~" else ("?" if c.isprintable() else " ") for c in kept)
    return " ".join(ascii_only.split())[:width].rstrip()


def channel_of_label(label: str) -> str:
    """Return the channel name behind a label of ours; the other way round is `plan`'s."""
    rest = label.removeprefix("EMG ")
    return f"EMG{rest}" if rest.isdigit() and rest != label else rest


def _labels(names: list[str]) -> list[str]:
    """Return one label for each channel: type, space, name (EDF+ 2.1.3), all different."""
    labels: list[str] = []
    for name in names:
        number = name.removeprefix("EMG")
        text = number if number.isdigit() and number != name else header_text(name, 12) or "?"
        label, n = f"EMG {text}", 1
        while label in labels:
            n += 1
            label = f"EMG {text[: 11 - len(str(n))]}~{n}"
        labels.append(label)
    return labels


def _signal(channel: Channel, label: str, n_samples: int) -> tuple[SignalHeader, dict[str, Any]]:
    """Return a channel's header, and what of the channel does not come back out of it."""
    low, high, digital = physical_limits(channel)
    extra: dict[str, Any] = {}
    if channel_of_label(label) != channel.name:
        extra["name"] = channel.name
    site = " ".join(part for part in (channel.side, channel.muscle) if part)
    transducer = header_text(f"Surface EMG sensor: {site}" if site else "Surface EMG sensor", 80)
    if parse_transducer(transducer) != (channel.side, channel.muscle):
        extra |= {"muscle": channel.muscle, "side": channel.side}
    prefilter = header_text(channel.prefilter, 80)
    if prefilter != channel.prefilter:
        extra["prefilter"] = channel.prefilter
    if digital != (channel.count_min, channel.count_max):
        extra["rails"] = [channel.count_min, channel.count_max]
    signal = SignalHeader(
        label=label,
        n_samples=n_samples,
        transducer=transducer,
        unit="uV",
        physical_min=low,
        physical_max=high,
        digital_min=digital[0],
        digital_max=digital[1],
        prefilter=prefilter,
    )
    return signal, extra


def parse_transducer(text: str) -> tuple[str, str]:
    """Return side and muscle out of a transducer field of ours, empty where there is none."""
    _, _, site = text.partition("Surface EMG sensor: ")
    side, _, muscle = site.partition(" ")
    return (side, muscle) if side in ("left", "right") else ("", site)


def eight_characters(value: float) -> str | None:
    """Return `value` as a decimal of at most eight characters, None if it has no room."""
    for places in range(6, -1, -1):
        text = f"{value:.{places}f}"
        if "." in text:
            text = text.rstrip("0").rstrip(".")
        if len(text) <= 8:
            return "0" if text == "-0" else text
    return None


def physical_limits(channel: Channel) -> tuple[str, str, tuple[int, int]]:
    """Return physical minimum and maximum (µV, as text) and the digital limits they belong to.

    The digital limits are the rails; the whole 16 bits where the rails are so close together
    that their physical limits would not be exact enough.

    Raises
    ------
    InputError
        If the rails do not fit 16 bits, or no pair of limits is exact enough.
    """
    rails = (channel.count_min, channel.count_max)
    if rails[0] < _INT16[0] or rails[1] > _INT16[1]:
        raise InputError(
            f"Channel {channel.name}: its counts run from {rails[0]} to {rails[1]}, and EDF holds "
            f"{_INT16[0]} to {_INT16[1]}. Scale it to 16 bits first."
        )
    for low_count, high_count in (rails, _INT16):
        span = channel.uv_per_count * (high_count - low_count)
        low = eight_characters(channel.uv_at_zero + channel.uv_per_count * low_count)
        high = eight_characters(float(low) + span) if low is not None else None
        if low is None or high is None:
            continue
        if abs((float(high) - float(low)) / span - 1) <= SCALE_ERROR_MAX:
            return low, high, (low_count, high_count)
    raise InputError(
        f"Channel {channel.name}: its range, {channel.uv_per_count:g} µV a count with zero at "
        f"{channel.uv_at_zero:g} µV, cannot be written in EDF to one part in a million. The range "
        "must span 1 µV to 10 V and its offset not dwarf it."
    )


def _start_fields(start: datetime | None, equipment: str) -> tuple[str, str, str]:
    """Return start date, start time and recording identification (EDF+ 2.1.3, items 2 to 6).

    The zone is not part of EDF+; it follows as an additional subfield, ``UTC+02:00``.
    """
    equipment = equipment or "X"
    if start is None:
        return "01.01.85", "00.00.00", f"Startdate X X X {equipment}"
    if not 1985 <= start.year <= 2084:
        raise InputError(f"EDF holds dates from 1985 to 2084; this recording starts in {start:%Y}.")
    minutes = round((start.utcoffset() or start - start).total_seconds() / 60)
    zone = f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
    date = f"{start.day:02d}-{MONTHS[start.month - 1]}-{start.year}"
    return (
        f"{start:%d.%m.%y}",
        f"{start:%H.%M.%S}",
        f"Startdate {date} X X {equipment} {zone}",
    )
