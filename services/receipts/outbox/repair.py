"""Tells again what readers of our streams may have missed: advances, and who lags.

It is a ``Teller`` for ``libs.common.streams.repair``; its cursor is text that only it reads.
"""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from libs.common import metrics
from libs.common.database import DatabaseThreads
from libs.common.errors import Unavailable
from libs.common.outbox.safe_point import safe_point
from libs.common.streams.entries import Outgoing
from libs.common.streams.publisher import Publisher
from services.receipts.outbox.news import advanced
from services.receipts.selectors.lag import Subject, all_laggards, lag_events
from services.receipts.selectors.retold import advanced_since
from services.receipts.store import RECEIPTS_LAG

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

    async def tell_all_laggards(self) -> None:
        """Publish everybody who lags, page by page.

        Raises:
            ParleyError: PostgreSQL or Redis did not take part; some pages may be out.
        """
        cursor: str | None = LAGGING
        while cursor is not None:
            cursor = await self._tell_laggards(cursor)

    async def tell_members(self, members: Sequence[Subject]) -> None:
        """Publish how far some members are, whether they lag or not.

        Raises:
            ParleyError: PostgreSQL or Redis did not take part.
        """
        for start in range(0, len(members), LAGGARDS):
            events = await self._database.run(lag_events, members[start : start + LAGGARDS])
            await self._publish([Outgoing(RECEIPTS_LAG, 0, events)])
            TOLD_AGAIN.inc(len(events))

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


def _with_rooms(pairs: Sequence[tuple[UUID, UUID]]) -> list[Subject]:
    """Return the members, and behind them their rooms, each once."""
    return [*pairs, *((room, None) for room in dict.fromkeys(room for room, _ in pairs))]
