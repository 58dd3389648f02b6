"""What happens to one room, or to one row, is felt by no other."""

import asyncio

import pytest

from tests.integration.chat.world import WITHIN_S


async def test_a_room_whose_clock_is_ahead_dates_no_other_room(world):
    alice, bob = world.people(2)
    ahead, other = world.room(alice, bob), world.room(alice, bob)
    world.rows("update room set last_at = now() + interval '1 day' where id = %s", ahead)

    async with world.client(alice, url=world.chats[0]) as sender:
        # Many at once, so that both rooms stand in one batch.
        said = [sender.say(room, f"{number}") for number in range(20) for room in (ahead, other)]
        acks = await asyncio.gather(*said)

    assert {ack["type"] for ack in acks} == {"ack"}
    dated = (
        "select bool_and(created_at < now() + interval '1 minute') from message where room_id = %s"
    )
    assert world.rows(dated, other) == [(True,)]
    assert world.rows(dated, ahead) == [(False,)]


@pytest.mark.promise(number=6)
async def test_whoever_holds_rows_of_the_outbox_holds_up_no_message(world):
    alice = world.person()
    room = world.room(alice)

    async with world.client(alice, url=world.chats[0]) as sender:
        assert (await sender.say(room, "makes a row"))["type"] == "ack"
        with world.transaction() as holder:
            async with asyncio.timeout(WITHIN_S):
                held: list[object] = []
                while not held:
                    assert (await sender.say(room, "makes another"))["type"] == "ack"
                    holder.execute("select id from outbox for update skip locked")
                    held = holder.fetchall()
            acks = [await sender.say(room, f"meanwhile {number}") for number in range(20)]

    assert [ack["type"] for ack in acks] == ["ack"] * 20
    assert not any(ack["duplicate"] for ack in acks)


async def test_a_foreign_key_that_points_to_a_room_does_not_lock_it(world):
    alice = world.person()
    room = world.room(alice)

    async with world.client(alice) as sender:
        with world.transaction() as holder:
            holder.execute("select 1 from room where id = %s for key share", [room])
            ack = await sender.say(room, "written meanwhile")

    assert (ack["type"], ack["seq"]) == ("ack", 1)
