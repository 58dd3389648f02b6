"""Somebody else holds a room locked: its messages wait, and nobody else's do."""

import asyncio
import uuid

import pytest

from tests.faults.internal_port import Insight
from tests.integration.chat.client import WITHIN_S
from tests.integration.chat.groups import opened

FAILURES = 6
"""More in a row than a breaker bears."""
LOCK = "select 1 from room where id = %s for update"


async def test_a_locked_room_delays_no_other_and_is_written_when_the_lock_goes(world):
    alice, bob = world.people(2)
    locked, free = world.room(alice, bob), world.room(alice, bob)

    async with world.client(alice) as sender, world.client(bob) as reader:
        with world.transaction() as holder:
            holder.execute(LOCK, [locked])
            waiting = [
                asyncio.create_task(sender.say(locked, f"waits {number}")) for number in range(20)
            ]
            passing = await asyncio.gather(
                *(sender.say(free, f"passes {number}") for number in range(20))
            )
            answered_early = [task.done() for task in waiting]

        acks = await asyncio.gather(*waiting)
        seqs = await reader.until_seqs(locked, 20)

    assert [ack["seq"] for ack in passing] == list(range(1, 21))
    assert answered_early == [False] * 20
    assert [ack["seq"] for ack in acks] == list(range(1, 21))
    assert seqs == list(range(1, 21))
    assert [row[2] for row in world.stored(locked)] == [f"waits {number}" for number in range(20)]


@pytest.mark.promise(number=3)
async def test_order_of_arrival_holds_across_the_lock_and_both_lanes(world):
    alice = world.person()
    locked = world.room(alice)

    async with world.client(alice, url=world.chats[0]) as sender:
        tasks = []
        for round_number in range(6):
            with world.transaction() as holder:
                holder.execute(LOCK, [locked])
                for number in range(10):
                    said = f"{round_number}.{number}"
                    tasks.append(asyncio.create_task(sender.say(locked, said)))
                # Some rounds end while the room is tried again and again, some while a
                # connection waits for its lock.
                if round_number % 2:
                    await until_a_connection_waits(world)
                else:
                    await sender.ask({"type": "ping"})
        acks = await asyncio.gather(*tasks)

    assert [ack.get("seq") for ack in acks] == list(range(1, 61))
    assert [row[2] for row in world.stored(locked)] == [
        f"{round_number}.{number}" for round_number in range(6) for number in range(10)
    ]


async def until_a_connection_waits(world, *, times=1):
    """Wait until the writer has begun to wait for a lock, so many times."""
    seen: set[object] = set()
    async with asyncio.timeout(WITHIN_S):
        while len(seen) < times:
            seen.update(
                world.rows(
                    "select query_start from pg_stat_activity"
                    " where application_name = 'parley-chat-writer' and wait_event_type = 'Lock'"
                )
            )
            await asyncio.sleep(0.01)


async def test_a_room_that_is_free_again_does_not_wait_for_one_that_is_not(world):
    alice = world.person()
    stuck, freed = world.room(alice), world.room(alice)

    async with world.client(alice, url=world.chats[0]) as sender:
        with world.transaction() as holder:
            holder.execute(LOCK, [stuck])
            in_vain = asyncio.create_task(sender.say(stuck, "waits for ever"))
            await until_a_connection_waits(world)
            with world.transaction() as other_holder:
                other_holder.execute(LOCK, [freed])
                sending = asyncio.create_task(sender.say(freed, "waits a little"))
                await until_a_connection_waits(world, times=2)
            ack = await sending
            still_stuck = not in_vain.done()
        await in_vain

    assert ack["type"] == "ack"
    assert still_stuck


@pytest.mark.parametrize("rooms", [1, 3])
async def test_rooms_that_stay_locked_are_refused_in_the_end_and_nothing_is_written(world, rooms):
    alice = world.person()
    locked = [world.room(alice) for _ in range(rooms)]
    free = world.room(alice)

    async with world.client(alice, url=world.chats[0]) as sender:
        with world.transaction() as holder:
            for room in locked:
                holder.execute(LOCK, [room])
            errors = await asyncio.gather(*(sender.say(room, "in vain") for room in locked))
            meanwhile = await sender.say(free, "goes on")
        later = [await sender.say(room, "later") for room in locked]

    assert {(error["type"], error["code"]) for error in errors} == {("error", "unavailable")}
    assert all(error["retry_after"] > 0 for error in errors)
    assert meanwhile["type"] == "ack"
    assert [(ack["type"], ack["seq"]) for ack in later] == [("ack", 1)] * rooms
    assert [[row[2] for row in world.stored(room)] for room in locked] == [["later"]] * rooms


async def test_over_http_a_locked_room_is_unavailable_and_nothing_counts_against_the_database(
    world,
):
    alice, bob = world.people(2)
    room = await opened(world, alice, bob)
    insight = Insight(world.suite.process("chat", index=0))
    opened_before = await insight.total("parley_breaker_transitions_total", to="open")

    async with world.http(alice, url=world.chats[0]) as http:
        with world.transaction() as holder:
            holder.execute(LOCK, [room])
            refused = await asyncio.gather(
                *(http.patch(f"/rooms/{room}", json={"name": f"Us {n}"}) for n in range(FAILURES)),
                http.post(f"/rooms/{room}/messages", json=body_of("in vain")),
            )
            meanwhile = await http.get("/rooms")
        later = await http.patch(f"/rooms/{room}", json={"name": "Us"})

    # At the deadline of a request it would have been 504: the wait for the lock ended before.
    assert {(each.status_code, each.json()["code"]) for each in refused} == {(503, "unavailable")}
    assert all(int(each.headers["Retry-After"]) > 0 for each in refused)
    assert (meanwhile.status_code, later.status_code) == (200, 200)
    assert await insight.total("parley_breaker_transitions_total", to="open") == opened_before
    assert world.stored(room) == []


def body_of(content):
    return {"client_id": str(uuid.uuid4()), "content": content}
