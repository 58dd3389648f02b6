"""Web Push in one process, put together, with threads and connections of its own.

So whatever push services do, it takes nothing from those who replay, submit and answer.
"""

from collections.abc import Coroutine, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from libs.common.breakers import Guarded
from libs.common.clock import Clock
from libs.common.database import DatabaseThreads
from services.queue.actions.web_push.marks import Marks
from services.queue.actions.web_push.sender import Sender
from services.queue.domain.endpoints import EndpointRules
from services.queue.domain.vapid import Vapid

DATABASE_THREADS = 2
"""Connections beside ``DATABASE_THREADS`` of the settings: one marks while the other takes and notes."""
LOOKUPS = 16
"""Threads that look names up. Names whose servers hang keep some of them for half a minute."""


class WebPushing:
    """One per process that pushes."""

    def __init__(self, *, clock: Clock, rules: EndpointRules, vapid: Vapid) -> None:
        self._threads = ThreadPoolExecutor(LOOKUPS, thread_name_prefix="web-push")
        self._database = DatabaseThreads(DATABASE_THREADS, clock=clock, name="postgres-web-push")
        self.sender = Sender(
            database=self._database,
            clock=clock,
            rules=rules,
            vapid=vapid,
            threads=self._threads,
        )
        self._marks = Marks(database=self._database, clock=clock, on_due=self.sender.poke)

    def guarded(self) -> Iterator[Guarded]:
        """Yield the breakers: before its connections, and before each push service."""
        yield Guarded(self._database.breaker, "Nothing is pushed until PostgreSQL is back.")
        for breaker in self.sender.hosts.breakers.values():
            yield Guarded(breaker, "What is for this push service waits; others get theirs.")

    def moved(self, *, members: Iterable[tuple[str, str]], rooms: Iterable[str]) -> None:
        """Take note of members who lag, as (room, user), and of rooms that have new heads."""
        self._marks.moved(members=members, rooms=rooms)

    def parts(self) -> Mapping[str, Coroutine[Any, Any, None]]:
        """Return what is to be run as long as the process, by name."""
        return {
            "web-push-marks": self._marks.run(),
            "web-push-sweep": self._marks.sweep_for_ever(),
            "web-push": self.sender.run(),
        }

    async def stop(self, within_s: float) -> bool:
        """Let go of everything, when the parts have ended; tell whether no thread works any more."""
        await self.sender.stop()
        self._threads.shutdown(wait=False, cancel_futures=True)
        return await self._database.close(within_s) and self.sender.caller.is_idle
