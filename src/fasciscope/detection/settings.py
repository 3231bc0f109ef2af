"""The few constants of the detector that a user may want to see or change, each with its reason."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from fasciscope.errors import InputError


@dataclass(frozen=True, slots=True)
class Settings:
    """What the detector is asked to do.

    Parameters
    ----------
    highpass_hz : float, default 20.0
        Corner of the high-pass ahead of the score. Movement and drift lie below 20 Hz, potentials
        of 8-25 ms mostly above (SENIAM recommends 10-20 Hz).
    lowpass_hz : float, default 350.0
        Corner of the low-pass. A surface potential of 8 ms has next to nothing above it, amplifier
        noise has a third of its power there. Left out where it comes near half the rate.
    threshold : float, default 17.0
        A potential must reach this multiple of the noise power in the best-fitting wavelet. In
        Gaussian noise the power is exponentially distributed, so the value sets the false alarms:
        see ``docs/detector.md`` for the measured curve.
    min_contraction_s : float, default 0.25
        Shortest stretch that is called sustained activity; shorter dense bursts are movements.

    Raises
    ------
    InputError
        If a value is outside the range that makes sense.
    """

    highpass_hz: float = 20.0
    lowpass_hz: float = 350.0
    threshold: float = 17.0
    min_contraction_s: float = 0.25

    def __post_init__(self) -> None:
        bounds = {
            "highpass_hz": (5.0, 60.0),
            "lowpass_hz": (100.0, 1000.0),
            "threshold": (5.0, 1000.0),
            "min_contraction_s": (0.1, 10.0),
        }
        for name, (low, high) in bounds.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise InputError(f"Setting {name} must lie between {low:g} and {high:g}: {value}.")

    def as_dict(self) -> dict[str, float]:
        """Return the settings by name, for the summary."""
        return asdict(self)
