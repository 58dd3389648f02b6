import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs

from libs.common.breakers import Breaker
from libs.common.clock import ManualClock, SystemClock
from libs.common.errors import Unavailable
from libs.common.metrics import REGISTRY
from libs.common.streams.dead_letters import DeadLetters
from libs.common.streams.entries import Entry
from libs.common.streams.group import GroupLoop
from libs.common.streams.group_options import GroupOptions
from libs.common.streams.names import failures_key
from libs.common.streams.verdicts import MAX_FAILURES
from tests.integration.libs.numbered import numbers_in, numbers_of, packed
from tests.integration.waiting import WITHIN_S

KEY = "chat.rooms:{0}"
GROUP = "receipts"
FAST = GroupOptions(
    batch=10,
    block_ms=50,
    claim_after_ms=60_000,
    retry_after_s=0.05,
    upkeep_every_s=0.1,
    outage_waits_s=(0.05,),
)


class Handler:
    """Remembers committed numbers; fails as it is told, before it commits anything."""

    def __init__(self) -> None:
        self.committed: list[int] = []
        self.attempts: list[list[int]] = []
        self.poison: set[int] = set()
        self.outage: Exception | None = None

    async def __call__(self, entries: Sequence[Entry]) -> None:
        numbers = numbers_of(entries)
        self.attempts.append(numbers)
        if self.outage is not None:
            raise self.outage
        if bad := self.poison.intersection(numbers):
            raise ValueError(f"cannot bear {bad}")
        self.committed += numbers


@contextlib.asynccontextmanager
async def running(*loops: GroupLoop) -> AsyncIterator[None]:
    for loop in loops:
        loop.start()
    try:
        yield
    finally:
        for loop in loops:
            await loop.stop()


@pytest.fixture
def handler() -> Handler:
    return Handler()


@pytest.fixture
def make_loop(blocking: Redis, handler: Handler) -> Callable[..., GroupLoop]:
    def make(consumer: str = "one", **options: Any) -> GroupLoop:
        arguments: dict[str, Any] = {
            "handler": handler,
            "clock": SystemClock(),
            "options": FAST,
        } | options
        return GroupLoop(blocking, KEY, GROUP, consumer=consumer, **arguments)

    return make


async def pending(redis: Redis) -> int:
    summary: Any = await redis.xpending(KEY, GROUP)
    return int(summary["pending"])


