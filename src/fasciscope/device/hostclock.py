"""The host's clock for arrivals: it never steps, and it goes on while the computer sleeps.

The wall clock steps (NTP, daylight saving, a person); Linux' monotonic clock stands still while
the machine is suspended, but the board does not. CLOCK_BOOTTIME has neither fault; where there is
none, the monotonic clock is the best there is.
"""

from __future__ import annotations

import time


def now_s() -> float:
    """Return seconds since some fixed moment, sleep included where the system can tell."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)
