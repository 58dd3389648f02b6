"""A consumer group's loop: replicas share the entries of one stream, each entry is handled once.

Once means at least once: a batch is handled, its transaction committed, and only then acknowledged
with one XACK. Handlers must be idempotent, and must not care about order: after a failure, a
restart or a claim an old entry may come behind newer ones.
"""

import asyncio
import contextlib
import inspect
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from libs.common import metrics, tracing
from libs.common.breakers import Breaker
from libs.common.clock import Clock
from libs.common.errors import ParleyError
from libs.common.logs import describe
from libs.common.redis_refusals import note_refusal
from libs.common.streams.dead_letters import DeadLetters
from libs.common.streams.entries import ZERO, Entry, RawEntry, StreamId, read_entries, unpack
from libs.common.streams.group_options import GroupOptions
from libs.common.streams.group_upkeep import FEED, GroupUpkeep, is_missing_group
from libs.common.streams.names import split_key
from libs.common.streams.verdicts import (
    CLAIM_AFTER_MS,
    MAX_FAILURES,
    Verdict,
    handle_bisecting,
    judge_pending,
)

BACKOFF_S = (0.05, 0.1, 0.2, 0.5)
"""Waits after consecutive errors of Redis; the last repeats."""

HANDLED = metrics.counter("parley_group_entries", "Entries acknowledged.", FEED)
FAILED = metrics.counter(
    "parley_group_failures", "Failures of single entries, by their own fault.", FEED
)
OUTAGES = metrics.counter(
    "parley_group_outages", "Batches put off because a dependency was down.", FEED
)
HANDLE_SECONDS = metrics.histogram(
    "parley_group_handle_seconds",
    "Time that a batch took until its entries were acknowledged, or put off.",
    ["stream", "group"],
)

log = structlog.get_logger(__name__)

Handler = Callable[[Sequence[Entry]], Awaitable[None]]
"""Handles a batch and commits. Raising means that nothing of the batch was done for good."""

OnCutOff = Callable[[str], Awaitable[None] | None]
"""Told, with a reason, that entries may be missing: ask for snapshots. Told again if it raises: at
the next upkeep, or by the next process. Also told when the group is new and the stream has lost
entries already."""


