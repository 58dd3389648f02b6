"""Moves the safe point forward: until when no consumer group can have missed news of a room.

Two clocks must not be compared: when something happened (PostgreSQL's) says nothing about when it
was published (Redis'), which may be an hour later. So a mark remembers both at one moment: a time
before which all is told, and where the streams end then. Its time is safe once every group has
acknowledged all up to those ends, in the same epoch. Without groups that is at once.
"""

import asyncio
import datetime as dt

import msgspec
from redis.asyncio import Redis

from libs.common import metrics
from libs.common.clock import Clock
from libs.common.database import DatabaseThreads
from libs.common.streams.entries import ZERO, StreamId
from libs.common.streams.epoch import Epoch
from libs.common.streams.names import StreamTable, stream_key
from libs.common.streams.positions import end_of, group_positions
from services.chat.models import SafePoint
from services.chat.selectors.snapshots import all_told_before

MARK_EVERY_S = 10.0
"""How often a new mark is placed; a mark also waits for the slowest group."""
MARGIN = dt.timedelta(seconds=60)
"""How far the safe point stays behind. It bears what PostgreSQL's clock may go back (a standby took
over), and a transaction that had begun and was not listed yet."""

AGE_SECONDS = metrics.gauge(
    "parley_safe_point_age_seconds", "Age of the safe point when this process last moved it."
)


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """What shall be safe as soon as all groups have got to ``ends`` (by key)."""

    epoch: str
    told_before: dt.datetime
    ends: dict[str, StreamId]


class SafePointMover:
    """One per process; any number of them do no harm.

    Args:
        redis: any client.
        table: the streams with their groups.
        epoch: shared by the process.
    """

    def __init__(
        self,
        *,
        redis: Redis,
        table: StreamTable,
        partitions: int,
        database: DatabaseThreads,
        epoch: Epoch,
        clock: Clock,
    ) -> None:
        self._redis = redis
        self._groups = {
            stream_key(policy.name, partition): policy.groups
            for policy in table.values()
            for partition in range(partitions)
            if policy.groups
        }
        self._database = database
        self._epoch = epoch
        self._clock = clock
        self._mark: Mark | None = None
        self._due_s = float("-inf")

    async def move(self, epoch: str) -> None:
        """Place a mark where that is due, and let the safe point follow where it may.

        Args:
            epoch: the present one, of which it is known that it was repaired.

        Raises:
            ParleyError: PostgreSQL did not take part.
            redis.RedisError: Redis did not.
        """
        if self._mark is None or self._mark.epoch != epoch:
            if self._clock.monotonic() < self._due_s:
                return
            self._mark = await self._place(epoch)
            self._due_s = self._clock.monotonic() + MARK_EVERY_S
        mark = self._mark
        if not await self._acknowledged(mark):
            return
        # Last: in a new epoch neither the ends nor the acknowledgements are those of the mark's.
        if await self._epoch.check() == mark.epoch:
            reached_at = await self._database.run(reach, mark.told_before - MARGIN)
            AGE_SECONDS.set((self._clock.now() - reached_at).total_seconds())
        self._mark = None

    async def _place(self, epoch: str) -> Mark:
        # In this order: what was told before stands on the streams before their ends are read.
        told_before = await self._database.run(all_told_before)
        ends = await asyncio.gather(*(end_of(self._redis, key) for key in self._groups))
        return Mark(
            epoch=epoch, told_before=told_before, ends=dict(zip(self._groups, ends, strict=True))
        )

    async def _acknowledged(self, mark: Mark) -> bool:
        for key, end in mark.ends.items():
            if end == ZERO:
                continue
            positions = await group_positions(self._redis, key, self._groups[key])
            if not positions or any(position.done_below <= end for position in positions):
                return False
        return True


def reach(instant: dt.datetime) -> dt.datetime:
    """Move the safe point up to ``instant``, never back; return where it is now."""
    point, _ = SafePoint.objects.get_or_create(id=SafePoint.ONLY, defaults={"reached_at": instant})
    SafePoint.objects.filter(id=SafePoint.ONLY, reached_at__lt=instant).update(reached_at=instant)
    return max(point.reached_at, instant)
