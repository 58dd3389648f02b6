"""Tells the streams what was just committed, from memory.

Nothing depends on it: what it cannot publish stays in the outbox, and the relay of whichever
process comes first finds it there.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import structlog

from libs.common import metrics, tracing
from libs.common.database import DatabaseThreads
from libs.common.errors import ParleyError, Unavailable
from libs.common.events import Event
from libs.common.streams.entries import Outgoing
from libs.common.streams.publisher import Publisher

DELETE_WITHIN_S = 0.4
"""How long a published row may stay, where no other transaction takes it along."""

LEFT_TO_RELAY = metrics.counter(
    "parley_outbox_left_to_relay", "Outbox rows that could not be published from memory."
)
ANNOUNCE_SECONDS = metrics.histogram(
    "parley_outbox_announce_seconds", "Time from COMMIT until Redis had what was committed."
)

log = structlog.get_logger(__name__)


class _News(NamedTuple):
    """What one transaction wrote: the row that points at it, and when it was committed."""

    row: int
    outgoing: Sequence[Outgoing]
    committed_s: float
    trace: tracing.TraceContext | None


class Announcer:
    """One per process; ``announce`` never waits and never fails.

    Args:
        delete: removes outbox rows by their ids; runs in a thread of ``database``.
    """

    def __init__(
        self,
        *,
        publisher: Publisher,
        database: DatabaseThreads,
        delete: Callable[[Sequence[int]], None],
    ) -> None:
        self._publisher = publisher
        self._database = database
        self._delete = delete
        self._news: list[_News] = []
        self._published: list[int] = []
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()

    def announce(self, row: int, news: Sequence[Outgoing]) -> None:
        """Publish soon what one transaction wrote, and what its outbox row points at."""
        now_s = asyncio.get_running_loop().time()
        self._news.append(_News(row, news, now_s, tracing.current()))
        self._wake.set()
        self._idle.clear()

    def take_published(self) -> list[int]:
        """Hand over the rows whose news is out; the caller deletes them or puts them back."""
        published, self._published = self._published, []
        return published

    def put_back_published(self, rows: Sequence[int]) -> None:
        """Take back rows that were not deleted after all."""
        self._published.extend(rows)

    async def run(self) -> None:
        """Publish what comes, until cancelled."""
        while True:
            if not self._news:
                self._idle.set()
            await self._wake.wait()
            self._wake.clear()
            news, self._news = self._news, []
            if news:
                await self._publish(news)

    async def flush(self, within_s: float) -> None:
        """Wait until all news are out, at most ``within_s``; the relay has the rest."""
        waiter = asyncio.ensure_future(self._idle.wait())
        await asyncio.wait({waiter}, timeout=within_s)
        waiter.cancel()
        await self.delete_published()

    async def delete_published_now_and_then(self) -> None:
        """Delete rows that no transaction takes along, until cancelled."""
        while True:
            await asyncio.sleep(DELETE_WITHIN_S)
            await self.delete_published()

    async def delete_published(self) -> None:
        """Delete the rows whose news is out, or keep them in mind for the next time."""
        rows = self.take_published()
        if not rows:
            return
        try:
            await self._database.run(self._delete, rows)
        except ParleyError:
            self.put_back_published(rows)

    async def _publish(self, news: Sequence[_News]) -> None:
        together = _together(each for some in news for each in some.outgoing)
        try:
            await self._publisher.publish(together, causes=[some.trace for some in news])
        except Unavailable:
            LEFT_TO_RELAY.inc(len(news))
        else:
            self._published.extend(some.row for some in news)
            now_s = asyncio.get_running_loop().time()
            for some in news:
                ANNOUNCE_SECONDS.observe(now_s - some.committed_s)


def _together(news: Iterable[Outgoing]) -> list[Outgoing]:
    """Return the same events in as few entries as possible; their order on a stream stays."""
    events: dict[tuple[str, int], list[Event]] = {}
    for each in news:
        events.setdefault((each.stream, each.partition), []).extend(each.events)
    return [Outgoing(stream, partition, some) for (stream, partition), some in events.items()]
