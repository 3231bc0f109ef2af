"""The smallest host: it talks to a simulated chip in process, by the cycle, the same each time.

The link that people use is `fasciscope.device`; here the same frames go in and out without a port
or a clock, so that what comes can be held against what was on the converter's inputs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fasciscope.device import messages as m
from fasciscope.device.protocol import FrameDecoder, encode
from simulator.avr import SimulatedAvr
from simulator.library import SimulatorError

_STEP_S = 0.002
_PATIENCE_S = 0.4


@dataclass(frozen=True, slots=True)
class Check:
    """What came, held against what was on the inputs.

    Parameters
    ----------
    scans : int
        Scans that should have come.
    lost : int
        Of them, those that never came.
    differing : int
        Of those that came, the ones with another value.
    """

    scans: int
    lost: int
    differing: int

    @property
    def clean(self) -> bool:
        """Whether all came as they were."""
        return not (self.lost or self.differing)


class Host:
    """Talk to `avr`.

    Parameters
    ----------
    avr : SimulatedAvr
    mangle : callable or None, default None
        Gets each portion of bytes from the board and returns what arrives.
    """

    def __init__(self, avr: SimulatedAvr, mangle: Callable[[bytes], bytes] | None = None) -> None:
        self.avr = avr
        self.decoder = FrameDecoder()
        self.messages: list[m.Message] = []
        self.setup: m.Configured | None = None
        self._mangle = mangle
        self._id = 0
        self._first_conversion = 0

    def run(self, seconds: float) -> list[m.Message]:
        """Let time go by; return the messages that came, which also go to `messages`."""
        data = self.avr.run(seconds)
        came = self.decoder.feed(self._mangle(data) if self._mangle else data)
        self.messages += came
        return came

    def of(self, kind: type[m.Message]) -> list[m.Message]:
        """Return the messages of one kind that have come so far."""
        return [message for message in self.messages if isinstance(message, kind)]

    def ask(self, code: int, body: bytes = b"") -> m.Reply:
        """Send a command, again if it is not answered in time, and return the reply.

        Raises
        ------
        SimulatorError
            If five times there is none.
        """
        self._id = self._id % 255 + 1
        for _ in range(5):
            self.avr.send(b"\0" + encode(m.Command(self._id, code, body)))
            for _ in range(round(_PATIENCE_S / _STEP_S)):
                for message in self.run(_STEP_S):
                    if isinstance(message, m.Reply) and (message.id, message.code) == (
                        self._id,
                        code,
                    ):
                        return message
        raise SimulatorError(f"The board did not answer command {code}.")

    def hello(self) -> m.HelloReply:
        """Return what the board says of itself."""
        return m.HelloReply.read(self.ask(m.CommandCode.HELLO, b"\1\2\3\4").body)

    def configure(self, rate_hz: float = 0, channels: int = 0, oversampling: int = 0) -> m.Reply:
        """Ask for a way to sample; `setup` is then what the board said, if it took it."""
        wish = m.Configure(round(rate_hz * 1000), channels, oversampling)
        reply = self.ask(m.CommandCode.CONFIGURE, wish.write())
        self.setup = None if reply.result else m.Configured.read(reply.body)
        return reply

    def start(self, run: int = 1) -> None:
        """Begin a run, with nothing in `messages`."""
        self._first_conversion = len(self.avr.conversions)
        self.messages.clear()
        reply = self.ask(m.CommandCode.START, bytes((run,)))
        if reply.result:
            raise SimulatorError(f"The board refused to start: {m.Reason(reply.result).name}.")

    def stop(self) -> m.Stopped:
        """End the run."""
        return m.Stopped.read(self.ask(m.CommandCode.STOP).body)

    def injected(self) -> NDArray[np.uint16]:
        """Return what the samples of this run should be, shape (n_scans, n_channels)."""
        assert self.setup is not None
        return self.avr.injected(
            self._first_conversion, self.setup.channels, self.setup.oversampling
        )

    @property
    def triggers(self) -> NDArray[np.int64]:
        """Cycle of each conversion of this run, shape (n,), int64."""
        return self.avr.trigger_cycles[self._first_conversion :].astype(np.int64)

    def check(self, n_scans: int) -> Check:
        """Hold the first `n_scans` scans of the run against what was on the inputs."""
        expected = self.injected()[:n_scans]
        seen = np.zeros(n_scans, dtype=bool)
        differing = n_scans - len(expected)
        for data in self.of(m.Data):
            stop = min(data.index + data.n_scans, n_scans)
            if data.index < stop:
                seen[data.index : stop] = True
                wrong = data.values[: stop - data.index] != expected[data.index : stop]
                differing += int(wrong.any(axis=1).sum())
        return Check(n_scans, int((~seen).sum()), differing)
