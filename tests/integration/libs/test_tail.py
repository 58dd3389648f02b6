import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest
from redis.asyncio import Redis

from libs.common.clock import SystemClock
from libs.common.streams.entries import Entry
from libs.common.streams.tail import TURN_BYTES, Subscription, Tail
from tests.integration.libs.numbered import numbers_of, packed
from tests.integration.waiting import WITHIN_S

DURABLE = "chat.rooms:{0}"
EPHEMERAL = "chat.typing:{0}"


class Seen:
    """Remembers the numbers that a stream carried."""

    def __init__(self) -> None:
        self.numbers: list[int] = []

    def __call__(self, entries: Sequence[Entry]) -> None:
        self.numbers += numbers_of(entries)


@contextlib.asynccontextmanager
async def running(tail: Tail) -> AsyncIterator[Tail]:
    tail.start()
    try:
        async with asyncio.timeout(WITHIN_S):
            await tail.ready.wait()
        yield tail
    finally:
        await tail.stop()


@pytest.fixture
def durable() -> Seen:
    return Seen()


@pytest.fixture
def ephemeral() -> Seen:
    return Seen()


@pytest.fixture
def make_tail(blocking: Redis, durable: Seen, ephemeral: Seen) -> Callable[..., Tail]:
    def make(**options: Any) -> Tail:
        subscriptions = [
            Subscription(DURABLE, durable, durable=True),
            Subscription(EPHEMERAL, ephemeral, durable=False),
        ]
        return Tail(blocking, subscriptions, clock=SystemClock(), block_ms=100, **options)

    return make


async def test_a_tail_begins_at_the_present_end_and_sees_everything_after(
    redis, make_tail, durable, ephemeral, eventually
):
    await redis.xadd(DURABLE, packed(0))

    async with running(make_tail()):
        for number in range(1, 50):
            await redis.xadd(DURABLE, packed(number))
            await redis.xadd(EPHEMERAL, packed(number))
        await eventually(lambda: len(durable.numbers) + len(ephemeral.numbers) == 98)

    assert durable.numbers == list(range(1, 50))
    assert ephemeral.numbers == list(range(1, 50))


async def test_what_is_written_while_the_connection_breaks_is_not_missed(
    redis, make_tail, durable, eventually
):
    async with running(make_tail()):
        for number in range(30):
            await redis.xadd(DURABLE, packed(number))
            if number % 5 == 0:
                await redis.client_kill_filter(_type="normal", skipme=True)
        await eventually(lambda: len(durable.numbers) == 30)

    assert durable.numbers == list(range(30))


async def test_after_a_hang_the_tail_goes_on_where_it_was(
    server, redis, make_tail, durable, eventually
):
    async with running(make_tail()) as tail:
        await redis.xadd(DURABLE, packed(1))
        await eventually(lambda: durable.numbers == [1])
        server.hang()
        await eventually(lambda: tail.stale_for_s() > 1.0)
        server.resume()
        await redis.xadd(DURABLE, packed(2))
        await eventually(lambda: len(durable.numbers) == 2)
        await eventually(lambda: tail.stale_for_s() < 0.5)

    assert durable.numbers == [1, 2]


async def test_after_a_wipe_durable_streams_are_read_from_their_beginning(
    redis, make_tail, durable, ephemeral, eventually
):
    told: list[str] = []
    await redis.xadd(DURABLE, packed(0), id="99999999999999-0")

    async with running(make_tail(on_epoch=told.append)):
        await redis.flushall()
        await redis.xadd(DURABLE, packed(1))  # far below the tail's position
        await redis.xadd(EPHEMERAL, packed(1))
        await eventually(lambda: durable.numbers == [1])
        await redis.xadd(EPHEMERAL, packed(2))
        await eventually(lambda: 2 in ephemeral.numbers)

    assert len(told) == 1


async def test_after_a_kill_and_restart_nothing_durable_is_missing(
    server, redis, make_tail, durable, eventually
):
    async with running(make_tail()):
        await redis.xadd(DURABLE, packed(1))
        await eventually(lambda: durable.numbers == [1])
        server.kill()
        server.start()
        await server.wait_up()
        await redis.xadd(DURABLE, packed(2))
        await eventually(lambda: 2 in durable.numbers)

    assert set(durable.numbers) == {1, 2}


async def test_garbage_is_skipped_and_its_readable_neighbours_are_not(
    redis, make_tail, durable, eventually
):
    known = packed(2)["e"].removeprefix(b"[").removesuffix(b"]")

    async with running(make_tail()):
        await redis.xadd(DURABLE, {"e": b"\xff no json"})
        await redis.xadd(DURABLE, {"other": b"[]"})
        await redis.xadd(DURABLE, {"e": b'[{"type":"from.the.future"},' + known + b"]"})
        await redis.xadd(DURABLE, packed(3))
        await eventually(lambda: durable.numbers == [2, 3])


async def test_a_handler_that_raises_does_not_end_the_tail(redis, blocking, durable, eventually):
    async def handler(entries: Sequence[Entry]) -> None:
        durable(entries)
        raise ValueError(entries)

    tail = Tail(
        blocking,
        [Subscription(DURABLE, handler, durable=True)],
        clock=SystemClock(),
        block_ms=100,
    )
    async with running(tail):
        await redis.xadd(DURABLE, packed(1))
        await eventually(lambda: durable.numbers == [1])
        await redis.xadd(DURABLE, packed(2))
        await eventually(lambda: durable.numbers == [1, 2])


async def test_a_tail_that_started_before_redis_becomes_ready_with_it(
    server, make_tail, eventually
):
    server.kill()
    tail = make_tail()
    tail.start()
    await eventually(lambda: tail.stale_for_s() == float("inf"))

    server.start()
    await server.wait_up()

    async with asyncio.timeout(WITHIN_S):
        await tail.ready.wait()
    await tail.stop()


async def test_large_entries_are_handed_out_a_few_at_a_time_and_in_order(
    redis, blocking, eventually
):
    batches: list[Sequence[Entry]] = []
    tail = Tail(
        blocking,
        [Subscription(DURABLE, batches.append, durable=True)],
        clock=SystemClock(),
        block_ms=100,
    )
    large = b" " * (TURN_BYTES // 3)

    async with running(tail):
        pipeline = redis.pipeline()
        for number in range(10):
            pipeline.xadd(DURABLE, {b"e": packed(number)["e"] + large})
        await pipeline.execute()
        await eventually(lambda: sum(len(batch) for batch in batches) == 10)

    assert numbers_of([entry for batch in batches for entry in batch]) == list(range(10))
    assert max(len(batch) for batch in batches) <= 3
