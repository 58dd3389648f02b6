"""Publishing events: whatever is waiting goes to Redis in one pipelined batch of XADDs.

A publisher never repeats anything. After ``Unavailable`` the events may stand on the stream or
not: whoever must not lose them keeps them in an outbox, publishes again, and so publishes at least
once. Within one call events keep their order; calls keep theirs while Redis answers.
"""

import asyncio
import contextvars
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from libs.common import metrics, tracing
from libs.common.breakers import Breaker
from libs.common.clock import Clock
from libs.common.errors import ParleyError, Unavailable
from libs.common.logs import describe
from libs.common.redis_clients import answered
from libs.common.redis_refusals import note_refusal
from libs.common.streams.entries import FIELD, MAX_ENTRY_BYTES, Outgoing, pack
from libs.common.streams.names import StreamTable, stream_key

PUBLISH_WITHIN_S = 0.5
"""Longest that a caller waits, whatever Redis does."""

MAX_BATCH = 1000
"""XADDs in one pipeline; what is over waits for the next."""

PUBLISHED = metrics.counter("parley_stream_published_events", "Events published.", ["stream"])
BATCH_SIZES = metrics.histogram(
    "parley_stream_publish_batch_entries",
    "Entries in one pipelined batch.",
    buckets=metrics.SIZE_BUCKETS,
)
PUBLISH_SECONDS = metrics.histogram(
    "parley_stream_publish_seconds", "Time a caller waited for its events to be published."
)

log = structlog.get_logger(__name__)


def publishing_breaker(clock: Clock) -> Breaker:
    """Return a breaker whose times fit a publisher over ``connect_hot``."""
    return Breaker(
        "redis-publish",
        clock=clock,
        timeout_s=PUBLISH_WITHIN_S,
        max_concurrent=4,
        fail_max=3,
        reset_after_s=0.5,
        proves_alive=answered,
    )


@dataclass(frozen=True, slots=True)
class _Command:
    key: str
    packed: bytes
    traceparent: bytes
    max_len: int | None


