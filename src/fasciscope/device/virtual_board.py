"""A board in software, without a port: commands in, frames out, time passed in.

It speaks ``firmware/PROTOCOL.md`` and plays a recording: gaps become scans that the board had to
drop, markers become presses of its button. At the recording's end it stops by itself, unless it
plays in a loop.
"""

from __future__ import annotations

import numpy as np

from fasciscope.device.messages import (
    PROTOCOL_MAJOR,
    PROTOCOL_MINOR,
    SAMPLE_BYTES_MAX,
    BoardMarker,
    Boot,
    Command,
    CommandCode,
    Configure,
    Configured,
    Data,
    HelloReply,
    Marked,
    Reason,
    Reply,
    State,
    Status,
    Stopped,
    Waveform,
)
from fasciscope.device.playback import Playback
from fasciscope.device.protocol import FrameDecoder, encode
from fasciscope.errors import FasciscopeError
from fasciscope.recording import Recording

TICK_HZ = 1_000_000
FRAMES_PER_S = 31.25
"""Data frames a second that the board aims at."""
_RATE_TOLERANCE = 500e-6


class _RefusedError(FasciscopeError):
    """A command cannot be carried out."""

    def __init__(self, reason: Reason, bound: int = 0) -> None:
        super().__init__(reason.name)
        self.reason, self.bound = reason, bound


