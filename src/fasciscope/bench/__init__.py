"""The bench: how right the detector is, on scenes and recordings whose truth is known.

    from fasciscope.bench import CASES, run_case
    run_case(CASES["weak"], seeds=3, seconds=300).figures["f1"]

Beside each simulated case stands an oracle that knows every true waveform: the ceiling.
"""

from fasciscope.bench.cases import CASES, GROUPS, Case, chosen
from fasciscope.bench.running import Row, run_case, run_labelled

__all__ = ["CASES", "GROUPS", "Case", "Row", "chosen", "run_case", "run_labelled"]
