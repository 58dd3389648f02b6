"""What becomes of news of typists on their way to the stream: at once, at most once, or not at all."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from libs.common.errors import Unavailable
from libs.common.events import TypingNews
from libs.common.streams.names import partition_of
from services.chat.outbox.typing import DROPPED, MOST_WAITING, NEWS_PER_EVENT, TOLD, TypingTeller
from services.chat.store import CHAT_TYPING
from tests.waiting import WITHIN_S


class Stream:
    """Takes what is published; waits while it is held, fails with what it is told to."""

    def __init__(self):
        self.calls: list[Any] = []
        self.fails: Exception | None = None
        self.free = asyncio.Event()
        self.free.set()
        self.breaker = SimpleNamespace(retry_after_s=0.0)

    async def publish(self, outgoing):
        self.calls.append(outgoing)
        await self.free.wait()
        if self.fails is not None:
            raise self.fails

    @property
    def news(self):
        """All that was tried to be published, in order."""
        return [
            each
            for call in self.calls
            for item in call
            for event in item.events
            for each in event.news
        ]


class House:
    """A teller and its stream; counts what it told and dropped since."""

    def __init__(self, *, partitions=1):
        self.stream = Stream()
        self.teller = TypingTeller(publisher=cast(Any, self.stream), partitions=partitions)
        self._before = self._counts()

    def _counts(self):
        return TOLD._value.get(), DROPPED._value.get()

    @property
    def counted(self):
        """How many updates were told, and dropped."""
        told, dropped = self._before
        return TOLD._value.get() - told, DROPPED._value.get() - dropped


@pytest.fixture
async def house():
    house = House()
    yield house
    await house.teller.stop()


def press(room="room", user="ann", *, is_typing=True):
    return TypingNews(room, user, f"tab of {user}", is_typing)


async def turn():
    """Let everybody do what they can without waiting."""
    for _ in range(3):
        await asyncio.sleep(0)


async def test_news_go_out_at_once_in_one_event(house):
    news = [press(user="ann"), press(user="bob", is_typing=False)]

    house.teller.tell(news)
    await turn()

    [[outgoing]] = house.stream.calls
    assert (outgoing.stream, outgoing.partition) == (CHAT_TYPING, 0)
    assert house.stream.news == news
    assert house.counted == (2, 0)


async def test_what_is_told_first_is_published_first(house):
    house.teller.tell([press()])
    await turn()
    house.teller.tell([press(is_typing=False)])
    await turn()

    assert [each.is_typing for each in house.stream.news] == [True, False]


async def test_each_room_has_its_partition():
    house = House(partitions=3)
    rooms = [f"room {number}" for number in range(8)]

    house.teller.tell([press(room) for room in rooms])
    await turn()

    [call] = house.stream.calls
    placed = {
        (each.room, item.partition) for item in call for event in item.events for each in event.news
    }
    assert placed == {(room, partition_of(room, 3)) for room in rooms}


async def test_an_event_does_not_grow_beyond_bounds(house):
    house.teller.tell([press(user=str(number)) for number in range(NEWS_PER_EVENT + 1)])
    await turn()

    [[outgoing]] = house.stream.calls
    assert [len(event.news) for event in outgoing.events] == [NEWS_PER_EVENT, 1]


async def test_what_redis_did_not_take_is_dropped_and_never_repeated(house):
    house.stream.fails = Unavailable()
    house.teller.tell([press(), press(user="bob")])
    await turn()
    house.stream.fails = None
    await turn()

    assert len(house.stream.calls) == 1
    assert house.counted == (0, 2)


async def test_while_the_breaker_is_open_nothing_is_tried(house):
    house.stream.breaker.retry_after_s = 0.1

    house.teller.tell([press(), press(user="bob")])
    await turn()

    assert (house.stream.calls, house.counted) == ([], (0, 2))


async def test_behind_a_redis_that_hangs_only_so_much_waits(house):
    house.stream.free.clear()

    house.teller.tell([press()])
    await turn()
    house.teller.tell([press(user=str(number)) for number in range(MOST_WAITING + 3)])
    await turn()

    assert len(house.stream.calls) == 1
    assert house.counted == (0, 3)


async def test_what_waits_is_the_newest_of_each_typist_and_goes_out_together(house):
    house.stream.free.clear()
    house.teller.tell([press()])
    await turn()
    for number in range(300):
        house.teller.tell([press(f"room {number}"), press(f"room {number}", is_typing=False)])
    house.teller.tell([press(user="bob")])

    house.stream.free.set()
    await turn()

    assert [len(call) for call in house.stream.calls] == [1, 1]
    waited = house.stream.news[1:]
    assert len(waited) == 301
    assert [each.is_typing for each in waited] == [False] * 300 + [True]


@pytest.mark.parametrize("fails", [None, Unavailable()])
async def test_what_waited_makes_room_when_redis_goes_on(house, fails):
    house.stream.free.clear()
    house.teller.tell([press(user=str(number)) for number in range(MOST_WAITING)])
    await turn()

    house.stream.fails = fails
    house.stream.free.set()
    await turn()
    house.stream.fails = None
    house.teller.tell([press(user="bob")])
    await turn()

    assert house.stream.news[-1] == press(user="bob")


async def test_bugs_do_not_use_up_the_room_of_others(house):
    house.stream.fails = ZeroDivisionError()
    with capture_logs() as lines:
        house.teller.tell([press()])
        await turn()

    house.stream.fails = None
    house.teller.tell([press(user="bob")])
    await turn()

    assert {line["event"] for line in lines} == {"task_failed"}
    assert house.stream.news[-1] == press(user="bob")


async def test_who_stops_gives_up_what_is_under_way(house):
    house.stream.free.clear()
    house.teller.tell([press()])
    await turn()

    async with asyncio.timeout(WITHIN_S):
        await house.teller.stop()
    house.stream.free.set()
    await turn()

    assert house.counted == (0, 0)
