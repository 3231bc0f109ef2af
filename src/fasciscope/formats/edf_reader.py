"""Reading EDF, EDF+, BDF and BDF+ into a `Recording`.

A path in, a `Recording` out. Samples come through edfio; header, annotations and what is missing
are looked at here, because a file may have been cut off, may hold other signals than EMG, and
gives its gaps in one of two ways (annotations of ours, or records that do not follow on each
other, EDF+D).

What is assumed is said in ``remarks``: a channel without a unit, a channel that looks like raw
counts, signals that were left out. EDF has no time zone: in a file of ours it stands in the
recording field; any other start is taken as local time on this computer.

References
----------
EDF+ specification, Kemp and Olivan, Clin Neurophysiol 2003;114:1755.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fasciscope.blocks import Marker, StreamInfo
from fasciscope.errors import InputError, RecordingError
from fasciscope.formats import edf_tal as tal
from fasciscope.formats.edf_channels import Pick, as_channels, looks_raw, pick_signals, unfold
from fasciscope.formats.edf_header import Header, read_header
from fasciscope.formats.edf_start import start_of
from fasciscope.recording import Recording

GAP_S_MAX = 86_400
"""Most time (s) that may be missing in all, or a damaged time stamp would fill the memory."""


SPREAD_TIMES_MAX = 100
SPREAD_BYTES_MIN = 64 << 20
"""An interrupted file is filled in up to so many times its size and so many bytes beyond."""


@dataclass(frozen=True, slots=True)
class Notes:
    """What the annotation signals of a whole file say: of each record its start, and the rest."""

    record_us: list[int | None]
    annotations: list[tal.Annotation]
    infos: list[dict[str, Any]]

    @property
    def ours(self) -> bool:
        """Whether the file was written by `EdfWriter`."""
        return any(facts.get("writer") == "fasciscope" for facts in self.infos)

    @property
    def start_us(self) -> int:
        """Time of sample 0 after the whole second in the header (EDF+ 2.2.4), µs."""
        return (self.record_us[0] or 0) if self.record_us else 0


def read_edf(path: Path) -> Recording:
    """Read an EDF, EDF+, BDF or BDF+ file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Recording
        Counts are int16 (EDF) or int32 (BDF). `truncated` is set where the header's number of
        records is not what the file holds; a part of a record at the end is left out.

    Raises
    ------
    RecordingError
        If the file is damaged beyond reading or holds nothing usable; the text says why.
    """
    return read_parts(path)[0]


def read_parts(path: Path) -> tuple[Recording, Header, Notes]:
    """Read a file as `read_edf` does; return its header and its annotations, too."""
    try:
        header = read_header(path)
        size = path.stat().st_size
        n_records, _ = header.whole_records(size)
        pick = pick_signals(header, path.name)
        if n_records < 1:
            raise RecordingError(
                f"{path.name} holds no whole data record: one takes {header.record_bytes} bytes "
                f"after the header, and {size - header.n_bytes} are there."
            )
        notes = _read_notes(path, header, n_records)
        return _assemble(path, header, pick, notes), header, notes
    except RecordingError:
        raise
    except (OSError, InputError) as error:
        raise RecordingError(f"{path.name}: {getattr(error, 'strerror', None) or error}") from error


def _assemble(path: Path, header: Header, pick: Pick, notes: Notes) -> Recording:
    counts = _read_counts(path, header, pick)
    n_records = counts.shape[0] // pick.n_per_record
    starts = _record_starts(header, pick, notes, path.name)
    gaps: list[tuple[int, int]] = []
    if starts is not None:
        counts, gaps = _spread_records(counts, starts, pick.n_per_record, path.name)
    marks, end = _sort_out(notes, pick.fs_hz, gaps)
    n = min(counts.shape[0], max(end, 0)) if notes.ours and end is not None else counts.shape[0]
    if n == 0:
        raise RecordingError(f"{path.name} was closed before its first sample; it is empty.")
    counts = counts[:n]
    sentences = list(pick.notes)
    channels = as_channels(header, pick, notes.infos if notes.ours else None)
    for i, channel in enumerate(channels):
        if not notes.ours and looks_raw(counts[:, i], channel.uv_per_count):
            sentences.append(
                f"{channel.name} moves in whole steps of 1 µV, as raw converter counts do; if it "
                "holds counts, its amplitudes are not microvolts."
            )
    facts = _facts(notes)
    start, device = start_of(header, notes.start_us)
    info = StreamInfo(
        fs_hz=float(pick.fs_hz),
        channels=channels,
        start=start,
        device=str(facts.get("device", device)),
        note=str(facts.get("note", "")),
    )
    return Recording(
        info=info,
        samples=counts,
        gaps=_clean_gaps(gaps, n),
        markers=tuple(Marker(min(max(m.sample_index, 0), n - 1), m.text) for m in marks),
        name=path.name,
        truncated=header.n_records != n_records,
        remarks=tuple(sentences),
    )


def _facts(notes: Notes) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for info in notes.infos if notes.ours else []:
        if "channel" not in info:
            facts |= info
    return facts


def _read_notes(path: Path, header: Header, n_records: int) -> Notes:
    """Return every annotation signal of every whole record (EDF+ 2.2)."""
    record_us: list[int | None] = []
    annotations: list[tal.Annotation] = []
    indices = [i for i, signal in enumerate(header.signals) if signal.is_annotations]
    if indices:
        shape = (n_records, header.record_bytes)
        raw = np.memmap(path, dtype=np.uint8, mode="r", offset=header.n_bytes, shape=shape)
        for position, index in enumerate(indices):
            first, stop = header.byte_range(index)
            for record in np.ascontiguousarray(raw[:, first:stop]):
                start_us, found = tal.parse_record(record.tobytes())
                annotations += found
                if position == 0:  # only the first annotation signal keeps the time (2.2.4)
                    record_us.append(start_us)
    annotations = tal.joined(annotations)
    infos = [facts for facts in map(tal.parse_info, annotations) if facts is not None]
    return Notes(record_us, annotations, infos)


def _sort_out(
    notes: Notes, fs_hz: Fraction, gaps: list[tuple[int, int]]
) -> tuple[list[Marker], int | None]:
    """Tell markers from the machine's own annotations; add the gaps found to `gaps`.

    Returns
    -------
    markers : list of Marker
    end : int or None
        First padding sample, None where there is no padding.
    """
    markers: list[Marker] = []
    end: int | None = None
    for annotation in notes.annotations:
        gap, padding = tal.parse_gap(annotation), tal.parse_padding(annotation)
        if notes.ours and gap is not None:
            gaps.append(gap)
        elif notes.ours and padding is not None:
            end = padding if end is None else min(end, padding)
        elif not (notes.ours and tal.parse_info(annotation) is not None):
            sample = round((annotation.onset_us - notes.start_us) * fs_hz / tal.US)
            markers.append(Marker(sample, tal.plain(annotation.text)))
    markers.sort(key=lambda marker: marker.sample_index)
    return markers, end


def _clean_gaps(gaps: list[tuple[int, int]], n_samples: int) -> NDArray[np.int64]:
    """Return the gaps sorted, inside the recording, overlapping and touching ones as one."""
    clean: list[list[int]] = []
    for first, stop in sorted(gaps):
        stop = min(stop, n_samples)
        if first >= stop:
            continue
        if clean and first <= clean[-1][1]:
            clean[-1][1] = max(clean[-1][1], stop)
        else:
            clean.append([first, stop])
    return np.array(clean, dtype=np.int64).reshape(-1, 2)


def _record_starts(header: Header, pick: Pick, notes: Notes, name: str) -> NDArray[np.int64] | None:
    """Return the first sample of each record of an interrupted file (EDF+D), None if unbroken.

    A record that starts within a millisecond, or a sample, of where the one before it ended
    follows on it: time stamps are often rounded.
    """
    if not header.is_interrupted:
        return None
    tolerance = max(1.0, float(pick.fs_hz) / 1000.0)
    starts = np.empty(len(notes.record_us), dtype=np.int64)
    expected = 0
    for i, onset_us in enumerate(notes.record_us):
        stated = expected
        if onset_us is not None:
            stated = round((onset_us - notes.start_us) * pick.fs_hz / tal.US)
        starts[i] = stated if stated > expected + tolerance else expected
        expected = int(starts[i]) + pick.n_per_record
        missing = starts[i] - i * pick.n_per_record
        if missing > GAP_S_MAX * pick.fs_hz:
            raise RecordingError(
                f"{name} says that {float(missing / pick.fs_hz):.0f} s are missing before its data "
                f"record {i + 1}; at most a day ({GAP_S_MAX} s) is believed."
            )
    return starts


def _spread_records(
    counts: NDArray[Any], starts: NDArray[np.int64], n_per_record: int, name: str
) -> tuple[NDArray[Any], list[tuple[int, int]]]:
    """Put each record where its time stamp says, and return the holes between them."""
    stops = starts + n_per_record
    holes = np.flatnonzero(starts[1:] > stops[:-1])
    if len(holes) == 0:
        return counts, []
    spread_bytes = int(stops[-1]) * counts.shape[1] * counts.itemsize
    if spread_bytes > SPREAD_BYTES_MIN + SPREAD_TIMES_MAX * counts.nbytes:
        raise RecordingError(
            f"{name} holds {counts.nbytes / 1e6:,.1f} MB of samples, and with its interruptions "
            f"filled in it would take {spread_bytes / 1e6:,.0f} MB: more than "
            f"{SPREAD_TIMES_MAX} times as much. That is not believed."
        )
    spread = np.zeros((int(stops[-1]), counts.shape[1]), dtype=counts.dtype, order="F")
    edges = [0, *(holes + 1).tolist(), len(starts)]
    for first, last in pairwise(edges):
        part = counts[first * n_per_record : last * n_per_record]
        spread[starts[first] : starts[first] + len(part)] = part
    return spread, [(int(stops[h]), int(starts[h + 1])) for h in holes]


def _read_counts(path: Path, header: Header, pick: Pick) -> NDArray[Any]:
    """Return the counts of the picked signals, shape (n_samples, n_channels), Fortran order."""
    import edfio

    try:
        with warnings.catch_warnings():
            # edfio warns of cut files and mends its copy of the header; `truncated` says so here
            warnings.simplefilter("ignore")
            read = edfio.read_edf if header.bytes_per_sample == 2 else edfio.read_bdf
            signals = read(path).signals
            ordinary = [i for i, s in enumerate(header.signals) if not s.is_annotations]
            columns = [signals[ordinary.index(i)].digital for i in pick.indices]
    except (OSError, MemoryError):
        raise
    except Exception as error:  # edfio has no error class of its own
        raise RecordingError(f"{path.name} cannot be read as EDF: {error}.") from error
    counts = np.empty((len(columns[0]), len(columns)), dtype=columns[0].dtype, order="F")
    for i, (column, index) in enumerate(zip(columns, pick.indices, strict=True)):
        counts[:, i] = unfold(column, header.signals[index])
    return counts
