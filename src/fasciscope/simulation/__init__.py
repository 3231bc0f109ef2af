"""Simulated recordings built from physics, with the truth about every event in them.

    from fasciscope.simulation import simulate
    made = simulate("calf", seconds=60, seed=1)
    made.recording, made.truth

Fasciculations are generated outside contractions, cramps, movements and pops only, where they
could be told apart; what units discharge in a contraction or cramp is no fasciculation. The truth
is on the recording's own samples.
"""

from fasciscope.simulation.render import Simulation, simulate
from fasciscope.simulation.scenes import SCENES, Scene

__all__ = ["SCENES", "Scene", "Simulation", "simulate"]
