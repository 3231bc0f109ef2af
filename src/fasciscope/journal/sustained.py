"""Twitch or cramp: what the signal of a sustained event showed, beside what the person says of it.

A recording and an event in, its figures out; figures in, sentences out. The signal cannot feel
pain: whether it was a cramp, only both sides together can say, and sometimes not even they.

References
----------
Minetto et al., J Neurophysiol 2009, PMID 19571196: electrically elicited cramps, units active for
24 +- 16 s at 14.5 pulses/s.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fasciscope.events import Kind
from fasciscope.journal.entries import Sustained
from fasciscope.recording import Recording
from fasciscope.report.shape import without_drift
from fasciscope.report.words import span

WINDOW_S = 0.05
"""Loudness is taken over so long; a potential of 8-25 ms fits in."""
SMOOTH_S = 0.5
FULL = 0.8
"""Built up: this share of the loudest half second."""
STANDS_OUT = 2.5
"""A window as many times louder than the noise counts as active."""
LONGEST_S = 600.0
"""Of a longer event the first ten minutes are measured."""
SLOW_S = 1.5
LONG_S = 8.0
DENSE = 0.8


def measured(
    recording: Recording,
    channel: int,
    kind: Kind,
    samples: tuple[int, int],
    noise_uv: float | None,
) -> Sustained:
    """Return how long a sustained event was, how it built up and how dense it was.

    Parameters
    ----------
    recording : Recording
    channel : int
    kind : Kind
        `Kind.CRAMP` or `Kind.CONTRACTION`.
    samples : (int, int)
        Half-open range.
    noise_uv : float or None
        Noise floor, µV rms; without it the density is not known.
    """
    fs_hz = recording.info.fs_hz
    start, stop = max(0, samples[0]), min(recording.n_samples, samples[1])
    last = min(stop, start + round(LONGEST_S * fs_hz))
    loud = _loudness(without_drift(recording, channel, start, last), fs_hz)
    word = "cramp" if kind is Kind.CRAMP else "contraction"
    length_s = round((stop - start) / fs_hz, 3)
    if len(loud) == 0:
        return Sustained(word, round(start / fs_hz, 3), length_s)
    n = max(1, min(len(loud), round(SMOOTH_S / WINDOW_S)))
    smooth = np.convolve(loud, np.ones(n) / n, mode="valid")
    built = int(np.argmax(smooth >= FULL * smooth.max())) * WINDOW_S
    dense = None if not noise_uv else round(float((loud > STANDS_OUT * noise_uv).mean()), 3)
    return Sustained(word, round(start / fs_hz, 3), length_s, round(built, 2), dense)


def _loudness(uv: NDArray[np.float64], fs_hz: float) -> NDArray[np.float64]:
    """Return the root mean square of each window, without those in gaps."""
    n = max(1, round(WINDOW_S * fs_hz))
    windows = uv[: len(uv) // n * n].reshape(-1, n)
    windows = windows[np.isfinite(windows).all(axis=1)]
    return np.asarray(np.sqrt((windows**2).mean(axis=1)), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Sentences about one event: what the signal showed, what the person says, both together."""

    signal: tuple[str, ...]
    person: tuple[str, ...]
    together: str


TWITCH_OR_CRAMP = (
    "A twitch is over in a few hundredths of a second, and moves part of a muscle at most. A cramp "
    "is a whole muscle, or much of it, that tightens by itself, hurts, feels hard, and lasts "
    "seconds to minutes."
)


def explain(event: Sustained) -> Explanation:
    """Return what can be said of a sustained event."""
    return Explanation(_signal(event), _person(event), _together(event))


def _signal(event: Sustained) -> tuple[str, ...]:
    out = [
        f"It lasted {span(event.duration_s)}; a single twitch is over in a few hundredths of one."
    ]
    if event.build_up_s is not None:
        if event.build_up_s >= SLOW_S:
            out.append(f"It swelled: {span(event.build_up_s)} went by until it was nearly full.")
        else:
            out.append("It came at once: within a moment it was nearly full.")
    if event.dense is not None:
        share = f"{100 * event.dense:.0f} % of its time"
        if event.dense >= DENSE:
            out.append(f"It was dense: activity stood out of the noise in {share}.")
        else:
            out.append(f"It had pauses: activity stood out of the noise in {share}.")
    return tuple(out)


def _person(event: Sustained) -> tuple[str, ...]:
    out = []
    if event.pain is not None:
        out.append("No pain." if event.pain == 0 else f"Pain: {event.pain:g} of 10.")
    if event.hard is not None:
        out.append("The muscle was hard." if event.hard else "The muscle was not hard.")
    if event.willed is not None:
        out.append("Tensed on purpose." if event.willed else "Not tensed on purpose.")
    return tuple(out) or (
        "Nothing noted yet: did it hurt, was the muscle hard, was it on purpose?",
    )


def looks_like_cramp(event: Sustained) -> bool:
    """Say whether the signal is as that of a cramp may be: long, and swelling or dense."""
    swelled = event.build_up_s is not None and event.build_up_s >= SLOW_S
    dense = event.dense is not None and event.dense >= DENSE
    return event.duration_s >= LONG_S and (swelled or dense)


def _together(event: Sustained) -> str:
    if event.willed:
        return "You tensed the muscle yourself, so this is a contraction of your own, no cramp."
    hurts = event.pain is not None and event.pain > 0
    if event.willed is False and hurts and event.hard:
        if looks_like_cramp(event):
            return (
                "Painful, hard, not on purpose, and long in the signal: that is what people call a "
                "cramp."
            )
        return (
            "What you felt is what people call a cramp; in the signal it was short or came with "
            "pauses, as at the edge of a cramp, or with the electrodes beside it."
        )
    if event.willed is False and event.pain == 0:
        return (
            "Not on purpose and without pain: a muscle that was held without noticing, as in "
            "holding a posture, looks the same in the signal."
        )
    if looks_like_cramp(event):
        return (
            "In the signal it may be a cramp or a muscle held tight; the two look alike there. "
            "What you felt tells them apart."
        )
    return (
        "In the signal it looks like a muscle that was tensed for a while, by will or not. What "
        "you felt says more than the signal."
    )
