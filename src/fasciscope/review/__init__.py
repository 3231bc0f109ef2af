"""What a person says of what was found: events accepted, rejected, relabelled or added by hand.

An `Analysis` in; a `Review` with its changes, undone and redone at will, and figures that follow
it out. `files` keeps it beside the recording, never over the automatic events.
"""

from __future__ import annotations

from fasciscope.review.beside import follow_review
from fasciscope.review.edits import Review
from fasciscope.review.figures import reviewed_analysis
from fasciscope.review.files import (
    Reviewed,
    ReviewedElsewhereError,
    load_review,
    remark,
    review_paths,
    review_stamp,
    save_review,
)
from fasciscope.review.states import KINDS, Finding, Status

__all__ = [
    "KINDS",
    "Finding",
    "Review",
    "Reviewed",
    "ReviewedElsewhereError",
    "Status",
    "follow_review",
    "load_review",
    "remark",
    "review_paths",
    "review_stamp",
    "reviewed_analysis",
    "save_review",
]
