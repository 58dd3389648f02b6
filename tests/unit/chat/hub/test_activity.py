"""Which changes of activity are announced, and when silence is looked for."""

import asyncio
from typing import Any, cast

import pytest

from libs.common.clock import ManualClock
from services.chat.domain.activity import SILENT_AFTER_S
from services.chat.hub import Session
from services.chat.hub.activity import FELL_SILENT, LOOK_EVERY_S, ActivityWatch
from tests.background import in_background
from tests.properties.quick_time import QuickLoop


class House:
    """A watch over some sessions, and what it has announced."""

    def __init__(self):
        self.clock = ManualClock()
        self.sessions: list[Session] = []
        self.announced: list[tuple[str, bool]] = []
        self.watch = ActivityWatch(
            all_sessions=lambda: list(self.sessions),
            on_changed=lambda session: self.announced.append((session.id, session.is_away)),
            clock=self.clock,
        )

    def open(self, name):
        session = Session(name, "ann", "sid", cast(Any, None))
        self.sessions.append(session)
        self.watch.act(session)
        return session


@pytest.fixture
def house():
    return House()


def test_what_a_client_says_is_announced_once(house):
    tab = house.open("tab")

    for state in ("active", "away", "away", "active", "active"):
        house.watch.say(tab, state)

    assert house.announced == [("tab", True), ("tab", False)]


def test_opening_and_doing_things_is_no_news(house):
    tab = house.open("tab")

    for _ in range(3):
        house.watch.act(tab)

    assert house.announced == []


def test_a_session_that_falls_silent_is_announced_once_and_the_others_are_not(house):
    silent_before = FELL_SILENT._value.get()
    house.open("silent")
    busy = house.open("busy")
    house.clock.advance(SILENT_AFTER_S - 1)
    house.watch.act(busy)

    house.watch.look()
    early = list(house.announced)
    house.clock.advance(1)
    house.watch.look()
    house.watch.look()

    assert (early, house.announced) == ([], [("silent", True)])
    assert FELL_SILENT._value.get() - silent_before == 1


def test_whoever_fell_silent_is_announced_with_the_next_thing_that_they_do(house):
    tab = house.open("tab")
    house.clock.advance(SILENT_AFTER_S)
    house.watch.look()

    house.watch.act(tab)

    assert house.announced == [("tab", True), ("tab", False)]


def test_whoever_is_away_by_their_own_word_is_not_announced_for_what_is_sent(house):
    tab = house.open("tab")
    house.watch.say(tab, "away")

    house.watch.act(tab)
    house.clock.advance(2 * SILENT_AFTER_S)
    house.watch.look()

    assert house.announced == [("tab", True)]


def test_sessions_of_one_person_are_judged_each_by_itself(house):
    tab, phone = house.open("tab"), house.open("phone")

    house.watch.say(tab, "away")
    house.watch.act(phone)

    assert (tab.is_away, phone.is_away) == (True, False)
    assert house.announced == [("tab", True)]


def test_a_session_that_is_being_opened_does_not_fall_silent(house):
    house.sessions.append(Session("opening", "ann", "sid", cast(Any, None)))

    house.clock.advance(2 * SILENT_AFTER_S)
    house.watch.look()

    assert house.announced == []


def test_a_session_may_close_because_it_is_announced(house):
    for name in ("one", "two"):
        house.open(name)
    watch = ActivityWatch(
        all_sessions=lambda: list(house.sessions),
        on_changed=house.sessions.remove,
        clock=house.clock,
    )

    house.clock.advance(SILENT_AFTER_S)
    watch.look()

    assert house.sessions == []


def test_the_task_looks_now_and_then_for_ever(house):
    house.open("tab")

    async def wait_for_a_look():
        async with in_background(house.watch.run()):
            await asyncio.sleep(LOOK_EVERY_S + 0.1)
            early = list(house.announced)
            house.clock.advance(SILENT_AFTER_S)
            await asyncio.sleep(LOOK_EVERY_S)
        return early

    with asyncio.Runner(loop_factory=QuickLoop) as runner:
        early = runner.run(wait_for_a_look())

    assert (early, house.announced) == ([], [("tab", True)])
