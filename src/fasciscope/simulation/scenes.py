"""Named scenes: what happens in a simulated recording, and what sees it.

A part that is None does not happen. The default board has 12 bits over 3.3 V; `kit` and `calf`
have an Uno's converter.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from fasciscope.blocks import CHANNELS_MAX
from fasciscope.errors import InputError
from fasciscope.simulation.activity import Contractions, Cramps
from fasciscope.simulation.discharges import Twitching
from fasciscope.simulation.interference import Disturbances, Heart, Hum
from fasciscope.simulation.noise import Noise
from fasciscope.simulation.potentials import Electrodes
from fasciscope.simulation.sensor import Converter, Sensor

_NOISE, _PAIR, _SENSOR, _CONVERTER = Noise(8.0), Electrodes(), Sensor(), Converter()
UNO_SENSOR = Sensor(supply_v=5.0)
UNO = Converter(bits=10, reference_v=5.0)
UNO_SUM_OF_4 = Converter(bits=10, reference_v=5.0, oversampling=4)

_ROWS_MM = (22.5, 7.5, -7.5, -22.5)
TWO_COLUMNS = Electrodes(
    tuple(((high, y), (low, y)) for y in (-6.0, 6.0) for high, low in pairwise(_ROWS_MM))
)
"""Two columns of four electrodes, 15 mm apart along the muscle, 12 mm across: six pairs."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What a simulation shows.

    Parameters
    ----------
    name, description : str
        One word, and one line for a person.
    noise : Noise
    twitching : Twitching or None
        Fasciculations. They keep clear of contractions, cramps, movements and pops, where
        nobody could tell them apart.
    contractions : Contractions or None
    cramps : Cramps or None
    disturbances : Disturbances or None
    hum : Hum or None
    heart : Heart or None
    electrodes : Electrodes
        One pair a channel.
    sensor : Sensor
    converter : Converter
    fs_hz : float, default 2000
        Sampling rate unless another is asked for.
    muscle, side : str
    """

    name: str
    description: str
    noise: Noise = _NOISE
    twitching: Twitching | None = None
    contractions: Contractions | None = None
    cramps: Cramps | None = None
    disturbances: Disturbances | None = None
    hum: Hum | None = None
    heart: Heart | None = None
    electrodes: Electrodes = _PAIR
    sensor: Sensor = _SENSOR
    converter: Converter = _CONVERTER
    fs_hz: float = 2000.0
    muscle: str = "gastrocnemius"
    side: str = "right"

    def __post_init__(self) -> None:
        n_channels = len(self.electrodes.pairs)
        if not 1 <= n_channels <= CHANNELS_MAX:
            raise InputError(f"A scene has 1 to {CHANNELS_MAX} electrode pairs, not {n_channels}.")
        rates = [part.per_minute for part in (self.contractions, self.cramps, self.heart) if part]
        if self.disturbances:
            rates += [self.disturbances.movements_per_minute, self.disturbances.pops_per_minute]
        if not all(math.isfinite(rate) and 0 <= rate <= 240 for rate in rates):
            raise InputError(f"Scene {self.name}: every rate a minute must lie between 0 and 240.")


_ALL = (
    Scene(
        "calm",
        "A quiet calf with 25 clear twitches a minute and 8 µV of noise.",
        twitching=Twitching(25.0, families=3, amplitude_uv=(80.0, 200.0, 600.0)),
    ),
    Scene("rest", "Nothing but 8 µV of noise: there is nothing to count."),
    Scene(
        "busy",
        "150 twitches a minute from 10 families, some on top of each other.",
        twitching=Twitching(150.0, families=10, amplitude_uv=(70.0, 180.0, 700.0)),
    ),
    Scene(
        "weak",
        "Small twitches, 55-110 µV, in 8 µV of noise.",
        twitching=Twitching(30.0, families=4, amplitude_uv=(55.0, 80.0, 110.0)),
    ),
    Scene(
        "kit",
        "A bare Uno at 1 kHz: 10 bits, 24 µV a step, no oversampling.",
        twitching=Twitching(30.0, families=3, amplitude_uv=(120.0, 220.0, 700.0)),
        sensor=UNO_SENSOR,
        converter=UNO,
        fs_hz=1000.0,
    ),
    Scene(
        "hum",
        "Twitches under 60 µV of mains hum that wanders.",
        twitching=Twitching(30.0, families=3, amplitude_uv=(80.0, 200.0, 600.0)),
        hum=Hum(60.0),
    ),
    Scene(
        "heart",
        "A 350 µV heartbeat at 68 a minute beside 10 twitches a minute.",
        twitching=Twitching(10.0, families=2, amplitude_uv=(80.0, 200.0, 600.0)),
        heart=Heart(350.0, per_minute=68.0),
        muscle="pectoralis",
        side="left",
    ),
    Scene(
        "movement",
        "Twitches among eight movements and electrode pops a minute.",
        twitching=Twitching(30.0, families=3, amplitude_uv=(80.0, 200.0, 600.0)),
        disturbances=Disturbances(movements_per_minute=4.0, pops_per_minute=4.0),
    ),
    Scene(
        "contractions",
        "Twitches between voluntary contractions of 1 to 20 seconds.",
        twitching=Twitching(25.0, families=3, amplitude_uv=(80.0, 200.0, 600.0)),
        contractions=Contractions(2.5),
    ),
    Scene(
        "cramp",
        "A cramp that builds up and dies away, with twitches before and after.",
        twitching=Twitching(25.0, families=3, amplitude_uv=(80.0, 200.0, 600.0)),
        cramps=Cramps(0.6),
    ),
    Scene(
        "drift",
        "Twitches in noise that wanders between 5 and 20 µV and jumps.",
        noise=Noise(10.0, range_uv=(5.0, 20.0)),
        twitching=Twitching(30.0, families=3, amplitude_uv=(150.0, 300.0, 800.0)),
    ),
    Scene(
        "calf",
        "A calf as it is: several families, doublets, a contraction, some hum, a movement; "
        "an Uno's 10 bits summed by four.",
        noise=Noise(8.0),
        twitching=Twitching(30.0, families=4, amplitude_uv=(90.0, 220.0, 700.0), echoes=0.12),
        contractions=Contractions(0.5, seconds=(4.0, 8.0), strength=(0.2, 0.4)),
        disturbances=Disturbances(movements_per_minute=0.5, movement_uv=(2000.0, 8000.0)),
        hum=Hum(12.0),
        sensor=UNO_SENSOR,
        converter=UNO_SUM_OF_4,
    ),
    Scene(
        "grid",
        "Six channels in two columns: each twitch is seen on several, later and smaller.",
        twitching=Twitching(30.0, families=5, amplitude_uv=(80.0, 220.0, 700.0)),
        contractions=Contractions(0.5, seconds=(2.0, 6.0)),
        disturbances=Disturbances(movements_per_minute=0.5, pops_per_minute=0.5),
        hum=Hum(6.0),
        electrodes=TWO_COLUMNS,
    ),
)

SCENES: dict[str, Scene] = {scene.name: scene for scene in _ALL}
"""All named scenes."""
