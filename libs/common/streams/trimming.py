"""Trimming: how much of a stream is kept, and which groups lost something by it.

An entry goes when every known group has acknowledged it and it is five minutes old. What nobody
acknowledges stays for an hour, or a million entries, and goes then: Redis' memory is finite, and
a group that was cut off can be repaired by snapshots. All ages are by Redis' own clock, as ids are.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from libs.common import metrics
from libs.common.errors import ParleyError
from libs.common.logs import describe
from libs.common.streams.entries import ZERO, StreamId
from libs.common.streams.names import StreamPolicy, cut_off_key, split_key, stream_key
from libs.common.streams.positions import GroupPosition, first_after, group_positions

TRIM_EVERY_S = 30.0
"""Pause between two rounds: a tenth of the time that entries are kept."""

LENGTH = metrics.gauge("parley_stream_entries", "Entries on the stream.", ["stream"])
CUT_OFF = metrics.counter(
    "parley_group_cut_off",
    "Times a group lost entries to trimming.",
    ["stream", "partition", "group"],
)
TRIM_ERRORS = metrics.counter("parley_stream_trim_errors", "Rounds of trimming that failed.")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long entries are kept; the defaults are for production.

    Attributes:
        keep_ms: how long an entry is kept that everybody has acknowledged.
        hard_ms: how long an entry is kept that somebody has not.
        max_entries: how many are kept at most, whoever has acknowledged them.
    """

    keep_ms: int = 300_000
    hard_ms: int = 3_600_000
    max_entries: int = 1_000_000


def trim_below(*, now_ms: int, done_below: Sequence[StreamId], limits: Limits) -> StreamId:
    """Decide below which id entries may go.

    Args:
        now_ms: Redis' clock.
        done_below: for each known group, below which id it has acknowledged everything; 0-0 for a
            group that does not exist yet.
        limits: how long entries are kept.
    """
    kept_for_late_readers = StreamId(max(0, now_ms - limits.keep_ms))
    hard_limit = StreamId(max(0, now_ms - limits.hard_ms))
    return max(hard_limit, min([kept_for_late_readers, *done_below]))


class Trimmer:
    """Trims the streams that this process writes; any number of processes may do it at once.

    Args:
        redis: any client.
        policies: the streams; those without groups are bounded here as well as on each XADD.
        partitions: how many partitions each has.
        limits: how long entries are kept.
        on_cut_off: told by ``run`` of a stream's key, where a group newly lost entries of it. For
            writers whose readers cannot ask: others are told by ``OnCutOff`` of the group's loop.
    """

    def __init__(
        self,
        redis: Redis,
        policies: Sequence[StreamPolicy],
        *,
        partitions: int = 1,
        limits: Limits | None = None,
        on_cut_off: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        self._redis = redis
        self._policies = policies
        self._partitions = partitions
        self._limits = limits or Limits()
        self._on_cut_off = on_cut_off
        self._untold: set[str] = set()
        for key, groups in self._keys_and_groups():
            for group in groups:
                CUT_OFF.labels(*split_key(key), group)  # from 0, or the first is no increase
        self._stopping = asyncio.Event()

    async def run(self, *, every_s: float = TRIM_EVERY_S) -> None:
        """Trim now and then until ``stop``; errors of Redis are counted and waited out."""
        while not self._stopping.is_set():
            try:
                await self._trim_and_tell()
            except (RedisError, OSError) as error:
                TRIM_ERRORS.inc()
                log.warning("trim_failed", error=describe(error))
            except ParleyError as error:
                log.warning("cut_off_not_told", code=error.code)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), every_s)

    def stop(self) -> None:
        """Let ``run`` return after the command in flight."""
        self._stopping.set()

    async def _trim_and_tell(self) -> None:
        """Trim all, and tell of each stream of which a group lost entries, until that succeeds."""
        self._untold |= (await self.trim_all()).keys()
        for key in sorted(self._untold):
            if self._on_cut_off is not None:
                await self._on_cut_off(key)
            self._untold.discard(key)

    def _keys_and_groups(self) -> Iterator[tuple[str, frozenset[str]]]:
        for policy in self._policies:
            for partition in range(self._partitions):
                yield stream_key(policy.name, partition), policy.groups

    async def trim_all(self) -> dict[str, list[str]]:
        """Trim every partition of every stream; return who newly lost entries: groups by key."""
        cut_off: dict[str, list[str]] = {}
        for policy in self._policies:
            length = 0
            for partition in range(self._partitions):
                key = stream_key(policy.name, partition)
                if groups := await self._trim(key, policy):
                    cut_off[key] = groups
                length += await self._redis.xlen(key)
            LENGTH.labels(policy.name).set(length)
        return cut_off

    async def _trim(self, key: str, policy: StreamPolicy) -> list[str]:
        if not policy.groups:
            await self._redis.xtrim(key, maxlen=policy.max_len, approximate=True)
            return []
        positions = await group_positions(self._redis, key, policy.groups)
        if not positions:
            return []
        seconds, microseconds = await self._redis.time()
        below = trim_below(
            now_ms=seconds * 1000 + microseconds // 1000,
            done_below=[position.done_below for position in positions],
            limits=self._limits,
        )
        # One XTRIM with "~" removes 10,000 entries at most, so that it never blocks Redis for long.
        while await self._redis.xtrim(key, minid=str(below), approximate=True):
            continue
        while await self._redis.xtrim(key, maxlen=self._limits.max_entries, approximate=True):
            continue
        return await self._report_cut_off(key, positions)

    async def _report_cut_off(self, key: str, positions: Sequence[GroupPosition]) -> list[str]:
        """Note, for the groups themselves, who had not acknowledged what is gone now."""
        first = await first_after(self._redis, key, ZERO)
        kept_from = first or StreamId(2**63)
        losers = [
            position.group
            for position in positions
            if position.first_unacked is not None and position.first_unacked < kept_from
        ]
        return [group for group in losers if await self._mark(key, group, first)]

    async def _mark(self, key: str, group: str, first: StreamId | None) -> bool:
        """Leave a note for the group; return whether it is news, not told by us or another."""
        note: Any = self._redis.hsetnx(cut_off_key(key), group, str(first or "its end"))
        if not await note:
            return False
        CUT_OFF.labels(*split_key(key), group).inc()
        log.error("group_lost_entries", stream=key, group=group)
        return True
