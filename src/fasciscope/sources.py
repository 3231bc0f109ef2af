"""Everything that makes samples: a board on a port, a recording, a simulated scene; and pacing.

Each source has `info`, is iterated for `Block`s, and can be closed from any thread: it then gives
what it already has and ends. How fast a recording goes is the business of `Paced`, a wrapper.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING

from fasciscope.blocks import Block, Channel, Source, StreamInfo, check_channels, check_rate
from fasciscope.device.link import open_board
from fasciscope.device.playback import GAIN
from fasciscope.device.probe import MEETING_S
from fasciscope.device.run import BLOCK_S
from fasciscope.device.stream import WAIT_S, BoardStream, check_wait
from fasciscope.errors import InputError
from fasciscope.recording import Recording

if TYPE_CHECKING:
    from fasciscope.device.messages import Configured
    from fasciscope.device.run import LinkHealth
    from fasciscope.events import Events


class SerialSource:
    """A board on a serial port. It is running, and its samples wait, once this object is there.

    Parameters
    ----------
    port : str, default "auto"
        Path or name; "auto" takes the first board that answers.
    fs_hz : float or None, default None
        Sampling rate, Hz; None is the board's own choice.
    channels : int or None, default None
        Number of channels; None is as many as muscles are named, or else the board's own choice.
    muscles : sequence of str, default ()
        Muscle of each channel, in order; those without one stay unnamed.
    every_channel : bool, default False
        Take all channels that the board has, and the last muscle named for those without one.
    side : {"", "left", "right"}
    note : str, default ""
    gain : float, default 200
        Gain of the sensor before the converter (MyoWare RAW output).
    timeout_s : float, default 5.0
        How long a board is given to answer.
    wait_s : float, default 60.0
        How long to wait for a board that goes away in the middle, seconds; 0 does not wait.
    block_s : float, default 0.1
        Least length of a block, seconds; a screen wants them shorter.
    cancelled : threading.Event or None, default None
        Set it, from another thread, to end the search for the board.
    before_start : callable or None, default None
        Called when the board has answered, before its samples begin to come.

    Raises
    ------
    InputError
        If there are more muscles than channels, or a value is out of bounds.
    DeviceError
        If no board answers, or it refuses.
    """

    def __init__(
        self,
        port: str = "auto",
        *,
        fs_hz: float | None = None,
        channels: int | None = None,
        muscles: Sequence[str] = (),
        every_channel: bool = False,
        side: str = "",
        note: str = "",
        gain: float = GAIN,
        timeout_s: float = MEETING_S,
        wait_s: float = WAIT_S,
        block_s: float = BLOCK_S,
        cancelled: threading.Event | None = None,
        before_start: Callable[[], object] | None = None,
    ) -> None:
        if fs_hz is not None:
            check_rate(fs_hz)
        if channels is not None:
            check_channels(channels)
            if len(muscles) > channels:
                raise InputError(
                    f"{len(muscles)} muscles are named, but only {channels} channels asked for."
                )
        if not (math.isfinite(gain) and gain > 0):
            raise InputError(f"The sensor's gain must be above 0, not {gain}.")
        check_wait(wait_s)
        self._block_s = block_s
        link = open_board(port, timeout_s, cancelled)
        try:
            wanted = channels if every_channel else channels or len(muscles) or None
            setup = link.configure(fs_hz, wanted)
            if every_channel and muscles:
                more = setup.channels - len(muscles)
                muscles = (*muscles, *(muscles[-1] for _ in range(more)))
            specs = _channels(setup, link.hello.reference_uv, muscles, side, gain)
            if before_start is not None:
                before_start()
            link.start()
            self._info = StreamInfo(
                fs_hz=setup.rate_mhz / 1000,
                channels=specs,
                start=datetime.now().astimezone(),
                device=link.equipment,
                note=note,
            )
            self._stream = BoardStream(link, wait_s)
        except BaseException:
            link.close()
            raise

    def clock_points(self) -> list[tuple[int, float]]:
        """Return which sample came when, about once a minute; see `BoardStream.clock_points`."""
        return self._stream.clock_points()

    live = True
    """Its samples come whether or not somebody takes them."""

    def __str__(self) -> str:
        return f"{self._stream.link} at {self._stream.link.baud:,} baud"

    @property
    def info(self) -> StreamInfo:
        """What is the same for every block."""
        return self._info

    @property
    def health(self) -> LinkHealth | None:
        """How the line and the board are doing."""
        return self._stream.health

    def __iter__(self) -> Iterator[Block]:
        return self._stream.blocks(self._block_s)

    def close(self) -> None:
        """Stop the board and let go of the port; what has come can still be iterated."""
        self._stream.close()


def _channels(
    setup: Configured, reference_uv: int, muscles: Sequence[str], side: str, gain: float
) -> tuple[Channel, ...]:
    """Return the channels, with one count in µV at the electrode; see ``PROTOCOL.md``."""
    return tuple(
        Channel(
            name=f"EMG{i + 1}",
            uv_per_count=reference_uv / setup.full_scale / gain,
            count_min=-setup.zero,
            count_max=setup.top - setup.zero,
            muscle=muscles[i] if i < len(muscles) else "",
            side=side,
        )
        for i in range(setup.channels)
    )


class ReplaySource:
    """A recording, block by block, as fast as it is asked for.

    Parameters
    ----------
    recording : Recording
    block_samples : int or None, default None
        Largest block; None is a tenth of a second.
    """

    def __init__(self, recording: Recording, block_samples: int | None = None) -> None:
        if block_samples is not None and block_samples < 1:
            raise InputError(f"A block holds at least one sample, not {block_samples}.")
        self._recording = recording
        self._block_samples = block_samples or max(round(0.1 * recording.info.fs_hz), 1)
        self._closed = threading.Event()

    @property
    def info(self) -> StreamInfo:
        """What is the same for every block."""
        return self._recording.info

    def __iter__(self) -> Iterator[Block]:
        for block in self._recording.blocks(self._block_samples):
            if self._closed.is_set():
                return
            yield block

    def close(self) -> None:
        """End the iteration at the next block."""
        self._closed.set()


class SimulatedSource(ReplaySource):
    """A simulated scene as a source; its truth is known.

    Parameters
    ----------
    scene : str, default "calf"
        Name of a scene.
    seconds : float, default 60.0
    seed : int, default 0
    fs_hz : float or None, default None
        Sampling rate, 250 to 10,000 Hz; None takes the scene's.
    block_samples : int or None, default None
        Largest block; None is a tenth of a second.
    """

    def __init__(
        self,
        scene: str = "calf",
        *,
        seconds: float = 60.0,
        seed: int = 0,
        fs_hz: float | None = None,
        block_samples: int | None = None,
    ) -> None:
        from fasciscope.simulation import simulate

        simulation = simulate(scene, seconds=seconds, seed=seed, fs_hz=fs_hz)
        super().__init__(simulation.recording, block_samples)
        self.truth: Events = simulation.truth
        """What is in it, as events."""


class Paced:
    """Another source, held back to `speed` times real time.

    Block n is given when its last sample is due, counted from the first; so the pace does not
    drift, and a taker that was slow for a moment is not slowed further.

    Parameters
    ----------
    source : Source
    speed : float, default 1.0
        Times real time; ``math.inf`` holds nothing back.

    Raises
    ------
    InputError
        If the speed is not above zero.
    """

    def __init__(self, source: Source, speed: float = 1.0) -> None:
        if not speed > 0:
            raise InputError(f"The speed must be above 0, not {speed}.")
        self._source = source
        self._speed = speed
        self._closed = threading.Event()

    @property
    def info(self) -> StreamInfo:
        """What is the same for every block."""
        return self._source.info

    def __iter__(self) -> Iterator[Block]:
        start_s = monotonic()
        pace_hz = self._speed * self.info.fs_hz
        for block in self._source:
            wait_s = start_s + block.stop_index / pace_hz - monotonic()
            if wait_s > 0 and self._closed.wait(wait_s):
                return
            yield block

    def close(self) -> None:
        """End the iteration now, in the middle of waiting too, and close the source."""
        self._closed.set()
        self._source.close()
