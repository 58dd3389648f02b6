"""Where the time comes from, so that rules can be tested without waiting.

Two different times: ``now()`` is a date for people and rows, and may jump; ``monotonic()`` only
measures durations and never goes back. Timeouts and leases use the second.
"""

import datetime as dt
import functools
import time
from typing import Protocol


class Clock(Protocol):
    """What tells the time."""

    def now(self) -> dt.datetime:
        """Return the present instant, timezone-aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds since an arbitrary start; never decreases."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> dt.datetime:
        """Return the present instant in UTC."""
        return dt.datetime.now(dt.UTC)

    def monotonic(self) -> float:
        """Return the machine's monotonic time in seconds."""
        return time.monotonic()


class ManualClock:
    """A clock that moves only when told to; for tests and simulations."""

    def __init__(self, start: dt.datetime | None = None) -> None:
        self._now = start or dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
        self._monotonic_s = 0.0

    def now(self) -> dt.datetime:
        """Return the instant to which the clock was advanced."""
        return self._now

    def monotonic(self) -> float:
        """Return the seconds by which the clock was advanced."""
        return self._monotonic_s

    def advance(self, seconds: float) -> None:
        """Let ``seconds`` (not negative) pass.

        Raises:
            ValueError: time was asked to go back.
        """
        if seconds < 0:
            raise ValueError("time does not go back")
        self._now += dt.timedelta(seconds=seconds)
        self._monotonic_s += seconds


def instant_of(at_ms: int) -> dt.datetime:
    """Return the instant, in UTC, that Unix milliseconds stand for."""
    return dt.datetime.fromtimestamp(at_ms / 1000, dt.UTC)


def to_unix_ms(instant: dt.datetime) -> int:
    """Return an aware instant as Unix milliseconds."""
    return round(instant.timestamp() * 1000)


@functools.lru_cache(maxsize=128)
def to_wire(instant: dt.datetime) -> str:
    """Write an aware instant as RFC 3339 in UTC with milliseconds, as every frame does.

    Those of one batch are of one instant, so the newest are remembered.
    """
    text = instant.astimezone(dt.UTC).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"
