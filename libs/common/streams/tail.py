"""A tail: every entry of some streams, seen by every process that tails them.

A tail begins at the present end of a stream and remembers where it is: what is written while it
is not connected is read afterwards, unless it was trimmed meanwhile. There are no acknowledgements
and no dead letters; what a tail cannot read is counted, logged and skipped.
"""

import asyncio
import contextlib
import inspect
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from libs.common import metrics, tracing
from libs.common.clock import Clock
from libs.common.logs import describe
from libs.common.redis_clients import BLOCK_MS
from libs.common.streams.entries import (
    ZERO,
    Entry,
    RawEntry,
    StreamId,
    read_entries,
    unpack_known,
)
from libs.common.streams.epoch import Epoch
from libs.common.streams.names import split_key
from libs.common.streams.positions import end_of

READ_COUNT = 100
"""Entries of one stream in one read: bounds the memory, and the time between two reads."""

TURN_BYTES = 256 * 1024
"""Entries decoded and handed out before the event loop gets a turn: some milliseconds."""

CHECK_EPOCH_EVERY_S = 1.0
"""FLUSHALL breaks no connection: the epoch is asked for this often, and after every error."""

BACKOFF_S = (0.05, 0.1, 0.2, 0.4, 0.5)
"""Waits after consecutive errors; the last repeats."""

READ_ENTRIES = metrics.counter("parley_tail_entries", "Entries read by the tail.", ["stream"])
GARBAGE = metrics.counter(
    "parley_tail_garbage_events", "Events that the tail could not read and skipped.", ["stream"]
)
HANDLER_BUGS = metrics.counter(
    "parley_tail_handler_bugs", "Batches whose handler raised; logged and passed over.", ["stream"]
)
HANDLE_SECONDS = metrics.histogram(
    "parley_tail_handle_seconds", "Time that some entries kept the tail.", ["stream"]
)
READ_ERRORS = metrics.counter("parley_tail_read_errors", "Reads that failed.")

log = structlog.get_logger(__name__)

Handler = Callable[[Sequence[Entry]], Awaitable[None] | None]
"""Takes the new entries of one stream, in order. It delays the tail while it runs."""

OnEpoch = Callable[[str], Awaitable[None] | None]
"""Told of a new epoch, before anything of it is handed out."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A stream that is tailed.

    Attributes:
        key: of the stream, with its partition.
        handler: called with each batch; never with an empty one.
        durable: whether a new epoch is read from its beginning (its handler must then bear
            entries that it has seen); otherwise from its end.
    """

    key: str
    handler: Handler
    durable: bool


