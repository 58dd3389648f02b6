"""Who lags, told by the running service on its stream."""

import asyncio

import pytest
from redis.asyncio import Redis

from libs.common.events import MemberCaughtUp, MemberLagging
from libs.common.streams.entries import read_entries, unpack
from libs.common.streams.names import stream_key
from services.receipts.store import RECEIPTS_LAG
from tests.integration.chat.world import WITHIN_S


@pytest.fixture
async def told(world):
    """Wait for news of a kind about a member of a room; return the first."""
    redis = Redis.from_url(world.suite.state.redis_url)

    async def wait_for(kind, room, user):
        async with asyncio.timeout(WITHIN_S):
            while True:
                for event in await events_of(redis, room):
                    if isinstance(event, kind) and event.user == user.id:
                        return event
                await asyncio.sleep(0.05)

    wait_for.all = lambda room: events_of(redis, room)
    yield wait_for
    await redis.aclose()


async def events_of(redis, room):
    entries = read_entries(await redis.xrange(stream_key(RECEIPTS_LAG)))
    return [event for raw in entries for event in unpack(raw).events if event.room == room]


async def test_the_absent_one_is_told_to_lag_and_to_have_caught_up_the_others_never(world, told):
    ann, bob, cat = world.people(3)
    room = world.room(ann, bob, cat)
    world.tell(room)
    async with world.clients([ann, bob]) as (writer, reader):
        await writer.say(room, "one")
        await reader.until_seqs(room, 1)
        await reader.socket.send({"type": "delivered", "room": room, "seq": 1})

        lagging = await told(MemberLagging, room, cat)
        async with world.client(cat) as late:
            await late.socket.send({"type": "delivered", "room": room, "seq": 1})
            caught_up = await told(MemberCaughtUp, room, cat)

    assert (lagging.delivered_seq, lagging.head) == (0, 1)
    assert (caught_up.delivered_seq, caught_up.head) == (1, 1)
    others = {ann.id, bob.id}
    assert not [event for event in await told.all(room) if getattr(event, "user", "") in others]