@dataclass(eq=False, slots=True)
class _Call:
    """One caller's commands, and where it waits for them."""

    commands: Sequence[_Command]
    done: asyncio.Future[None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def settle(self, error: Exception | None) -> None:
        if self.done.done():
            return
        if error is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(error)
            self.done.exception()  # retrieved: its caller may have given up waiting


class Publisher:
    """Writes to the streams of ``table``; one per process, in one event loop.

    Args:
        redis: a client made by ``connect_hot``.
        table: the streams that may be written, with their policies.
        clock: measures how long callers waited.
        breaker: see ``publishing_breaker``, which is the default.
        max_entry_bytes: where a packed entry is split.
    """

    def __init__(
        self,
        redis: Redis,
        table: StreamTable,
        *,
        clock: Clock,
        breaker: Breaker | None = None,
        max_entry_bytes: int = MAX_ENTRY_BYTES,
    ) -> None:
        self.breaker = breaker or publishing_breaker(clock)
        self._redis = redis
        self._table = table
        self._clock = clock
        self._max_entry_bytes = max_entry_bytes
        self._waiting: list[_Call] = []
        self._sender: asyncio.Task[None] | None = None
        self._refused_for: str | None = None

    async def publish(
        self,
        outgoing: Sequence[Outgoing],
        *,
        causes: Collection[tracing.TraceContext | None] | None = None,
    ) -> None:
        """Write the events; return when Redis has them all.

        Args:
            outgoing: may be empty.
            causes: what led to them, for their trace; what is current where nothing is said.

        Raises:
            Unavailable: Redis did not confirm within ``PUBLISH_WITHIN_S``; some or all of the
                events may stand on their streams nevertheless.
            KeyError: a stream is not in the table.
        """
        if not any(item.events for item in outgoing):
            return
        because = [tracing.current()] if causes is None else causes
        stream = outgoing[0].stream
        with tracing.begin(f"publish {stream}", because, kind="producer") as span:
            await self._publish(outgoing, span.context.traceparent.encode())

    async def _publish(self, outgoing: Sequence[Outgoing], traceparent: bytes) -> None:
        call = _Call(self._commands(outgoing, traceparent))
        started_s = self._clock.monotonic()
        self._waiting.append(call)
        if self._sender is None or self._sender.done():
            # In no context: it goes on with what others put in later.
            self._sender = asyncio.create_task(
                self._send_waiting(), name="publisher", context=contextvars.Context()
            )
        try:
            done, _ = await asyncio.wait({call.done}, timeout=PUBLISH_WITHIN_S)
        finally:
            if call in self._waiting:
                self._waiting.remove(call)
        PUBLISH_SECONDS.observe(self._clock.monotonic() - started_s)
        if not done:
            raise Unavailable("Redis did not confirm in time.", retry_after_s=PUBLISH_WITHIN_S)
        call.done.result()
        for item in outgoing:
            PUBLISHED.labels(item.stream).inc(len(item.events))

    async def drain(self) -> None:
        """Wait until nothing is in flight, before the client is closed."""
        if self._sender is not None:
            await asyncio.wait({self._sender})

    def _commands(self, outgoing: Sequence[Outgoing], traceparent: bytes) -> list[_Command]:
        return [
            _Command(
                stream_key(item.stream, item.partition),
                packed,
                traceparent,
                self._table[item.stream].max_len_on_add,
            )
            for item in outgoing
            for packed in pack(item.events, max_bytes=self._max_entry_bytes)
        ]

    async def _send_waiting(self) -> None:
        while self._waiting:
            calls = self._take_batch()
            try:
                await self._send(calls)
            except ParleyError as error:
                _settle_all(calls, Unavailable(retry_after_s=error.retry_after_s))
            except (RedisError, OSError) as error:
                log.warning("publish_failed", error=describe(error), calls=len(calls))
            except Exception:
                log.exception("publish_bug")
            finally:
                _settle_all(calls, Unavailable("Redis is not available."))

    def _take_batch(self) -> list[_Call]:
        taken: list[_Call] = []
        size = 0
        for call in self._waiting:
            if taken and size + len(call.commands) > MAX_BATCH:
                break
            taken.append(call)
            size += len(call.commands)
        del self._waiting[: len(taken)]
        return taken

    async def _send(self, calls: Sequence[_Call]) -> None:
        """Send one batch; settle each call by the replies to its own commands."""
        commands = [command for call in calls for command in call.commands]
        BATCH_SIZES.observe(len(commands))
        replies = iter(await self.breaker.call(lambda: self._execute(commands)))
        for call in calls:
            errors = [
                reply
                for _, reply in zip(call.commands, replies, strict=False)
                if isinstance(reply, Exception)
            ]
            self._tell_refusal(errors[0] if errors else None, key=call.commands[0].key)
            call.settle(Unavailable(f"Redis refused: {errors[0]}") if errors else None)

    def _tell_refusal(self, error: Exception | None, *, key: str) -> None:
        """Log a refusal; where it is of everything, the first one of a row."""
        why = note_refusal(error) if error is not None else None
        if error is not None and (why is None or why != self._refused_for):
            log.error("publish_refused", error=describe(error), key=key)
        self._refused_for = why

    async def _execute(self, commands: Sequence[_Command]) -> Sequence[object]:
        pipeline = self._redis.pipeline(transaction=False)
        for command in commands:
            pipeline.xadd(
                command.key,
                {FIELD: command.packed, tracing.FIELD: command.traceparent},
                maxlen=command.max_len,
                approximate=command.max_len is not None,
            )
        return await pipeline.execute(raise_on_error=False)


def _settle_all(calls: Sequence[_Call], error: Exception) -> None:
    """Let no caller wait; calls that are settled stay as they are."""
    for call in calls:
        call.settle(error)
