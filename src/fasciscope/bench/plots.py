"""The bench's picture: F1 by case, and F1 by noise, each with the oracle's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fasciscope.bench.running import Row
from fasciscope.errors import OutputError
from fasciscope.formats import must_not_be_recording
from fasciscope.formats.whole_file import write_whole

_MINE, _ORACLE, _TARGET = "#0072b2", "#d55e00", "#555555"


def draw(rows: Sequence[Row], path: Path) -> None:
    """Draw the rows that have an F1 into `path` (png, pdf or svg), replacing it.

    Raises
    ------
    InputError
        If a recording lies at `path`.
    OutputError
        If there is nothing to draw, or the file cannot be written.
    """
    import io

    from matplotlib.figure import Figure

    must_not_be_recording(path)

    known = [row for row in rows if not math.isnan(row.figures.get("f1", math.nan))]
    sweep = [row for row in known if not math.isnan(row.noise_uv)]
    scenes = [row for row in known if math.isnan(row.noise_uv)]
    parts = [part for part in ((_scenes, scenes), (_sweep, sweep)) if part[1]]
    if not parts:
        raise OutputError("None of these cases has an F1, so there is nothing to draw.")
    height = max(3.6, 0.32 * len(scenes) + 1.4)
    figure = Figure(figsize=(6.0 * len(parts), height), layout="constrained", dpi=120)
    for place, (draw_part, part) in enumerate(parts):
        draw_part(figure.add_subplot(1, len(parts), place + 1), part)
    picture = io.BytesIO()
    try:
        figure.savefig(picture, format=path.suffix[1:].lower() or "png")
        write_whole(path, picture.getvalue())
    except (OSError, ValueError) as error:
        raise OutputError(f"Cannot write {path}: {error}.") from error


def _scenes(axes: Any, rows: Sequence[Row]) -> None:
    places = range(len(rows))
    axes.hlines(places, 0, [row.figures["f1"] for row in rows], color=_MINE, alpha=0.25)
    _dots(axes, [row.figures["f1"] for row in rows], places, "o", _MINE, "detector")
    oracle = [row.figures["oracle_f1"] for row in rows]
    _dots(axes, oracle, places, "D", _ORACLE, "oracle: knows all waveforms", hollow=True)
    bounds = [row.targets.get("f1", math.nan) for row in rows]
    _dots(axes, bounds, places, "|", _TARGET, "target")
    axes.set_yticks(list(places), [row.case for row in rows])
    axes.invert_yaxis()
    lowest = min(row.figures["f1"] for row in rows)
    axes.set_xlim(max(0.0, min(0.9, lowest - 0.05)), 1.005)
    axes.set_xlabel("F1 at ±15 ms")
    axes.set_title("By case", loc="left", fontweight="bold")
    _tidy(axes)


def _dots(
    axes: Any,
    values: Sequence[float],
    places: Sequence[int],
    mark: str,
    colour: str,
    label: str,
    *,
    hollow: bool = False,
) -> None:
    if any(not math.isnan(value) for value in values):
        size = 180 if mark == "|" else 36
        face = {"facecolors": "none", "edgecolors": colour} if hollow else {"color": colour}
        axes.scatter(values, places, marker=mark, s=size, label=label, zorder=3, **face)


def _sweep(axes: Any, rows: Sequence[Row]) -> None:
    noise = [row.noise_uv for row in rows]
    axes.plot(noise, [row.figures["f1"] for row in rows], "o-", color=_MINE, label="detector")
    axes.plot(
        noise,
        [row.figures["oracle_f1"] for row in rows],
        "D--",
        color=_ORACLE,
        markerfacecolor="none",
        label="oracle: knows all waveforms",
    )
    axes.set_xlabel("noise, µV rms (potentials 60–120 µV peak to peak)")
    axes.set_ylabel("F1 at ±15 ms")
    axes.set_ylim(top=1.01)
    axes.set_title("By noise", loc="left", fontweight="bold")
    _tidy(axes)


def _tidy(axes: Any) -> None:
    axes.grid(visible=True, alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=3, fontsize=8, frameon=False)
