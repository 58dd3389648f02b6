"""A process of chat killed in the middle of everything: what was acknowledged stays, and is told."""

import pytest

from clients.python import parley
from tests.faults.postgres import messages_of
from tests.faults.streams import published
from tests.faults.waiting import until


@pytest.mark.promise(number=1)
@pytest.mark.promise(number=3)
@pytest.mark.both_servers
async def test_killing_a_process_under_traffic_loses_and_doubles_nothing(stage):
    victim, survivor = stage.urls
    ann, bob, eve = await stage.join(victim), await stage.join(survivor), await stage.join()
    room, other_room = await stage.room_of(ann, bob), await stage.room_of(ann, eve)
    steady = await stage.listen(bob, survivor)
    session = bob.welcome.session

    async with stage.traffic((ann, room), (bob, room), (ann, other_room), (eve, other_room)):
        for _ in range(2):
            await stage.acks(60)
            await stage.kill(victim)
        await until(lambda: ann.connected, what="the killed process to be back")
        await stage.acks(60)

    await stage.settle(steady, what="killed chat")
    assert (steady.closed, bob.welcome.session) == (None, session)
    stored = messages_of(stage.database_url, [other_room])
    assert await whole_history(eve, other_room) == [(row.seq, row.client_id) for row in stored]


@pytest.mark.parametrize("survivors", [1, 0])
async def test_what_a_killed_process_had_not_published_is_published_by_whoever_lives_next(
    stage, survivors
):
    survivor, victim = stage.urls
    ann, bob = await stage.join(victim), await stage.join(survivor)
    room = await stage.room_of(ann, bob)
    listeners = [await stage.listen(bob, survivor) for _ in range(survivors)]
    await stage.say(ann, room)

    async with stage.hung("redis"):
        said = {await stage.say(ann, room) for _ in range(20)}
        await stage.kill(victim)
        if not survivors:
            await stage.kill(survivor)
    redis_url = stage.suite.state.redis_url
    await until(lambda: published(redis_url, room) >= said, what="the outbox to be published")

    await until(lambda: stage.outbox_rows() == 0, what="the outbox to be empty")
    await stage.settle(*listeners, what="outbox of the dead")
    assert [listener.closed for listener in listeners] == [None] * survivors


async def whole_history(chat: parley.Chat, room: str) -> list[tuple[int, str]]:
    """Read all messages of a room over HTTP, page by page."""
    found: list[tuple[int, str]] = []
    while True:
        page = await chat.api.history(room, after=len(found), limit=100)
        found += [(message.seq, message.client_id) for message in page.messages]
        if not page.has_more:
            return found
