"""The exception tree: one root, so that a caller can catch everything that is ours with one name.

The text of each error is one or two sentences for a person: what happened, what is safe, what to
do next. The command line prints it as it is and leaves with exit code 2.
"""


class FasciscopeError(Exception):
    """Root of all errors that fasciscope raises on purpose."""


class InputError(FasciscopeError):
    """A value, an array or an option is out of bounds; the text names it and the bound."""


class RecordingError(FasciscopeError):
    """A recording cannot be read, is not what it says it is, or holds nothing usable."""


class OutputError(FasciscopeError):
    """A file or folder cannot be written, or would overwrite something that exists."""


class DeviceError(FasciscopeError):
    """A port or board is missing, busy, silent, or speaks another protocol version."""


class JournalError(FasciscopeError):
    """The journal is missing, damaged, too new or busy; the text says what is safe."""
