"""Coverage-guided fuzzing with atheris, time-bounded: ``python tests/fuzz/run.py recording 60``."""

from __future__ import annotations

import sys
import tempfile
import warnings
from pathlib import Path

import atheris

warnings.simplefilter("ignore")
with atheris.instrument_imports(include=["fasciscope", "edfio"]):
    import seeds
    import targets


def main() -> None:
    """Fuzz the target named first for so many seconds as named second."""
    name, seconds = sys.argv[1], int(sys.argv[2])
    with tempfile.TemporaryDirectory() as corpus:
        for number, make in enumerate(seeds.SEEDS[name]):
            (Path(corpus) / str(number)).write_bytes(make())
        options = [
            sys.argv[0],
            corpus,
            f"-max_total_time={seconds}",
            "-max_len=16384",
            "-timeout=10",
            "-rss_limit_mb=2048",
            "-verbosity=0",
            f"-artifact_prefix={Path.cwd() / 'fuzz-'}",
        ]
        atheris.Setup(options, targets.TARGETS[name])
        atheris.Fuzz()


if __name__ == "__main__":
    main()
