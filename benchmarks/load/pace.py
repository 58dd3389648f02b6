"""An open loop: things are due at their time, whether what came before has ended or not."""

import asyncio
from collections.abc import Callable
from time import monotonic_ns

NS_PER_S = 1_000_000_000
TICK_S = 0.001
"""Shortest pause between two looks at the clock."""
LOOK_S = 0.1


async def pace(
    act: Callable[[int], None], *, rate_per_s: float, begin_ns: int, end_ns: int
) -> None:
    """Call ``act(due_ns)`` for everything that is due, evenly spaced, from begin to end.

    What could not be done in time is done as soon as possible, and told when it was due: who
    measures from then sees all of the delay, the load's own part included.
    """
    number = 0
    due_ns = begin_ns
    while due_ns < end_ns:
        now_ns = monotonic_ns()
        while due_ns <= now_ns and due_ns < end_ns:
            act(due_ns)
            number += 1
            due_ns = begin_ns + int(number * NS_PER_S / rate_per_s)
        await asyncio.sleep(max(TICK_S, (due_ns - monotonic_ns()) / NS_PER_S))


async def until_ns(at_ns: int) -> None:
    """Return at that time, or at once where it has passed."""
    await asyncio.sleep(max(0, at_ns - monotonic_ns()) / NS_PER_S)


async def until(is_so: Callable[[], bool], *, within_s: float) -> None:
    """Return as soon as something is so, or when the time is over."""
    for _ in range(int(within_s / LOOK_S)):
        if is_so():
            return
        await asyncio.sleep(LOOK_S)
