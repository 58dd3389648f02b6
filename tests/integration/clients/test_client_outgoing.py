"""The library's outbox, with services that go away and come back."""

import asyncio

import pytest

from clients.python import parley
from tests.integration.clients.stage import contents
from tests.integration.waiting import until

COUNT = 3


def standings(chat):
    return [one.standing.value for one in chat.outgoing]


async def stop(world, *services):
    for service in services:
        await asyncio.to_thread(world.suite.stop_service, service)


async def start(world, *services):
    for service in services:
        await asyncio.to_thread(world.suite.start_service, service)


@pytest.fixture
async def room(world):
    """A room of two people, of which the queue service has heard."""
    ann, bob = world.people(2)
    async with await parley.with_token(world.url, ann.token) as anns:
        made = await anns.direct_room(bob.username)
    sql = "select count(*) from member where room_id = %s"
    await until(lambda: world.rows_of("queue", sql, made.id) == [(2,)])
    return ann, bob, made.id


async def test_what_is_written_while_chat_is_away_is_queued_and_stored_once_in_order(world, room):
    ann, bob, where = room
    async with (
        await parley.with_token(world.url, ann.token) as anns,
        await parley.with_token(world.url, bob.token) as bobs,
    ):
        first = await anns.send(where, "before")
        await stop(world, "chat")
        try:
            for number in range(COUNT):
                anns.outgoing.queue_outgoing_message(where, str(number))
            await until(lambda: standings(anns) == ["queued"] * COUNT)
            status = await anns.api.get_queue_status()
            during = contents(world, where)
        finally:
            await start(world, "chat")
        last = await anns.send(where, "after", timeout_s=60)
        await until(lambda: len(anns.outgoing) == 0)
        await until(lambda: bobs.cursor(where) == last.seq)

        assert during == ["before"]
        assert (status.outgoing, status.retry) == (COUNT, 0)
        assert contents(world, where) == ["before", *map(str, range(COUNT)), "after"]
        assert last.seq == first.seq + COUNT + 1


async def test_what_nothing_took_goes_by_itself_once_something_answers(world, room):
    ann, _, where = room
    async with await parley.with_token(world.url, ann.token) as anns:
        await stop(world, "chat", "queue")
        try:
            ids = [anns.outgoing.queue_outgoing_message(where, str(n)).client_id for n in range(2)]
            await until(lambda: standings(anns) == ["failed"] * 2)
            failed = list(anns.outgoing)
        finally:
            await start(world, "queue", "chat")
        await until(lambda: len(anns.outgoing) == 0)

    assert [(one.client_id, one.goes_again) for one in failed] == [(one, True) for one in ids]
    assert contents(world, where) == ["0", "1"]


async def test_without_a_socket_a_message_goes_over_http(world, room):
    ann, _, where = room
    async with await parley.with_token(world.url, ann.token) as anns:
        posted = await anns.post(where, "over http")
        again = await anns.post(where, "over http", client_id=posted.client_id)

    # Whether the second is called a duplicate depends on who answers it: the 201, or the first one's
    # own ``message``, which may come only now.
    assert (posted.duplicate, again.seq) == (False, posted.seq)
    assert contents(world, where) == ["over http"]


async def test_a_refusal_is_final_on_any_road(world, room):
    _, _, where = room
    stranger = world.person("Eve")
    async with await parley.with_token(world.url, stranger.token) as eves:
        with pytest.raises(parley.PermissionDenied):
            await eves.send(where, "let me in")
        with pytest.raises(parley.PermissionDenied):
            await eves.post(where, "let me in")
        assert len(eves.outgoing) == 0
    assert contents(world, where) == []
