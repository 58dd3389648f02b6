"""By how much the event loop is late: what everything in the process waits for.

Each single delay stands in the metrics. What says that the loop has more to do than it can is the
least of the last second: one long step is an accident, a queue that never empties is overload.
Source: K. Nichols, V. Jacobson, Controlling Queue Delay, ACM Queue 10 (2012), 5: the minimum over
an interval tells a standing queue from a burst.
"""

import asyncio
from collections import deque
from collections.abc import Callable

from libs.common import metrics
from libs.common.clock import Clock

EVERY_S = 0.2
"""How often the lag is measured: a sleeper that woke up more often would cost an idle process more
than all else that it does, and what lasts is not missed."""
SELDOM_S = 1.0
"""Where only the metrics show it, and nothing is judged by it."""
WINDOW_S = 1.0
AT_LEAST = 4
"""Measurements that are looked at, also where the loop is so late that they are older."""
BUCKETS_S = metrics.LATENCY_BUCKETS_S[:10]
"""Up to 1 s: a loop that is later than that serves nobody."""

LAG = metrics.histogram(
    "parley_event_loop_lag_seconds",
    "By how much the event loop was late to wake up a sleeper.",
    buckets=BUCKETS_S,
)


class LoopLag:
    """Measures for as long as it runs.

    Args:
        clock: its monotonic side measures.
        every_s: how long each sleeper sleeps.
        then: called after each measurement: who looks as often need not wake the process, too.
    """

    def __init__(
        self, clock: Clock, *, every_s: float = EVERY_S, then: Callable[[], None] = lambda: None
    ) -> None:
        self._clock = clock
        self._every_s = every_s
        self._then = then
        self._measured: deque[tuple[float, float]] = deque()

    async def run(self) -> None:
        """Measure for ever; cancel it to stop."""
        while True:
            due_s = self._clock.monotonic() + self._every_s
            await asyncio.sleep(self._every_s)
            self.note(self._clock.monotonic() - due_s)
            self._then()

    def note(self, lag_s: float) -> None:
        """Take note of one measurement."""
        now_s = self._clock.monotonic()
        LAG.observe(max(0.0, lag_s))
        self._measured.append((now_s, lag_s))
        while len(self._measured) > AT_LEAST and self._measured[0][0] < now_s - WINDOW_S:
            self._measured.popleft()

    @property
    def standing_s(self) -> float:
        """Return the least lag of the last second: what nothing in the process was spared."""
        if len(self._measured) < AT_LEAST:
            return 0.0
        return max(0.0, min(lag_s for _, lag_s in self._measured))
