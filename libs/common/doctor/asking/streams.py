"""How the streams stand: what ``rules.streams`` judges."""

from collections.abc import Mapping, Sequence
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from libs.common.doctor.rules.streams import (
    BY_PARTITION,
    GROUPS_OF,
    PENDING_MS,
    GroupFacts,
    StreamFacts,
)
from libs.common.streams.names import dead_letter_key, stream_key

COUNTED = 100
"""Entries that wait are counted up to so many."""


async def ask_streams(redis: Redis, *, partitions: int) -> Sequence[StreamFacts]:
    """Ask of every stream that there may be, in two round trips for all."""
    names = {
        stream_key(name, partition): name
        for name in GROUPS_OF
        for partition in range(partitions if name in BY_PARTITION else 1)
    }
    pipeline = redis.pipeline(transaction=False)
    for key in names:
        pipeline.exists(key)
        pipeline.xlen(key)
        pipeline.xinfo_groups(key)
    answers = await pipeline.execute(raise_on_error=False)
    lengths, groups = dict[str, int | None](), dict[tuple[str, str], Any]()
    for place, (key, name) in enumerate(names.items()):
        exists, length, found = answers[3 * place : 3 * place + 3]
        lengths[key] = length if exists == 1 and isinstance(length, int) else None
        if lengths[key] is not None:
            groups |= {(key, group): facts for group, facts in _ours(found, name).items()}
    facts = await _ask_groups(redis, groups)
    return [
        StreamFacts(
            key=key,
            name=name,
            length=lengths[key],
            groups=[each for each in facts if each.stream == key],
        )
        for key, name in names.items()
    ]


def _ours(groups: Any, name: str) -> Mapping[str, Any]:
    """Return the groups of services; what others read there is theirs."""
    named = {group["name"].decode(): group for group in groups}
    return {group: facts for group, facts in named.items() if group in GROUPS_OF[name]}


async def _ask_groups(redis: Redis, groups: Mapping[tuple[str, str], Any]) -> list[GroupFacts]:
    pipeline = redis.pipeline(transaction=False)
    for key, name in groups:
        pipeline.xinfo_consumers(key, name)
        pipeline.xpending_range(key, name, "-", "+", COUNTED, idle=PENDING_MS)
        pipeline.xlen(dead_letter_key(key, name))
    answers = await pipeline.execute(raise_on_error=False)
    return [
        _facts_of(key, name, group, answers[3 * place : 3 * place + 3])
        for place, ((key, name), group) in enumerate(groups.items())
    ]


def _facts_of(key: str, name: str, group: Any, answers: Sequence[Any]) -> GroupFacts:
    # A group that was removed between two questions answers with an error: it counts as empty.
    consumers, stuck, letters = (
        () if isinstance(answer, ResponseError) else answer for answer in answers
    )
    return GroupFacts(
        stream=key,
        name=name,
        lag=group.get("lag"),
        consumers=len(consumers),
        silent_ms=min((consumer["idle"] for consumer in consumers), default=None),
        stuck=len(stuck),
        dead_letters=letters or 0,
    )
