"""Faults of what is on the streams: twice, in another order, and things that mean nothing."""

import asyncio
from collections.abc import Callable
from contextlib import closing
from typing import Any

from redis import Redis

from libs.common.streams.entries import FIELD
from tests.faults.chaos.scene import Scene, fault
from tests.faults.streams import CHAT_EVENTS, CHAT_RECEIPTS

STREAMS = (
    CHAT_EVENTS,
    CHAT_RECEIPTS,
    "chat.rooms:{0}",
    "chat.sessions:{0}",
    "receipts.events:{0}",
    "receipts.lag:{0}",
    "queue.submissions:{0}",
    "chat.submitted:{0}",
)
NEWEST = 60
GARBAGE: tuple[dict[Any, Any], ...] = (
    {FIELD: b"\xff\xfe"},
    {FIELD: b"[" * 2_000},
    {FIELD: b"{}"},
    {FIELD: b'[{"type":"nobody.knows.this"}]'},
    {FIELD: b'[{"type":"message.created"}]'},
    {FIELD: b'[{"type":"message.created","room":7,"first_seq":"x","frames":null}]'},
    {FIELD: b'[{"type":"receipts.reported","receipts":[[null,1,2]]}]'},
    {b"another field": b"[]"},
)


def _again(order: Callable[[list[Any]], list[Any]]) -> Callable[[Scene], int]:
    def add(scene: Scene) -> int:
        count = 0
        with closing(Redis.from_url(scene.redis_url)) as redis:
            for stream in STREAMS:
                entries = order(list(redis.xrevrange(stream, count=NEWEST) or ())[::-1])
                for _, fields in entries:
                    redis.xadd(stream, fields)
                count += len(entries)
        return count

    return add


@fault("streams: the newest entries come twice")
async def twice(scene: Scene) -> int:
    return await asyncio.to_thread(_again(list), scene)


@fault("streams: the newest entries come again, in another order")
async def disordered(scene: Scene) -> int:
    return await asyncio.to_thread(
        _again(lambda entries: scene.dice.sample(entries, len(entries))), scene
    )


@fault("streams: garbage", buries=True)
async def garbage(scene: Scene) -> int:
    def add() -> int:
        with closing(Redis.from_url(scene.redis_url)) as redis:
            for stream in STREAMS:
                for fields in GARBAGE:
                    redis.xadd(stream, fields)
        return len(STREAMS) * len(GARBAGE)

    return await asyncio.to_thread(add)
