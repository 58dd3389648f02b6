"""The push services that are called: a breaker for each, and how many calls each may have.

One that hangs or fails takes its own places and nobody else's. Which ones there are is decided by
whoever hands in a subscription, so only those that everybody uses have a name in metrics.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from libs.common.breakers import Breaker
from libs.common.clock import Clock
from services.queue.domain.web_push import name_of_host

AT_ONCE = 32
"""Calls of a process at the same time."""
AT_ONCE_BY_HOST = 8
"""Of these to one host: three others that hang leave it its own."""
FAILURES = 5
"""Consecutive failures, after which a host is left alone."""
RESET_AFTER_S = 10.0
"""For how long, before one call tries it."""
REMEMBERED = 256
"""Hosts whose breaker is remembered; above it those that work are forgotten."""


class Hosts:
    """One per process. Belongs to one event loop."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._breakers: dict[str, Breaker] = {}

    @property
    def breakers(self) -> Mapping[str, Breaker]:
        """The breakers, by host."""
        return self._breakers

    def places(self) -> dict[str, int]:
        """Return how many calls may begin at each host that is called, or was lately."""
        return {host: _places_of(breaker) for host, breaker in self._breakers.items()}

    @contextmanager
    def calling(self, host: str) -> Iterator[None]:
        """Surround a call to a host; an exception that leaves the block means that it failed.

        Raises:
            Unavailable: it is left alone at the moment; the block was not entered.
        """
        breaker = self._breakers.get(host)
        if breaker is None:
            self._forget_some()
            breaker = self._breakers[host] = Breaker(
                f"web-push:{name_of_host(host)}",
                clock=self._clock,
                max_concurrent=AT_ONCE_BY_HOST,
                fail_max=FAILURES,
                reset_after_s=RESET_AFTER_S,
            )
        with breaker.guard():
            yield

    def _forget_some(self) -> None:
        if len(self._breakers) >= REMEMBERED:
            kept = {
                host: breaker
                for host, breaker in self._breakers.items()
                if breaker.running or breaker.retry_after_s > 0
            }
            self._breakers = kept


def _places_of(breaker: Breaker) -> int:
    if breaker.retry_after_s > 0:
        return 0
    most = AT_ONCE_BY_HOST if breaker.state == "closed" else 1
    return most - breaker.running
