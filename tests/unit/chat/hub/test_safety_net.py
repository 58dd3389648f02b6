"""What the safety net reads, and what it leaves to the streams."""

import asyncio
from typing import Any, cast

from services.chat.hub import SafetyNet
from services.chat.selectors.rooms import Head
from tests.unit.chat.hub.test_hub import ROOM, House, seqs
from tests.waiting import until

TURNS = 200
"""Turns of the event loop: plenty for a task that never pauses to show itself."""


def net_of(house, *, silent_for_s=0.0, on_heads=lambda _: None):
    return SafetyNet(
        hub=house.hub,
        database=cast(Any, house.database),
        silent_for_s=lambda: silent_for_s,
        on_heads=on_heads,
    )


async def test_what_is_merely_on_its_way_is_not_read():
    house = House()
    house.database.add_room(ROOM, "ann")
    _, wire, _ = await house.open("ann")
    net = net_of(house)
    first = house.commit(ROOM)
    await net.compare()
    house.hub.on_messages(first)
    house.commit(ROOM)
    await net.compare()
    for _ in range(TURNS):
        await asyncio.sleep(0)

    assert seqs(wire) == [1]
    assert "_read_range" not in house.database.calls


async def test_what_was_missing_at_the_comparison_before_is_read():
    house = House()
    house.database.add_room(ROOM, "ann")
    _, wire, _ = await house.open("ann")
    net = net_of(house)
    house.commit(ROOM)
    await net.compare()
    house.commit(ROOM)
    await net.compare()

    await until(lambda: seqs(wire) == [1])


async def test_nothing_is_waited_for_while_the_streams_are_silent():
    house = House()
    house.database.add_room(ROOM, "ann")
    _, wire, _ = await house.open("ann")
    house.commit(ROOM)

    await net_of(house, silent_for_s=2.0).compare()

    await until(lambda: seqs(wire) == [1])


async def test_what_is_missing_is_read_also_where_nothing_was_written_since():
    house = House()
    house.database.add_room(ROOM, "ann")
    _, wire, _ = await house.open("ann")
    net = net_of(house)
    house.commit(ROOM)
    await net.compare()
    await net.compare()

    await until(lambda: seqs(wire) == [1])


async def test_rooms_that_came_in_between_are_compared_although_nothing_was_written():
    house = House()
    house.database.add_room("another", "bob", head=3)
    house.database.add_room(ROOM, "ann", head=2)
    told: list[Head] = []
    net = net_of(house, on_heads=told.extend)
    await house.open("ann")
    await net.compare()
    await house.open("bob")
    told.clear()
    await net.compare()

    assert {head.room: head.last_seq for head in told} == {ROOM: 2, "another": 3}
