"""From a recording and what was found in it to the sessions of the journal, one for each site.

A recording's channels are taken together by muscle and side. The key of a session is made from the
samples themselves, so that the same recording, moved, renamed or mended, is known again.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fasciscope import events as ev
from fasciscope.analysis import Analysis
from fasciscope.errors import InputError
from fasciscope.events import Events, Kind
from fasciscope.journal.entries import FamilyFigures, Session, Sustained
from fasciscope.journal.muscles import key_of
from fasciscope.journal.sustained import measured
from fasciscope.recording import Recording


@dataclass(frozen=True, slots=True)
class Placement:
    """What the person says of a recording; empty words leave what the recording says."""

    muscle: str = ""
    side: str = ""
    posture: str = ""
    place: str = ""
    note: str = ""


NOTHING_SAID = Placement()


def sessions_of(
    recording: Recording,
    analysis: Analysis,
    path: str | Path = "",
    said: Placement = NOTHING_SAID,
) -> list[Session]:
    """Return the sessions in a recording, one for each muscle and side that its channels name.

    Parameters
    ----------
    recording : Recording
    analysis : Analysis
        What was found in it.
    path : str or Path, default ""
        Where its file is, to find it again.
    said : Placement
        What the person says; a muscle or side said is taken for all channels.

    Raises
    ------
    InputError
        If nobody knows when it was recorded, or that lies ahead.
    """
    start = _start(recording, path)
    sites: dict[tuple[str, str], list[int]] = {}
    for index, channel in enumerate(recording.info.channels):
        site = (key_of(said.muscle or channel.muscle), said.side or channel.side)
        sites.setdefault(site, []).append(index)
    where = str(Path(path).absolute()) if path else ""
    return [
        _session(recording, analysis, start, channels, site, where, said)
        for site, channels in sites.items()
    ]


def _start(recording: Recording, path: str | Path) -> datetime:
    start = recording.info.start
    if start is None:
        raise InputError(
            f"{recording.name} does not say when it was recorded, so it has no place in the "
            f"journal{f' ({path})' if path else ''}."
        )
    return start.astimezone()  # the day is the day where the person is


def session_key(recording: Recording, channels: list[int]) -> str:
    """Return what tells these channels of a recording from all others.

    Made of the rate, the start, the names and every sample; not of the file's name, header or
    annotations.
    """
    digest = hashlib.blake2b(digest_size=16)
    start = recording.info.start
    digest.update(f"{recording.info.fs_hz}|{start.isoformat() if start else ''}".encode())
    for index in channels:
        digest.update(f"|{recording.info.channels[index].name}|".encode())
        digest.update(np.ascontiguousarray(recording.samples[:, index]).data)
    return digest.hexdigest()


def _session(
    recording: Recording,
    analysis: Analysis,
    start: datetime,
    channels: list[int],
    site: tuple[str, str],
    path: str,
    said: Placement,
) -> Session:
    summary: dict[str, Any] = analysis.summary
    mine = analysis.events[np.isin(analysis.events["channel"], [-1, *channels])]
    twitches = ev.of_kind(mine, Kind.FASCICULATION)
    held = ev.of_kind(mine, Kind.CONTRACTION, Kind.CRAMP)
    noise = summary.get("noise_uv")
    return Session(
        start=start,
        analysable_s=float(summary["analysable_s"]),
        twitches=len(twitches),
        muscle=site[0],
        side=site[1],
        posture=said.posture,
        place=said.place,
        duration_s=float(summary["duration_s"]),
        amplitude_uv=_middle(twitches["amplitude_uv"]),
        families=_families(analysis, twitches, channels),
        contractions=len(ev.of_kind(mine, Kind.CONTRACTION)),
        cramps=len(ev.of_kind(mine, Kind.CRAMP)),
        artifacts=len(ev.of_kind(mine, Kind.ARTIFACT)),
        sustained=_sustained(recording, held, channels, noise),
        noise_uv=noise,
        quality=tuple(str(sentence) for sentence in summary.get("quality") or ()),
        settings=json.dumps(summary.get("settings") or {}, sort_keys=True),
        software_version=str(summary.get("software_version", "")),
        recording=path,
        channels=", ".join(recording.info.channels[i].name for i in channels),
        note=said.note or recording.info.note[:1000],
        key=session_key(recording, channels),
    )


def _middle(amplitudes: NDArray[np.float32]) -> float | None:
    known = amplitudes[np.isfinite(amplitudes)]
    return round(float(np.median(known)), 2) if len(known) else None


def _families(
    analysis: Analysis, twitches: Events, channels: list[int]
) -> tuple[FamilyFigures, ...]:
    return tuple(
        FamilyFigures(
            family.number,
            int((twitches["family"] == family.number).sum()),
            round(float(family.amplitude_uv), 2),
        )
        for family in analysis.families
        if family.channel in channels
    )


def _sustained(
    recording: Recording, held: Events, channels: list[int], noise_uv: float | None
) -> tuple[Sustained, ...]:
    return tuple(
        measured(
            recording,
            int(event["channel"]) if int(event["channel"]) in channels else channels[0],
            Kind(int(event["kind"])),
            (int(event["start"]), int(event["stop"])),
            noise_uv,
        )
        for event in held
    )
