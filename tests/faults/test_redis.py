"""Redis wiped, hung, stopped and full under traffic: sends go on, and so does delivery."""

import asyncio
import logging
import time

import pytest

from tests.faults.listener import until_all_reached
from tests.faults.postgres import execute
from tests.faults.stage import Pair, Stage
from tests.faults.streams import cut_connections, published, refuse_writes, wipe
from tests.faults.waiting import until

DELIVER_WITHIN_S = 2.0
GENEROUS = 10
"""The time is promised for a machine of one's own; here it is told, and judged by far only."""
HANG_S = 3.5
POISON = """
    insert into outbox (event, subjects, first_seqs, last_seqs, created_at)
    values ('message.created', array[gen_random_uuid()], '{}', '{}', now() - interval '1 hour')
"""
"""A row that no version of chat writes: it names a room, and no messages."""

log = logging.getLogger(__name__)


async def delivered_meanwhile(stage: Stage, pair: Pair, *, acks: int) -> None:
    """Wait for acks, and for the delivery of all that was acked, while Redis is away."""
    began_s = time.monotonic()
    await stage.acks(acks)
    await until_all_reached(pair.listeners, pair.room, stage.notes.last_acked(pair.room))
    slowest_s = max(
        stage.notes.slowest_delivery_s(one.session, since_s=began_s) for one in pair.listeners
    )
    log.info("without Redis the slowest delivery took %.2f s from its ack", slowest_s)
    assert slowest_s < DELIVER_WITHIN_S * GENEROUS


async def settle(stage: Stage, pair: Pair, *, what: str) -> None:
    await stage.settle(*pair.listeners, what=what)
    assert [listener.closed for listener in pair.listeners] == [None, None]


@pytest.mark.promise(number=1)
async def test_wiping_redis_under_traffic_loses_and_doubles_nothing(stage, pair):
    async with stage.traffic(*pair.places):
        for _ in range(5):
            await stage.acks(60)
            await asyncio.to_thread(wipe, stage.suite.state.redis_url)
        await stage.acks(60)

    await settle(stage, pair, what="wiped Redis")


@pytest.mark.promise(number=6)
async def test_sends_and_delivery_go_on_while_redis_hangs(stage, pair):
    async with stage.traffic(*pair.places):
        await stage.acks(30)
        async with stage.hung("redis"):
            hung_s = time.monotonic()
            while time.monotonic() - hung_s < HANG_S:
                await delivered_meanwhile(stage, pair, acks=30)
        await stage.acks(60)

    await settle(stage, pair, what="hung Redis")


@pytest.mark.promise(number=6)
@pytest.mark.both_servers
async def test_sends_and_delivery_go_on_while_redis_is_stopped(stage, pair):
    async with stage.traffic(*pair.places):
        await stage.acks(30)
        async with stage.stopped("redis"):
            for _ in range(3):
                await delivered_meanwhile(stage, pair, acks=60)
        await stage.acks(60)

    await settle(stage, pair, what="stopped Redis")


async def test_sends_and_delivery_go_on_while_redis_takes_no_writes(stage, pair):
    url = stage.suite.state.redis_url

    async with stage.traffic(*pair.places):
        await stage.acks(30)
        await asyncio.to_thread(refuse_writes, url, refuse=True)
        try:
            for _ in range(3):
                await delivered_meanwhile(stage, pair, acks=60)
        finally:
            await asyncio.to_thread(refuse_writes, url, refuse=False)
        await stage.acks(60)

    await settle(stage, pair, what="full Redis")


@pytest.mark.parametrize("how", ["hung", "stopped"])
async def test_a_room_made_while_redis_is_away_is_told_and_usable(stage, how):
    ann, bob = await stage.join(stage.urls[0]), await stage.join(stage.urls[1])
    listener = await stage.listen(bob, stage.urls[1])

    async with getattr(stage, how)("redis"):
        room = await stage.room_of(ann, bob)
        await until(lambda: room in listener.rooms, what="the listener to be told of the room")
        seq = await stage.say(ann, room)
        await listener.until_reached(room, seq)
    await stage.say(bob, room)

    await stage.settle(listener, what=f"a room while Redis is {how}")


async def test_a_room_made_while_redis_takes_no_writes_is_told(stage):
    url = stage.suite.state.redis_url
    ann, bob = await stage.join(stage.urls[0]), await stage.join(stage.urls[1])

    await asyncio.to_thread(refuse_writes, url, refuse=True)
    try:
        room = await stage.room_of(ann, bob)
    finally:
        await asyncio.to_thread(refuse_writes, url, refuse=False)
    await stage.say(bob, room)

    await stage.settle(what="a room while Redis is full")


async def test_a_room_whose_news_was_wiped_before_a_process_read_it_is_told(stage):
    ann, bob = await stage.join(stage.urls[0]), await stage.join(stage.urls[1])

    async with stage.hung_process(stage.urls[1]):
        await asyncio.to_thread(cut_connections, stage.suite.state.redis_url)
        room = (await ann.direct_room(bob.user_id)).id
        await until(lambda: stage.outbox_rows() == 0, what="the news to be published")
        await asyncio.to_thread(wipe, stage.suite.state.redis_url)

    await until(lambda: room in bob.rooms, what="the room to be told after all")


async def test_a_room_is_told_although_the_outbox_holds_what_cannot_be_published(stage):
    ann, bob = await stage.join(stage.urls[0]), await stage.join(stage.urls[1])
    await asyncio.to_thread(execute, stage.database_url, POISON)

    room = await stage.room_of(ann, bob)
    await stage.say(ann, room)

    await until(lambda: stage.outbox_rows() == 0, what="the outbox to go on")
    await stage.settle(what="stuck outbox")


async def test_the_streams_are_in_use_again_after_redis_was_away(stage, pair):
    url = stage.suite.state.redis_url
    async with stage.stopped("redis"):
        await stage.say(pair.ann, pair.room)

    seq = await stage.say(pair.ann, pair.room)
    await until(lambda: seq in published(url, pair.room), what="news on the stream")

    await settle(stage, pair, what="after Redis was away")
