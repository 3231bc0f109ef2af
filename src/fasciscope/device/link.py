"""The host's end of the line: a board that has been found, its commands, and its samples.

A port in, `Block`s out. A thread reads the port and waits for nobody; what it reads waits in the
run's bounded inbox. Commands go out beside the stream and are sent again until they are answered.
A port that vanishes, a board that restarts or falls silent ends the stream with a
`LostBoardError`, after all that had come was delivered; `stream` then waits for its return.
"""

from __future__ import annotations

import contextlib
import secrets
import struct
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Self, TypeVar

from fasciscope.blocks import Block
from fasciscope.device import messages as m
from fasciscope.device.hostclock import now_s
from fasciscope.device.probe import HELLO_ID, MEETING_S, Meeting, find, meet, read_hello
from fasciscope.device.protocol import encode
from fasciscope.device.refusals import refusal
from fasciscope.device.run import BLOCK_S, LinkHealth, LostBoardError, Run
from fasciscope.errors import DeviceError

REPLY_S = 0.4
"""How long a reply is waited for before the command is sent again."""
TRIES = 13
"""Together five seconds: as long as a stream may be silent before its board is taken for gone."""
_READ_MAX = 1 << 16
_Answer = TypeVar("_Answer", m.Configured, m.Stopped, m.Marked)
_BREATHER_S = 0.005


