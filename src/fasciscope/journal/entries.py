"""What a journal holds: sessions, day notes, felt twitches, symptoms, changes.

Each is a frozen dataclass that refuses what cannot be true: dates to come, ends before starts,
numbers that are none. Words are kept as words, whatever stands in them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from fasciscope.errors import InputError
from fasciscope.journal.checks import (
    end_after,
    keep_text,
    number,
    past_day,
    past_moment,
    set_words,
)
from fasciscope.journal.muscles import check_side, key_of, plain_words

DAY_S = 86_400.0


class SymptomKind(StrEnum):
    """What a person may notice besides twitches; see `doctor` for what follows from it."""

    WEAKNESS = "weakness"
    WASTING = "wasting"
    NUMBNESS = "numbness"
    TINGLING = "tingling"
    SPEECH = "speech"
    SWALLOWING = "swallowing"
    BREATHING = "breathing"
    CRAMP = "cramp"


SYMPTOMS = {
    SymptomKind.WEAKNESS: "weakness",
    SymptomKind.WASTING: "a muscle getting thinner",
    SymptomKind.NUMBNESS: "numbness",
    SymptomKind.TINGLING: "tingling",
    SymptomKind.SPEECH: "slurred speech",
    SymptomKind.SWALLOWING: "trouble swallowing",
    SymptomKind.BREATHING: "trouble breathing",
    SymptomKind.CRAMP: "cramp",
}
"""Each symptom in words."""


@dataclass(frozen=True, slots=True)
class FamilyFigures:
    """One family of waveforms in a session: its number, twitches, and size in µV peak to peak."""

    family: int
    twitches: int
    amplitude_uv: float


@dataclass(frozen=True, slots=True)
class Sustained:
    """A stretch of sustained activity, what the signal showed and what the person says of it.

    Parameters
    ----------
    kind : {"contraction", "cramp"}
        What the detector took it for.
    start_s, duration_s : float, s
        From the start of the recording.
    build_up_s : float or None
        Time from its start until it was first four fifths as loud as it got; None if not known.
    dense : float or None
        Share of its time, 0 to 1, in which it stood clearly out of the noise.
    pain : float or None
        0 to 10, as the person says.
    hard : bool or None
        Whether the muscle was hard to the touch.
    willed : bool or None
        Whether the person tensed the muscle on purpose.
    uid : str
        Its own mark, given by the store.
    """

    kind: str
    start_s: float
    duration_s: float
    build_up_s: float | None = None
    dense: float | None = None
    pain: float | None = None
    hard: bool | None = None
    willed: bool | None = None
    uid: str = ""

    def __post_init__(self) -> None:
        if self.kind not in ("contraction", "cramp"):
            raise InputError(f"A sustained event is a contraction or a cramp, not {self.kind!r}.")
        number(self.start_s, "The start of a sustained event", 0, 400 * DAY_S)
        number(self.duration_s, "The length of a sustained event", 0, 400 * DAY_S)
        number(self.build_up_s, "The build-up", 0, 400 * DAY_S)
        number(self.dense, "The density", 0, 1)
        number(self.pain, "Pain", 0, 10)


@dataclass(frozen=True, slots=True)
class Session:
    """What one recording showed at one site.

    Parameters
    ----------
    start : datetime
        With its time zone; the day is the day there.
    analysable_s : float, s
        Time that the counts rest on.
    twitches : int
    muscle, side, posture, place : str
        Where and how; sessions are compared only if all four are the same.
    duration_s : float, s
    amplitude_uv : float or None
        Median size of the twitches, µV peak to peak; None without twitches.
    families : tuple of FamilyFigures
    contractions, cramps, artifacts : int
        Stretches that were left out.
    sustained : tuple of Sustained
    noise_uv : float or None
    quality : tuple of str
    settings, software_version : str
        What made the figures; settings as JSON.
    recording : str
        Path of the file, as it was.
    channels : str
        Names of the channels at this site, with commas between.
    note : str
    key : str
        What tells one recording's site from all others; given by `sessions`, or by the store.
    id : int
        Number in this journal, 0 before it is kept.
    """

    start: datetime
    analysable_s: float
    twitches: int
    muscle: str = ""
    side: str = ""
    posture: str = ""
    place: str = ""
    duration_s: float = 0.0
    amplitude_uv: float | None = None
    families: tuple[FamilyFigures, ...] = ()
    contractions: int = 0
    cramps: int = 0
    artifacts: int = 0
    sustained: tuple[Sustained, ...] = ()
    noise_uv: float | None = None
    quality: tuple[str, ...] = ()
    settings: str = ""
    software_version: str = ""
    recording: str = ""
    channels: str = ""
    note: str = ""
    key: str = ""
    id: int = 0

    def __post_init__(self) -> None:
        past_moment(self.start, "The start of a session")
        number(self.analysable_s, "The analysable time (s)", 0, 400 * DAY_S)
        number(self.duration_s, "The length (s)", 0, 400 * DAY_S)
        number(self.amplitude_uv, "The amplitude (µV)", 0, 1e6)
        number(self.noise_uv, "The noise (µV)", 0, 1e6)
        for name in ("twitches", "contractions", "cramps", "artifacts"):
            number(getattr(self, name), f"The number of {name}", 0, 1e9)
        set_words(self, muscle=key_of(self.muscle), side=check_side(self.side))
        for name in ("posture", "place"):
            kept = plain_words(getattr(self, name), f"The {name}", 120).lower()
            object.__setattr__(self, name, kept)
        keep_text(self, "note")

    @property
    def day(self) -> date:
        """The day, where the person was."""
        return self.start.date()

    @property
    def per_minute(self) -> float | None:
        """Twitches a minute of analysable time; None without any."""
        return 60.0 * self.twitches / self.analysable_s if self.analysable_s > 0 else None


@dataclass(frozen=True, slots=True)
class Tired:
    """A tired muscle, from 0 (fresh) to 10 (as tired as it can be)."""

    muscle: str
    level: float
    side: str = ""

    def __post_init__(self) -> None:
        number(self.level, "Fatigue", 0, 10)
        set_words(self, muscle=key_of(self.muscle), side=check_side(self.side))
        if not self.muscle:
            raise InputError("Say which muscle is tired, such as calf=6.")


NOTE_BOUNDS: dict[str, tuple[str, float, float]] = {
    "sleep_hours": ("Sleep (hours)", 0, 24),
    "sleep_quality": ("The quality of sleep", 0, 10),
    "caffeine_mg": ("Caffeine (mg)", 0, 5000),
    "stress": ("Stress", 0, 10),
    "exercise_minutes": ("Exercise (minutes)", 0, 1440),
    "fluids_l": ("Fluids (litres)", 0, 20),
    "alcohol_drinks": ("Alcohol (drinks)", 0, 60),
}
"""Each number of a day note: its name and bounds."""
NOTE_TEXTS = ("exercise", "supplements", "medicines", "text")


@dataclass(frozen=True, slots=True)
class Note:
    """What a person notes of one day; None and empty words are "not noted".

    Parameters
    ----------
    day : date
    sleep_hours : float or None
        Of the night before, hours.
    sleep_quality, stress : float or None
        0 to 10.
    caffeine_mg : float or None
        Of the whole day, mg; see `cups`.
    exercise_minutes : float or None
    fluids_l : float or None
        Litres.
    alcohol_drinks : float or None
    tired : tuple of Tired
    exercise, supplements, medicines, text : str
        Free words.
    """

    day: date
    sleep_hours: float | None = None
    sleep_quality: float | None = None
    caffeine_mg: float | None = None
    stress: float | None = None
    exercise_minutes: float | None = None
    fluids_l: float | None = None
    alcohol_drinks: float | None = None
    tired: tuple[Tired, ...] = ()
    exercise: str = ""
    supplements: str = ""
    medicines: str = ""
    text: str = ""

    def __post_init__(self) -> None:
        past_day(self.day, "The day of a note")
        for name, (what, low, high) in NOTE_BOUNDS.items():
            object.__setattr__(self, name, number(getattr(self, name), what, low, high))
        for name in NOTE_TEXTS:
            keep_text(self, name)


@dataclass(frozen=True, slots=True)
class Felt:
    """Twitches that were felt or seen, with no sensor there."""

    when: datetime
    muscle: str
    side: str = ""
    minutes: float | None = None
    strength: float | None = None
    text: str = ""
    uid: str = ""
    id: int = 0

    def __post_init__(self) -> None:
        past_moment(self.when, "The time of a felt twitch")
        number(self.minutes, "How long it lasted (minutes)", 0, 100_000)
        number(self.strength, "The strength", 0, 10)
        set_words(self, muscle=key_of(self.muscle), side=check_side(self.side))
        if not self.muscle:
            raise InputError("Say in which muscle it was felt, such as eyelid.")
        keep_text(self, "text")


@dataclass(frozen=True, slots=True)
class Symptom:
    """Something noticed besides twitches, since when, and until when if it has gone."""

    kind: SymptomKind
    since: date
    muscle: str = ""
    side: str = ""
    until: date | None = None
    text: str = ""
    uid: str = ""
    id: int = 0

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "kind", SymptomKind(self.kind))
        except ValueError:
            kinds = ", ".join(SymptomKind)
            raise InputError(f"A symptom is one of {kinds}; not {self.kind!r}.") from None
        past_day(self.since, "Since when:")
        if self.until is not None:
            past_day(self.until, "Until when:")
        end_after(self.since, self.until, SYMPTOMS[self.kind].capitalize())
        set_words(self, muscle=key_of(self.muscle), side=check_side(self.side))
        keep_text(self, "text")


@dataclass(frozen=True, slots=True)
class Change:
    """Something the person changed: "stopped coffee", from one day on."""

    day: date
    what: str
    until: date | None = None
    uid: str = ""
    id: int = 0

    def __post_init__(self) -> None:
        past_day(self.day, "The day of a change")
        if self.until is not None:
            past_day(self.until, "The end of a change")
        end_after(self.day, self.until, "The change")
        object.__setattr__(self, "what", plain_words(self.what, "What was changed", 200))
        if not self.what:
            raise InputError('Say what was changed, such as "stopped coffee".')


@dataclass(frozen=True, slots=True)
class Everything:
    """All that a journal holds, oldest first."""

    sessions: tuple[Session, ...] = field(default=())
    notes: tuple[Note, ...] = field(default=())
    felt: tuple[Felt, ...] = field(default=())
    symptoms: tuple[Symptom, ...] = field(default=())
    changes: tuple[Change, ...] = field(default=())
