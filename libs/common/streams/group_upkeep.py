"""What a consumer group needs besides reading: creation, claims, measuring, and removing the dead.

XAUTOCLAIM may return no entry and a cursor that is not 0-0: only the cursor says when it is done.
"""

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from libs.common import metrics
from libs.common.streams.entries import RawEntry, StreamId, read_entries
from libs.common.streams.names import cut_off_key, dead_letter_key, split_key

FEED = ("stream", "partition", "group")
"""The labels of what is measured about a group on a stream."""

PROGRESS = metrics.gauge(
    "parley_group_progress_age_seconds", "Time since a read or batch was last completed.", FEED
)
PENDING = metrics.gauge("parley_group_pending_entries", "Entries read, not acknowledged.", FEED)
LAG = metrics.gauge("parley_group_lag_entries", "Entries not yet read by the group.", FEED)
CLAIMED = metrics.counter("parley_group_claimed_entries", "Entries taken over from others.", FEED)
DEAD = metrics.gauge("parley_dead_letters_present", "Entries that lie buried.", FEED)
LOST = metrics.counter(
    "parley_group_lost_entries", "Entries that were trimmed while they were pending.", FEED
)

NO_GROUP = {"pending": 0, "lag": 0, "consumers": 0}
"""What is told of a group that is missing: whoever reads next creates it."""

REMOVE_STALE = """
local removed = 0
for _, row in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local consumer = {}
  for i = 1, #row, 2 do consumer[row[i]] = row[i + 1] end
  if consumer['name'] ~= ARGV[2] and consumer['pending'] == 0
      and consumer['idle'] >= tonumber(ARGV[3]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], consumer['name'])
    removed = removed + 1
  end
end
return removed
"""
"""One script, because a consumer that wakes up in between would lose what it just read."""

CREATE = """
local made = redis.pcall('XGROUP', 'CREATE', KEYS[1], ARGV[1], '0', 'MKSTREAM')
if made.err then return made end
local info = {}
local row = redis.call('XINFO', 'STREAM', KEYS[1])
for i = 1, #row, 2 do info[row[i]] = row[i + 1] end
if info['entries-added'] > info['length'] then redis.call('HSET', KEYS[2], ARGV[1], ARGV[2]) end
return made
"""
"""One script, because nobody would know any more that the group is new, if its process died now.

From a stream that still has all of its entries a new group reads everything that there was in this
life of Redis; what was lost with an older life is told again by a repair.
"""

FORGET_CUT_OFF = """
if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then redis.call('HDEL', KEYS[1], ARGV[1]) end
return 0
"""
"""Compared, because the group may be cut off again while its service hears of the last time."""

log = structlog.get_logger(__name__)


def is_missing_group(error: ResponseError) -> bool:
    """Tell whether Redis says that the group, or its whole stream, is not there."""
    # Not only at its beginning: in a pipeline redis-py puts the command before it.
    return "NOGROUP" in str(error) or "no such key" in str(error)


@dataclass(frozen=True, slots=True)
class GroupState:
    """How a group is.

    Attributes:
        pending: entries that consumers have in hand, dead ones included.
        consumers: how many there are, dead ones included.
        cut_off: how it came to miss entries, by the note beside the stream or by our own; None
            where it did not.
    """

    pending: int
    consumers: int
    cut_off: str | None


class GroupUpkeep:
    """The housekeeping of one consumer. Every method may raise ``redis.RedisError``."""

    def __init__(self, redis: Redis, key: str, group: str, consumer: str) -> None:
        self._redis = redis
        self._key = key
        self._group = group
        self._consumer = consumer
        self._labels = (*split_key(key), group)
        self._cut_off_note: bytes | None = None
        self._lost = 0

    def export_progress(self, age_s: Callable[[], float]) -> None:
        """Let the metric ask for the age when it is scraped: a hung loop could not set it."""
        PROGRESS.labels(*self._labels).set_function(age_s)

    async def create(self) -> bool:
        """Create the group at the stream's beginning; return whether it was missing.

        Where entries are gone already, a note is left as if they had been trimmed from under it.
        """
        keys, note = (self._key, cut_off_key(self._key)), "the group existed"
        script: Any = self._redis.eval(CREATE, 2, *keys, self._group, note)
        try:
            await script
        except ResponseError as error:
            if str(error).startswith("BUSYGROUP"):
                return False
            raise
        return True

    async def claim(self, min_idle_ms: int, batch: int) -> AsyncGenerator[list[RawEntry], None]:
        """Take over, batch by batch, what other consumers left idle."""
        cursor = "0-0"
        while True:
            reply: Any = await self._redis.xautoclaim(
                self._key, self._group, self._consumer, min_idle_ms, cursor, count=batch
            )
            self.note_lost(len(reply[2]))
            if entries := read_entries(reply[1]):
                CLAIMED.labels(*self._labels).inc(len(entries))
                log.info("group_claimed", stream=self._key, group=self._group, count=len(entries))
                yield entries
            cursor = str(StreamId.parse(reply[0]))
            if cursor == "0-0":
                return

    async def look(self) -> GroupState:
        """Look how the group is, in one round trip, and tell the metrics."""
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.xinfo_groups(self._key)
        pipeline.hget(cut_off_key(self._key), self._group)
        pipeline.xlen(dead_letter_key(self._key, self._group))
        groups, note, dead = await pipeline.execute()
        row = next((row for row in groups if row["name"].decode() == self._group), NO_GROUP)
        PENDING.labels(*self._labels).set(row["pending"])
        LAG.labels(*self._labels).set(row["lag"] or 0)
        DEAD.labels(*self._labels).set(dead)
        self._cut_off_note = note
        return GroupState(row["pending"], row["consumers"], self._cut_off_by(note))

    def note_lost(self, count: int) -> None:
        """Note that so many pending entries turned out to be gone from the stream."""
        LOST.labels(*self._labels).inc(count)
        self._lost += count

    def _cut_off_by(self, note: bytes | None) -> str | None:
        if note is not None:
            return f"trimmed before {note.decode()}"
        return f"{self._lost} pending entries were trimmed" if self._lost else None

    async def cut_off_told(self) -> None:
        """Remove the notes, unless the trimmer has written another since."""
        self._lost = 0
        if self._cut_off_note is not None:
            note, self._cut_off_note = self._cut_off_note, None
            script: Any = self._redis.eval(
                FORGET_CUT_OFF, 1, cut_off_key(self._key), self._group, note
            )
            await script

    async def remove_stale_consumers(self, idle_ms: int) -> int:
        """Remove consumers that hold nothing and have not been heard of; return how many."""
        script: Any = self._redis.eval(
            REMOVE_STALE, 1, self._key, self._group, self._consumer, str(idle_ms)
        )
        return int(await script)
