"""What is read and written in a group by who came late, was removed, or came back."""

import asyncio
import uuid

import pytest

from tests.integration.chat.groups import opened, readable, say
from tests.integration.chat.world import WITHIN_S, message_frame


async def test_who_joins_late_reads_what_follows_unless_the_history_is_open(world):
    alice, bob, late = world.people(3)
    room = await opened(world, alice, bob)
    for number in range(3):
        await say(world, bob, room, f"before {number}")

    async with world.http(alice) as http:
        joined = await http.post(f"/rooms/{room}/members", json={"members": [late.id]})
        await say(world, bob, room, "after")
        closed = await readable(world, late, room)
        await http.patch(f"/rooms/{room}", json={"open_history": True})
        opened_up = await readable(world, late, room)
        await http.patch(f"/rooms/{room}", json={"open_history": False})
        closed_again = await readable(world, late, room)
    async with world.http(late) as http:
        entry = (await http.get(f"/rooms/{room}")).json()

    assert joined.status_code == 200
    assert (closed, opened_up, closed_again) == ([4], [1, 2, 3, 4], [4])
    assert await readable(world, bob, room) == [1, 2, 3, 4]
    assert (entry["last_seq"], entry["delivered_seq"], entry["read_seq"]) == (4, 3, 3)


async def test_who_is_removed_reads_nothing_and_who_comes_back_begins_anew(world):
    alice, bob = world.people(2)
    room = await opened(world, alice, bob)
    await say(world, bob, room, "first stay")

    async with world.http(alice) as http:
        await http.patch(f"/rooms/{room}", json={"open_history": True})
        await http.patch(f"/rooms/{room}/members/{bob.id}", json={"role": "admin"})
        await http.delete(f"/rooms/{room}/members/{bob.id}")
        await say(world, alice, room, "while away")
        away = await readable(world, bob, room)
        await http.post(f"/rooms/{room}/members", json={"members": [bob.id]})
        await http.patch(f"/rooms/{room}", json={"open_history": False})
    await say(world, alice, room, "second stay")

    assert away == []
    assert await readable(world, bob, room) == [3]
    assert world.rows(
        "select role, joined_seq, left_seq, delivered_seq, read_seq from member"
        " where room_id = %s and user_id = %s",
        *(room, bob.id),
    ) == [("member", 2, None, 2, 2)]


@pytest.mark.parametrize("comes_back", [False, True])
@pytest.mark.parametrize("query", [{}, {"after": 0}])
async def test_who_is_removed_while_reading_gets_nothing_that_was_written_afterwards(
    world, query, comes_back
):
    alice, bob = world.people(2)
    room = await opened(world, alice, bob)
    await say(world, alice, room, "before")

    async with world.http(bob) as http:
        with world.transaction() as holder:
            # The reader has been let in, and is about to read.
            holder.execute("lock table message in access exclusive mode")
            reading = asyncio.create_task(http.get(f"/rooms/{room}/messages", params=query))
            await until_a_reader_waits(world)
            holder.execute("select 1 from room where id = %s for update", [room])
            holder.execute(
                "update member set left_seq = 1 where room_id = %s and user_id = %s",
                [room, bob.id],
            )
            holder.execute(
                "insert into message (room_id, seq, sender_id, client_id, content, created_at)"
                " values (%s, 2, %s, gen_random_uuid(), 'after', now())",
                [room, alice.id],
            )
            holder.execute("update room set last_seq = 2 where id = %s", [room])
            if comes_back:
                holder.execute(
                    "delete from member where room_id = %s and user_id = %s", [room, bob.id]
                )
                holder.execute(
                    "insert into member (room_id, user_id, role, joined_seq, delivered_seq,"
                    " read_seq) values (%s, %s, 'member', 2, 2, 2)",
                    [room, bob.id],
                )
        answer = await reading

    assert answer.json().get("messages", []) == []


async def until_a_reader_waits(world):
    """Wait until a connection that serves requests waits for a lock."""
    async with asyncio.timeout(WITHIN_S):
        while not world.rows(
            "select 1 from pg_stat_activity where application_name = 'parley-chat'"
            " and wait_event_type = 'Lock' and query like '%\"message\"%'"
        ):
            await asyncio.sleep(0.005)


async def test_what_a_removed_member_wrote_before_is_answered_and_nothing_after(world):
    alice, bob = world.people(2)
    room = await opened(world, alice, bob)
    frame = message_frame(room, "in time")

    async with world.client(bob, url=world.chats[0]) as client:
        first = await client.ask(frame)
        async with world.http(alice, url=world.chats[1]) as http:
            await http.delete(f"/rooms/{room}/members/{bob.id}")
        again = await client.ask({**frame, "type": "retry", "attempt": 1})
        refused = await client.say(room, "too late")
    async with world.http(bob) as http:
        body = {"client_id": frame["client_id"], "content": frame["content"]}
        over_http = await http.post(f"/rooms/{room}/messages", json=body)
        denied = await http.post(
            f"/rooms/{room}/messages", json={**body, "client_id": str(uuid.uuid4())}
        )

    assert (first["seq"], first["duplicate"]) == (1, False)
    assert (again["seq"], again["duplicate"]) == (1, True)
    assert (over_http.status_code, over_http.json()["seq"]) == (200, 1)
    assert refused["code"] == denied.json()["code"] == "permission_denied"
    assert [row[2] for row in world.stored(room)] == ["in time"]
    assert world.rows(
        "select left_seq from member where room_id = %s and user_id = %s", room, bob.id
    ) == [(1,)]
