"""Chat's own knowledge of the watermarks: it comes by the stream and outlives both services."""

import asyncio
import contextlib
import itertools

import pytest
from redis import Redis

from libs.common.events import Advance
from tests.integration.chat.groups import opened, until_had
from tests.integration.chat.world import WITHIN_S

CHANGES = 12
ROUNDS = 40


async def test_watermarks_are_known_after_a_restart_of_chat_while_receipts_is_down(world):
    alice, bob, carol = world.people(3)
    room = await opened(world, alice, bob, carol)
    world.fill(room, alice, 9)

    with without_receipts(world):
        world.tell_advances(
            *(Advance(room, alice.id, 9, 9, 9, 0), Advance(room, bob.id, 8, 6, 2, 0)),
            Advance(room, carol.id, 5, 4, 4, 0),
        )
        await until_marks(world, room, bob, (8, 6, 2))
        world.suite.stop_service("chat")
        world.suite.start_service("chat")
        seen_by_carol = [view async for view in views(world, carol, room)]
        seen_by_bob = [view async for view in views(world, bob, room)]

    lowest = {bob.id: (8, 2), carol.id: (5, 4)}
    assert seen_by_carol == [(5, 4, lowest)] * len(seen_by_carol)
    assert seen_by_bob == [(8, 6, lowest)] * len(seen_by_bob)


async def test_what_a_client_claims_comes_back_into_chats_own_rows(world):
    alice, bob = world.people(2)
    room = await opened(world, alice, bob)

    async with world.client(alice) as sender, world.client(bob) as reader:
        await sender.say(room, "hello")
        await reader.until_seqs(room, 1)
        await reader.socket.send({"type": "read_receipt", "room": room, "seq": 1})
        await sender.until_marks(room, bob.id, delivered=1, read=1)

    for each in (alice, bob):
        await until_marks(world, room, each, (1, 1, 1))


async def test_in_a_direct_room_the_lowest_is_the_other_one(world):
    alice, bob = world.people(2)
    async with world.http(alice) as http:
        answer = await http.post("/rooms", json={"kind": "direct", "members": [bob.id]})
    room = answer.json()["id"]
    world.fill(room, alice, 3)

    world.advance(room, bob, 3, 2, shown=1)
    world.advance(room, alice, 3, 3)
    await until_marks(world, room, alice, (3, 3, 3))

    assert [view async for view in views(world, alice, room)] == [(3, 3, {bob.id: (3, 1)})] * 4
    assert [view async for view in views(world, bob, room)] == [(3, 2, {alice.id: (3, 3)})] * 4


async def test_a_change_of_a_group_is_not_refused_for_the_sake_of_a_fold(world):
    alice, bob = sorted(world.people(2), key=lambda person: person.id)
    room = await opened(world, alice, bob)
    world.fill(room, alice, 5)
    touch = "update member set role = role where room_id = %s and user_id = %s"

    # As an action would that changes two members, the other way round than a fold does.
    with world.transaction() as change:
        change.execute("set local lock_timeout = '500ms'")
        change.execute(touch, [room, bob.id])
        world.tell_advances(Advance(room, alice.id, 5, 5, 5, 0), Advance(room, bob.id, 5, 5, 5, 0))
        await until_true(
            world,
            "select exists (select from pg_stat_activity where"
            " wait_event_type = 'Lock' and query like '%%rising%%' and pid <> pg_backend_pid())",
        )
        change.execute(touch, [room, alice.id])

    await until_marks(world, room, alice, (5, 5, 5))
    await until_marks(world, room, bob, (5, 5, 5))


@pytest.mark.timeout(180)
async def test_folds_and_changes_of_groups_both_get_on_under_fire(world):
    people = world.people(6)
    room = await opened(world, *people)
    world.fill(room, people[0], ROUNDS)

    await asyncio.gather(
        tell_more_and_more(world, room, people),
        hand_over_to_and_fro(world, room, *people[:2]),
        look_often(world, room, people[2]),
    )

    for each in people:
        await until_marks(world, room, each, (ROUNDS, ROUNDS, ROUNDS))
    with Redis.from_url(world.suite.state.redis_url) as redis:
        assert not redis.exists("receipts.events:{0}:dead:chat")


async def tell_more_and_more(world, room, people):
    for seq in range(1, ROUNDS + 1):
        for some in (people, people[::-1]):
            advances = [Advance(room, each.id, seq, seq, seq, 0) for each in some]
            await asyncio.to_thread(world.tell_advances, *advances)


async def hand_over_to_and_fro(world, room, by, to):
    for url, _ in zip(itertools.cycle(world.chats), range(CHANGES), strict=False):
        async with world.http(by, url=url) as http:
            path = f"/rooms/{room}/members/{to.id}"
            answer = await until_had(http.patch, path, json={"role": "owner"})
            assert answer.status_code == 200, answer.text
        by, to = to, by


async def look_often(world, room, reader):
    for url, _ in zip(itertools.cycle(world.chats), range(CHANGES), strict=False):
        async with world.client(reader, url=url) as client:
            view_of(next(each for each in client.welcome["rooms"] if each["id"] == room))


@contextlib.contextmanager
def without_receipts(world):
    """Keep the receipts service down inside the block."""
    with contextlib.ExitStack() as stack:
        if world.suite.state.of("receipts"):
            stack.enter_context(world.suite.stopped("receipts"))
        yield


async def views(world, reader, room):
    """Yield (own delivered, own read, {lowest: (delivered, read)}) by each door there is."""
    async with world.client(reader) as client, world.http(reader) as http:
        for answer in (client.welcome, (await http.get("/rooms")).json()):
            yield view_of(next(each for each in answer["rooms"] if each["id"] == room))
        yield view_of((await http.get(f"/rooms/{room}")).json())
        world.rows("update room set version = version + 1 where id = %s", room)
        world.tell(room)
        yield view_of(await client.until_type("room"))


def view_of(room):
    assert 0 <= room["read_seq"] <= room["delivered_seq"] <= room["last_seq"]
    lowest = {each["user"]: (each["delivered_seq"], each["read_seq"]) for each in room["lowest"]}
    return room["delivered_seq"], room["read_seq"], lowest


async def until_marks(world, room, person, marks):
    """Wait until chat has projected (delivered, read, shown as read) of a member."""
    await until_true(
        world,
        "select exists (select from member where room_id = %s and user_id = %s and"
        " (delivered_seq, read_seq, coalesce(shown_read_seq, read_seq)) = (%s, %s, %s))",
        *(room, person.id, *marks),
    )


async def until_true(world, sql, *parameters):
    async with asyncio.timeout(WITHIN_S):
        while world.rows(sql, *parameters) != [(True,)]:
            await asyncio.sleep(0.01)
