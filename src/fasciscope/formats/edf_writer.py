"""The EDF+ writer: a sink that appends one whole data record at a time to its file.

Blocks in, an EDF+C file out. The header goes first, with -1 data records; each record is written
in one piece as soon as it is full, handed to the operating system at once and synced to the disk
about every second; a clean stop mends the header's count. So whatever happens, the file is
readable up to its last whole record.

Sample n always lies at time n / rate: where samples were lost, the last one is repeated and an
annotation says which are filler (`edf_tal`). Markers and gaps stand in the record in which they
happen; what arrives late, or finds that record full, stands in the next one, with its true time.
Gaps have the first right to the room, which is enough for seven in a record.

References
----------
EDF+ specification, Kemp and Olivan, Clin Neurophysiol 2003;114:1755.
"""

from __future__ import annotations

import contextlib
import heapq
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from fasciscope.blocks import Block, Marker, StreamInfo
from fasciscope.errors import InputError, OutputError
from fasciscope.formats import edf_tal as tal
from fasciscope.formats.edf_file import RecordFile
from fasciscope.formats.edf_layout import ANNOTATION_SAMPLES, plan

GAP_S_MAX = 90_000.0
"""Longest gap that is filled (s): a board may be waited for a day, and then takes its time to come
back. A longer one is a fault upstream, and would fill the disk."""
_Waiting = tuple[int, int, tal.Annotation]


