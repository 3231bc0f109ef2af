"""What of an EDF or BDF file is whole, what is missing, and where.

A path in, a `FileCheck` out; nothing is changed. Looked at are the size against the header, the
time that each data record carries, and the gaps that the file itself tells of. EDF has no
checksums: a sample that was altered on the disk cannot be told from one that was not.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fasciscope.errors import RecordingError
from fasciscope.formats import edf_tal as tal
from fasciscope.formats.edf_header import Header
from fasciscope.formats.edf_reader import Notes, read_parts

_SLACK_US = 1000


@dataclass(frozen=True, slots=True)
class FileCheck:
    """The state of a file.

    Parameters
    ----------
    name : str
    fs_hz : float
    n_channels : int
    n_samples : int
        Samples a channel, gaps included.
    records_announced : int
        What the header says; -1 if the recording was never closed.
    records_whole : int
        What the file holds.
    record_s : float
        Length of a data record, seconds.
    bytes_left_over : int
        Behind the last whole data record.
    gaps : tuple of (int, int)
        Half-open sample ranges that are missing.
    markers : int
    misplaced : tuple of int
        Data records (from 0) whose time stamp is not what their place says, or that have none.
    """

    name: str
    fs_hz: float
    n_channels: int
    n_samples: int
    records_announced: int
    records_whole: int
    record_s: float
    bytes_left_over: int
    gaps: tuple[tuple[int, int], ...]
    markers: int
    misplaced: tuple[int, ...]

    @property
    def duration_s(self) -> float:
        """Length in seconds, gaps included."""
        return self.n_samples / self.fs_hz

    @property
    def lost_samples(self) -> int:
        """Samples a channel that are missing."""
        return sum(stop - first for first, stop in self.gaps)

    @property
    def missing_end_s(self) -> float:
        """Seconds that the header promises behind what the file holds; 0 if it promises none."""
        return max(self.records_announced - self.records_whole, 0) * self.record_s

    @property
    def needs_repair(self) -> bool:
        """Whether the header does not fit what the file holds."""
        return self.records_announced != self.records_whole or self.bytes_left_over > 0

    @property
    def is_sound(self) -> bool:
        """Whether everything fits; gaps that are marked as such do not count against it."""
        return not (self.needs_repair or self.misplaced)


def check_edf(path: Path) -> FileCheck:
    """Look a file through.

    Raises
    ------
    RecordingError
        If it cannot be read at all; the text says why.
    """
    recording, header, notes = read_parts(path)
    try:
        n_records, rest = header.whole_records(path.stat().st_size)
    except OSError as error:
        raise RecordingError(f"Cannot read {path}: {error.strerror}.") from error
    return FileCheck(
        name=path.name,
        fs_hz=recording.info.fs_hz,
        n_channels=recording.info.n_channels,
        n_samples=recording.n_samples,
        records_announced=header.n_records,
        records_whole=n_records,
        record_s=float(header.record_duration),
        bytes_left_over=rest,
        gaps=tuple((int(first), int(stop)) for first, stop in recording.gaps),
        markers=len(recording.markers),
        misplaced=_misplaced(header, notes),
    )


def _misplaced(header: Header, notes: Notes) -> tuple[int, ...]:
    """Return the records whose time stamp does not fit; plain EDF has none to look at."""
    if not any(start is not None for start in notes.record_us):
        return ()
    step_us = float(header.record_duration * tal.US)
    wrong = []
    newest = -1.0
    for i, start_us in enumerate(notes.record_us):
        due = notes.start_us + i * step_us
        if start_us is None:
            wrong.append(i)
        elif header.is_interrupted:  # they may leave time out, but not go back
            if start_us < newest - _SLACK_US:
                wrong.append(i)
            newest = max(newest, start_us + step_us)
        elif abs(start_us - due) > _SLACK_US:
            wrong.append(i)
    return tuple(wrong)
