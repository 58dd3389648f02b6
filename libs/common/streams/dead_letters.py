"""Dead letters: entries on which a consumer group gave up, kept until somebody decides.

A replayed letter becomes a new entry at the end of its stream. Every group and every tail sees it
again, not only the group that buried it: that is why handlers are idempotent and commute.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from libs.common import metrics
from libs.common.clock import Clock, to_wire
from libs.common.logs import describe
from libs.common.streams.entries import RawEntry, StreamId, read_entries
from libs.common.streams.names import dead_letter_key, failures_key, split_key

ORIGINAL = b"original:"
"""Prefix of the fields that the buried entry had; the others are ours."""

MAX_REASON = 500
"""Characters of the error that are kept."""

BURIED = metrics.counter("parley_dead_letters", "Entries buried.", ["stream", "partition", "group"])


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One buried entry.

    Attributes:
        id: where it lies among the dead letters.
        original_id: where it stood on its stream.
        reason: type and text of the last error.
        first_failed_at: RFC 3339, by the clock of the process on which it first failed.
        fields: what it carried, unchanged.
    """

    id: StreamId
    original_id: StreamId
    reason: str
    first_failed_at: str
    fields: Mapping[bytes, bytes]


class DeadLetters:
    """The dead letters of one group on one stream, and its count of failures.

    Attributes:
        key: where they lie.
        stream: where they stood, with its partition.
    """

    def __init__(self, redis: Redis, key: str, group: str, *, clock: Clock) -> None:
        self.key = dead_letter_key(key, group)
        self.stream = key
        self.group = group
        self._redis = redis
        self._failures = failures_key(key, group)
        self._clock = clock
        self._labels = (*split_key(key), group)

    async def count_failure(self, entry_id: StreamId) -> int:
        """Note that a handler failed on this entry alone; return how often it has by now."""
        pipeline = self._redis.pipeline(transaction=True)
        pipeline.hincrby(self._failures, str(entry_id), 1)
        pipeline.hsetnx(self._failures, f"{entry_id}:since", to_wire(self._clock.now()))
        count, _ = await pipeline.execute()
        return int(count)

    async def failures(self, entry_ids: Sequence[StreamId]) -> Sequence[int]:
        """Return how often each entry has failed alone, in the order of the ids."""
        if not entry_ids:
            return []
        counts: Any = await self._redis.hmget(self._failures, [str(item) for item in entry_ids])
        return [int(count or 0) for count in counts]

    async def forgive(self, entry_ids: Sequence[StreamId]) -> None:
        """Forget the failures of entries that are done with."""
        names = [name for entry_id in entry_ids for name in _count_fields(entry_id)]
        if names:
            await self._redis.hdel(self._failures, *names)

    async def bury(self, entry: RawEntry, reason: Exception) -> None:
        """Move an entry here and acknowledge it, in one step."""
        since = await self._redis.hget(self._failures, f"{entry.id}:since")
        first_failed_at = since.decode() if isinstance(since, bytes) else to_wire(self._clock.now())
        pipeline = self._redis.pipeline(transaction=True)
        pipeline.xadd(self.key, _dead_fields(entry, reason, first_failed_at))
        pipeline.xack(self.stream, self.group, str(entry.id))
        pipeline.hdel(self._failures, *_count_fields(entry.id))
        await pipeline.execute()
        BURIED.labels(*self._labels).inc()

    async def list(self, *, limit: int = 100, after: StreamId | None = None) -> list[DeadLetter]:
        """Return the oldest letters behind ``after``."""
        start = f"({after}" if after else "-"
        reply: Any = await self._redis.xrange(self.key, min=start, count=limit)
        return [_read_letter(raw) for raw in read_entries(reply)]

    async def find(self, letter_id: StreamId) -> DeadLetter | None:
        """Return one letter; None where it is not there (any more)."""
        reply: Any = await self._redis.xrange(self.key, min=str(letter_id), max=str(letter_id))
        return next((_read_letter(raw) for raw in read_entries(reply)), None)

    async def replay(self, letter: DeadLetter) -> None:
        """Write the entry to the end of its stream again, and take it from here, in one step."""
        fields: dict[Any, Any] = dict(letter.fields)
        pipeline = self._redis.pipeline(transaction=True)
        pipeline.xadd(self.stream, fields)
        pipeline.xdel(self.key, str(letter.id))
        await pipeline.execute()

    async def discard(self, letter: DeadLetter) -> None:
        """Forget it for good."""
        await self._redis.xdel(self.key, str(letter.id))


def _count_fields(entry_id: StreamId) -> tuple[str, str]:
    return str(entry_id), f"{entry_id}:since"


def _dead_fields(entry: RawEntry, reason: Exception, first_failed_at: str) -> dict[Any, Any]:
    ours: dict[bytes, bytes] = {
        b"id": str(entry.id).encode(),
        b"reason": describe(reason)[:MAX_REASON].encode(errors="replace"),
        b"first_failed_at": first_failed_at.encode(),
    }
    return ours | {ORIGINAL + name: value for name, value in entry.fields.items()}


def _read_letter(raw: RawEntry) -> DeadLetter:
    return DeadLetter(
        id=raw.id,
        original_id=StreamId.parse(raw.fields[b"id"]),
        reason=raw.fields[b"reason"].decode(),
        first_failed_at=raw.fields[b"first_failed_at"].decode(),
        fields={
            name.removeprefix(ORIGINAL): value
            for name, value in raw.fields.items()
            if name.startswith(ORIGINAL)
        },
    )
