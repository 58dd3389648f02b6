"""Who lags, told by the running service on its stream."""

import asyncio
import time

import pytest
from redis.asyncio import Redis

from libs.common.events import MemberCaughtUp, MemberLagging
from libs.common.streams.entries import read_entries, unpack
from libs.common.streams.names import stream_key
from services.receipts.store import RECEIPTS_LAG
from tests.integration.chat.world import WITHIN_S
from tests.integration.queue.test_no_rows import PROMPT_S


class LagStream:
    """What stands on ``receipts.lag`` about a room."""

    def __init__(self, redis):
        self._redis = redis

    async def events(self, room):
        entries = read_entries(await self._redis.xrange(stream_key(RECEIPTS_LAG)))
        events = (event for raw in entries for event in unpack(raw).events)
        return [event for event in events if getattr(event, "room", None) == room]

    async def first(self, kind, room, user):
        """Wait for news of a kind about a member."""
        async with asyncio.timeout(WITHIN_S):
            while True:
                for event in await self.events(room):
                    if isinstance(event, kind) and event.user == user.id:
                        return event
                await asyncio.sleep(0.05)


@pytest.fixture
async def stream(world):
    redis = Redis.from_url(world.suite.state.redis_url)
    yield LagStream(redis)
    await redis.aclose()


async def test_the_absent_one_is_told_to_lag_and_to_have_caught_up_the_others_never(world, stream):
    ann, bob, cat = world.people(3)
    room = world.room(ann, bob, cat)
    world.tell(room)
    async with world.clients([ann, bob]) as (writer, reader):
        began_s = time.monotonic()
        await writer.say(room, "one")
        await reader.until_seqs(room, 1)
        await reader.socket.send({"type": "delivered", "room": room, "seq": 1})
        await writer.until_marks(room, bob.id, delivered=1)
        took_s = time.monotonic() - began_s

        lagging = await stream.first(MemberLagging, room, cat)
        async with world.client(cat) as late:
            await late.socket.send({"type": "delivered", "room": room, "seq": 1})
            caught_up = await stream.first(MemberCaughtUp, room, cat)

    assert (lagging.delivered_seq, lagging.head) == (0, 1)
    assert (caught_up.delivered_seq, caught_up.head) == (1, 1)
    others = {ann.id, bob.id}
    told = [event for event in await stream.events(room) if getattr(event, "user", "") in others]
    assert told == [] or took_s > PROMPT_S
