"""Reads what is kept in Redis of people and processes; changes nothing."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec
from redis.asyncio import Redis

from services.presence.store import (
    AWAY,
    CONNECTIONS,
    ONLINE,
    PROCESSES,
    RECALLED,
    SINCE,
    UNWRITTEN,
    USER,
)

_CONNECTED = """
local found, people = {}, (#KEYS - 2) / 2
for place, user in ipairs(ARGV) do
  found[place] = {
    redis.call('SISMEMBER', KEYS[1], user),
    redis.call('SISMEMBER', KEYS[2], user),
    redis.call('HMGET', KEYS[2 + place], 'seen', 'active'),
    redis.call('HVALS', KEYS[2 + people + place]),
  }
end
return found
"""
"""Reads all of some people at once: with a pipeline of commands, four for each, most of presence's
time went into these."""


class Connected(msgspec.Struct, frozen=True, kw_only=True):
    """A person's sessions, and when they were there (ms); null where that is not known here.

    Attributes:
        is_told: everybody was told that they are online, or away.
        last_ping_ms: the newest beat of a process that holds one of the sessions.
    """

    is_told: bool
    connections: int
    last_seen_ms: int | None
    last_activity_ms: int | None
    last_ping_ms: int | None


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """How many people are there, and how many processes of chat hold their sessions."""

    online: int
    away: int
    processes: int


async def connected(redis: Redis, users: Sequence[str]) -> list[Connected]:
    """Return the sessions of people, in their order.

    Raises:
        redis.RedisError: Redis did not say.
    """
    own = [*(USER + user for user in users), *(CONNECTIONS + user for user in users)]
    rows: Any = await redis.register_script(_CONNECTED)(keys=(ONLINE, AWAY, *own), args=users)
    heard = await _heard(redis, {_process(value) for row in rows for value in row[3]})
    return [_connected(row, heard) for row in rows]


async def unwritten(redis: Redis, limit: int) -> dict[str, int]:
    """Return people whose status is to be written, the longest waiting first, and since when."""
    rows: Any = await redis.zrange(UNWRITTEN, 0, limit - 1, withscores=True)
    return {user.decode(): int(score) for user, score in rows}


async def totals(redis: Redis) -> Totals:
    """Return how many people and processes there are.

    Raises:
        redis.RedisError: Redis did not say.
    """
    pipeline = redis.pipeline(transaction=False)
    pipeline.scard(ONLINE)
    pipeline.scard(AWAY)
    pipeline.zcard(PROCESSES)
    online, away, processes = await pipeline.execute()
    return Totals(online=online, away=away, processes=processes)


async def not_recalled(redis: Redis) -> int | None:
    """Return when the data began (ms), unless ``UserStatus`` was compared with them already."""
    reply: Any = await redis.mget((SINCE, RECALLED))
    since, recalled = reply
    return None if since is None or since == recalled else int(since)


async def note_recalled(redis: Redis, since_ms: int) -> None:
    """Note that ``UserStatus`` was compared with the data that began then."""
    await redis.set(RECALLED, since_ms)


async def redis_now_ms(redis: Redis) -> int:
    """Return the time by Redis' clock."""
    seconds, microseconds = await cast(Any, redis.time())
    return int(seconds) * 1000 + int(microseconds) // 1000


async def _heard(redis: Redis, processes: set[str]) -> Mapping[str, int]:
    if not processes:
        return {}
    names = list(processes)
    scores: Any = await redis.zmscore(PROCESSES, names)
    return {
        name: int(score) for name, score in zip(names, scores, strict=True) if score is not None
    }


def _process(value: bytes) -> str:
    return value.decode().partition(" ")[2]


def _connected(row: Sequence[Any], heard: Mapping[str, int]) -> Connected:
    is_online, is_away, times, sessions = row
    seen_ms, active_ms = (None if value is None else int(value) for value in times)
    pings = [heard[name] for name in map(_process, sessions) if name in heard]
    return Connected(
        is_told=bool(is_online or is_away),
        connections=len(sessions),
        last_seen_ms=seen_ms,
        last_activity_ms=active_ms,
        last_ping_ms=max(pings, default=None),
    )
