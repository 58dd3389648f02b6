"""Where the time comes from, so that backoff, holes and heartbeats are tested without waiting.

Everything here is monotonic seconds: the client never compares its own date with the server's.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Protocol


class Handle(Protocol):
    """A planned call."""

    def cancel(self) -> None:
        """Call it off; harmless after it was made."""
        ...


class Clock(Protocol):
    """What tells the time and calls back later."""

    def monotonic(self) -> float:
        """Return seconds since an arbitrary start; never decreases."""
        ...

    def call_later(self, delay_s: float, callback: Callable[[], object]) -> Handle:
        """Call ``callback`` once, on the running loop, after ``delay_s``."""
        ...


class SystemClock:
    """The machine's clock and the running event loop's timers."""

    def monotonic(self) -> float:
        """Return the machine's monotonic time in seconds."""
        return time.monotonic()

    def call_later(self, delay_s: float, callback: Callable[[], object]) -> Handle:
        """Plan a call on the running event loop."""
        return asyncio.get_running_loop().call_later(delay_s, callback)


async def sleep(clock: Clock, delay_s: float) -> None:
    """Wait ``delay_s`` as ``clock`` counts them."""
    done = asyncio.get_running_loop().create_future()

    def wake() -> None:
        if not done.done():
            done.set_result(None)

    handle = clock.call_later(delay_s, wake)
    try:
        await done
    finally:
        handle.cancel()
