"""Running the bench: cases and labelled recordings in, one `Row` of figures for each out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter

from fasciscope import events as ev
from fasciscope import formats
from fasciscope.analysis import Analysis, detect
from fasciscope.bench import oracle
from fasciscope.bench.cases import FIRST_SEED, Case
from fasciscope.bench.coverage import TARGET, Coverage
from fasciscope.bench.measures import Figures, Measure, figures, measure, missed_targets
from fasciscope.recording import Recording
from fasciscope.scoring import score
from fasciscope.simulation import Simulation, simulate

Tick = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one case, or of one labelled recording.

    Parameters
    ----------
    case : str
    figures : dict
        See `measures.figures`; for the coverage, ``covered`` and ``width``.
    targets : mapping of str to float
    missed : tuple of str
        Figures that do not reach their target.
    measures : tuple of Measure
        The recordings behind it, one each.
    noise_uv : float
        For the noise sweep; NaN elsewhere.
    """

    case: str
    figures: Figures
    targets: Mapping[str, float] = field(default_factory=dict)
    missed: tuple[str, ...] = ()
    measures: tuple[Measure, ...] = ()
    noise_uv: float = math.nan


def run_case(case: Case, *, seeds: int, seconds: int, tick: Tick = lambda: None) -> Row:
    """Simulate, detect and measure one case, with the oracle beside it.

    Parameters
    ----------
    case : Case
    seeds : int
        Recordings to make.
    seconds : int
        Length of each; some cases take a multiple of it.
    tick : callable
        Called after each recording.
    """
    made: list[Simulation] = []
    measured: list[Measure] = []
    found: list[oracle.Candidates] = []
    for seed in range(FIRST_SEED, FIRST_SEED + seeds):
        one = simulate(case.scene, seconds=seconds * case.longer, seed=seed)
        analysis, took = timed(one.recording)
        measured.append(_measured(analysis, one.truth, one.recording, case.name, str(seed), took))
        if case.scene.twitching is not None:
            made.append(one)
            found.append(oracle.candidates(one))
        tick()
    if made:
        measured = _with_oracle(measured, made, found)
    values = figures(measured)
    return Row(
        case.name,
        values,
        case.targets,
        tuple(missed_targets(values, case.targets)),
        tuple(measured),
        case.noise_uv,
    )


def run_labelled(path: Path, table: Path) -> Row:
    """Read, detect and measure one labelled recording.

    Raises
    ------
    RecordingError
        If the recording or its table cannot be read.
    """
    recording = formats.read(path)
    names = [channel.name for channel in recording.info.channels]
    truth = ev.read_tsv(table, recording.info.fs_hz, names)
    analysis, took = timed(recording)
    one = _measured(analysis, truth, recording, path.name, path.name, took)
    return Row(path.name, figures([one]), measures=(one,))


def coverage_rows(results: Iterable[Coverage]) -> list[Row]:
    """Return the coverage of the rate's interval as rows of the same kind."""
    return [
        Row(
            one.name,
            {"covered": one.covered, "width": one.width},
            {"covered": TARGET[0]},
            () if one.ok else ("covered",),
        )
        for one in results
    ]


def warm_up() -> None:
    """Let the compiler do its work before anything is timed."""
    detect(simulate("calf", seconds=20, seed=0).recording)


def timed(recording: Recording) -> tuple[Analysis, float]:
    """Return the analysis of a recording, and how long it took, s."""
    begun = perf_counter()
    analysis = detect(recording)
    return analysis, perf_counter() - begun


def _measured(
    analysis: Analysis, truth: ev.Events, recording: Recording, case: str, name: str, took: float
) -> Measure:
    return measure(
        analysis.events,
        truth,
        recording.info.fs_hz,
        recording.n_samples,
        case=case,
        name=name,
        analysable=analysis.summary["analysable_s"] / recording.duration_s,
        seconds=took,
    )


def _with_oracle(
    measured: list[Measure], made: list[Simulation], found: list[oracle.Candidates]
) -> list[Measure]:
    """Return the measures with what the oracle found at its best threshold over all of them."""
    threshold = oracle.best_threshold(found, made)
    out = []
    for one, simulation, part in zip(measured, made, found, strict=True):
        events = part.above(threshold)
        right = score(events, simulation.truth, one.fs_hz).true_positives
        out.append(replace(one, oracle_right=right, oracle_found=len(events)))
    return out
