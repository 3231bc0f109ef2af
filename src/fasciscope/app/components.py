"""The two canvases as NiceGUI elements: the live trace, and a recording to look through.

Their drawing is in `static/`; frames come by a websocket of their own and pictures by binary
answers, since charts fed through the page's own socket would hold neither rate nor memory.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nicegui import ui

from fasciscope.recording import Recording

_DRAW = {"fasciscope-draw": "static/draw"}


class Scope(ui.element, component="static/scope.js", esm=_DRAW):
    """The live trace of the session that runs.

    Parameters
    ----------
    label : str
        What it is, for people who cannot see it.
    idle : str
        What it says while there is nothing to show.
    """

    def __init__(self, label: str, idle: str) -> None:
        super().__init__()
        self._props.update({"label": label, "scale": 0.0, "idle": idle})

    def set_scale(self, uv: float) -> None:
        """Show ± `uv` µV; 0 fits the picture to the signal."""
        self._props["scale"] = float(uv)
        self.update()


class Signal(ui.element, component="static/signal.js", esm=_DRAW):
    """A recording to look through.

    Parameters
    ----------
    recording : Recording
    file : str
        What the app calls it.
    strip : bool, default True
        Whether the whole length is shown above.
    """

    def __init__(self, recording: Recording, file: str, *, strip: bool = True) -> None:
        super().__init__()
        n = recording.info.n_channels
        self._props.update(
            {
                "file": file,
                "label": f"Signal of {recording.name}",
                "fs": recording.info.fs_hz,
                "length": recording.n_samples,
                "names": [channel.name for channel in recording.info.channels],
                "shown": list(range(min(n, 4))),
                "strip": strip,
                "version": 0,
                "scale": 0.0,
                "selected": -1,
            }
        )

    def set(self, **props: Any) -> None:
        """Change what is shown: ``shown`` channels, ``version``, ``scale``, ``selected``."""
        if any(self._props.get(name) != value for name, value in props.items()):
            self._props.update(props)
            self.update()

    def on_event(self, name: str, act: Callable[[dict[str, Any]], object]) -> None:
        """Call `act` with what the canvas tells: ``pick``, ``place``, ``span`` or ``window``."""
        self.on(name, lambda e: act(dict(e.args)))
