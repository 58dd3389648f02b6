"""Where a stream ends, and how far its consumer groups have got.

Ids are Redis' own times. That everything up to an id is acknowledged says nothing about *when* it
happened: news may be published an hour late.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from libs.common.streams.entries import ZERO, StreamId, read_entries
from libs.common.streams.names import cut_off_key


@dataclass(frozen=True, slots=True)
class GroupPosition:
    """What a group has yet to acknowledge.

    Attributes:
        group: its name.
        first_unacked: the oldest entry on the stream that it has not; None if it has them all.
        done_below: everything below this id is acknowledged; 0-0 where there is no such group.
    """

    group: str
    first_unacked: StreamId | None
    done_below: StreamId


async def end_of(redis: Redis, key: str) -> StreamId:
    """Return what ``$`` stands for now: the highest id given out; 0-0 where there is no stream."""
    try:
        info: Any = await redis.xinfo_stream(key)
    except ResponseError as error:
        if "no such key" in str(error):
            return ZERO
        raise
    return StreamId.parse(info["last-generated-id"])


async def group_positions(redis: Redis, key: str, groups: Iterable[str]) -> list[GroupPosition]:
    """Return how far these groups are, by name; of a stream that is missing, of none.

    Raises:
        redis.RedisError: Redis did not say.
    """
    try:
        rows: Any = await redis.xinfo_groups(key)
    except ResponseError as error:
        if "no such key" in str(error):
            return []
        raise
    delivered = {row["name"].decode(): StreamId.parse(row["last-delivered-id"]) for row in rows}
    wanted = sorted(groups)
    there = [group for group in wanted if group in delivered]
    pipeline = redis.pipeline(transaction=False)
    for group in there:
        pipeline.xpending(key, group)
        pipeline.xrange(key, min=f"({delivered[group]}", count=1)
    replies: Any = await pipeline.execute()
    known = {
        group: _position(group, delivered[group], *replies[2 * n : 2 * n + 2])
        for n, group in enumerate(there)
    }
    # Who is missing is no loser: whoever creates the group begins with a repair.
    return [known.get(group) or GroupPosition(group, None, ZERO) for group in wanted]


async def cut_off_groups(redis: Redis, key: str) -> frozenset[str]:
    """Return the groups that lost entries of a stream and have not been told yet."""
    groups: Any = await redis.hkeys(cut_off_key(key))
    return frozenset(group.decode() for group in groups)


async def first_after(redis: Redis, key: str, position: StreamId) -> StreamId | None:
    """Return the first entry behind an id; None where there is none."""
    reply: Any = await redis.xrange(key, min=f"({position}", count=1)
    entries = read_entries(reply)
    return entries[0].id if entries else None


def _position(group: str, delivered: StreamId, summary: Any, after: Any) -> GroupPosition:
    if summary["min"] is not None:
        lowest = StreamId.parse(summary["min"])
        return GroupPosition(group, lowest, lowest)
    done_below = StreamId(delivered.ms, delivered.n + 1)
    entries = read_entries(after)
    return GroupPosition(group, entries[0].id if entries else None, done_below)
