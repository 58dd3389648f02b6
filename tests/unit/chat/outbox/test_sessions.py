import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from libs.common.clock import ManualClock
from libs.common.errors import Unavailable
from libs.common.events import (
    PresenceRequested,
    ProcessBeat,
    ProcessEnded,
    SessionsChanged,
    SessionsListed,
)
from services.chat.outbox.sessions import (
    BEAT_EVERY_S,
    LATE_AFTER_S,
    LIST_EVERY_S,
    SessionAnnouncer,
)
from services.chat.store import CHAT_SESSIONS


class Streams:
    """Takes what is published, unless it is down."""

    def __init__(self):
        self.events: list[Any] = []
        self.down = False
        self.breaker = SimpleNamespace(retry_after_s=0.0)

    async def publish(self, outgoing):
        if self.down:
            raise Unavailable
        (item,) = outgoing
        assert (item.stream, item.partition) == (CHAT_SESSIONS, 0)
        self.events += item.events


class House:
    """An announcer whose first list is out."""

    def __init__(self):
        self.streams, self.clock = Streams(), ManualClock()
        self.live: dict[str, Any] = {}
        self.announcer = SessionAnnouncer(
            process="host/1",
            live_sessions=self.live.values,
            publisher=cast(Any, self.streams),
            clock=self.clock,
        )

    def open(self, name):
        session = self.live[name] = SimpleNamespace(
            id=name, user=f"user of {name}", kind="chat", is_away=False
        )
        self.announcer.opened(session)
        return session

    def close(self, name):
        self.announcer.closed(self.live.pop(name))

    async def tell(self):
        """Publish what is due; return the events of that, and forget them."""
        await self.announcer.tell()
        events, self.streams.events = self.streams.events, []
        return events


@pytest.fixture
async def house():
    house = House()
    await house.tell()
    return house


def steps(event):
    return [(each.session, each.step) for each in event.news]


async def test_a_process_begins_with_a_list():
    (event,) = await House().tell()

    assert isinstance(event, SessionsListed)
    assert event.sessions == []


async def test_changes_are_told_together_and_numbered_in_their_order(house):
    session = house.open("one")
    session.is_away = True
    house.announcer.changed(session)
    house.open("two")
    house.close("one")

    (event,) = await house.tell()

    assert isinstance(event, SessionsChanged)
    assert steps(event) == [
        ("one", "opened"),
        ("one", "away"),
        ("two", "opened"),
        ("one", "closed"),
    ]
    numbers = [each.n for each in event.news]
    assert numbers == sorted(set(numbers))


async def test_who_has_no_news_beats(house):
    house.clock.advance(BEAT_EVERY_S)

    (event,) = await house.tell()

    assert event == ProcessBeat(process="host/1")


async def test_what_could_not_be_told_comes_as_a_list(house):
    house.open("one")
    house.streams.down = True
    with pytest.raises(Unavailable):
        await house.tell()
    house.open("two")
    house.streams.down = False

    (event,) = await house.tell()

    assert isinstance(event, SessionsListed)
    assert [each.session for each in event.sessions] == ["one", "two"]
    assert {each.n for each in event.sessions} == {event.n}


async def test_an_open_breaker_is_spared_and_a_list_follows(house):
    house.open("one")
    house.streams.breaker.retry_after_s = 0.5
    with pytest.raises(Unavailable):
        await house.tell()
    house.streams.breaker.retry_after_s = 0.0

    (event,) = await house.tell()

    assert isinstance(event, SessionsListed)


@pytest.mark.parametrize("after_s", [LATE_AFTER_S, LIST_EVERY_S])
async def test_a_list_comes_now_and_then_and_after_a_silence(house, after_s):
    house.clock.advance(after_s)

    (event,) = await house.tell()

    assert isinstance(event, SessionsListed)


async def test_a_new_epoch_gets_a_list(house):
    house.open("one")
    house.announcer.on_epoch()

    (event,) = await house.tell()

    assert isinstance(event, SessionsListed)
    assert [each.session for each in event.sessions] == ["one"]


async def test_a_process_that_stops_tells_no_end_of_its_sessions_and_lists_none(house):
    house.open("one")
    await house.tell()
    house.announcer.begin_to_stop()
    house.close("one")
    house.announcer.on_epoch()

    before = await house.tell()
    await house.announcer.end()
    after = await house.tell()

    assert before == [ProcessBeat(process="host/1")]
    assert after == [ProcessEnded(process="host/1")]


async def test_questions_follow_the_news_each_person_once(house):
    house.open("one")
    house.announcer.ask(["ann", "bob"])
    house.announcer.ask(["bob"])

    changed, asked = await house.tell()

    assert isinstance(changed, SessionsChanged)
    assert asked == PresenceRequested(users=["ann", "bob"])


async def test_it_goes_on_by_itself_when_redis_is_back(house, monkeypatch):
    monkeypatch.setattr("services.chat.outbox.sessions.RETRY_AFTER_S", 0.001)
    monkeypatch.setattr("services.chat.outbox.sessions.COLLECT_S", 0.0)
    house.streams.down = True
    running = asyncio.create_task(house.announcer.run())
    house.open("one")
    for _ in range(20):
        await asyncio.sleep(0)

    house.streams.down = False
    async with asyncio.timeout(5):
        while not house.streams.events:
            await asyncio.sleep(0)
    running.cancel()

    assert isinstance(house.streams.events[0], SessionsListed)
