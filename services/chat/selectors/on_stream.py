"""Where the announcement of one message stands on its stream, and who has read it there."""

from typing import Any

from redis.asyncio import Redis

from libs.common.clock import to_unix_ms
from libs.common.events import MessageCreated
from libs.common.streams.entries import Entry, StreamId, read_entries, unpack_known
from libs.common.streams.names import partition_of, stream_key
from services.chat.domain.message_trace.facts import MessageFacts, Reader, StreamFacts
from services.chat.store import CHAT_EVENTS

CLOCKS_DIFFER_MS = 5_000
"""How far before the message's time, by PostgreSQL, its entry is looked for, by Redis."""
PAGE = 200
PAGES = 20
"""Entries in one read, and reads: seconds of a very busy stream."""


async def on_stream(redis: Redis, facts: MessageFacts, *, partitions: int) -> StreamFacts:
    """Return what the stream has of a message.

    Raises:
        redis.RedisError: Redis did not say.
    """
    key = stream_key(CHAT_EVENTS, partition_of(facts.room, partitions))
    since = StreamId(to_unix_ms(facts.created_at) - CLOCKS_DIFFER_MS)
    entry, is_cut = await _entry_of(redis, key, facts, since)
    if entry is None:
        oldest = read_entries(await redis.xrange(key, count=1))
        return StreamFacts(is_trimmed=not oldest or oldest[0].id > since, is_cut=is_cut)
    groups: Any = await redis.xinfo_groups(key)
    return StreamFacts(
        entry=str(entry.id),
        at_ms=entry.id.ms,
        traceparent=entry.trace.traceparent if entry.trace else None,
        readers=[await _reader(redis, key, group, entry.id) for group in groups],
    )


async def _entry_of(
    redis: Redis, key: str, facts: MessageFacts, since: StreamId
) -> tuple[Entry | None, bool]:
    """Return the entry that tells of a message, and whether there was more than is looked at."""
    start = str(since)
    for _ in range(PAGES):
        entries = read_entries(await redis.xrange(key, min=start, count=PAGE))
        for raw in entries:
            entry, _ = unpack_known(raw)
            if any(_tells_of(facts, event) for event in entry.events):
                return entry, False
        if len(entries) < PAGE:
            return None, False
        start = f"({entries[-1].id}"
    return None, True


def _tells_of(facts: MessageFacts, event: object) -> bool:
    return (
        isinstance(event, MessageCreated)
        and event.room == facts.room
        and event.first_seq <= facts.seq <= event.last_seq
    )


async def _reader(redis: Redis, key: str, group: Any, entry: StreamId) -> Reader:
    name = group["name"].decode()
    is_past = StreamId.parse(group["last-delivered-id"]) >= entry
    if not is_past:
        return Reader(group=name, is_past=False, lag=group.get("lag"))
    pending: Any = await redis.xpending_range(key, name, min=str(entry), max=str(entry), count=1)
    idle_ms = pending[0]["time_since_delivered"] if pending else None
    return Reader(group=name, is_past=True, pending_ms=idle_ms)
