"""What moves chat's safe point, and what holds it back besides: a reader that asks to be told."""

from collections.abc import Awaitable, Callable

from redis.asyncio import Redis

from libs.common.clock import Clock
from libs.common.database import DatabaseThreads
from libs.common.outbox import safe_point
from libs.common.streams.entries import ZERO
from libs.common.streams.names import stream_key
from libs.common.streams.positions import group_positions
from libs.common.streams.safe_point import SafePointMover
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

    The arguments are those of ``libs.common.outbox.safe_point``.
    """

    async def life_in_which_nobody_asks() -> str | None:
        # In this order: a request is read from the stream, noted as a wish, and then acknowledged.
        return None if await _is_asked(redis) else await healthy_life()

    return safe_point.safe_point_mover(
        redis=redis,
        streams=STREAMS,
        partitions=partitions,
        database=database,
        clock=clock,
        healthy_life=life_in_which_nobody_asks,
    )


async def _is_asked(redis: Redis) -> bool:
    """Tell whether a request stands on the stream that was not taken yet."""
    return any(
        position.first_unacked is not None or position.done_below == ZERO
        for position in await group_positions(redis, REQUESTS, [GROUP])
    )
