"""The BIDS sidecar of a recording: ``NAME_emg.json``.

A recording's path and what is known of its stream in, one JSON file out. BIDS' own keys stand at
the top; what is ours, under ``fasciscope``.

References
----------
BIDS specification 1.11, "Electromyography" (BEP042): required are TaskName, SamplingFrequency,
PowerLineFrequency, EMGPlacementScheme, EMGReference and SoftwareFilters.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from fasciscope.blocks import Channel, StreamInfo
from fasciscope.errors import OutputError
from fasciscope.formats.naming import beside
from fasciscope.formats.plain_json import as_json
from fasciscope.formats.whole_file import write_whole

_OPTIONAL_KEYS = (
    "TaskDescription",
    "Instructions",
    "InstitutionName",
    "ManufacturersModelName",
    "SoftwareVersions",
    "DeviceSerialNumber",
    "AmplifierType",
    "ElectrodeManufacturer",
    "ElectrodeManufacturersModelName",
    "ElectrodeMaterial",
    "ElectrodeType",
    "EMGGround",
    "EpochLength",
    "InterelectrodeDistance",
    "RecordingDuration",
    "SkinPreparation",
    "SubjectArtefactDescription",
    "TriggerChannelCount",
)
_FILTER = re.compile(r"(HP|LP|N):\s*([0-9.]+)\s*([km]?)Hz", re.IGNORECASE)
_FILTER_NAMES = {"HP": "HighPassFilter", "LP": "LowPassFilter", "N": "NotchFilter"}


def write_sidecar(
    edf_path: str | Path, info: StreamInfo, extra: dict[str, Any] | None = None
) -> Path:
    """Write the sidecar of a recording, replacing an older one, and return its path.

    Parameters
    ----------
    edf_path : str or Path
        The recording; see `naming.beside` for the sidecar's name.
    info : StreamInfo
    extra : dict, optional
        More to say. Keys of BIDS ("RecordingDuration", "PowerLineFrequency") replace or join
        those at the top; all others go under ``fasciscope``.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    path = beside(edf_path, "emg.json")
    try:
        write_whole(path, as_json(sidecar(info, extra or {})))
    except OSError as error:
        raise OutputError(
            f"Cannot write {path}: {error.strerror}. The recording itself is not touched by that."
        ) from error
    return path


def sidecar(info: StreamInfo, extra: dict[str, Any]) -> dict[str, Any]:
    """Return the content of the sidecar; see `write_sidecar`."""
    top: dict[str, Any] = {
        "TaskName": "rest",
        "SamplingFrequency": info.fs_hz,
        "PowerLineFrequency": "n/a",
        "EMGPlacementScheme": "Other",
        "EMGPlacementSchemeDescription": _placement(info),
        "EMGReference": "bipolar: each channel is the difference of two electrodes on one muscle",
        "EMGChannelCount": info.n_channels,
        "SoftwareFilters": "n/a",
        "HardwareFilters": _filters(info.channels),
        "Manufacturer": "n/a",
        "ManufacturersModelName": info.device or "n/a",
        "RecordingType": "continuous",
    }
    ours: dict[str, Any] = {
        "start": info.start.isoformat() if info.start else None,
        "device": info.device,
        "note": info.note,
        "channels": [
            {
                "name": channel.name,
                "muscle": channel.muscle,
                "side": channel.side,
                "uv_per_count": channel.uv_per_count,
                "uv_at_zero": channel.uv_at_zero,
                "count_min": channel.count_min,
                "count_max": channel.count_max,
                "prefilter": channel.prefilter,
            }
            for channel in info.channels
        ],
    }
    for key, value in extra.items():
        (top if key in top or key in _OPTIONAL_KEYS else ours)[key] = value
    return {**top, "fasciscope": ours}


def _placement(info: StreamInfo) -> str:
    sites = (f"{c.name}: {' '.join(p for p in (c.side, c.muscle) if p)}" for c in info.channels)
    known = [site for site in sites if not site.endswith(": ")]
    return "; ".join(known) or "not stated"


def _filters(channels: tuple[Channel, ...]) -> dict[str, dict[str, float]] | str:
    """Return the filters that all channels have in common, "n/a" where none is known."""
    if len({channel.prefilter for channel in channels}) != 1:
        return "n/a"
    found = {}
    for kind, number, prefix in _FILTER.findall(channels[0].prefilter):
        try:
            hertz = float(number) * {"": 1.0, "k": 1e3, "m": 1e-3}[prefix.lower()]
        except ValueError:
            continue
        found[_FILTER_NAMES[kind.upper()]] = {"CutoffFrequency": hertz}
    return found or "n/a"
