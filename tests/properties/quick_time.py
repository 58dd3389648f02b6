"""An event loop whose time passes at once wherever everybody only waits.

Seconds of timers cost nothing, and what happens in which order does not depend on the machine. It
is for code without threads and without a network: nothing from outside can wake it.
"""

import asyncio
import datetime as dt
import selectors
from collections.abc import Callable

from libs.common.clock import instant_of


class _Skipping(selectors.DefaultSelector):
    """A selector that goes forward in time instead of waiting."""

    now_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("everybody waits, and nothing is left that could wake them")
        self.now_s += max(0.0, timeout)
        return super().select(0)


class QuickLoop(asyncio.SelectorEventLoop):
    """Hand it to ``asyncio.Runner`` as the ``loop_factory``."""

    def __init__(self) -> None:
        self._skipping = _Skipping()
        super().__init__(self._skipping)

    def time(self) -> float:
        """Return the loop's own time, in seconds from its beginning."""
        return self._skipping.now_s


class LoopClock:
    """The time of a loop, as services and clients ask for it.

    Args:
        loop: asked also where it does not run just now; by default it is the one that runs.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self._loop = loop

    def now(self) -> dt.datetime:
        """Return the instant that is so long after 1970 as the loop's time is after its start."""
        return instant_of(int(self.monotonic() * 1000))

    def monotonic(self) -> float:
        """Return the loop's time, in seconds."""
        return (self._loop or asyncio.get_running_loop()).time()

    def call_later(self, delay_s: float, callback: Callable[[], object]) -> asyncio.TimerHandle:
        """Plan a call."""
        return (self._loop or asyncio.get_running_loop()).call_later(delay_s, callback)
