"""What the board of presence does by itself: it reads, looks and tells, and nothing ends that."""

import asyncio
from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from libs.common.events import PersonPresence, PresenceChanged
from services.chat.domain.pressure import EASE_AFTER_S, Strain
from services.chat.hub.presence import (
    GONE_AFTER_S,
    LOOK_EVERY_S,
    ROOMS_PER_READING,
    TELL_EVERY_S,
)
from tests.background import in_background
from tests.properties.quick_time import QuickLoop
from tests.unit.chat.hub.presence_house import Device, House, told

MOMENT_S = 0.001


class Timed(Device):
    """Notes when it is told something, in the loop's time."""

    def __init__(self):
        super().__init__()
        self.times_s: list[float] = []
        self.is_broken = False

    def offer(self, text):
        if self.is_broken:
            raise ZeroDivisionError
        self.times_s.append(asyncio.get_running_loop().time())
        return super().offer(text)


@pytest.fixture
def quick():
    """Runs what is to be played in a loop in which waiting costs nothing."""
    with asyncio.Runner(loop_factory=QuickLoop) as runner:
        yield runner.run


def begin(*rooms):
    """Make a house with some rooms of two."""
    house = House()
    for room in rooms:
        house.write(room, "ann", "bob")
    return house


def news(status):
    return PresenceChanged(people=[PersonPresence("ann", status)])


def test_rooms_are_read_however_many_and_also_after_a_failure(quick):
    rooms = [f"room {number}" for number in range(ROOMS_PER_READING + 1)]

    async def play():
        house = begin(*rooms)
        house.down = True
        async with in_background(house.board.run()):
            house.sit("bob", *rooms)
            await asyncio.sleep(1)
            house.down = False
            house.readings.clear()
            await asyncio.sleep(1)
        return house

    house = quick(play())

    assert [len(some) for some in house.readings] == [ROOMS_PER_READING, 1]
    assert {room for some in house.readings for room in some} == set(rooms)


def test_what_changes_is_merged_and_also_the_first_waits_for_company(quick):
    async def play():
        house, device = begin("room"), Timed()
        async with in_background(house.board.run()):
            bob = house.sit("bob", "room", device=device)
            await asyncio.sleep(1)
            began_s = asyncio.get_running_loop().time()
            for status in ("online", "away") * 10:
                house.board.hear(news(status))
                await asyncio.sleep(0.05)
            await asyncio.sleep(1)
        return [at_s - began_s for at_s in device.times_s], told(bob, "ann")

    times_s, seen = quick(play())

    assert times_s[0] == pytest.approx(TELL_EVERY_S)
    assert min(after - before for before, after in pairwise(times_s)) >= TELL_EVERY_S - MOMENT_S
    assert len(times_s) <= 1 / TELL_EVERY_S + 1
    assert seen[-1] == ("away", None)


def test_it_looks_at_what_time_has_passed(quick):
    async def play():
        house = begin("room")
        async with in_background(house.board.run()):
            bob = house.sit("bob", "room")
            await asyncio.sleep(MOMENT_S)
            house.clock.advance(GONE_AFTER_S + 1)
            await asyncio.sleep(LOOK_EVERY_S + TELL_EVERY_S)
        house.board.hear_beat()
        return told(bob, "ann")

    assert quick(play()) == [("unknown", None)]


def test_no_bug_ends_it(quick):
    async def play():
        house, device = begin("room", "hall"), Timed()
        async with in_background(house.board.run()):
            bob = house.sit("bob", "room", device=device)
            people = house.people.pop("hall")
            house.sit("ann", "hall")
            await asyncio.sleep(1)
            house.people["hall"] = people
            await asyncio.sleep(1)
            device.is_broken = True
            house.board.hear(news("online"))
            await asyncio.sleep(1)
            device.is_broken = False
            house.board.hear(news("away"))
            await asyncio.sleep(1)
        return told(bob, "ann")

    with capture_logs() as lines:
        seen = quick(play())

    assert {line["event"] for line in lines} == {"presence_reader_bug", "presence_bug"}
    assert seen == [("away", None)]


def test_a_session_that_cannot_be_told_keeps_nobody_else_from_it(quick):
    async def play():
        house, device = begin("room"), Timed()
        async with in_background(house.board.run()):
            house.sit("bob", "room", device=device)
            ann = house.sit("ann", "room")
            await asyncio.sleep(1)
            device.is_broken = True
            house.board.hear(PresenceChanged(people=[PersonPresence("bob", "away")]))
            house.board.hear(news("online"))
            await asyncio.sleep(1)
        return told(ann, "bob")

    with capture_logs() as lines:
        seen = quick(play())

    assert [line["event"] for line in lines] == ["presence_bug"]
    assert seen == [("away", None)]


def test_an_overloaded_process_tells_nobody_who_comes_and_afterwards_how_it_stands(quick):
    async def play():
        house = begin("room")
        async with in_background(house.board.run()):
            bob = house.sit("bob", "room")
            await asyncio.sleep(1)
            house.pressure.judge(Strain(loop_s=1), 0.0)
            for status in ("online", "away") * 5:
                house.board.hear(news(status))
                await asyncio.sleep(2)
            meanwhile = told(bob, "ann")
            house.pressure.judge(Strain(), EASE_AFTER_S)
            await asyncio.sleep(10)
        return meanwhile, told(bob, "ann")

    assert quick(play()) == ([], [("away", None)])
