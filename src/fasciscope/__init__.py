"""fasciscope: record muscle twitches from a surface EMG sensor and count them.

The public names are few, and each is loaded on first use, so that ``import fasciscope`` costs
next to nothing:

>>> import fasciscope
>>> recording = fasciscope.read("rest_emg.edf")        # doctest: +SKIP
>>> analysis = fasciscope.detect(recording)            # doctest: +SKIP
>>> analysis.summary["twitches_per_minute"]            # doctest: +SKIP

Research and education software. Not a medical device.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fasciscope.api import detect, read, record, score, simulate
    from fasciscope.errors import FasciscopeError

    __version__: str

__all__ = ["FasciscopeError", "__version__", "detect", "read", "record", "score", "simulate"]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        value: Any = version("fasciscope")
    elif name == "FasciscopeError":
        from fasciscope import errors

        value = errors.FasciscopeError
    elif name in __all__:
        from fasciscope import api

        value = getattr(api, name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value  # the next look-up does not come here
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
