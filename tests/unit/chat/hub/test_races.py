"""Interleavings in which a hub could lose a message, or its rest."""

import asyncio

from services.chat.hub.local_room import LocalRoom
from tests.unit.chat.hub.fake_database import span
from tests.unit.chat.hub.test_hub import ROOM, House, seqs
from tests.waiting import until

TURNS = 200
"""Turns of the event loop: plenty for a task that never pauses to show itself."""


async def test_who_read_an_older_head_is_told_the_one_behind_which_the_room_began(monkeypatch):
    house = House()
    house.database.add_room(ROOM, "bob")
    await house.open("ann")
    house.database.calls.clear()
    gate = asyncio.Event()
    answer = house.database.run

    async def late_for_bob(function, *args, **kwargs):
        found = await answer(function, *args, **kwargs)
        if function.__name__ == "heads_of":
            await gate.wait()
        return found

    monkeypatch.setattr(house.database, "run", late_for_bob)
    opening_bob = asyncio.create_task(house.open("bob"))
    await until(lambda: "heads_of" in house.database.calls)
    house.hub.on_messages(house.commit(ROOM))
    house.database.spans[ROOM]["ann"] = span("ann")
    house.hub.seat_user("ann", ROOM)
    await until(lambda: house.hub.head_of(ROOM) == 1)
    gate.set()
    _, wire, rooms = await opening_bob
    house.hub.on_messages(house.commit(ROOM))
    await until(lambda: seqs(wire))

    # Bob heard of head 1 and asks for what is missing up to it; 2 comes live.
    assert (rooms[0].last_seq, seqs(wire)) == (1, [2])


async def test_a_room_that_everybody_left_asks_for_nothing_more():
    house = House()
    house.database.add_room(ROOM, "ann")
    session, _, _ = await house.open("ann")
    house.commit(ROOM)
    house.database.down = True
    house.hub.on_messages(house.event(ROOM, 1, 1))
    house.commit(ROOM, count=2)
    house.hub.catch_up(house_head(house))
    await until(lambda: house.database.refused > 0)

    house.hub.leave(session)

    await until(lambda: asyncio.all_tasks() == {asyncio.current_task()})


def house_head(house):
    (head,) = house.database.heads_of([ROOM])
    return head


async def test_a_room_without_seats_begins_no_work():
    house = House()
    room = LocalRoom(ROOM)
    room.start(last_seq=0, version=1)
    room.fill_to = 5

    house.hub._courier.advance(room)

    assert not room.busy


async def test_members_of_an_older_version_than_heard_of_are_not_read_for_ever():
    house = House()
    house.database.add_room(ROOM, "ann")
    await house.open("ann")

    house.hub.hear_of_version(ROOM, 7)
    await until(lambda: "members_of" in house.database.calls)
    for _ in range(TURNS):
        await asyncio.sleep(0)

    assert house.database.calls.count("members_of") == 1
