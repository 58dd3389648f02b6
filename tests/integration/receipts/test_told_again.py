"""Redis begins anew, and receipts tells again what chat may have missed."""

from contextlib import closing

import pytest
from redis import Redis

from services.receipts.store import REPAIR
from tests.integration.waiting import until


@pytest.fixture
def redis(world):
    with closing(Redis.from_url(world.suite.state.redis_url)) as client:
        yield client


async def test_chat_learns_again_after_a_wipe_how_far_members_are(world, redis):
    ann, bob = world.people(2)
    room = world.room(ann, bob)

    def known():
        return world.rows(
            "select delivered_seq, read_seq from member where room_id = %s and user_id = %s",
            *(room, bob.id),
        )

    async with world.client(ann) as anns, world.client(bob) as bobs:
        await anns.say(room, "hello")
        await bobs.until_seqs(room, 1)
        await bobs.socket.send({"type": "read_receipt", "room": room, "seq": 1})
        await until(lambda: known() == [(1, 1)], what="the receipt")
    # As if the fold of it had been lost with the stream.
    world.rows("update member set delivered_seq = 0, read_seq = 0 where room_id = %s", room)

    redis.flushall()
    await until(lambda: redis.hget(REPAIR.note, "done") == b"yes", what="the repair")

    await until(lambda: known() == [(1, 1)], what="the receipt again")
