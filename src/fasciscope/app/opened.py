"""A recording that is open for review: read, analysed, judged, kept; shared by all tabs.

A path in. Reading and finding go on in a thread; what is there can be asked for at any time. Every
change is saved by itself, beside the recording.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fasciscope import formats
from fasciscope.analysis import Analysis, detect
from fasciscope.errors import FasciscopeError, InputError, OutputError
from fasciscope.events import Kind
from fasciscope.recording import Recording
from fasciscope.review import (
    Review,
    Reviewed,
    ReviewedElsewhereError,
    load_review,
    remark,
    review_stamp,
    reviewed_analysis,
    save_review,
)

_LOG = logging.getLogger(__name__)
WAVE_S = 0.02
"""Waveforms are drawn this far to both sides of their peak (s)."""
SHIFT_S = 0.006
"""They are moved this far to fit each other, as in the detector."""
DRAWN_WAVES = 40
"""Single waveforms drawn for a family, evenly out of all."""
AVERAGED_WAVES = 4000
ANOTHER_FILE = (
    "The recording has changed since it was opened, so nothing more is judged here. What you said "
    "before is safe beside it. Load the page again to go on."
)
BEING_MADE = (
    "This is still being recorded. What was there when you opened it can be looked at; it can be "
    "judged when the recording has ended and the page is loaded again."
)


class Progress(StrEnum):
    """How far an opened recording is."""

    READING = "reading"
    FINDING = "finding"
    READY = "ready"
    FAILED = "failed"


class Opened:
    """A recording under review.

    Parameters
    ----------
    path : Path
    is_made : callable, default never
        Whether it is being recorded right now; then it is looked at, not judged.

    Attributes
    ----------
    progress : Progress
    share : float
        Part of the recording that was looked through, 0 to 1.
    error : str
        Why it could not be opened, in words.
    recording, automatic, review
        None until they are there.
    is_contested : bool
        Whether the review beside the recording is somebody else's by now, so that nothing is
        saved until `take_theirs` or `keep_mine`.
    """

    def __init__(self, path: Path, is_made: Callable[[], bool] = lambda: False) -> None:
        self.path = path
        self._is_made = is_made
        self.progress = Progress.READING
        self.share = 0.0
        self.error = ""
        self.recording: Recording | None = None
        self.automatic: Analysis | None = None
        self.review: Review | None = None
        self.by: Reviewed | None = None
        self.save_error = ""
        self.is_contested = False
        self._review_stamp = ""
        self._stamp = self._look()
        self._closed = False
        self._saved_version = 0
        self._lock = threading.Lock()
        self._figures: tuple[int, Analysis] | None = None
        self._thread = threading.Thread(target=self._load, name=f"open {path.name}", daemon=True)
        self._thread.start()

    @property
    def is_missing(self) -> bool:
        """Whether the file has gone since it was opened."""
        return self._look() is None

    @property
    def is_stale(self) -> bool:
        """Whether it must be read anew: it failed, or the file is another one by now."""
        now = self._look()
        return self.progress == Progress.FAILED or (now is not None and now != self._stamp)

    @property
    def is_being_made(self) -> bool:
        """Whether it is being recorded right now."""
        return self._is_made()

    def wait(self, timeout_s: float = 60.0) -> bool:
        """Wait until it is ready or has failed; return whether it is."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def close(self) -> None:
        """Let the thread end; what was changed is saved already."""
        self._closed = True

    def analysis(self) -> Analysis | None:
        """Return what stands after the review; None until the recording is analysed."""
        with self._lock:
            review, automatic = self.review, self.automatic
            if review is None or automatic is None:
                return None
            if self._figures is None or self._figures[0] != review.version:
                self._figures = review.version, reviewed_analysis(automatic, review, self.remark())
            return self._figures[1]

    def remark(self) -> str:
        """Return a sentence on the review for the report, "" where nothing was said."""
        return "" if self.review is None else remark(self.review, self.by)

    def say(self, act: Callable[[Review], object], reviewer: str) -> str:
        """Change the review, and save it; return what went wrong with saving, "" if nothing.

        Raises
        ------
        InputError
            What the change itself raises, or if the file is still being recorded or another one
            by now.
        """
        with self._lock:
            if self.review is None or self.automatic is None:
                return "The recording is not ready yet."
            if self.is_being_made:
                raise InputError(BEING_MADE)
            if self.is_stale:
                raise InputError(ANOTHER_FILE)
            act(self.review)
            if self.review.version == self._saved_version:
                return ""
            self.by = Reviewed(reviewer.strip(), datetime.now().astimezone())
            return self._save()

    def take_theirs(self) -> None:
        """Take the review that is beside the recording now, in place of the one in memory.

        Raises
        ------
        RecordingError
            If it cannot be read; the one in memory stays then.
        """
        with self._lock:
            if self.review is None or self.automatic is None:
                return
            stamp = review_stamp(self.path)
            review, by = load_review(self.path, self.automatic)
            review.version = self.review.version + 1  # so that every page sees the change
            self.review, self.by, self._review_stamp = review, by, stamp
            self._saved_version = review.version
            self.is_contested, self.save_error = False, ""

    def keep_mine(self) -> str:
        """Write the review in memory over the one beside the recording; return as `say` does.

        Raises
        ------
        InputError
            If the file is another one by now.
        """
        with self._lock:
            if not self.is_contested:
                return ""
            if self.is_stale:
                raise InputError(ANOTHER_FILE)
            try:
                self._review_stamp = review_stamp(self.path)
            except OutputError as error:
                return str(error)
            return self._save()

    def _save(self) -> str:
        """Save the review; the lock is held."""
        assert self.review is not None
        assert self.automatic is not None
        assert self.by is not None  # whoever changed it
        try:
            saved = save_review(
                self.path, self.review, self.automatic, self.by, over=self._review_stamp
            )
        except OutputError as error:
            self.is_contested = isinstance(error, ReviewedElsewhereError)
            self.save_error = str(error)
            return self.save_error
        self.is_contested, self.save_error = False, ""
        self._saved_version, self._review_stamp = self.review.version, saved.stamp
        return ""

    def waves(self, family: int) -> dict[str, Any] | None:
        """Return single waveforms of a family and their average, in µV over ms, ready for JSON."""
        analysis, recording = self.analysis(), self.recording
        if analysis is None or recording is None:
            return None
        events = analysis.events
        members = events[(events["kind"] == Kind.FASCICULATION) & (events["family"] == family)]
        half = max(2, round(WAVE_S * recording.info.fs_hz))
        needed = half + max(1, round(SHIFT_S * recording.info.fs_hz))
        inside = (members["peak"] >= needed) & (members["peak"] + needed < recording.n_samples)
        members = members[inside]
        if not len(members):
            return None
        members = members[:: max(1, len(members) // AVERAGED_WAVES)]
        shapes = _aligned(recording, members["peak"], members["channel"], half)
        drawn = shapes[:: max(1, len(shapes) // DRAWN_WAVES)][:DRAWN_WAVES]
        time_ms = np.arange(-half, half + 1) * 1000 / recording.info.fs_hz
        return {
            "time_ms": np.round(time_ms, 3).tolist(),
            "single": np.round(drawn, 1).tolist(),
            "average": np.round(shapes.mean(axis=0), 2).tolist(),
            "count": int(inside.sum()),
        }

    def _look(self) -> tuple[int, int] | None:
        try:
            facts = self.path.stat()
        except OSError:
            return None
        return facts.st_mtime_ns, facts.st_size

    def _load(self) -> None:
        try:
            self.recording = formats.read(self.path)
            self.progress = Progress.FINDING
            automatic = detect(self.recording, progress=self._note)
            stamp = review_stamp(self.path)  # first: what comes between is seen when saving
            review, by = load_review(self.path, automatic)
            with self._lock:
                self._review_stamp = stamp
                self.automatic, self.review, self.by = automatic, review, by
                self._saved_version = review.version
            self.progress = Progress.READY
        except FasciscopeError as error:
            self.error, self.progress = str(error), Progress.FAILED
        except _ClosedError:
            self.progress = Progress.FAILED
        except MemoryError:
            self.error = "There is not enough memory to open this recording."
            self.progress = Progress.FAILED
        except Exception as error:
            _LOG.debug("opening failed", exc_info=error)
            self.error = (
                f"This is a fault in fasciscope: {type(error).__name__}: {error}. The recording "
                "is untouched."
            )
            self.progress = Progress.FAILED

    def _note(self, share: float) -> None:
        if self._closed:
            raise _ClosedError
        self.share = share


class _ClosedError(Exception):
    """The recording is no longer wanted."""


def _aligned(
    recording: Recording, peaks: NDArray[np.int64], channels: NDArray[np.int16], half: int
) -> NDArray[np.float64]:
    """Return the signal around each peak, moved to fit the family's average best.

    A potential's largest deflection may be another of its phases now and then, by the noise.
    """
    reach = max(1, round(SHIFT_S * recording.info.fs_hz))
    wide = _cut(recording, peaks, channels, half + reach)
    windows = np.lib.stride_tricks.sliding_window_view(wide, 2 * half + 1, axis=1)
    average = wide[:, reach : reach + 2 * half + 1].mean(axis=0)
    first = wide[np.argsort(np.ptp(wide, axis=1))[len(wide) // 2], reach : reach + 2 * half + 1]
    rows = np.arange(len(wide))
    for template in (first, None, None):
        fit = windows @ (average if template is None else template)
        best = fit.argmax(axis=1)
        average = windows[rows, best].mean(axis=0)
    return np.asarray(windows[rows, best])


def _cut(
    recording: Recording, peaks: NDArray[np.int64], channels: NDArray[np.int16], half: int
) -> NDArray[np.float64]:
    """Return the signal around each peak without its offset, shape (n, 2 * half + 1), µV."""
    reach = np.arange(-half, half + 1)
    at = np.maximum(channels, 0)
    counts = recording.samples[peaks[:, None] + reach, at[:, None]].astype(np.float64)
    counts -= np.median(counts, axis=1, keepdims=True)
    return np.asarray(counts * recording.info.uv_per_count[at][:, None])
