"""Whether there is room on the disk for a recording, before it begins.

A stream and a length in, a number of bytes out; or a sentence if the disk has fewer.
"""

from __future__ import annotations

import math
import shutil
from pathlib import Path

from fasciscope.blocks import StreamInfo
from fasciscope.errors import OutputError
from fasciscope.formats.edf_layout import plan

AT_LEAST_S = 60.0
"""A recording without a planned length needs room for so much, or it is not worth beginning."""
_BESIDE_BYTES = 1 << 20  # the sidecar, and what the file system takes for itself


def bytes_needed(info: StreamInfo, seconds: float, record_s: float = 1.0) -> int:
    """Return the size of a recording of `seconds` in bytes, whole data records."""
    layout = plan(info, record_s)
    records = math.ceil(seconds * float(layout.fs_hz) / layout.n_per_record)
    return layout.header.n_bytes + records * layout.header.record_bytes


def must_have_room(
    path: Path, info: StreamInfo, seconds: float | None, record_s: float = 1.0
) -> None:
    """Raise `OutputError` if the disk has no room for a recording at `path`.

    Parameters
    ----------
    path : Path
        The file to be made.
    info : StreamInfo
    seconds : float or None
        Planned length; None asks for `AT_LEAST_S`.
    record_s : float, default 1.0
    """
    length_s = AT_LEAST_S if seconds is None else seconds
    needed = _BESIDE_BYTES + bytes_needed(info, length_s, record_s)
    try:
        free = shutil.disk_usage(path.parent).free
    except OSError:
        return  # a file system that cannot say; writing will tell
    if needed <= free:
        return
    what = "Even a minute" if seconds is None else "A recording of this length"
    raise OutputError(
        f"{what} takes {needed / 1e6:,.1f} MB with what is kept beside it, and the disk of "
        f"{path.parent} has {free / 1e6:,.1f} MB left. Make room, choose another disk, "
        "or record for a shorter time."
    )
