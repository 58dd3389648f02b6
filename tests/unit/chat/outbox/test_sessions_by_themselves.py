"""When sessions are announced, if nobody asks for it: on virtual time."""

import asyncio

import pytest

from libs.common.events import (
    PresenceRequested,
    ProcessBeat,
    ProcessEnded,
    SessionsChanged,
    SessionsListed,
)
from services.chat.domain.departing import EXPECTED_BACK_S
from services.chat.outbox.sessions import EVERY_S, RETRY_AFTER_S
from tests.background import in_background
from tests.properties.quick_time import LoopClock, QuickLoop
from tests.unit.chat.outbox.announcer_house import House


def played(play):
    """Play with an announcer at work, on virtual time; return what it told, and when."""

    async def perform():
        house = House(LoopClock())
        async with in_background(house.announcer.run()):
            await play(house)
        return list(zip(house.streams.times_s, house.streams.events, strict=True))

    with asyncio.Runner(loop_factory=QuickLoop) as runner:
        return runner.run(perform())


def test_it_beats_every_ten_seconds_and_begins_with_a_list():
    async def play(_):
        await asyncio.sleep(31)

    told = played(play)

    assert [(round(at_s), type(event)) for at_s, event in told] == [
        (10, SessionsListed),
        (20, ProcessBeat),
        (30, ProcessBeat),
    ]


def test_the_first_change_is_told_at_once_the_next_find_company_and_put_the_next_beat_off():
    async def play(house):
        await asyncio.sleep(15)
        house.open("one")
        await asyncio.sleep(EVERY_S / 4)
        house.open("two")
        await asyncio.sleep(EVERY_S / 4)
        house.open("three")
        await asyncio.sleep(12)

    told = played(play)

    times_s, events = zip(*told, strict=True)
    assert times_s == pytest.approx((10, 15, 15 + EVERY_S, 25 + EVERY_S))
    steps = [SessionsListed, SessionsChanged, SessionsChanged, ProcessBeat]
    assert [type(event) for event in events] == steps
    assert len(events[1].news) == 1
    assert len(events[2].news) == 2


def test_questions_and_a_new_epoch_wake_it():
    async def play(house):
        await asyncio.sleep(11)
        house.announcer.ask(["ann"])
        await asyncio.sleep(1)
        house.announcer.on_epoch()
        await asyncio.sleep(1)

    told = played(play)

    assert [(round(at_s), type(event)) for at_s, event in told[1:]] == [
        (11, ProcessBeat),
        (11, PresenceRequested),
        (12, SessionsListed),
    ]


def test_who_does_not_come_back_is_given_up_when_that_is_due_and_not_at_the_next_beat():
    async def play(house):
        await asyncio.sleep(11)
        house.open("one").is_expected_back = True
        await asyncio.sleep(1)
        house.close("one")
        await asyncio.sleep(EXPECTED_BACK_S + 1)

    told = played(play)

    at_s, event = told[-1]
    assert isinstance(event, SessionsChanged)
    assert [each.step for each in event.news] == ["closed"]
    assert at_s == pytest.approx(12 + EXPECTED_BACK_S, abs=0.1)


def test_without_redis_it_tries_now_and_then_and_lists_all_when_that_is_back():
    async def play(house):
        await asyncio.sleep(11)
        house.streams.down = True
        house.open("one")
        house.streams.tries = 0
        await asyncio.sleep(10 * RETRY_AFTER_S)
        tries.append(house.streams.tries)
        house.streams.down = False
        await asyncio.sleep(2 * RETRY_AFTER_S)

    tries: list[int] = []
    told = played(play)

    assert 5 <= tries[0] <= 10
    assert [type(event) for _, event in told] == [SessionsListed, SessionsListed]
    assert [each.session for each in told[-1][1].sessions] == ["one"]


def test_after_its_end_it_tells_nothing_more_and_rests():
    async def play(house):
        await asyncio.sleep(11)
        await house.announcer.end()
        house.streams.tries = 0
        house.open("late")
        house.announcer.on_epoch()
        await asyncio.sleep(100)
        tries.append(house.streams.tries)

    tries: list[int] = []
    told = played(play)

    assert [type(event) for _, event in told] == [SessionsListed, ProcessEnded]
    assert tries == [0]
