"""Tells again what readers of our streams may have missed: advances, and who lags.

It is a ``Teller`` for ``libs.common.streams.repair``; its cursor is text that only it reads.
"""

import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from uuid import UUID

from redis.asyncio import Redis

from libs.common import metrics
from libs.common.clock import Clock
from libs.common.database import DatabaseThreads
from libs.common.errors import Unavailable
from libs.common.outbox.told import all_told_before
from libs.common.streams.entries import Outgoing
from libs.common.streams.names import keys_and_groups
from libs.common.streams.publisher import Publisher
from libs.common.streams.safe_point import SafePointMover
from services.receipts.models import SafePoint
from services.receipts.outbox.news import advanced
from services.receipts.selectors.lag import Subject, all_laggards, lag_events
from services.receipts.selectors.retold import advanced_since, safe_point
from services.receipts.store import RECEIPTS_LAG, STREAMS

LAGGARDS = 1_000
"""Members who lag in a page."""
LAGGING = "lagging"
"""How cursors begin that are past all advances; the room and the user behind which to go on follow.
Others are a time of the log."""

TOLD_AGAIN = metrics.counter(
    "parley_receipts_told_again", "Members told again by a repair: advances, and who lags."
)


class Retelling:
    """One per process; the teller of receipts' ``Repair``."""

    def __init__(self, *, publisher: Publisher, database: DatabaseThreads, partitions: int) -> None:
        self._publisher = publisher
        self._database = database
        self._partitions = partitions

    async def safe_point(self) -> dt.datetime | None:
        """Return since when readers may have missed something; None where nothing is known."""
        return await self._database.run(safe_point)

    async def tell(self, *, since: dt.datetime | None, after: str) -> str | None:
        """Publish a page: first of what advanced, as it is now, then of who lags.

        Returns:
            The cursor to go on with; None where that was all.

        Raises:
            ParleyError: PostgreSQL or Redis did not take part; perhaps the page was published.
        """
        if after.startswith(LAGGING):
            return await self._tell_laggards(after)
        told = dt.datetime.fromisoformat(after) if after else None
        page = await self._database.run(advanced_since, since, after=told)
        await self._publish(advanced(page.advances, partitions=self._partitions))
        TOLD_AGAIN.inc(len(page.advances))
        return LAGGING if page.next is None else page.next.isoformat()

    async def _tell_laggards(self, cursor: str) -> str | None:
        _, *last = cursor.split()
        after = (UUID(last[0]), UUID(last[1])) if last else None
        pairs = await self._database.run(all_laggards, after=after, limit=LAGGARDS)
        events = await self._database.run(lag_events, _with_rooms(pairs))
        await self._publish([Outgoing(RECEIPTS_LAG, 0, events)])
        TOLD_AGAIN.inc(len(pairs))
        if len(pairs) < LAGGARDS:
            return None
        return " ".join([LAGGING, *map(str, pairs[-1])])

    async def _publish(self, news: Sequence[Outgoing]) -> None:
        if self._publisher.breaker.retry_after_s > 0:
            raise Unavailable(retry_after_s=self._publisher.breaker.retry_after_s)
        await self._publisher.publish(news)


def safe_point_mover(
    *,
    redis: Redis,
    partitions: int,
    database: DatabaseThreads,
    clock: Clock,
    healthy_life: Callable[[], Awaitable[str | None]],
) -> SafePointMover:
    """Return what moves the safe point of receipts.

    The arguments are those of ``SafePointMover``.
    """
    return SafePointMover(
        redis=redis,
        groups=keys_and_groups(STREAMS, partitions),
        clock=clock,
        healthy_life=healthy_life,
        told_before=partial(database.run, all_told_before),
        reach=lambda instant: database.run(reach, instant),
    )


def reach(instant: dt.datetime) -> dt.datetime:
    """Move the safe point up to ``instant``, never back; return where it is now."""
    point, _ = SafePoint.objects.get_or_create(id=SafePoint.ONLY, defaults={"reached_at": instant})
    SafePoint.objects.filter(id=SafePoint.ONLY, reached_at__lt=instant).update(reached_at=instant)
    return max(point.reached_at, instant)


def _with_rooms(pairs: Sequence[tuple[UUID, UUID]]) -> list[Subject]:
    """Return the members, and behind them their rooms, each once."""
    return [*pairs, *((room, None) for room in dict.fromkeys(room for room, _ in pairs))]
