import asyncio

import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs

from libs.common import events
from libs.common.clock import SystemClock
from libs.common.errors import Unavailable
from libs.common.events import UserRevoked
from libs.common.metrics import REGISTRY
from libs.common.streams.entries import Outgoing
from libs.common.streams.names import StreamPolicy, stream_table
from libs.common.streams.publisher import PUBLISH_WITHIN_S, Publisher
from tests.integration.libs.numbered import numbered, numbers_in
from tests.integration.waiting import WITHIN_S, until_answering

DELAYS_S = 20.0
"""The machine's own."""
TABLE = stream_table(
    StreamPolicy("chat.rooms", groups=frozenset({"receipts"})),
    StreamPolicy("chat.typing", max_len=100),
)


def refusals(why: str) -> float:
    return REGISTRY.get_sample_value("parley_redis_refusals_total", {"why": why}) or 0.0


@pytest.fixture
def publisher(hot: Redis) -> Publisher:
    return Publisher(hot, TABLE, clock=SystemClock())


async def test_events_of_one_call_share_an_entry_and_keep_their_order(redis, publisher):
    sent = [numbered(1), UserRevoked(user="1"), numbered(2)]

    await publisher.publish([Outgoing("chat.rooms", 0, sent)])

    entries = await redis.xrange("chat.rooms:{0}")
    assert [events.decode(fields[b"e"]) for _, fields in entries] == [sent]


async def test_concurrent_callers_each_find_their_events_written(hot, redis, publisher):
    await until_answering(hot)

    results = await asyncio.gather(
        *(
            publisher.publish([Outgoing("chat.rooms", 0, [numbered(number)])])
            for number in range(200)
        ),
        return_exceptions=True,
    )

    # A machine that has much else to do may not confirm all of them within half a second.
    confirmed = {number for number, result in enumerate(results) if result is None}
    entries = await redis.xrange("chat.rooms:{0}")
    written = [number for _, fields in entries for number in numbers_in(fields)]
    assert confirmed
    assert confirmed <= set(written)
    assert written == sorted(set(written))
    assert all(result is None or isinstance(result, Unavailable) for result in results)


async def test_a_call_over_the_size_limit_is_split_into_entries(hot, redis):
    publisher = Publisher(hot, TABLE, clock=SystemClock(), max_entry_bytes=200)

    await publisher.publish([Outgoing("chat.rooms", 0, [numbered(number) for number in range(10)])])

    entries = await redis.xrange("chat.rooms:{0}")
    assert len(entries) > 1
    assert [number for _, fields in entries for number in numbers_in(fields)] == list(range(10))


async def test_only_a_stream_without_groups_is_cut_when_written(redis, publisher):
    for name in ("chat.rooms", "chat.typing"):
        for _ in range(30):
            await publisher.publish([Outgoing(name, 0, [numbered(1)]) for _ in range(20)])

    assert await redis.xlen("chat.rooms:{0}") == 600
    assert await redis.xlen("chat.typing:{0}") < 600


async def test_a_hung_redis_is_unavailable_within_the_bound(server, publisher):
    await publisher.publish([Outgoing("chat.rooms", 0, [numbered(1)])])
    server.hang()
    loop = asyncio.get_running_loop()
    started = loop.time()

    calls = [publisher.publish([Outgoing("chat.rooms", 0, [numbered(n)])]) for n in range(5)]
    results = await asyncio.gather(*calls, return_exceptions=True)

    waited = loop.time() - started
    server.resume()
    await publisher.drain()
    assert [type(result) for result in results] == [Unavailable] * 5
    assert waited < PUBLISH_WITHIN_S + DELAYS_S


async def test_a_caller_that_gives_up_takes_nobody_along(redis, publisher):
    calls = [
        asyncio.create_task(publisher.publish([Outgoing("chat.rooms", 0, [numbered(number)])]))
        for number in range(3)
    ]
    await asyncio.sleep(0)

    calls[1].cancel()
    outcomes = await asyncio.gather(*calls, return_exceptions=True)

    assert outcomes[0] is outcomes[2] is None
    assert isinstance(outcomes[1], asyncio.CancelledError)
    written = [numbers_in(fields) for _, fields in await redis.xrange("chat.rooms:{0}")]
    assert [0] in written
    assert [2] in written


async def test_publishing_works_again_after_a_restart(server, redis, publisher):
    server.kill()
    with pytest.raises(Unavailable):
        await publisher.publish([Outgoing("chat.rooms", 0, [numbered(1)])])
    server.start()
    await server.wait_up()

    async with asyncio.timeout(WITHIN_S):
        while True:
            try:
                await publisher.publish([Outgoing("chat.rooms", 0, [numbered(2)])])
                break
            except Unavailable:
                await asyncio.sleep(0.02)

    entries = await redis.xrange("chat.rooms:{0}")
    assert [numbers_in(fields) for _, fields in entries] == [[2]]


async def test_a_refusal_by_redis_reaches_only_the_caller_whose_key_it_is(redis, publisher):
    await redis.set("chat.typing:{0}", "not a stream")

    outcomes = await asyncio.gather(
        publisher.publish([Outgoing("chat.typing", 0, [numbered(1)])]),
        publisher.publish([Outgoing("chat.rooms", 0, [numbered(2)])]),
        return_exceptions=True,
    )

    assert isinstance(outcomes[0], Unavailable)
    assert outcomes[1] is None
    assert publisher.breaker.state == "closed"


async def test_a_redis_that_is_full_is_counted_told_once_and_goes_on_when_there_is_room(
    redis, publisher
):
    await publisher.publish([Outgoing("chat.rooms", 0, [numbered(0)])])
    before = refusals("full")
    await redis.config_set("maxmemory", 1)

    with capture_logs() as told:
        for number in (1, 2):
            with pytest.raises(Unavailable):
                await publisher.publish([Outgoing("chat.rooms", 0, [numbered(number)])])
    await redis.config_set("maxmemory", 0)
    await publisher.publish([Outgoing("chat.rooms", 0, [numbered(3)])])

    assert refusals("full") == before + 2
    assert [line["event"] for line in told] == ["publish_refused"]
    assert publisher.breaker.state == "closed"
    written = [numbers_in(fields) for _, fields in await redis.xrange("chat.rooms:{0}")]
    assert written == [[0], [3]]


async def test_an_unknown_stream_is_refused_before_anything_is_written(redis, publisher):
    with pytest.raises(KeyError):
        await publisher.publish(
            [Outgoing("chat.rooms", 0, [numbered(1)]), Outgoing("no.such", 0, [numbered(1)])]
        )

    assert await redis.xlen("chat.rooms:{0}") == 0
