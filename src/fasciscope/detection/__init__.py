"""Pure numerics: blocks of samples in, events out. Knows no files, ports, plots or clocks."""

from fasciscope.detection.detector import Detector
from fasciscope.detection.families import Family
from fasciscope.detection.settings import Settings

__all__ = ["Detector", "Family", "Settings"]
