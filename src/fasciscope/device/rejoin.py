"""Finding a board again that went away, and taking up its run or starting another.

A lost `BoardLink` and its `Run` in; another link out, its run going on or a new one started with
the same settings. It works in a thread of its own, since a board that boots takes seconds.
"""

from __future__ import annotations

import threading
import time

from fasciscope.device import messages as m
from fasciscope.device.boards import ports_again
from fasciscope.device.link import BoardLink
from fasciscope.device.probe import MEETING_S, meet
from fasciscope.device.run import LostBoardError, Run
from fasciscope.errors import DeviceError

_POLL_S = 0.2
_LISTEN_MIN_S = 0.5


class Rejoin(threading.Thread):
    """Look for a board until it is there or the time is up.

    Parameters
    ----------
    link : BoardLink
        The one that was lost. It is closed, unless the board has only restarted.
    run : Run
        Its run.
    identity : tuple of str
        What the port is on USB; see `boards.port_identity`.
    lost : LostBoardError
        How it was lost.
    wait_s : float
        How long to look, seconds.

    Attributes
    ----------
    done : threading.Event
        Set when it is over.
    link : BoardLink or None
        The link on which it goes on; None if there is none.
    error : Exception or None
        Why there is none.
    """

    def __init__(
        self,
        link: BoardLink,
        run: Run,
        identity: tuple[str, str],
        lost: LostBoardError,
        wait_s: float,
    ) -> None:
        super().__init__(name=f"rejoin {link.port}", daemon=True)
        self._old, self._run, self._identity = link, run, identity
        self._lost, self._wait_s = lost, wait_s
        self._hello, self._setup = link.hello, run.setup
        self._cancelled = threading.Event()
        self.done = threading.Event()
        self.link: BoardLink | None = None
        self.error: Exception | None = None

    def cancel(self) -> None:
        """Give up soon."""
        self._cancelled.set()

    def run(self) -> None:
        """Do the work; `done` is set at its end, whatever happens."""
        try:
            self._look()
        except Exception as error:  # a fault of ours is to be told, too
            self.error = error
        finally:
            self.done.set()

    def _look(self) -> None:
        deadline_s = time.monotonic() + self._wait_s
        why = ""
        if self._lost.restarted:
            try:
                self._start_anew(self._old)
            except DeviceError as error:
                why = str(error)
            else:
                return
        self._old.close()
        while not self._cancelled.is_set():
            left_s = deadline_s - time.monotonic()
            for port in self._candidates():
                try:
                    self._join_on(port, min(max(left_s, _LISTEN_MIN_S), MEETING_S))
                except DeviceError as error:
                    why = str(error)
                else:
                    return
            if left_s <= 0:
                last = "" if why.startswith("There is no port") else f" The last try: {why}"
                raise DeviceError(f"{self._lost} It did not come back in {self._wait_s:g} s.{last}")
            self._cancelled.wait(min(_POLL_S, max(left_s, 0.0)))

    def _candidates(self) -> list[str]:
        try:
            return ports_again(self._old.port, self._identity)
        except OSError:  # the system's list may change while it is read
            return [self._old.port]

    def _join_on(self, port: str, timeout_s: float) -> None:
        meeting = meet(port, timeout_s, self._cancelled)
        hello = meeting.hello
        going_on = hello.state == m.State.RUNNING and hello.boot_id == self._hello.boot_id
        link = BoardLink(meeting, self._run if going_on else None)
        try:
            self._must_be_the_same(link)
            if going_on and link.marked().run == self._run.number:
                self.link = link
                return
            if going_on or not self._ended_meanwhile(link):
                self._start_anew(link)
            self.link = link
        except BaseException:
            self._run.end()
            link.close()
            raise

    def _ended_meanwhile(self, link: BoardLink) -> bool:
        """Tell whether the run came to its own end while nobody listened; if so, it ends here."""
        if link.hello.boot_id != self._hello.boot_id:
            return False
        stopped = link.stopped()
        if stopped.run != self._run.number:
            return False
        link.run = self._run
        self._run.resume()
        self._run.end(final_index=stopped.index, dropped=stopped.dropped)
        return True

    def _start_anew(self, link: BoardLink) -> None:
        """Start a new run with the old settings, on a board that has forgotten them."""
        if link is self._old:
            link.greet()
        self._must_be_the_same(link)
        link.stopped()  # whatever run it is in is not ours
        old = self._setup
        setup = link.configure(old.rate_mhz / 1000, old.channels, old.oversampling)
        if setup != old:
            raise DeviceError(
                f"{link} came back with other settings ({setup} instead of {old}), so the "
                "recording cannot go on with it."
            )
        link.start()
        self.link = link

    def _must_be_the_same(self, link: BoardLink) -> None:
        then, now = self._hello, link.hello
        if (then.board, then.adc_bits, then.reference_uv) != (
            now.board,
            now.adc_bits,
            now.reference_uv,
        ):
            raise DeviceError(f"{link} is another board than before ({then.board}).")
