"""How long a server takes to say what time it is, and how far that is from ours.

On a machine that is busy any one of two instants may be late: the shortest of some round trips tells
the most.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from libs.common.clock import Clock

TRIPS = 5


@dataclass(frozen=True, slots=True, order=True)
class Trip:
    """One round trip.

    Attributes:
        took_ms: there and back.
        ahead_s: the server's clock against ours, half way.
    """

    took_ms: float
    ahead_s: float


async def best_trip(ask_time: Callable[[], Awaitable[float]], *, clock: Clock) -> Trip:
    """Return the shortest of some round trips.

    Args:
        ask_time: asks the server, which answers in seconds since 1970.
        clock: ours.
    """
    trips = []
    for _ in range(TRIPS):
        began_s, began_at_s = clock.monotonic(), clock.now().timestamp()
        theirs_s = await ask_time()
        took_s = clock.monotonic() - began_s
        trips.append(Trip(took_s * 1000, theirs_s - (began_at_s + took_s / 2)))
    return min(trips)
