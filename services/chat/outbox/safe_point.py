"""Chat's safe point: the row that a repair begins at, and what else holds it back."""

import datetime as dt
from collections.abc import Awaitable, Callable
from functools import partial

from redis.asyncio import Redis

from libs.common.clock import Clock
from libs.common.database import DatabaseThreads
from libs.common.outbox.told import all_told_before
from libs.common.streams.entries import ZERO
from libs.common.streams.names import keys_and_groups, stream_key
from libs.common.streams.positions import group_positions
from libs.common.streams.safe_point import SafePointMover
from services.chat.models import SafePoint
from services.chat.store import CHAT_REQUESTS, GROUP, STREAMS

REQUESTS = stream_key(CHAT_REQUESTS)


def safe_point_mover(
    *,
    redis: Redis,
    partitions: int,
    database: DatabaseThreads,
    clock: Clock,
    healthy_life: Callable[[], Awaitable[str | None]],
) -> SafePointMover:
    """Return what moves chat's safe point, but not while a reader asks for what it missed.

    The arguments are those of ``SafePointMover``.
    """

    async def life_in_which_nobody_asks() -> str | None:
        # In this order: a request is read from the stream, noted as a wish, and then acknowledged.
        return None if await _is_asked(redis) else await healthy_life()

    return SafePointMover(
        redis=redis,
        groups=keys_and_groups(STREAMS, partitions),
        clock=clock,
        healthy_life=life_in_which_nobody_asks,
        told_before=partial(database.run, all_told_before),
        reach=lambda instant: database.run(reach, instant),
    )


def reach(instant: dt.datetime) -> dt.datetime:
    """Move the safe point up to ``instant``, never back; return where it is now."""
    point, _ = SafePoint.objects.get_or_create(id=SafePoint.ONLY, defaults={"reached_at": instant})
    SafePoint.objects.filter(id=SafePoint.ONLY, reached_at__lt=instant).update(reached_at=instant)
    return max(point.reached_at, instant)


async def _is_asked(redis: Redis) -> bool:
    """Tell whether a request stands on the stream that was not taken yet."""
    return any(
        position.first_unacked is not None or position.done_below == ZERO
        for position in await group_positions(redis, REQUESTS, [GROUP])
    )
