"""The file under the EDF+ writer: append whole data records, and lose nothing that was appended.

Bytes of records in, a file that is valid up to its last whole record at every moment.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from fasciscope.errors import OutputError
from fasciscope.formats.edf_header import N_RECORDS_OFFSET, Header, n_records_field


class RecordFile:
    """A new file that begins with `header` and grows by one data record at a time.

    Parameters
    ----------
    path : Path
        Must not exist yet.
    header : Header
        Written as it is, with -1 records; `close` mends the count.
    fsync_s : float
        About how often to sync to the disk, in seconds.

    Raises
    ------
    OutputError
        If the file exists, or cannot be made or written.
    """

    def __init__(self, path: Path, header: Header, fsync_s: float) -> None:
        self.path = path
        self.n_records = 0
        self._header = header
        self._fsync_s = fsync_s
        try:
            # "x": made now or refused, with no moment in between for another program
            self._file = path.open("x+b", buffering=0)
        except FileExistsError:
            raise OutputError(
                f"{path} exists already and is left as it is. Choose another name."
            ) from None
        except OSError as error:
            raise OutputError(
                f"Cannot make {path}: {error.strerror}. Choose a folder that can be written."
            ) from error
        try:
            self._write(header.to_bytes())
            os.fsync(self._file.fileno())
            _sync_folder(path.parent)
        except OSError as error:
            self._file.close()
            with contextlib.suppress(OSError):
                path.unlink()
            raise OutputError(
                f"Cannot write {path}: {error.strerror}. Nothing was recorded."
            ) from error
        self._synced = time.monotonic()

    @property
    def is_open(self) -> bool:
        """Whether records can still be appended."""
        return not self._file.closed

    @property
    def safe_s(self) -> float:
        """Seconds that stand in the file as whole data records."""
        return float(self.n_records * self._header.record_duration)

    def append(self, record: bytes) -> None:
        """Write one whole data record, and sync if it is time.

        Raises
        ------
        OutputError
            If the disk refuses; the file is then cut to its last whole record and closed.
        """
        with self._guard():
            # to where the record belongs, whatever an interrupted write left behind
            self._file.seek(self._header.n_bytes + self.n_records * self._header.record_bytes)
            self._write(record)
            self.n_records += 1
            # records come a second apart, give or take: three quarters make each one count
            if time.monotonic() - self._synced >= 0.75 * self._fsync_s:
                os.fsync(self._file.fileno())
                self._synced = time.monotonic()
                self._must_be_there()

    def close(self) -> None:
        """Mend the header's number of records, sync and close.

        Raises
        ------
        OutputError
            If the disk refuses; the file stays readable all the same.
        """
        with self._guard():
            self._must_be_there()
            self._mend_header()
            os.fsync(self._file.fileno())
            self._file.close()

    def _must_be_there(self) -> None:
        """Raise if the file was deleted: it would go on without a name, and be gone at its end."""
        if os.fstat(self._file.fileno()).st_nlink:
            return
        with contextlib.suppress(OSError):
            self._mend_header()
        rescued = self._rescue()
        self._file.close()
        where = f"what was recorded is safe in {rescued}" if rescued else "it could not be saved"
        raise OutputError(
            f"{self.path} or its folder was deleted while it was recorded; {where}, "
            f"{self.safe_s:g} s of it. Choose another folder and start anew."
        )

    def _rescue(self) -> Path | None:
        """Copy the file that has lost its name to the first place that takes it."""
        for folder in (Path.cwd, Path.home, lambda: Path(tempfile.gettempdir())):
            try:
                made = _new_name(folder(), self.path)
                with made.open("xb") as copy:
                    self._file.seek(0)
                    shutil.copyfileobj(self._file, copy)
                    os.fsync(copy.fileno())
            except (OSError, RuntimeError):  # no such folder, no home
                continue
            return made
        return None

    def _write(self, raw: bytes) -> None:
        view = memoryview(raw)
        while view:  # an unbuffered write may take only a part
            view = view[self._file.write(view) :]

    def _mend_header(self) -> None:
        self._file.seek(N_RECORDS_OFFSET)
        self._write(n_records_field(self.n_records))

    @contextlib.contextmanager
    def _guard(self) -> Iterator[None]:
        """Turn a failing disk into one sentence, with the file cut to its last whole record."""
        try:
            yield
        except OSError as error:
            whole = self._header.n_bytes + self.n_records * self._header.record_bytes
            with contextlib.suppress(OSError):
                self._file.truncate(whole)
                self._mend_header()
            with contextlib.suppress(OSError):
                os.fsync(self._file.fileno())
            with contextlib.suppress(OSError):
                self._file.close()
            raise OutputError(
                f"Cannot write on to {self.path}: {error.strerror or error}. The recording is safe "
                f"up to second {self.safe_s:g}; make room or choose another disk, then start anew."
            ) from error


def _new_name(folder: Path, path: Path) -> Path:
    """Return a name in `folder` that is not taken, made out of that of `path`."""
    made, n = folder / f"{path.stem}_rescued{path.suffix}", 1
    while made.exists() or made.is_symlink():
        n += 1
        made = folder / f"{path.stem}_rescued_{n}{path.suffix}"
    return made


def _sync_folder(folder: Path) -> None:
    """Make the new name itself durable, where the system can."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
