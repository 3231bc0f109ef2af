"""A recording that is open for review: read, analysed, judged, kept; shared by all tabs.

A path in. Reading and finding go on in a thread; what is there can be asked for at any time. Every
change is saved by itself, beside the recording, in a thread for which nobody waits.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from fasciscope import formats
from fasciscope.analysis import Analysis, detect
from fasciscope.app.waves import waves_of
from fasciscope.app.writing import Writer
from fasciscope.errors import FasciscopeError, InputError, OutputError
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
CLOSE_S = 30.0
"""How long the end waits for a review to be written (s)."""
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
    before : Opened or None, default None
        The same path when its file was another one; what was said there is written first.

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

    def __init__(
        self,
        path: Path,
        is_made: Callable[[], bool] = lambda: False,
        before: Opened | None = None,
    ) -> None:
        self.path = path
        self._before = before
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
        self._lock = threading.Lock()  # for what is done in no time; never while a file is written
        self._figuring = threading.Lock()
        self._disk = threading.Lock()
        self._figures: tuple[int, Analysis] | None = None
        self._writer = Writer(f"keep {path.name}", self._figure, self._save)
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

    def flush(self, timeout_s: float | None = None) -> bool:
        """Write now what was changed, and wait for it; return whether that is done."""
        return self._writer.flush(timeout_s)

    def close(self) -> None:
        """Let the thread end, and write what is not written."""
        self._closed = True
        if self.review is not None and self.review.version != self._saved_version:
            self._writer.wake()  # once more, if it went wrong before
        self.flush(CLOSE_S)

    def analysis(self) -> Analysis | None:
        """Return what stands after the review; None until the recording is analysed.

        It may have to be computed: not for the thread that serves the pages, see `shown`.
        """
        self._figure()
        return self.shown()

    def shown(self) -> Analysis | None:
        """Return what `analysis` does as it was last computed, at once."""
        return None if self._figures is None else self._figures[1]

    @property
    def shown_version(self) -> int:
        """Version of the review that `shown` follows; -1 until there is one."""
        return -1 if self._figures is None else self._figures[0]

    def _figure(self) -> None:
        """Compute the figures of the review as it is now, if they are not known."""
        with self._figuring:
            with self._lock:
                review, automatic, by = self.review, self.automatic, self.by
                if review is None or automatic is None:
                    return
                if self._figures is not None and self._figures[0] == review.version:
                    return
                review = review.copy()
            figures = reviewed_analysis(automatic, review, remark(automatic, review, by))
            self._figures = review.version, figures

    def say(self, act: Callable[[Review], object], reviewer: str) -> str:
        """Change the review; return why it cannot be, "" if it can.

        It is saved soon after; what goes wrong with that stands in `save_error`.

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
            before = self.review.version
            act(self.review)
            if self.review.version != before:
                self.by = Reviewed(reviewer.strip(), datetime.now().astimezone())
                self._writer.wake()
            return ""

    def take_theirs(self) -> None:
        """Take the review that is beside the recording now, in place of the one in memory.

        Raises
        ------
        RecordingError
            If it cannot be read; the one in memory stays then.
        """
        with self._disk:
            old, automatic = self.review, self.automatic
            if old is None or automatic is None:
                return
            stamp = review_stamp(self.path)
            review, by = load_review(self.path, automatic)
            with self._lock:
                review.version = old.version + 1  # so that every page sees the change
                self.review, self.by, self._review_stamp = review, by, stamp
                self._saved_version = review.version
                self.is_contested, self.save_error = False, ""
        self._figure()

    def keep_mine(self) -> str:
        """Write the review in memory over the one beside the recording; return what went wrong.

        Raises
        ------
        InputError
            If the file is another one by now.
        """
        if not self.is_contested:
            return ""
        if self.is_stale:
            raise InputError(ANOTHER_FILE)
        try:
            with self._disk:
                self._review_stamp = review_stamp(self.path)
        except OutputError as error:
            return str(error)
        self._writer.wake()
        self.flush()
        return self.save_error

    def _save(self) -> None:
        """Save the review as it is now; nobody waits for it."""
        with self._disk:
            with self._lock:
                automatic, by = self.automatic, self.by
                if self.review is None or automatic is None or by is None:
                    return
                if self.review.version == self._saved_version:
                    return
                review = self.review.copy()
            try:
                saved = save_review(self.path, review, automatic, by, over=self._review_stamp)
            except OutputError as error:
                self.is_contested = isinstance(error, ReviewedElsewhereError)
                self.save_error = str(error)
                return
            except Exception as error:  # a fault of ours must not end the thread in silence
                _LOG.debug("saving failed", exc_info=error)
                self.save_error = (
                    f"This is a fault in fasciscope: {type(error).__name__}: {error}. Your last "
                    "changes are in memory and not on the disk; the recording is untouched."
                )
                return
            self._saved_version, self._review_stamp = review.version, saved.stamp
            self.is_contested, self.save_error = False, ""

    def waves(self, family: int) -> dict[str, Any] | None:
        """Return single waveforms of a family and their average, in µV over ms, ready for JSON."""
        analysis, recording = self.shown(), self.recording
        if analysis is None or recording is None:
            return None
        return waves_of(recording, analysis.events, family)

    def _look(self) -> tuple[int, int] | None:
        try:
            facts = self.path.stat()
        except OSError:
            return None
        return facts.st_mtime_ns, facts.st_size

    def _load(self) -> None:
        try:
            if self._before is not None:
                self._before.flush()
                self._before = None
            self.recording = formats.read(self.path)
            self.progress = Progress.FINDING
            automatic = detect(self.recording, progress=self._note)
            stamp = review_stamp(self.path)  # first: what comes between is seen when saving
            review, by = load_review(self.path, automatic)
            with self._lock:
                self._review_stamp = stamp
                self.automatic, self.review, self.by = automatic, review, by
                self._saved_version = review.version
            self._figure()
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
