"""Writing what a command found: whole or not at all, and never over somebody else's file."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fasciscope.api import must_have_folder
from fasciscope.errors import OutputError
from fasciscope.formats.whole_file import write_whole

if TYPE_CHECKING:
    from fasciscope.analysis import Analysis


def write_text(path: Path, text: str, *, ours: bool) -> None:
    """Write `text` to `path`: the whole of it, or the old file stays.

    Parameters
    ----------
    path : Path
    text : str
    ours : bool
        Whether a file of that name, if there is one, was made by this command and may be replaced.

    Raises
    ------
    OutputError
        If the file is not ours to replace, or cannot be written.
    """
    if path.is_dir():
        raise OutputError(f"{path} is a folder. Give the name of a file.")
    if path.is_file() and not ours:
        raise OutputError(
            f"{path} exists and was not written by fasciscope, so it is left as it is. "
            "Give another name with --events or --summary."
        )
    must_have_folder(path)
    # A device such as /dev/stdout is written to, never replaced.
    plain = path.is_file() or not path.exists()
    try:
        if plain:
            write_whole(path, text)
        else:
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(
            f"Cannot write {path}: {error.strerror}. The recording itself is untouched."
        ) from error


def write_events(path: Path, analysis: Analysis) -> None:
    """Write the events of `analysis` as a BIDS table; replaces an older table of ours."""
    from fasciscope import events

    names = [channel.name for channel in analysis.info.channels]
    text = events.to_tsv(analysis.events, analysis.info.fs_hz, names)
    write_text(path, text, ours=_begins_with(path, "\t".join(events.TSV_COLUMNS)))


def write_summary(path: Path, analysis: Analysis) -> None:
    """Write the summary of `analysis` as JSON; replaces an older summary of ours."""
    text = json.dumps(plain(analysis.summary), indent=2, ensure_ascii=False) + "\n"
    write_text(path, text, ours=_holds_summary(path))


def plain(value: Any) -> Any:
    """Return `value` in JSON's own types: numpy unpacked, what is not a finite number as null."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _begins_with(path: Path, line: str) -> bool:
    if not path.is_file():  # a device may have no end
        return False
    try:
        with path.open(encoding="utf-8") as file:
            return file.readline(2 * len(line)).rstrip("\r\n") == line
    except (OSError, UnicodeDecodeError):
        return False


def _holds_summary(path: Path) -> bool:
    if not path.is_file():
        return False
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):  # the last for brackets without end
        return False
    return isinstance(found, dict) and {"twitches_per_minute", "software_version"} <= found.keys()
