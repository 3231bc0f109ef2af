"""Make the example recordings by the whole path: simulate, stream from an emulated board, record.

    python recordings/make.py [FOLDER]

Into FOLDER (default: the one this script is in) go, for each example, the recording, its sidecar
and the truth about it. It takes eight minutes, as long as the recordings are. Nothing is
overwritten: remove the old files first. The samples are the same each time; the time of recording
is not.
"""

from __future__ import annotations

import logging
import sys
from dataclasses import dataclass
from pathlib import Path

import fasciscope
from fasciscope import api, formats
from fasciscope.device.emulator import EmulatedBoard
from fasciscope.events import write_tsv
from fasciscope.sources import SerialSource

SPEED = 1.0
"""Times real time. More would do for the samples, but the sidecar keeps the measured rate."""


@dataclass(frozen=True)
class Example:
    """A scene to record, and for how long."""

    scene: str
    seconds: float
    seed: int
    fs_hz: float


EXAMPLES = (
    Example("calf", 120, 11, 2000),
    Example("rest", 60, 12, 2000),
    Example("contractions", 120, 13, 1000),
    Example("kit", 120, 14, 1000),
    Example("grid", 60, 15, 1000),
)


def make(example: Example, folder: Path) -> Path:
    """Record one example into `folder` and return its path."""
    simulation = fasciscope.simulate(
        example.scene, seconds=example.seconds, seed=example.seed, fs_hz=example.fs_hz
    )
    info = simulation.recording.info
    path = folder / f"{example.scene}_emg.edf"
    api.check_wishes(path)
    with EmulatedBoard(simulation.recording, speed=SPEED) as board:
        source = SerialSource(
            board.port,
            muscles=[channel.muscle for channel in info.channels],
            side=simulation.scene.side,
            note=f"Simulated: scene {example.scene}, seed {example.seed}; nobody was recorded",
        )
        health = api.capture(source, path)
    if health.lost:
        raise SystemExit(f"{path}: {health.lost} samples were lost. Remove it and try again.")
    names = [channel.name for channel in info.channels]
    write_tsv(formats.beside(path, "truth_events.tsv"), simulation.truth, info.fs_hz, names)
    return path


def main() -> None:
    """Make every example."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    for example in EXAMPLES:
        path = make(example, folder)
        logging.info("%s: %d bytes", path, path.stat().st_size)


if __name__ == "__main__":
    main()
