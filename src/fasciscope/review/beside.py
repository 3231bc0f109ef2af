"""The figures of a recording as they stand after the review beside it, wherever they are used."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from fasciscope.analysis import Analysis
from fasciscope.errors import RecordingError
from fasciscope.review.figures import reviewed_analysis
from fasciscope.review.files import load_review, remark


def follow_review(recording: str | Path, automatic: Analysis) -> tuple[Analysis, str]:
    """Return the analysis as the review beside a recording left it, and a sentence on that.

    Parameters
    ----------
    recording : str or Path
        Where the recording is; the review is looked for beside it.
    automatic : Analysis
        What was found in the whole of it, all channels.

    Returns
    -------
    Analysis
        `automatic` itself where there is no review or nothing was said in it. Otherwise the
        sentence is the first of its ``quality``.
    str
        Who reviewed it and what was said, or that the review cannot be read and the figures are
        the automatic ones; "" where there is none.
    """
    try:
        review, by = load_review(recording, automatic)
    except RecordingError as error:
        sentence = f"{error} The figures are those found by itself."
        quality = [sentence, *automatic.summary["quality"]]
        return replace(automatic, summary={**automatic.summary, "quality": quality}), sentence
    sentence = remark(automatic, review, by)
    if not sentence:
        return automatic, ""
    return reviewed_analysis(automatic, review, sentence), sentence
