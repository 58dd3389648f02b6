"""Tells rooms again, as ``room.snapshot``: what changed in a repair, or what somebody asks for."""

import datetime as dt
from collections.abc import Collection, Sequence

from libs.common import metrics
from libs.common.database import DatabaseThreads
from libs.common.errors import Unavailable
from libs.common.events import RoomSnapshot
from libs.common.ids import uuids_of
from libs.common.outbox.safe_point import safe_point
from libs.common.streams.entries import Outgoing
from libs.common.streams.publisher import Publisher
from services.chat.selectors.snapshots import BEGINNING, ROOMS, snapshots_after
from services.chat.store import CHAT_ROOMS

TOLD_AGAIN = metrics.counter(
    "parley_snapshots", "Rooms told again by a repair, or because a service asked for them."
)


class Snapshots:
    """One per process; the teller of chat's ``Repair``."""

    def __init__(self, *, publisher: Publisher, database: DatabaseThreads) -> None:
        self._publisher = publisher
        self._database = database

    async def safe_point(self) -> dt.datetime | None:
        """Return since when readers may have missed something; None where nothing is known."""
        return await self._database.run(safe_point)

    async def tell(self, *, since: dt.datetime | None, after: str) -> str | None:
        """Publish a page of the rooms that changed, of about 2000 members at most.

        Returns:
            Behind which room to go on; None where that was all.

        Raises:
            ParleyError: PostgreSQL or Redis did not take part; perhaps the page was published.
        """
        page = await self._database.run(snapshots_after, after or BEGINNING, since=since)
        await self._publish(page.snapshots)
        return page.next

    async def tell_rooms(self, rooms: Collection[str]) -> None:
        """Publish these rooms as they are now; unknown ones are left out.

        Who wrote in them is told since the safe point: whoever knows nothing asks for everything.

        Raises:
            ParleyError: as ``tell``.
        """
        since = await self.safe_point()
        wanted = sorted(str(room) for room in uuids_of(set(rooms)))
        for start in range(0, len(wanted), ROOMS):
            some = wanted[start : start + ROOMS]
            after: str | None = BEGINNING
            while after is not None:
                page = await self._database.run(snapshots_after, after, since=since, among=some)
                await self._publish(page.snapshots)
                after = page.next

    async def _publish(self, snapshots: Sequence[RoomSnapshot]) -> None:
        if self._publisher.breaker.retry_after_s > 0:
            raise Unavailable(retry_after_s=self._publisher.breaker.retry_after_s)
        await self._publisher.publish([Outgoing(CHAT_ROOMS, 0, snapshots)])
        TOLD_AGAIN.inc(len(snapshots))
