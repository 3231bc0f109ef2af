"""The named cases of the bench: simulated scenes, each with the figures it should reach.

A case is a scene, how much of it is needed, and targets. Scenes that the simulation has are used
as they are; the others are made here from its parts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from fasciscope.errors import InputError
from fasciscope.simulation import SCENES, Scene
from fasciscope.simulation.discharges import Twitching
from fasciscope.simulation.interference import Hum
from fasciscope.simulation.noise import Noise

FIRST_SEED = 7000
"""Seeds begin here: no test and no example of ours uses them."""


@dataclass(frozen=True, slots=True)
class Case:
    """Something to measure.

    Parameters
    ----------
    name : str
    scene : Scene
    targets : mapping of str to float
        Figure (see `measures.figures`) and the bound that it should keep.
    longer : int, default 1
        How many times the usual length: rare events need more time to be counted.
    noise_uv : float, default NaN
        Set for the cases of the noise sweep.
    """

    name: str
    scene: Scene
    targets: Mapping[str, float] = field(default_factory=dict)
    longer: int = 1
    noise_uv: float = float("nan")


_CLEAR = (80.0, 200.0, 600.0)  # µV peak to peak: least, middle, largest
_REST = Scene(
    "bench-rest",
    "Quiet muscle, 32 clear twitches a minute with doublets, 8 µV of noise.",
    twitching=Twitching(32.0, families=4, amplitude_uv=_CLEAR, echoes=0.12),
)
_REST_TARGETS = {"f1": 0.985, "false_per_minute": 0.2, "time_error_ms": 1.0}
_EMPTY_TARGETS = {"false_per_minute": 0.05}
_SUSTAINED_TARGETS = {"sustained": 1.0, "inside": 0.0, "told": 0.8, "false_per_minute": 0.2}

_ALL = (
    Case("rest", _REST, _REST_TARGETS),
    Case("rest-4k", replace(_REST, fs_hz=4000.0), _REST_TARGETS),
    Case("weak", SCENES["weak"], {"f1": 0.95}),
    Case("kit", SCENES["kit"], {"f1": 0.93}),
    Case(
        "slow",
        Scene(
            "bench-slow",
            "500 samples a second, 6 µV of noise, twitches from 120 µV.",
            noise=Noise(6.0),
            twitching=Twitching(30.0, families=3, amplitude_uv=(120.0, 220.0, 700.0)),
            fs_hz=500.0,
        ),
        {"f1": 0.97},
    ),
    Case("busy", SCENES["busy"], {"f1": 0.95}),
    Case("empty", SCENES["rest"], _EMPTY_TARGETS, longer=4),
    Case(
        "empty-white",
        replace(SCENES["rest"], name="bench-white", noise=Noise(8.0, corner_hz=1.0)),
        _EMPTY_TARGETS,
        longer=4,
    ),
    Case(
        "empty-pink",
        replace(SCENES["rest"], name="bench-pink", noise=Noise(8.0, corner_hz=300.0)),
        _EMPTY_TARGETS,
        longer=4,
    ),
    Case(
        "empty-kit",
        replace(SCENES["kit"], name="bench-empty-kit", twitching=None),
        _EMPTY_TARGETS,
        longer=4,
    ),
    Case("hum", SCENES["hum"], {"f1": 0.96}),
    Case(
        "hum-60",
        replace(SCENES["hum"], name="bench-hum-60", hum=Hum(60.0, hz=60.0)),
        {"f1": 0.96},
    ),
    Case("heart", SCENES["heart"], {"f1": 0.95, "false_per_minute": 0.3}),
    Case("movement", SCENES["movement"], {"f1": 0.95, "false_per_minute": 0.3}),
    Case("contractions", SCENES["contractions"], _SUSTAINED_TARGETS),
    Case("cramp", SCENES["cramp"], _SUSTAINED_TARGETS, longer=2),
    Case("drift", SCENES["drift"], {"f1": 0.97}),
    Case(
        "families",
        Scene(
            "bench-families",
            "Five families, each of at least ten times the noise.",
            twitching=Twitching(40.0, families=5, amplitude_uv=_CLEAR),
        ),
        {"rand": 0.9, "family": 0.9},
    ),
)

_SWEEP = tuple(
    Case(
        f"noise-{uv:g}",
        Scene(
            "bench-sweep",
            "Twitches of 60-120 µV in more and more noise.",
            noise=Noise(uv),
            twitching=Twitching(30.0, families=4, amplitude_uv=(60.0, 85.0, 120.0)),
        ),
        noise_uv=uv,
    )
    for uv in (4.0, 6.0, 8.0, 10.0, 14.0, 20.0)
)

CASES: dict[str, Case] = {case.name: case for case in (*_ALL, *_SWEEP)}
"""All simulated cases by name."""
GROUPS: dict[str, tuple[str, ...]] = {
    "scenes": tuple(case.name for case in _ALL),
    "sweep": tuple(case.name for case in _SWEEP),
}
"""Names that stand for several cases."""


def chosen(names: Sequence[str], others: Sequence[str] = ()) -> list[str]:
    """Return the cases that names stand for, groups opened up, each once, in the order given.

    Parameters
    ----------
    names : sequence of str
        Of `CASES`, `GROUPS` or `others`.
    others : sequence of str, default ()
        Further names that are allowed, and stand for themselves.

    Raises
    ------
    InputError
        If a name is none of these; the text lists those that there are.
    """
    opened: list[str] = []
    for name in names:
        if name not in CASES and name not in GROUPS and name not in others:
            raise InputError(
                f"The bench has no case named {name!r}. It has: {', '.join([*others, *GROUPS])} "
                f"(several at once), and {', '.join(CASES)}."
            )
        opened += GROUPS.get(name, (name,))
    return list(dict.fromkeys(opened))
