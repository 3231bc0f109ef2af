"""The plain answers, and when one is clear."""

from __future__ import annotations

from enum import StrEnum

from fasciscope.journal.fit import Ratio

SIGNIFICANT = 0.05
"""A p value below it, allowed for all that was looked at, makes an answer clear."""


class Verdict(StrEnum):
    """The plain answer to "is it more?"."""

    MORE = "clearly more"
    LESS = "clearly less"
    CANNOT_TELL = "cannot tell yet"
    TOO_FEW = "too few yet"
    NONE = "none at all"


def verdict_of(ratio: Ratio, p_allowed: float) -> Verdict:
    """Return the answer: clear only if the p value and the interval that is shown both say so."""
    if p_allowed >= SIGNIFICANT or ratio.low <= 1.0 <= ratio.high:
        return Verdict.CANNOT_TELL
    return Verdict.MORE if ratio.ratio > 1 else Verdict.LESS