class VirtualBoard:
    """The board's side of the protocol.

    Parameters
    ----------
    recording : Recording
        What it plays; it offers that rate and those channels and no other. See `Playback`.
    loop : bool, default False
        Begin again at the end; the index goes on.
    boot_id : int, default 1
    version : tuple of int, default (1, 0)
        Protocol version that it claims.
    name : str, default "Emulated board"

    Raises
    ------
    InputError
        If the recording is empty.
    """

    def __init__(
        self,
        recording: Recording,
        *,
        loop: bool = False,
        boot_id: int = 1,
        version: tuple[int, int] = (PROTOCOL_MAJOR, PROTOCOL_MINOR),
        name: str = "Emulated board",
    ) -> None:
        self._playback = Playback(recording, loop)
        self._version, self._name = version, name
        self.boot_id = boot_id
        self.level = 0
        self._reset()

    def _reset(self) -> None:
        self._decoder = FrameDecoder()
        self._setup: Configured | None = None
        self._waveform = Waveform.SENSOR
        self._last_reply: tuple[int, int, bytes] | None = None
        self._run = 0
        self._begin(0)
        self.running = False

    def _begin(self, run: int) -> None:
        self._run = run
        self._due = self._sequence = self._dropped = self._n_marks = 0
        self._repeat: list[BoardMarker] = []
        self.index = 0  # scans triggered and, but for the last frame, sent
        self.running = True

    def boot(self) -> bytes:
        """Start anew, as after a reset, and return what a board sends first."""
        self._reset()
        return b"\0" + encode(Boot(*self._version, self.boot_id, cause=2))

    @property
    def fs_hz(self) -> float:
        """Sampling rate of the recording, Hz."""
        return self._playback.fs_hz

    @property
    def at_end(self) -> bool:
        """Whether the recording has been played to its end."""
        return not self._waveform and self._playback.ended(self.index)

    @property
    def scans_to_next_frame(self) -> int:
        """Scans from `index` on that make the next data frame full."""
        return self._setup.scans_per_frame if self._setup else 1

    def status(self) -> bytes:
        """Return a status frame, and the markers that are to be repeated behind it."""
        tick = round(max(self.index - 1, 0) / self.fs_hz * TICK_HZ) & 0xFFFFFFFF
        status = Status(
            self._run,
            State.RUNNING if self.running else State.IDLE,
            self.level,
            tick,
            self.index & 0xFFFFFFFF,
            self._dropped,
            self._decoder.counters.damaged & 0xFFFF,
            self._n_marks & 0xFFFF,
            self.boot_id & 0xFFFF,
        )
        repeats, self._repeat = self._repeat, []
        return encode(status) + b"".join(map(encode, repeats))

    # -- samples -----------------------------------------------------------------------------

    def advance(self, due: int, max_bytes: int = 1 << 16) -> bytes:
        """Return the frames that are full when `due` scans of the run have been triggered.

        Parameters
        ----------
        due : int
            Scans since the start of the run that time allows for.
        max_bytes : int, default 65536
            Stop making frames once there are so many bytes.
        """
        out = bytearray()
        self._due = due
        while self.running and len(out) < max_bytes:
            start = self.index
            n_scans, lost = self._stretch(self.scans_to_next_frame)
            if n_scans > due - start:
                break
            out += self._scans(n_scans, lost)
            if int(start / self.fs_hz) != int(self.index / self.fs_hz):
                out += self.status()
            if self.at_end:
                self.running = False
                out += self.status()
        return bytes(out)

    def skip(self, due: int) -> None:
        """Drop the frames that are full when `due` scans have been triggered: no room for them."""
        self._due = due
        while self.running:
            n_scans, _ = self._stretch(self.scans_to_next_frame)
            if n_scans > due - self.index:
                break
            self._scans(n_scans, lost=True)
            self.running = not self.at_end

    def _stretch(self, most: int) -> tuple[int, bool]:
        return (most, False) if self._waveform else self._playback.stretch(self.index, most)

    def _scans(self, n_scans: int, lost: bool) -> bytes:
        """Return the frame of the next scans, and the button's presses among them."""
        out = b""
        if lost:
            self._dropped += n_scans
        else:
            n_channels = self._setup.channels if self._setup else 1
            if self._waveform is Waveform.RAMP:
                scans = np.arange(self.index, self.index + n_scans)[:, np.newaxis]
                ramp = scans + 64 * np.arange(n_channels)
                values = (ramp % (self._playback.converter.top + 1)).astype("<u2")
            else:
                values = self._playback.values(self.index, n_scans, n_channels)
            first = self.index & 0xFFFFFFFF
            out = encode(Data(self._run, self._sequence, first, n_scans, values.tobytes()))
            self._sequence = (self._sequence + 1) & 0xFFFF
        self.index += n_scans
        return out + b"".join(map(encode, self._presses()))

    def _presses(self) -> list[BoardMarker]:
        pressed = []
        while not self._waveform:
            index = self._playback.mark(self._n_marks)
            if index is None or index >= self.index:
                break
            self._n_marks += 1
            number = self._n_marks & 0xFFFF
            pressed.append(BoardMarker(self._run, 1, number, index & 0xFFFFFFFF))
        self._repeat += pressed
        return pressed

    # -- commands ----------------------------------------------------------------------------

    def receive(self, data: bytes) -> bytes:
        """Take bytes from the host and return the replies to the commands that they complete."""
        return b"".join(
            self._answer(message)
            for message in self._decoder.feed(data)
            if isinstance(message, Command)
        )

    def _answer(self, command: Command) -> bytes:
        if self._last_reply is not None and self._last_reply[:2] == (command.id, command.code):
            return self._last_reply[2]
        before = b""
        try:
            before, body = self._carry_out(command)
            reply = Reply(command.id, command.code, Reason.OK, body)
        except _RefusedError as refused:
            bound = refused.bound.to_bytes(4, "little")
            reply = Reply(command.id, command.code, refused.reason, bound)
        wire = encode(reply)
        hello = command.code == CommandCode.HELLO
        self._last_reply = None if hello else (command.id, command.code, wire)
        return before + wire

    def _carry_out(self, command: Command) -> tuple[bytes, bytes]:
        """Return frames that go ahead of the reply, and the reply's body."""
        body = command.body
        lengths = {CommandCode.HELLO: 4, CommandCode.CONFIGURE: 6}
        lengths |= {CommandCode.START: 1, CommandCode.SELF_TEST: 1}
        if command.code not in list(CommandCode):
            raise _RefusedError(Reason.UNKNOWN_COMMAND)
        if len(body) < lengths.get(CommandCode(command.code), 0):
            raise _RefusedError(Reason.BAD_LENGTH)
        match CommandCode(command.code):
            case CommandCode.HELLO:
                return b"", self._hello(body)
            case CommandCode.CONFIGURE:
                return b"", self._configure(Configure.read(body))
            case CommandCode.START:
                return b"", self._start(body[0])
            case CommandCode.STOP:
                return self._stop()
            case CommandCode.MARK:
                return b"", self._mark()
            case CommandCode.SELF_TEST:
                return b"", self._self_test(body[0])

    def _hello(self, body: bytes) -> bytes:
        converter = self._playback.converter
        return HelloReply(
            nonce=int.from_bytes(body[:4], "little"),
            major=self._version[0],
            minor=self._version[1],
            firmware_major=PROTOCOL_MAJOR,
            firmware_minor=PROTOCOL_MINOR,
            firmware_patch=0,
            boot_id=self.boot_id,
            tick_hz=TICK_HZ,
            adc_bits=converter.bits,
            reference_uv=converter.reference_uv,
            channels_max=self._playback.n_channels,
            rate_max_mhz=self._rate_mhz,
            conversions_max=round(self.fs_hz * self._playback.n_channels * converter.oversampling),
            state=State.RUNNING if self.running else State.IDLE,
            board=self._name,
        ).write()

    @property
    def _rate_mhz(self) -> int:
        return round(self.fs_hz * 1000)

    def _configure(self, wish: Configure) -> bytes:
        if self.running:
            raise _RefusedError(Reason.BUSY)
        rate, n_channels = self._rate_mhz, self._playback.n_channels
        converter = self._playback.converter
        if wish.rate_mhz and abs(wish.rate_mhz / rate - 1) > _RATE_TOLERANCE:
            raise _RefusedError(Reason.RATE, rate)
        if wish.channels > n_channels:
            raise _RefusedError(Reason.CHANNELS, n_channels)
        if wish.oversampling not in (0, converter.oversampling):
            raise _RefusedError(Reason.OVERSAMPLING, converter.oversampling)
        channels = wish.channels or n_channels
        most = SAMPLE_BYTES_MAX // (2 * channels)
        self._setup = Configured(
            rate_mhz=rate,
            channels=channels,
            oversampling=converter.oversampling,
            zero=converter.zero,
            top=converter.top,
            full_scale=converter.full_scale,
            scans_per_frame=min(max(round(self.fs_hz / FRAMES_PER_S), 1), most),
            skew_ns=0,
        )
        return self._setup.write()

    def _start(self, run: int) -> bytes:
        if run == 0:
            raise _RefusedError(Reason.BAD_RUN)
        if self._setup is None:
            raise _RefusedError(Reason.NOT_CONFIGURED)
        if self.running and run != self._run:
            raise _RefusedError(Reason.BUSY)
        if not self.running:
            self._begin(run)
        return bytes((run,))

    def _stop(self) -> tuple[bytes, bytes]:
        last = b""
        if self.running:
            last = self.advance(self._due)
            n_scans, lost = self._stretch(self._due - self.index) if self.running else (0, True)
            if n_scans > 0:
                last += self._scans(n_scans, lost)
            self.running = False
        return last, Stopped(self._run, self.index & 0xFFFFFFFF, self._dropped).write()

    def _mark(self) -> bytes:
        if not self.running:
            raise _RefusedError(Reason.NOT_RUNNING)
        return Marked(self._run, max(self._due - 1, self.index) & 0xFFFFFFFF).write()

    def _self_test(self, waveform: int) -> bytes:
        if self.running:
            raise _RefusedError(Reason.BUSY)
        if waveform not in list(Waveform):
            raise _RefusedError(Reason.WAVEFORM, max(Waveform))
        self._waveform = Waveform(waveform)
        return bytes((waveform,))