async def until(condition: Callable[[], Awaitable[object]]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not await condition():
            await asyncio.sleep(0.01)


async def nothing_is_pending(redis: Redis) -> None:
    async def settled() -> bool:
        return await pending(redis) == 0

    await until(settled)


async def test_a_new_group_begins_with_what_stands_on_the_stream(
    redis, make_loop, handler, eventually
):
    for number in range(25):
        await redis.xadd(KEY, packed(number))

    async with running(make_loop()):
        await eventually(lambda: len(handler.committed) == 25)
        await nothing_is_pending(redis)

    assert handler.committed == list(range(25))
    assert max(len(attempt) for attempt in handler.attempts) == FAST.batch


async def test_two_consumers_share_and_no_entry_is_handled_twice(
    redis, make_loop, handler, eventually
):
    other = Handler()

    async with running(make_loop("one"), make_loop("two", handler=other)):
        for number in range(200):
            await redis.xadd(KEY, packed(number))
        await eventually(lambda: len(handler.committed) + len(other.committed) == 200)

    assert sorted(handler.committed + other.committed) == list(range(200))


async def test_what_was_in_hand_is_taken_up_first_after_a_restart(
    redis, make_loop, handler, eventually
):
    await redis.xgroup_create(KEY, GROUP, id="0", mkstream=True)
    for number in range(3):
        await redis.xadd(KEY, packed(number))
    await redis.xreadgroup(GROUP, "one", {KEY: ">"}, count=2)

    async with running(make_loop("one")):
        await eventually(lambda: len(handler.committed) == 3)
        await nothing_is_pending(redis)

    assert handler.attempts == [[0, 1], [2]]


async def test_the_entries_of_a_dead_consumer_are_claimed_and_it_is_removed(
    redis, make_loop, handler, eventually
):
    await redis.xgroup_create(KEY, GROUP, id="0", mkstream=True)
    for number in range(30):
        await redis.xadd(KEY, packed(number))
    await redis.xreadgroup(GROUP, "dead", {KEY: ">"})

    async def only_one_is_left() -> bool:
        return [row["name"] for row in await redis.xinfo_consumers(KEY, GROUP)] == [b"one"]

    async with running(
        make_loop("one", options=replace(FAST, claim_after_ms=200, stale_after_ms=300))
    ):
        await eventually(lambda: sorted(handler.committed) == list(range(30)))
        await nothing_is_pending(redis)
        await until(only_one_is_left)


async def test_a_consumer_that_holds_entries_is_not_removed_with_the_idle_ones(redis, make_loop):
    await redis.xgroup_create(KEY, GROUP, id="0", mkstream=True)
    await redis.xadd(KEY, packed(1))
    await redis.xreadgroup(GROUP, "slow", {KEY: ">"})
    await redis.xgroup_createconsumer(KEY, GROUP, "idle")

    async def names() -> set[bytes]:
        return {row["name"] for row in await redis.xinfo_consumers(KEY, GROUP)}

    async def the_idle_one_is_gone() -> bool:
        return b"idle" not in await names()

    async with running(make_loop("one", options=replace(FAST, stale_after_ms=0))):
        await until(the_idle_one_is_gone)

    assert b"slow" in await names()
    assert await pending(redis) == 1


async def test_poison_is_singled_out_and_buried_and_its_neighbours_are_handled_once(
    redis, make_loop, handler, eventually
):
    handler.poison = {3, 7}
    for number in range(10):
        await redis.xadd(KEY, packed(number))
    loop = make_loop()

    async with running(loop):
        await eventually(lambda: len(handler.committed) == 8)
        await nothing_is_pending(redis)

    letters = await loop.dead_letters.list()
    assert sorted(handler.committed) == [0, 1, 2, 4, 5, 6, 8, 9]
    assert [numbers_in(letter.fields) for letter in letters] == [[3], [7]]
    assert all(letter.reason.startswith("ValueError") for letter in letters)
    assert handler.attempts.count([3]) == 3
    assert await redis.hlen(failures_key(KEY, GROUP)) == 0


async def test_garbage_is_buried_without_troubling_the_handler(
    redis, make_loop, handler, eventually
):
    await redis.xadd(KEY, packed(1))
    garbage = await redis.xadd(KEY, {"e": b"no json", "other": b"\xff"})
    await redis.xadd(KEY, packed(2))
    loop = make_loop()

    async with running(loop):
        await eventually(lambda: handler.committed == [1, 2])
        await nothing_is_pending(redis)

    (letter,) = await loop.dead_letters.list()
    assert str(letter.original_id).encode() == garbage
    assert letter.fields == {b"e": b"no json", b"other": b"\xff"}


async def test_failures_before_a_restart_count(redis, make_loop, handler):
    handler.poison = {1}
    entry_id = await redis.xadd(KEY, packed(1))
    await redis.hset(failures_key(KEY, GROUP), entry_id.decode(), 2)

    loop = make_loop()
    async with running(loop):
        await until(loop.dead_letters.list)

    assert handler.attempts == [[1]]


async def test_an_entry_that_failed_often_enough_before_a_crash_is_not_tried_again(
    redis, make_loop, handler
):
    await redis.xgroup_create(KEY, GROUP, id="0", mkstream=True)
    entry_id = await redis.xadd(KEY, packed(1))
    await redis.hset(failures_key(KEY, GROUP), entry_id.decode(), MAX_FAILURES)
    await redis.xreadgroup(GROUP, "one", {KEY: ">"})

    loop = make_loop("one")
    async with running(loop):
        await until(loop.dead_letters.list)

    assert handler.attempts == []
    assert await pending(redis) == 0


async def test_the_failures_of_an_entry_that_succeeds_after_all_are_forgotten(
    redis, make_loop, handler, eventually
):
    handler.poison = {1}
    await redis.xadd(KEY, packed(1))
    loop = make_loop()

    async with running(loop):
        await eventually(lambda: handler.attempts)
        handler.poison = set()
        await eventually(lambda: handler.committed == [1])
        await nothing_is_pending(redis)

    assert await redis.hlen(failures_key(KEY, GROUP)) == 0
    assert await loop.dead_letters.list() == []


async def test_an_outage_buries_nothing_however_long_it_lasts(
    redis, make_loop, handler, eventually
):
    handler.outage = Unavailable()
    for number in range(5):
        await redis.xadd(KEY, packed(number))
    loop = make_loop()

    async with running(loop):
        await eventually(lambda: len(handler.attempts) > 4)
        assert handler.committed == []
        handler.outage = None
        await eventually(lambda: handler.committed == list(range(5)))
        await nothing_is_pending(redis)

    assert await loop.dead_letters.list() == []


async def test_an_error_named_as_an_outage_is_one(redis, make_loop, handler, eventually):
    class OperationalError(Exception):
        pass

    handler.outage = OperationalError()
    await redis.xadd(KEY, packed(1))
    loop = make_loop(outages=(OperationalError,))

    async with running(loop):
        await eventually(lambda: len(handler.attempts) > 3)
        handler.outage = None
        await eventually(lambda: handler.committed == [1])

    assert await loop.dead_letters.list() == []


async def test_nothing_is_read_while_the_breaker_is_open(redis, make_loop, handler, eventually):
    clock = ManualClock()
    breaker = Breaker("database", clock=clock, fail_max=1)
    with contextlib.suppress(OSError):
        await breaker.call(failing)
    await redis.xadd(KEY, packed(1))
    loop = make_loop(breaker=breaker)

    async with running(loop):
        await eventually(lambda: loop.progress_age_s() > 0.3)
        assert handler.attempts == []
        assert await redis.xinfo_groups(KEY) == []
        clock.advance(60)
        await eventually(lambda: handler.committed == [1])


async def failing() -> None:
    raise OSError


async def test_after_a_wipe_the_group_is_made_again_at_the_beginning(
    redis, make_loop, handler, eventually
):
    told: list[str] = []

    async with running(make_loop(on_cut_off=told.append)):
        await redis.xadd(KEY, packed(1))
        await eventually(lambda: handler.committed == [1])
        await redis.flushall()
        await redis.xadd(KEY, packed(2))
        await eventually(lambda: handler.committed == [1, 2])
        await redis.xadd(KEY, packed(3))
        await eventually(lambda: handler.committed == [1, 2, 3])

    assert told == []  # it has read all that there was in both lives


async def test_a_new_group_on_a_stream_that_lost_entries_is_told_so(
    redis, make_loop, handler, eventually
):
    for number in (1, 2):
        await redis.xadd(KEY, packed(number), maxlen=1, approximate=False)
    told: list[str] = []

    async with running(make_loop(on_cut_off=told.append)):
        await eventually(lambda: handler.committed == [2])
        await eventually(lambda: told)

    assert told == ["trimmed before the group existed"]


async def test_that_a_group_is_new_is_told_by_the_next_process_where_the_first_could_not(
    redis, make_loop, eventually
):
    for number in (1, 2):
        await redis.xadd(KEY, packed(number), maxlen=1, approximate=False)
    tried: list[str] = []
    told: list[str] = []

    async def in_vain(reason: str) -> None:
        tried.append(reason)
        raise Unavailable

    async with running(make_loop("one", on_cut_off=in_vain)):
        await eventually(lambda: tried)
    async with running(make_loop("two", on_cut_off=told.append)):
        await eventually(lambda: told)


async def test_a_group_that_somebody_removed_is_made_again_and_sees_everything_again(
    redis, make_loop, handler, eventually
):
    async with running(make_loop()):
        await redis.xadd(KEY, packed(1))
        await eventually(lambda: handler.committed == [1])
        await redis.xgroup_destroy(KEY, GROUP)
        await redis.xadd(KEY, packed(2))
        await eventually(lambda: handler.committed == [1, 1, 2])


async def test_a_callback_that_fails_is_told_again(redis, make_loop, eventually):
    told: list[str] = []

    async def on_cut_off(reason: str) -> None:
        told.append(reason)
        if len(told) < 3:
            raise Unavailable

    for number in (1, 2):
        await redis.xadd(KEY, packed(number), maxlen=1, approximate=False)
    async with running(make_loop(on_cut_off=on_cut_off)):
        await eventually(lambda: len(told) == 3)


async def test_pending_entries_that_were_trimmed_are_reported(redis, make_loop, eventually):
    await redis.xgroup_create(KEY, GROUP, id="0", mkstream=True)
    for number in range(3):
        await redis.xadd(KEY, packed(number))
    await redis.xreadgroup(GROUP, "one", {KEY: ">"}, count=1)
    await redis.xreadgroup(GROUP, "dead", {KEY: ">"}, count=1)
    await redis.xtrim(KEY, maxlen=0)
    told: list[str] = []

    async with running(make_loop("one", on_cut_off=told.append)):
        await eventually(lambda: told)
        await nothing_is_pending(redis)


async def test_the_loop_survives_a_kill_and_restart_of_redis(
    server, redis, make_loop, handler, eventually
):
    async with running(make_loop()):
        await redis.xadd(KEY, packed(1))
        await eventually(lambda: handler.committed == [1])
        server.kill()
        server.start()
        await server.wait_up()
        await redis.xadd(KEY, packed(2))
        await eventually(lambda: set(handler.committed) == {1, 2})
        await nothing_is_pending(redis)


async def test_a_hang_of_redis_loses_nothing(server, redis, make_loop, handler, eventually):
    loop = make_loop()

    async with running(loop):
        await redis.xadd(KEY, packed(1))
        await eventually(lambda: handler.committed == [1])
        server.hang()
        await eventually(lambda: loop.progress_age_s() > 1.2)
        server.resume()
        await redis.xadd(KEY, packed(2))
        await eventually(lambda: handler.committed == [1, 2])


async def test_a_redis_that_takes_no_writes_is_counted_told_once_and_read_on_afterwards(
    redis, make_loop, handler, eventually
):
    """A group cannot even read from it, and each try would be a traceback."""

    def refused():
        return REGISTRY.get_sample_value("parley_redis_refusals_total", {"why": "replica"})

    with capture_logs() as told:
        async with running(make_loop()):
            await redis.xadd(KEY, packed(1))
            await eventually(lambda: handler.committed == [1])
            before = refused()
            await redis.replicaof("127.0.0.1", "1")
            await eventually(lambda: refused() >= before + 3)
            await redis.replicaof("NO", "ONE")
            await redis.xadd(KEY, packed(2))
            await eventually(lambda: handler.committed == [1, 2])

    assert [line["event"] for line in told if line["log_level"] in {"warning", "error"}] == [
        "group_refused"
    ]


async def test_stopping_finishes_the_batch_in_hand(redis, make_loop):
    entered, leave = asyncio.Event(), asyncio.Event()
    committed: list[int] = []

    async def slow(entries: Sequence[Entry]) -> None:
        entered.set()
        await leave.wait()
        committed.extend(numbers_of(entries))

    await redis.xadd(KEY, packed(1))
    loop = make_loop(handler=slow)
    loop.start()
    await entered.wait()

    stopping = asyncio.create_task(loop.stop())
    leave.set()
    await stopping

    assert committed == [1]
    assert await pending(redis) == 0


def exported_age_s() -> float:
    labels = {"stream": "chat.rooms", "partition": "0", "group": GROUP}
    return REGISTRY.get_sample_value("parley_group_progress_age_seconds", labels) or 0.0


async def test_a_handler_that_hangs_shows_in_the_age_of_progress(redis, make_loop, eventually):
    leave = asyncio.Event()

    async def hanging(entries: Sequence[Entry]) -> None:
        await leave.wait()

    await redis.xadd(KEY, packed(1))
    loop = make_loop(handler=hanging)

    async with running(loop):
        await eventually(lambda: exported_age_s() > 0.5)
        leave.set()
        await eventually(lambda: loop.progress_age_s() < 0.2)


async def test_a_replayed_letter_is_handled_and_a_discarded_one_is_gone(
    redis, make_loop, handler, eventually
):
    handler.poison = {1, 2}
    for number in (1, 2):
        await redis.xadd(KEY, packed(number))
    loop = make_loop()
    letters: DeadLetters = loop.dead_letters

    async with running(loop):

        async def both_are_buried() -> bool:
            return len(await letters.list()) == 2

        await until(both_are_buried)
        first, second = await letters.list()
        assert await letters.list(after=first.id) == [second]
        handler.poison = set()
        await letters.replay(first)
        await letters.discard(second)
        await eventually(lambda: len(handler.committed) == 1)

    assert await letters.list() == []
    assert handler.committed == numbers_in(first.fields)