class BoardLink:
    """A board on an open port; a context manager. Make one with `open_board`.

    Parameters
    ----------
    meeting : Meeting
        The port and the board's hello; the link takes the port over and closes it.
    run : Run or None, default None
        A run that the board is in already, and that goes on here.

    Attributes
    ----------
    port, baud : str, int
    hello : HelloReply
        What the board says of itself.
    setup : Configured or None
        How it samples, once that is agreed.
    run : Run or None
        The run that was started last.
    """

    def __init__(self, meeting: Meeting, run: Run | None = None) -> None:
        self.port, self.baud, self.hello = meeting.port, meeting.baud, meeting.hello
        self.setup: m.Configured | None = None
        self._serial = meeting.serial
        self._decoder = meeting.decoder
        self._damaged_before = meeting.decoder.counters.damaged
        self.run = run
        self._command_lock = threading.Lock()
        self._command_id = HELLO_ID
        self._replied = threading.Condition()
        self._reply: m.Reply | None = None
        self._gone: Exception | None = None
        self._close_lock = threading.Lock()
        self._closing = threading.Event()
        if run is not None:
            self.setup = run.setup
            run.resume()
        self._reader = threading.Thread(target=self._read, name=f"read {self.port}", daemon=True)
        self._reader.start()

    def __str__(self) -> str:
        return f"{self.hello.board} on {self.port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def equipment(self) -> str:
        """Board, firmware and boot id in words."""
        return f"{self.hello.board}, firmware {self.hello.firmware}, boot {self.hello.boot_id}"

    # -- commands ----------------------------------------------------------------------------

    def configure(
        self, fs_hz: float | None = None, channels: int | None = None, oversampling: int = 0
    ) -> m.Configured:
        """Tell the board how to sample; None or 0 leaves a choice to it.

        Raises
        ------
        DeviceError
            If the board refuses (the text says what it could do) or does not answer.
        """
        try:
            wish = m.Configure(round((fs_hz or 0.0) * 1000), channels or 0, oversampling)
            body = wish.write()
        except (struct.error, ValueError, OverflowError):
            raise DeviceError(
                f"No board can be asked for {fs_hz} Hz, {channels} channels and {oversampling} "
                "conversions summed."
            ) from None
        setup = self._answered(m.Configured, m.CommandCode.CONFIGURE, body)
        if not setup.is_sound:
            raise DeviceError(f"{self} announces samples that cannot be: {setup}.")
        self.setup = setup
        return setup

    def self_test(self, waveform: m.Waveform) -> None:
        """Choose what the samples of the next run are made of; see `configure` for errors."""
        self._ask(m.CommandCode.SELF_TEST, bytes((waveform,)))

    def start(self) -> None:
        """Begin a run; from now on samples wait for `blocks`. See `configure` for errors."""
        stopped = self.stopped()  # whoever may have been here before
        setup = self.setup or self.configure()
        # in place before the command goes out: samples may be right behind the reply
        self.run = Run(stopped.run % 255 + 1, setup, self.hello, str(self))
        before_s = now_s()
        self._ask(m.CommandCode.START, bytes((self.run.number,)))
        self.run.started_s = (before_s, now_s())

    def greet(self) -> None:
        """Ask the board anew who it is, as after it has restarted. See `configure` for errors."""
        body = self._ask(m.CommandCode.HELLO, secrets.token_bytes(4))
        self.hello = read_hello(self.port, body)
        self.setup = None

    def marked(self) -> m.Marked:
        """Have the board set a mark, and return which scan of which run it is."""
        return self._answered(m.Marked, m.CommandCode.MARK)

    def stopped(self) -> m.Stopped:
        """Have the board end its run, if there is one, and return the figures of the last one."""
        return self._answered(m.Stopped, m.CommandCode.STOP)

    def mark(self) -> int:
        """Have the board set a mark, and return its sample index. See `configure` for errors."""
        marked = self.marked()
        return self.run.unwrapped(marked.index) if self.run else marked.index

    def stop(self) -> None:
        """End the run; `blocks` then delivers what has come and ends. See `configure`."""
        stopped = self.stopped()
        if self.run is not None:
            self.run.end(final_index=stopped.index, dropped=stopped.dropped)

    def close(self) -> None:
        """End the run and let go of the port; never raises, harmless when called twice."""
        with self._close_lock:
            if self._closing.is_set():
                return
            if self.run is not None and not self.run.inbox.ended:
                with contextlib.suppress(DeviceError):  # gone; what came is still delivered
                    self.stop()
            self._closing.set()
            self._reader.join()
            if self.run is not None:
                self.run.end()
            with contextlib.suppress(OSError):
                self._serial.close()

    def _answered(self, kind: type[_Answer], code: m.CommandCode, body: bytes = b"") -> _Answer:
        answer = self._ask(code, body)
        try:
            return kind.read(answer)
        except struct.error:
            raise DeviceError(
                f"{self} answered the command {code.name} with too few bytes. Bring its firmware "
                "up to date."
            ) from None

    def _ask(self, code: m.CommandCode, body: bytes = b"") -> bytes:
        """Send a command until it is answered, and return the body of the answer."""
        with self._command_lock:
            hello = code is m.CommandCode.HELLO
            self._command_id = HELLO_ID if hello else self._command_id % 255 + 1
            wire = encode(m.Command(self._command_id, code, body))
            for _ in range(TRIES):
                reply = self._try(wire, code)
                if reply is not None and reply.result:
                    raise DeviceError(refusal(str(self), reply))
                if reply is not None:
                    return reply.body
        raise self._gone or DeviceError(
            f"{self} did not answer the command {code.name}, asked {TRIES} times. What was "
            "recorded so far is safe. Unplug the board, plug it in again, and start anew."
        )

    def _try(self, wire: bytes, code: m.CommandCode) -> m.Reply | None:
        with self._replied:
            if self._gone is not None or self._closing.is_set():
                return None
            self._reply = None
            try:
                self._serial.write(wire)
            except OSError:  # stuck or gone; if gone, the reader finds out
                return None
            self._replied.wait_for(lambda: self._answer(code) or self._gone, REPLY_S)
            return self._answer(code)

    def _answer(self, code: m.CommandCode) -> m.Reply | None:
        reply = self._reply
        if reply is not None and (reply.id, reply.code) == (self._command_id, code):
            return reply
        return None

    # -- the stream --------------------------------------------------------------------------

    def blocks(self, block_s: float = BLOCK_S) -> Iterator[Block]:
        """Yield the samples of the run that was started; see `Run.blocks`."""
        if self.run is None:
            raise DeviceError(f"{self} has not been started.")
        return self.run.blocks(block_s)

    @property
    def health(self) -> LinkHealth | None:
        """How the line and the board are doing now; None before a run."""
        if self.run is None:
            return None
        return self.run.health(self.damaged)

    @property
    def damaged(self) -> int:
        """Frames that came damaged on this link."""
        return self._decoder.counters.damaged - self._damaged_before

    # -- the reader's thread -----------------------------------------------------------------

    def _read(self) -> None:
        while not self._closing.is_set():
            try:
                data = self._serial.read(max(1, min(self._serial.in_waiting, _READ_MAX)))
            except Exception:  # pyserial lets through whatever the system says of a lost port
                self._lose(
                    LostBoardError(
                        f"{self.port} has vanished: the board was unplugged or lost its power. "
                        "What was recorded so far is safe. Plug it in again and start anew.",
                        "the port vanished",
                    )
                )
                return
            try:
                self._take(data, now_s())
            except Exception as error:  # a fault of ours: it must not look like silence
                self._lose(error)
                return
            if len(data) < 1024:  # a portion at a time, not a byte at a time
                self._closing.wait(_BREATHER_S)

    def _lose(self, error: Exception) -> None:
        self._gone = error
        if self.run is not None:
            self.run.end(error)
        with self._replied:
            self._replied.notify_all()

    def _take(self, data: bytes, at_s: float) -> None:
        for_run: list[m.Message] = []
        for message in self._decoder.feed(data):
            if not isinstance(message, m.Reply):
                for_run.append(message)
                continue
            # samples ahead of a reply are in the box before anyone acts on the reply
            self._feed(for_run, at_s)
            for_run = []
            with self._replied:
                self._reply = message
                self._replied.notify_all()
        self._feed(for_run, at_s)

    def _feed(self, messages: list[m.Message], at_s: float) -> None:
        if self.run is not None and messages:
            self.run.feed(messages, at_s)


def open_board(
    port: str = "auto", timeout_s: float = MEETING_S, cancelled: threading.Event | None = None
) -> BoardLink:
    """Open the board on `port`, or with "auto" the first that is found.

    Another thread can set `cancelled` to end the search.

    Raises
    ------
    DeviceError
        If there is none; the text says what was tried and what to do.
    """
    auto = port == "auto"
    meeting = find(timeout_s, cancelled) if auto else meet(port, timeout_s, cancelled)
    link = BoardLink(meeting)
    if meeting.hello.state == m.State.RUNNING:  # for a host that went without a word
        try:
            link.stop()
        except DeviceError:
            link.close()
            raise
    return link
