"""A made-up half year with known truth, to try the journal on and to test its figures.

A seed in; entries and the truth about them out. Nobody lived it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np

from fasciscope.errors import InputError
from fasciscope.journal.entries import (
    Change,
    Everything,
    FamilyFigures,
    Felt,
    Note,
    Session,
    Symptom,
    SymptomKind,
    Tired,
)

FIRST_DAY = date(2024, 1, 8)
SITES = (("calf", "left"), ("quadriceps", "right"), ("hand", "left"))
RATES = (6.0, 3.0, 1.5)
"""Twitches a minute at each site, without caffeine."""
MADE_UP = "Simulated; nobody was recorded."


@dataclass(frozen=True, slots=True)
class Truth:
    """What is put in.

    Parameters
    ----------
    caffeine : float, default 1.4
        Ratio of twitches a minute for 200 mg more caffeine.
    rise : float, default 1.6
        Ratio from `rise_day` on, in `SITES[rise_site]` alone.
    rise_day : int, default 100
        Counted from 0.
    rise_site : int, default 0
    overdispersion : float, default 0.3
        Variance of a session's rate, as a share of its square.
    """

    caffeine: float = 1.4
    rise: float = 1.6
    rise_day: int = 100
    rise_site: int = 0
    overdispersion: float = 0.3


@dataclass(frozen=True, slots=True)
class MadeUp:
    """Entries, and the truth they were made from."""

    entries: Everything
    truth: Truth
    split: date


def half_year(
    seed: int = 0,
    *,
    days: int = 182,
    sessions: int = 150,
    truth: Truth | None = None,
    first_day: date = FIRST_DAY,
) -> MadeUp:
    """Make up a journal.

    Parameters
    ----------
    seed : int, default 0
    days : int, default 182
        1 to 4000; every one of them has a note.
    sessions : int, default 150
        1 to 100,000, in turn at three sites.
    truth : Truth or None, default None
    first_day : date, default 8 January 2024

    Raises
    ------
    InputError
        If a number is out of bounds.
    """
    if not (1 <= days <= 4000 and 1 <= sessions <= 100_000 and seed >= 0):
        raise InputError("A made-up journal has 1-4000 days, 1-100,000 sessions, and a seed >= 0.")
    truth = truth or Truth()
    rng = np.random.default_rng(seed)
    caffeine = rng.choice([0, 90, 180, 270, 360], days, p=[0.25, 0.2, 0.25, 0.2, 0.1]).astype(float)
    notes = tuple(
        _note(rng, first_day + timedelta(days=d), float(caffeine[d])) for d in range(days)
    )
    at = np.sort(rng.integers(0, days, sessions))
    kept = tuple(
        _session(rng, k, int(d), k % len(SITES), float(caffeine[d]), truth, first_day)
        for k, d in enumerate(at)
    )
    split = first_day + timedelta(days=truth.rise_day)
    entries = Everything(
        kept, notes, _felt(rng, days, first_day), _symptoms(days, first_day), _changes(days, split)
    )
    return MadeUp(entries, truth, split)


def _session(
    rng: np.random.Generator,
    number: int,
    day: int,
    site: int,
    caffeine_mg: float,
    truth: Truth,
    first_day: date,
) -> Session:
    minutes = float(rng.uniform(6, 15))
    rate = RATES[site] * math.exp(math.log(truth.caffeine) * caffeine_mg / 200)
    if site == truth.rise_site and day >= truth.rise_day:
        rate *= truth.rise
    spread = truth.overdispersion
    level = float(rng.gamma(1 / spread, spread)) if spread > 0 else 1.0
    twitches = int(rng.poisson(rate * minutes * level))
    size = float(120 * math.exp(rng.normal(0, 0.25)))
    start = datetime.combine(first_day + timedelta(days=day), time(20, 0), UTC)
    families: tuple[FamilyFigures, ...] = ()
    if twitches > 3:
        larger = int(rng.binomial(twitches, 0.3))
        families = (
            FamilyFigures(1, twitches - larger, round(0.8 * size, 1)),
            FamilyFigures(2, larger, round(1.9 * size, 1)),
        )
    muscle, side = SITES[site]
    more: dict[str, Any] = {"posture": "lying", "place": "middle of the muscle"}
    return Session(
        start + timedelta(minutes=float(rng.integers(0, 120))),
        round(60 * minutes, 1),
        twitches,
        muscle,
        side,
        duration_s=round(60 * minutes + float(rng.uniform(0, 60)), 1),
        amplitude_uv=round(size, 1) if twitches else None,
        families=families,
        noise_uv=round(float(rng.uniform(5, 8)), 1),
        quality=(MADE_UP,),
        software_version="simulated",
        key=f"simulated-{number}-{start:%Y%m%d}-{muscle}",
        **more,
    )


def _note(rng: np.random.Generator, day: date, caffeine_mg: float) -> Note:
    return Note(
        day,
        sleep_hours=round(float(np.clip(rng.normal(7, 1.1), 2, 12)), 1),
        sleep_quality=float(rng.integers(2, 10)),
        caffeine_mg=caffeine_mg,
        stress=float(np.clip(round(rng.normal(4, 2.2)), 0, 10)),
        exercise_minutes=float(rng.choice([0, 0, 20, 30, 45, 60])),
        fluids_l=round(float(rng.uniform(1, 2.8)), 1),
        alcohol_drinks=float(rng.choice([0, 0, 0, 1, 2])),
        tired=(Tired("calf", float(rng.integers(0, 8))),) if rng.random() < 0.6 else (),
    )


def _felt(rng: np.random.Generator, days: int, first_day: date) -> tuple[Felt, ...]:
    places = (("calf", "left"), ("eyelid", "right"), ("foot", "left"))
    out = []
    for day in range(days):
        if rng.random() < 0.15:
            muscle, side = places[int(rng.integers(0, 3))]
            when = datetime.combine(first_day + timedelta(days=day), time(9, 0), UTC)
            minutes = float(rng.integers(1, 40))
            out.append(Felt(when, muscle, side, minutes, uid=f"simulated-felt-{day}"))
    return tuple(out)


def _symptoms(days: int, first_day: date) -> tuple[Symptom, ...]:
    if days < 60:
        return ()
    night = first_day + timedelta(days=57)
    cramp = Symptom(
        SymptomKind.CRAMP, night, "calf", "left", night, "at night", "simulated-symptom-1"
    )
    return (cramp,)


def _changes(days: int, split: date) -> tuple[Change, ...]:
    day = split + timedelta(days=20)
    if days < 150:
        return ()
    return (Change(day, "went swimming twice a week", uid="simulated-change-1"),)
