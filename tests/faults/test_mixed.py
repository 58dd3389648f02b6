"""All faults at once, in an order that a seed decides: the promises hold."""

import asyncio
from itertools import pairwise

import pytest

from clients.python import parley
from tests.faults.gremlin import Gremlin
from tests.faults.listener import Listener
from tests.faults.stage import Stage

pytestmark = [pytest.mark.long(45), pytest.mark.own_suite("each start after a kill waits longer")]

SEED = 1


@pytest.mark.promise(number=1)
@pytest.mark.promise(number=2)
@pytest.mark.promise(number=3)
async def test_the_promises_hold_through_a_mixture_of_all_faults(stage):
    people = [await stage.join() for _ in range(4)]
    neighbours = list(pairwise(people))
    rooms = [await stage.room_of(one, other) for one, other in neighbours]
    places = [
        (person, room) for pair, room in zip(neighbours, rooms, strict=True) for person in pair
    ]
    gremlin = Gremlin(stage, SEED)
    listeners: list[Listener] = []

    listening = asyncio.create_task(keep_listening(stage, people[1], listeners))
    async with stage.traffic(*places):
        await gremlin.run()
        await asyncio.to_thread(stage.suite.wait_until_ready, "chat")
        await stage.acks(100)
    listening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listening

    living = [listener for listener in listeners if listener.closed is None]
    await stage.settle(*living, what=f"{gremlin}, {len(listeners)} sessions of the listener")
    assert len(listeners) > 1


async def keep_listening(stage: Stage, chat: parley.Chat, listeners: list[Listener]) -> None:
    """Open a raw session, and another one whenever it was closed."""
    while True:
        try:
            listener = await stage.listen(chat)
        except parley.ParleyError:
            continue
        listeners.append(listener)
        await listener.until_closed()
