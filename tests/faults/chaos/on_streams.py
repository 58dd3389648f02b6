"""Faults of what is on the streams: twice, in another order, and things that mean nothing."""

import asyncio
from collections.abc import Callable
from contextlib import closing
from typing import Any

from redis import Redis

from libs.common.streams.entries import FIELD
from tests.faults.chaos.scene import Scene, fault
from tests.faults.streams import CHAT_EVENTS, CHAT_RECEIPTS

DURABLE = (
    CHAT_EVENTS,
    CHAT_RECEIPTS,
    "chat.rooms:{0}",
    "chat.sessions:{0}",
    "receipts.events:{0}",
    "receipts.lag:{0}",
    "queue.deliveries:{0}",
    "queue.submissions:{0}",
    "queue.requests:{0}",
    "chat.submitted:{0}",
    "chat.requests:{0}",
)
"""What is said at least once, in any order."""
EVERY = (*DURABLE, "presence.events:{0}", "chat.typing:{0}")
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
            for stream in DURABLE:
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
    def shuffled(entries: list[Any]) -> list[Any]:
        return scene.dice.sample(entries, len(entries))

    return await asyncio.to_thread(_again(shuffled), scene)


@fault("streams: garbage")
async def garbage(scene: Scene) -> int:
    def add() -> int:
        with closing(Redis.from_url(scene.redis_url)) as redis:
            for stream in EVERY:
                for fields in GARBAGE:
                    redis.xadd(stream, fields)
        return len(EVERY) * len(GARBAGE)

    return await asyncio.to_thread(add)
