"""Writing what a command found: whole or not at all, and never over somebody else's file."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from fasciscope.api import must_have_folder
from fasciscope.errors import OutputError
from fasciscope.formats.plain_json import as_json
from fasciscope.formats.whole_file import write_whole

if TYPE_CHECKING:
    from fasciscope.analysis import Analysis

DIGEST = "events_sha256"
"""Key of the summary that holds the checksum of the table of events written with it."""


def write_text(path: Path, text: str, *, ours: bool, option: str = "--output") -> None:
    """Write `text` to `path`: the whole of it, or the old file stays.

    Parameters
    ----------
    path : Path
    text : str
    ours : bool
        Whether a file of that name, if there is one, was made by this command and may be replaced.
    option : str, default "--output"
        The option that gives another name, for the message.

    Raises
    ------
    OutputError
        If the file is not ours to replace, or cannot be written.
    """
    if path.is_dir():
        raise OutputError(f"{path} is a folder. Give the name of a file.")
    if path.is_file() and not ours:
        _refuse(path, option)
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


def _refuse(path: Path, option: str) -> NoReturn:
    raise OutputError(
        f"{path} exists and was not written by fasciscope, so it is left as it is. "
        f"Give another name with {option}."
    )


def write_results(events: Path, summary: Path, analysis: Analysis) -> None:
    """Write the events of `analysis` as a BIDS table, and its summary as JSON.

    Older ones of ours are replaced; a table that a person has worked on is not.

    Parameters
    ----------
    events, summary : Path
    analysis : Analysis

    Raises
    ------
    OutputError
        As `write_text`; also if the table's name is one of a truth or a review, or the table is no
        longer the one whose checksum stands in the summary beside it. Nothing is written then.
    """
    from fasciscope.events import TSV_COLUMNS, to_tsv

    names = [channel.name for channel in analysis.info.channels]
    text = to_tsv(analysis.events, analysis.info.fs_hz, names)
    old = _summary(summary)
    if summary.is_file() and not old:
        _refuse(summary, "--summary")
    if events.is_file() and _is_reviewed(events, old):
        raise OutputError(
            f"{events} holds a truth, or was changed since fasciscope wrote it, so it is left as "
            "it is. Rename it, as NAME_desc-reviewed_events.tsv for one, or give another name "
            "with --events."
        )
    ours = _begins_with(events, "\t".join(TSV_COLUMNS))
    write_text(events, text, ours=ours, option="--events")
    figures = {**analysis.summary, DIGEST: _digest(text.encode())}
    write_text(
        summary,
        as_json(figures),
        ours=bool(old),
        option="--summary",
    )


def _is_reviewed(events: Path, summary: dict[str, Any]) -> bool:
    """Tell whether a table is, by its name or by the summary, no longer as it was written."""
    if events.name.endswith("_truth_events.tsv") or "_desc-" in events.name:
        return True
    try:
        return DIGEST in summary and summary[DIGEST] != _digest(events.read_bytes())
    except OSError:
        return True


def _digest(content: bytes) -> str:
    return hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()


def _begins_with(path: Path, line: str) -> bool:
    if not path.is_file():  # a device may have no end
        return False
    try:
        with path.open(encoding="utf-8") as file:
            return file.readline(2 * len(line)).rstrip("\r\n") == line
    except (OSError, UnicodeDecodeError):
        return False


def _summary(path: Path) -> dict[str, Any]:
    """Return the summary of ours in `path`; an empty one if there is none."""
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):  # the last for brackets without end
        return {}
    ours = isinstance(found, dict) and {"twitches_per_minute", "software_version"} <= found.keys()
    return found if ours else {}
