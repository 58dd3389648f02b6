"""A room with very many members takes the loop in turns, whatever there is to tell them.

Counted, not timed: how many sockets are written to before something else gets its turn.
"""

import asyncio

import msgspec
import pytest

from services.chat.hub import courier, seating
from tests.background import in_background
from tests.unit.chat.hub.test_hub import ROOM, House, seqs
from tests.waiting import until

MEMBERS = 3000


class Meter:
    """Counts what is written between two turns of the loop."""

    def __init__(self, wires):
        self._wires = wires
        self.most = 0

    @property
    def written(self):
        return sum(len(wire.written) for wire in self._wires)

    async def run(self):
        before = self.written
        while True:
            await asyncio.sleep(0)
            now = self.written
            self.most = max(self.most, now - before)
            before = now


def told_of_the_room(wire):
    return any(msgspec.json.decode(text)["type"] == "room" for text in wire.written)


@pytest.fixture
async def crowd():
    house = House()
    names = [f"person {number}" for number in range(MEMBERS)]
    house.database.add_room(ROOM, *names)
    wires = [(await house.open(name))[1] for name in names]
    return house, wires


async def test_a_message_to_thousands_lets_others_have_their_turn(crowd):
    house, wires = crowd
    meter = Meter(wires)

    async with in_background(meter.run()):
        house.hub.on_messages(house.commit(ROOM, count=2))
        await until(lambda: all(seqs(wire) == [1, 2] for wire in wires))

    assert 0 < meter.most <= courier.SOCKETS_PER_TURN


async def test_a_new_name_told_to_thousands_lets_others_have_their_turn(crowd):
    house, wires = crowd
    meter = Meter(wires)
    house.database.versions[ROOM] += 1

    async with in_background(meter.run()):
        house.hub.hear_of_version(ROOM, house.database.versions[ROOM])
        await until(lambda: all(told_of_the_room(wire) for wire in wires))

    assert 0 < meter.most <= seating.TOLD_PER_TURN
