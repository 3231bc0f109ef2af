"""Names of the files that belong to one recording, after BIDS: ``NAME_events.tsv`` and others.

Path in, path out; nothing is opened.
"""

from __future__ import annotations

from pathlib import Path


def beside(path: str | Path, suffix: str) -> Path:
    """Return the path of a companion of a recording, in the recording's own folder.

    Parameters
    ----------
    path : str or Path
        The recording: ``NAME.edf`` or ``NAME_emg.edf``.
    suffix : str
        What the companion is: ``"emg.json"``, ``"events.tsv"``, ``"summary.json"``,
        ``"truth_events.tsv"``, ``"report.html"``.

    Returns
    -------
    Path
        ``NAME_suffix``, whether or not the recording's name ended in ``_emg``.

    Examples
    --------
    >>> beside("calf_emg.edf", "events.tsv").name
    'calf_events.tsv'
    """
    path = Path(path)
    stem = path.stem.removesuffix("_emg") or path.stem
    return path.with_name(f"{stem}_{suffix}")
