"""Moves the safe point forward: until when no consumer group can have missed news of a service.

Two clocks must not be compared: when something happened (PostgreSQL's) says nothing about when it
was published (Redis'), which may be an hour later. So a milestone remembers both at one moment: a
time before which all is told, and where the streams end then. Its time is safe once every group has
acknowledged all up to those ends, in the same life, and no group has lost entries of which its
service was not told. Without groups that is at once.
"""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Mapping

import msgspec
from redis.asyncio import Redis

from libs.common import metrics
from libs.common.clock import Clock
from libs.common.streams.entries import ZERO, StreamId
from libs.common.streams.positions import cut_off_groups, end_of, group_positions

MILESTONE_EVERY_S = 10.0
"""How often a milestone is placed, at most: the next one also waits for the slowest group."""
MARGIN = dt.timedelta(seconds=60)
"""How far the safe point stays behind. It bears what PostgreSQL's clock may go back (a standby took
over), and a transaction that had begun and was not listed yet."""

AGE_SECONDS = metrics.gauge(
    "parley_safe_point_age_seconds", "Age of the safe point when this process last moved it."
)


class Milestone(msgspec.Struct, frozen=True, kw_only=True):
    """What shall be safe as soon as all groups have got to ``ends`` (by key)."""

    life: str
    told_before: dt.datetime
    ends: dict[str, StreamId]


class SafePointMover:
    """One per process; any number of them do no harm.

    Args:
        redis: any client.
        groups: the groups of each stream that the service writes, by key; see ``keys_and_groups``.
        clock: measures.
        healthy_life: names the epoch and its newest repair; None while one is due, or asked for.
        told_before: returns a time of PostgreSQL's clock: everything from before it has left the
            outbox, also what transactions that go on would commit.
        reach: moves the safe point up to a time, never back, and returns where it is then.
    """

    def __init__(
        self,
        *,
        redis: Redis,
        groups: Mapping[str, frozenset[str]],
        clock: Clock,
        healthy_life: Callable[[], Awaitable[str | None]],
        told_before: Callable[[], Awaitable[dt.datetime]],
        reach: Callable[[dt.datetime], Awaitable[dt.datetime]],
    ) -> None:
        self._redis = redis
        self._groups = groups
        self._clock = clock
        self._healthy_life = healthy_life
        self._told_before = told_before
        self._reach = reach
        self._milestone: Milestone | None = None
        self._due_s = float("-inf")

    async def move(self) -> None:
        """Place a milestone where that is due, and let the safe point follow where it may.

        Raises:
            ParleyError: PostgreSQL did not take part.
            redis.RedisError: Redis did not.
        """
        life = await self._healthy_life()
        if life is None:
            return
        if self._milestone is None or self._milestone.life != life:
            if self._clock.monotonic() < self._due_s:
                return
            self._milestone = await self._place(life)
            self._due_s = self._clock.monotonic() + MILESTONE_EVERY_S
        milestone = self._milestone
        if not await self._acknowledged(milestone):
            return
        # Last: in a new epoch neither the ends nor the acknowledgements are those of the
        # milestone; and what a repair told again stands behind them.
        if await self._healthy_life() == milestone.life:
            reached_at = await self._reach(milestone.told_before - MARGIN)
            AGE_SECONDS.set((self._clock.now() - reached_at).total_seconds())
        self._milestone = None

    async def _place(self, life: str) -> Milestone:
        # In this order: what was told before stands on the streams before their ends are read.
        told_before = await self._told_before()
        ends = await asyncio.gather(*(end_of(self._redis, key) for key in self._groups))
        return Milestone(
            life=life, told_before=told_before, ends=dict(zip(self._groups, ends, strict=True))
        )

    async def _acknowledged(self, milestone: Milestone) -> bool:
        """Tell whether every group has all up to it, and none has to be told of a loss."""
        for key, end in milestone.ends.items():
            if end == ZERO:
                continue
            positions = await group_positions(self._redis, key, self._groups[key])
            if not positions or any(position.done_below <= end for position in positions):
                return False
        # Only now: what a group skipped because it was trimmed looks like acknowledged.
        for key in milestone.ends:
            if self._groups[key] & await cut_off_groups(self._redis, key):
                return False
        return True