class Tail:
    """Reads several streams of one partition with one XREAD at a time.

    Args:
        redis: a client made by ``connect_blocking``.
        subscriptions: what to read; one per key.
        clock: for ``last_read_at``.
        epoch: shared by the process; it may use the same client.
        on_epoch: see ``OnEpoch``; not called for the first epoch.
        block_ms: how long one read waits for news.
    """

    def __init__(
        self,
        redis: Redis,
        subscriptions: Sequence[Subscription],
        *,
        clock: Clock,
        epoch: Epoch | None = None,
        on_epoch: OnEpoch | None = None,
        block_ms: int = BLOCK_MS,
    ) -> None:
        self._redis = redis
        self._subscriptions = {item.key: item for item in subscriptions}
        self._read = {key: READ_ENTRIES.labels(split_key(key)[0]) for key in self._subscriptions}
        self._bugs = {key: HANDLER_BUGS.labels(split_key(key)[0]) for key in self._subscriptions}
        self._seconds = {
            key: HANDLE_SECONDS.labels(split_key(key)[0]) for key in self._subscriptions
        }
        self._names = {key: f"tail {split_key(key)[0]}" for key in self._subscriptions}
        self._clock = clock
        self._epoch = epoch or Epoch(redis)
        self._on_epoch = on_epoch
        self._block_ms = block_ms
        self._seen_epoch: str | None = None
        self._epoch_checked_at_s = 0.0
        self._cursors: dict[str, StreamId] = {}
        self._failures = 0
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.ready = asyncio.Event()
        self.last_read_at: float | None = None

    @property
    def cursors(self) -> Mapping[str, StreamId]:
        """The last entry read, by key."""
        return self._cursors

    def stale_for_s(self) -> float:
        """Return for how long no read was completed; infinite before the first."""
        if self.last_read_at is None:
            return float("inf")
        return self._clock.monotonic() - self.last_read_at

    def start(self) -> None:
        """Begin to read in a task of its own. ``ready`` is set after the first read."""
        self._task = asyncio.create_task(self.run(), name="tail")

    async def stop(self) -> None:
        """Let the read and the handler in progress end, then stop. May be called twice."""
        self._stopping.set()
        if self._task is not None:
            await asyncio.wait({self._task})

    async def run(self) -> None:
        """Read until ``stop``; no error of Redis and no bug of a handler ends it."""
        while not self._stopping.is_set():
            try:
                await self._follow_epoch()
                await self._read_once()
                self._recovered()
            except (RedisError, OSError) as error:
                if self._failures == 0:  # the first of a row; the others are only counted
                    log.warning("tail_read_failed", error=describe(error))
                await self._back_off()
            except Exception:
                log.exception("tail_bug")
                await self._back_off()

    async def _read_once(self) -> None:
        reply: Any = await self._redis.xread(
            {key: str(cursor) for key, cursor in self._cursors.items()},
            count=READ_COUNT,
            block=self._block_ms,
        )
        self.last_read_at = self._clock.monotonic()
        for key, entries in reply or ():
            await self._hand_out(key.decode(), read_entries(entries))
        self.ready.set()

    async def _hand_out(self, key: str, raw: Sequence[RawEntry]) -> None:
        """Give entries to their handler, some at a time, and go on behind them whatever happens."""
        self._read[key].inc(len(raw))
        self._cursors[key] = raw[-1].id
        for some in _turns(raw):
            await self._hand_out_some(key, some)
            await asyncio.sleep(0)

    async def _hand_out_some(self, key: str, raw: Sequence[RawEntry]) -> None:
        entries = [entry for entry in (self._unpack(key, item) for item in raw) if entry.events]
        if not entries:
            return
        began_s = self._clock.monotonic()
        try:
            with tracing.begin(
                self._names[key], (entry.trace for entry in entries), kind="consumer"
            ):
                result = self._subscriptions[key].handler(entries)
                if inspect.isawaitable(result):
                    await result
        except Exception:
            self._bugs[key].inc()
            log.exception("tail_handler_failed", stream=key, first=str(entries[0].id))
        self._seconds[key].observe(self._clock.monotonic() - began_s)

    def _unpack(self, key: str, raw: RawEntry) -> Entry:
        entry, unknown = unpack_known(raw)
        if unknown:
            GARBAGE.labels(split_key(key)[0]).inc(unknown)
            log.warning("tail_skipped_garbage", stream=key, id=str(raw.id), events=unknown)
        return entry

    async def _follow_epoch(self) -> None:
        """Place the cursors for the epoch that Redis is in."""
        now_s = self._clock.monotonic()
        due = self._failures > 0 or now_s - self._epoch_checked_at_s >= CHECK_EPOCH_EVERY_S
        if self._seen_epoch is not None and not due:
            return
        epoch = await self._epoch.check()
        self._epoch_checked_at_s = now_s
        if epoch == self._seen_epoch:
            return
        first = self._seen_epoch is None
        cursors = {
            key: ZERO if item.durable and not first else await end_of(self._redis, key)
            for key, item in self._subscriptions.items()
        }
        if not first:
            log.warning("tail_new_epoch", streams=sorted(cursors))
            await self._tell_epoch(epoch)
        self._cursors = cursors
        self._seen_epoch = epoch

    async def _tell_epoch(self, epoch: str) -> None:
        if self._on_epoch is None:
            return
        try:
            result = self._on_epoch(epoch)
            if inspect.isawaitable(result):
                await result
        except Exception:
            log.exception("tail_on_epoch_failed")

    def _recovered(self) -> None:
        if self._failures:
            log.info("tail_recovered", after_errors=self._failures)
        self._failures = 0

    async def _back_off(self) -> None:
        READ_ERRORS.inc()
        wait_s = BACKOFF_S[min(self._failures, len(BACKOFF_S) - 1)]
        self._failures += 1
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), wait_s)


def _turns(raw: Sequence[RawEntry]) -> Iterator[list[RawEntry]]:
    """Part entries so that no part has more than about ``TURN_BYTES``, or only one."""
    part: list[RawEntry] = []
    size = 0
    for entry in raw:
        own = sum(len(value) for value in entry.fields.values())
        if part and size + own > TURN_BYTES:
            yield part
            part, size = [], 0
        part.append(entry)
        size += own
    yield part
