"""How long something took, in words."""

import datetime as dt

UNITS = (("ms", 0.001, 1, 0), ("s", 1, 10, 1), ("s", 1, 120, 0), ("min", 60, 7_200, 0))
"""Name, size in seconds, below how many seconds it is used, and its digits."""
HOUR_S = 3600


def milliseconds(duration: dt.timedelta) -> int:
    """Return a duration in whole milliseconds."""
    return round(duration.total_seconds() * 1000)


def lasting(duration_ms: int) -> str:
    """Say how long something took: 640 ms, 2.5 s, 3 min, 50 h."""
    seconds = duration_ms / 1000
    for unit, size, below, digits in UNITS:
        if abs(seconds) < below:
            return f"{seconds / size:.{digits}f} {unit}"
    return f"{seconds / HOUR_S:.0f} h"