class GroupLoop:
    """One consumer of one group on one partition of a stream.

    Args:
        redis: a client made by ``connect_blocking``.
        key: of the stream, with its partition.
        group: created, from the stream's beginning, where it is missing.
        consumer: unique among living processes; the same again after a restart where possible,
            because then what was in hand is taken up at once rather than claimed later.
        handler: see ``Handler``.
        clock: measures progress; dates first failures.
        outages: errors that mean a dependency is down, besides retriable ``ParleyError``s and
            errors of the network. They count against no entry.
        breaker: of the handler's dependency; nothing is read while it is open.
        on_cut_off: see ``OnCutOff``.
        options: times and sizes.
    """

    def __init__(  # noqa: PLR0913  # all but the first four by keyword
        self,
        redis: Redis,
        key: str,
        group: str,
        handler: Handler,
        *,
        consumer: str,
        clock: Clock,
        outages: tuple[type[Exception], ...] = (),
        breaker: Breaker | None = None,
        on_cut_off: OnCutOff | None = None,
        options: GroupOptions | None = None,
    ) -> None:
        self.key = key
        self.group = group
        self.consumer = consumer
        self.dead_letters = DeadLetters(redis, key, group, clock=clock)
        self._redis = redis
        self._handler = handler
        self._clock = clock
        self._outages = (RedisError, OSError, *outages)
        self._breaker = breaker
        self._on_cut_off = on_cut_off
        self._options = options or GroupOptions()
        self._labels = (*split_key(key), group)
        self._handled, self._failed = (each.labels(*self._labels) for each in (HANDLED, FAILED))
        self._seconds = HANDLE_SECONDS.labels(self._labels[0], group)
        self._upkeep = GroupUpkeep(redis, key, group, consumer)
        self._exists = False
        self._cut_off: str | None = None
        self._pending_after: StreamId | None = ZERO
        self._retry_at_s: float | None = None
        self._upkeep_at_s = clock.monotonic()
        self._progress_at_s = clock.monotonic()
        self._failures = 0
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._upkeep.export_progress(self.progress_age_s)

    def progress_age_s(self) -> float:
        """Return the seconds since a read or a batch was last completed; a hang lets it grow."""
        return self._clock.monotonic() - self._progress_at_s

    def start(self) -> None:
        """Begin in a task of its own."""
        self._task = asyncio.create_task(self.run(), name=f"group {self.group} on {self.key}")

    async def stop(self) -> None:
        """Finish the batch in hand, then stop. May be called twice."""
        self._stopping.set()
        if self._task is not None:
            await asyncio.wait({self._task})

    async def run(self) -> None:
        """Read and handle until ``stop``; no error ends it."""
        while not self._stopping.is_set():
            try:
                await self._step()
            except ResponseError as error:
                if is_missing_group(error):
                    self._exists = False
                elif note_refusal(error):
                    self._warn_once("group_refused", error)
                else:
                    log.exception("group_refused", stream=self.key, group=self.group)
                await self._back_off(BACKOFF_S)
            except (RedisError, OSError) as error:
                self._warn_once("group_read_failed", error)
                await self._back_off(BACKOFF_S)
            except Exception:
                log.exception("group_bug", stream=self.key, group=self.group)
                await self._back_off(self._options.outage_waits_s)

    async def _step(self) -> None:
        """Do one thing: heal, take up what is pending, or read what is new."""
        if self._breaker is not None and (wait_s := self._breaker.retry_after_s) > 0:
            await self._sleep(wait_s)
            return
        if not self._exists:
            await self._create_group()
        await self._do_upkeep()
        if self._retry_at_s is not None and self._clock.monotonic() >= self._retry_at_s:
            self._pending_after, self._retry_at_s = ZERO, None
        if self._pending_after is not None:
            blocked = await self._take_up_pending(self._pending_after)
        else:
            blocked = await self._take_up_new()
        if blocked is None:
            self._progressed()
        else:
            await self._put_off(blocked)

    async def _create_group(self) -> None:
        if await self._upkeep.create():
            self._upkeep_at_s = self._clock.monotonic()
        self._exists = True
        self._pending_after = ZERO

    async def _read(self, after: str, block_ms: int | None) -> list[RawEntry]:
        reply: Any = await self._redis.xreadgroup(
            self.group, self.consumer, {self.key: after}, count=self._options.batch, block=block_ms
        )
        return read_entries(reply[0][1]) if reply else []

    async def _take_up_new(self) -> Exception | None:
        entries = await self._read(">", self._options.block_ms)
        began_s = self._clock.monotonic()
        blocked = await self._handle(entries, fresh=True)
        if entries and blocked is None and self._options.every_s > 0:
            await self._sleep(began_s + self._options.every_s - self._clock.monotonic())
        return blocked

    async def _take_up_pending(self, after: StreamId) -> Exception | None:
        entries = await self._read(str(after), None)
        self._pending_after = entries[-1].id if entries else None
        return await self._handle(entries, fresh=False)

    async def _do_upkeep(self) -> None:
        """Measure, claim what dead consumers left, and remove them; now and then."""
        if self._clock.monotonic() < self._upkeep_at_s:
            return
        self._upkeep_at_s = self._clock.monotonic() + self._options.upkeep_every_s
        state = await self._upkeep.look()
        self._cut_off = state.cut_off or self._cut_off
        await self._tell_cut_off()
        if (state.pending == 0 or await self._claim_idle()) and state.consumers > 1:
            await self._upkeep.remove_stale_consumers(self._options.stale_after_ms)

    async def _claim_idle(self) -> bool:
        """Handle what others left idle; return whether that was all of it."""
        options = self._options
        claims = self._upkeep.claim(options.claim_after_ms, options.batch)
        async with contextlib.aclosing(claims):
            async for entries in claims:
                if (blocked := await self._handle(entries, fresh=False)) is not None:
                    await self._put_off(blocked)
                    return False
                self._progressed()
                if self._stopping.is_set():
                    return False
        return True

    async def _handle(self, raw: Sequence[RawEntry], *, fresh: bool) -> Exception | None:
        """Handle, acknowledge, count and bury; return the outage that came between, if any."""
        if not raw:
            return None
        began_s = self._clock.monotonic()
        alive = [entry for entry in raw if entry.fields]
        lost = [entry for entry in raw if not entry.fields]
        self._upkeep.note_lost(len(lost))
        if not fresh:
            alive = await self._spare_the_hopeless(alive)
        result = await handle_bisecting(alive, self._unpack_and_handle, is_outage=self._is_outage)
        await self._acknowledge([entry.id for entry in (*result.good, *lost)], fresh=fresh)
        for entry, error in result.bad:
            await self._count_failure(entry, error)
        self._seconds.observe(self._clock.monotonic() - began_s)
        return result.blocked_by

    async def _unpack_and_handle(self, raw: Sequence[RawEntry]) -> None:
        entries = [unpack(entry) for entry in raw]
        name = f"{self.group} handles {self._labels[0]}"
        with tracing.begin(name, (entry.trace for entry in entries), kind="consumer"):
            await self._handler(entries)

    async def _acknowledge(self, ids: Sequence[StreamId], *, fresh: bool) -> None:
        if not ids:
            return
        await self._redis.xack(self.key, self.group, *(str(entry_id) for entry_id in ids))
        self._handled.inc(len(ids))
        if not fresh:
            await self.dead_letters.forgive(ids)

    async def _spare_the_hopeless(self, entries: Sequence[RawEntry]) -> list[RawEntry]:
        """Bury what had failed too often before its process died; return the rest."""
        hopeful: list[RawEntry] = []
        counts = await self.dead_letters.failures([entry.id for entry in entries])
        for entry, failures in zip(entries, counts, strict=True):
            # Reading or claiming has just reset the idle time; the wait was Redis' or ours.
            if judge_pending(idle_ms=CLAIM_AFTER_MS, failures=failures) is Verdict.BURY:
                await self.dead_letters.bury(entry, RuntimeError("failed before a restart"))
            else:
                hopeful.append(entry)
        return hopeful

    async def _count_failure(self, entry: RawEntry, error: Exception) -> None:
        self._failed.inc()
        failures = await self.dead_letters.count_failure(entry.id)
        log.error(
            "group_entry_failed",
            stream=self.key,
            group=self.group,
            id=str(entry.id),
            failures=failures,
            exc_info=error,
        )
        if failures >= MAX_FAILURES:
            await self.dead_letters.bury(entry, error)
        elif self._retry_at_s is None:
            self._retry_at_s = self._clock.monotonic() + self._options.retry_after_s

    def _is_outage(self, error: Exception) -> bool:
        if isinstance(error, ParleyError):
            return error.retriable
        return isinstance(error, self._outages)

    async def _put_off(self, outage: Exception) -> None:
        OUTAGES.labels(*self._labels).inc()
        self._warn_once("group_put_off", outage)
        await self._back_off(self._options.outage_waits_s)

    async def _tell_cut_off(self) -> None:
        if self._cut_off is None:
            return
        log.warning("group_cut_off", stream=self.key, group=self.group, reason=self._cut_off)
        try:
            result = self._on_cut_off(self._cut_off) if self._on_cut_off else None
            if inspect.isawaitable(result):
                await result
        except Exception:
            log.exception("group_on_cut_off_failed", stream=self.key, group=self.group)
            return
        await self._upkeep.cut_off_told()
        self._cut_off = None

    def _warn_once(self, event: str, error: Exception) -> None:
        """Log the first error of a row; the others are only counted."""
        if self._failures == 0:
            log.warning(event, stream=self.key, group=self.group, error=describe(error))

    def _progressed(self) -> None:
        if self._failures:
            log.info("group_recovered", stream=self.key, group=self.group)
        self._failures = 0
        self._progress_at_s = self._clock.monotonic()

    async def _back_off(self, waits_s: Sequence[float]) -> None:
        """Wait, longer each time; afterwards look again at what is pending with us."""
        self._pending_after = ZERO
        wait_s = waits_s[min(self._failures, len(waits_s) - 1)]
        self._failures += 1
        await self._sleep(wait_s)

    async def _sleep(self, wait_s: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), wait_s)