class EdfWriter:
    """Write a stream to a new EDF+ file; a `Sink`, and a context manager.

    How the stream is cut into blocks makes no difference to the bytes of the file. Leaving the
    context finishes the file, after an error too: what was taken in is sound and is kept.

    Parameters
    ----------
    path : str or Path
        The file to make. It must not exist yet.
    info : StreamInfo
        Counts must fit 16 bits.
    record_s : float, default 1.0
        Longest data record in seconds, at most 1; what a crash can cost. Records are shorter
        where EDF's 61440 bytes would not hold a second.
    fsync_s : float, default 1.0
        About how often the file is synced to the disk, in seconds.

    Raises
    ------
    InputError
        If `info` cannot be written in EDF, or a block does not follow from the one before it or
        has other channels or values than announced; see `process`.
    OutputError
        If the file exists or cannot be made or written. The text says what is safe.
    """

    def __init__(
        self,
        path: str | Path,
        info: StreamInfo,
        *,
        record_s: float = 1.0,
        fsync_s: float = 1.0,
    ) -> None:
        self.path = Path(path)
        self.info = info
        self._layout = plan(info, record_s)
        self._n_taken = 0
        self._filled = 0
        self._record = np.empty((info.n_channels, self._layout.n_per_record), dtype="<i2")
        # until there is a sample to repeat, filler is the middle of the range
        self._last = np.array([(c.count_min + c.count_max + 1) // 2 for c in info.channels])
        # gaps go before all else: a marker in the next record is late, a gap there is missed
        # when the file is cut in between
        self._urgent: list[_Waiting] = []
        self._others: list[_Waiting] = []
        self._n_pushed = 0
        for i, facts in enumerate(self._layout.infos):
            queue = self._others if i else self._urgent  # the first says whose file this is
            self._push(queue, -1, tal.info_text(facts), duration_us=0)
        self._file = RecordFile(self.path, self._layout.header, fsync_s)

    @property
    def n_samples(self) -> int:
        """Samples a channel taken so far, filler included."""
        return self._n_taken

    @property
    def safe_s(self) -> float:
        """Seconds of the recording that stand in the file as whole data records."""
        return min(self._file.safe_s, float(self._n_taken / self._layout.fs_hz))

    def process(self, block: Block) -> None:
        """Append one block; blocks of any length, in order.

        Raises
        ------
        InputError
            If the block overlaps what was taken, has another number of channels, holds values
            that are not whole numbers of 16 bits, or follows a gap of more than 25 hours.
        OutputError
            If the file cannot be written, or was closed before.
        """
        if not self._file.is_open:
            raise OutputError(f"{self.path} is closed already; nothing more can be added to it.")
        samples = self._checked(block)
        for marker in block.markers:
            self._mark(marker)
        gap = block.first_index - self._n_taken
        if gap > 0:
            duration_us = self._layout.onset_us(gap) - self._layout.start_us
            text = tal.gap_text(self._n_taken, gap)
            self._push(self._urgent, self._n_taken, text, duration_us)
            self._fill(gap)
        self._append(samples)

    def finish(self) -> None:
        """Write what is left, mend the header and close; harmless when called twice.

        Raises
        ------
        OutputError
            If the file cannot be written; it stays valid up to its last whole record.
        """
        if not self._file.is_open:
            return
        if self._filled or self._urgent or self._others:
            left = self._layout.n_per_record - self._filled
            left_us = self._layout.onset_us(left) - self._layout.start_us
            self._push(self._urgent, self._n_taken, tal.padding_text(self._n_taken), left_us)
        # more than once only if annotations found no room: then more records, all padding
        while self._filled or self._urgent or self._others:
            self._record[:, self._filled :] = self._last[:, np.newaxis]
            self._write_record(stop=float("inf"))
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.finish()
        else:
            with contextlib.suppress(OutputError):  # the first error is the one to tell
                self.finish()

    def _checked(self, block: Block) -> NDArray[Any]:
        samples = block.samples
        if samples.ndim != 2 or samples.shape[1] != self.info.n_channels:
            raise InputError(
                f"A block of shape {samples.shape} came; the file has {self.info.n_channels} "
                "channels, so it must be (samples, channels)."
            )
        if samples.dtype.kind not in "iu":
            raise InputError(
                f"The file takes whole counts, not {samples.dtype}; write_edf scales µV to counts."
            )
        if samples.dtype != np.int16 and samples.size:
            low, high = int(samples.min()), int(samples.max())
            if low < -32768 or high > 32767:
                raise InputError(
                    f"A block holds counts from {low} to {high}; EDF holds -32768 to 32767."
                )
        gap = block.first_index - self._n_taken
        if gap < 0:
            raise InputError(
                f"A block starts at sample {block.first_index}, and {self._n_taken} samples were "
                "taken already: blocks must come in order, without overlap."
            )
        if gap > GAP_S_MAX * self.info.fs_hz:
            raise InputError(
                f"{gap} samples are missing before sample {block.first_index}: more than "
                f"{GAP_S_MAX / 3600:g} hours. "
                "That is taken for a fault and not filled."
            )
        return samples

    # -- annotations -------------------------------------------------------------------------

    def _mark(self, marker: Marker) -> None:
        self._push(self._others, max(marker.sample_index, 0), tal.plain(marker.text), None)

    def _push(self, queue: list[_Waiting], sample: int, text: str, duration_us: int | None) -> None:
        """Queue an annotation at `sample`; -1 stands for the start, ahead of all that is there."""
        whole = tal.Annotation(self._layout.onset_us(max(sample, 0)), text, duration_us)
        for part in tal.in_parts(whole):
            self._n_pushed += 1
            heapq.heappush(queue, (sample, self._n_pushed, part))

    def _due(self, stop: float) -> bytes:
        """Take out what goes into the record that ends at sample `stop`, as far as it has room."""
        raw = self._timekeeping()
        for queue in (self._urgent, self._others):
            while queue and queue[0][0] < stop:
                one = queue[0][2].to_bytes()
                if len(raw) + len(one) > 2 * ANNOTATION_SAMPLES:
                    break
                raw += one
                heapq.heappop(queue)
        return raw.ljust(2 * ANNOTATION_SAMPLES, b"\x00")

    def _timekeeping(self) -> bytes:
        return tal.timekeeping(
            self._layout.start_us + self._file.n_records * self._layout.record_us
        )

    # -- samples -----------------------------------------------------------------------------

    def _append(self, samples: NDArray[Any]) -> None:
        n = self._layout.n_per_record
        done = 0
        while done < len(samples):
            part = samples[done : done + n - self._filled]
            self._record[:, self._filled : self._filled + len(part)] = part.T
            done += len(part)
            self._took(len(part))
        if len(samples):
            self._last = samples[-1].astype(np.int64)

    def _fill(self, count: int) -> None:
        n = self._layout.n_per_record
        while count:
            part = min(count, n - self._filled)
            self._record[:, self._filled : self._filled + part] = self._last[:, np.newaxis]
            count -= part
            self._took(part)

    def _took(self, count: int) -> None:
        self._filled += count
        self._n_taken += count
        if self._filled == self._layout.n_per_record:
            self._write_record(stop=self._n_taken)

    def _write_record(self, stop: float) -> None:
        self._file.append(self._record.tobytes() + self._due(stop))
        self._filled = 0
