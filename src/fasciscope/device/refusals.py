"""What a board's refusal means, in a sentence that says what it would take."""

from __future__ import annotations

from fasciscope.device.messages import CommandCode, Reason, Reply

_WORDS = {
    Reason.UNKNOWN_COMMAND: "does not know the command {command}; bring its firmware up to date",
    Reason.BAD_LENGTH: "found the command {command} too short; bring fasciscope up to date",
    Reason.CHANNELS: "has no more than {bound} channels; choose that many or fewer",
    Reason.OVERSAMPLING: "cannot sum so many conversions; the nearest it can is {bound}",
    Reason.CONVERTER_TOO_SLOW: (
        "makes at most {bound:,} conversions a second in all; choose a lower rate, fewer channels "
        "or less oversampling"
    ),
    Reason.LINE_TOO_SLOW: (
        "can send at most {bound:,} bytes a second; choose a lower rate or fewer channels"
    ),
    Reason.BUSY: "is in the middle of a run; stop it first",
    Reason.NOT_CONFIGURED: "has not been told yet how to sample",
    Reason.NOT_RUNNING: "is not running",
    Reason.WAVEFORM: "has test waveforms up to number {bound} only",
    Reason.BAD_RUN: "takes run numbers from 1 to 255 only",
}


def refusal(board: str, reply: Reply) -> str:
    """Return the sentence for a `reply` whose result is not 0.

    Parameters
    ----------
    board : str
        What to call the board.
    reply : Reply
    """
    if reply.result == Reason.RATE:
        what = "cannot sample at this rate"
        if reply.bound:
            what += f"; the nearest that it can is {reply.bound / 1000:g} Hz, choose that"
        return f"{board} {what}."
    command = str(reply.code)
    if reply.code in list(CommandCode):
        command = CommandCode(reply.code).name
    known = reply.result in list(Reason)
    words = _WORDS[Reason(reply.result)] if known else "refused {command} for reason {result}"
    return f"{board} {words.format(command=command, bound=reply.bound, result=reply.result)}."
