import asyncio
from typing import Any, cast

import pytest

from libs.common.errors import Unavailable
from libs.common.tasks import TaskSet
from services.chat.hub import Session
from services.chat.hub.privacy import PrivateReading
from tests.waiting import WITHIN_S


class Database:
    """Knows who reads privately, and answers when it is let."""

    def __init__(self):
        self.private: set[str] = set()
        self.down = False
        self.questions: list[set[str]] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def run(self, function, users):
        assert function.__name__ == "private_readers_among"
        self.questions.append(set(users))
        answer = frozenset(self.private & set(users))
        await self.may_answer.wait()
        if self.down:
            raise Unavailable
        return answer


class House:
    """Somebody with two sessions, in a process that minds their privacy."""

    def __init__(self):
        self.database, self.tasks = Database(), TaskSet()
        self.phone, self.desk = (
            Session(name, "bob", "sid", cast(Any, None)) for name in ("phone", "desk")
        )
        self.reading = PrivateReading(
            database=cast(Any, self.database),
            tasks=self.tasks,
            sessions_of=lambda user: [self.phone, self.desk] if user == "bob" else [],
        )

    def opened(self, *, is_private):
        for session in (self.phone, self.desk):
            self.reading.settle(session, is_private=is_private)

    @property
    def private(self):
        return [self.phone.is_private, self.desk.is_private]

    async def until(self, condition):
        async with asyncio.timeout(WITHIN_S):
            while not condition():
                await asyncio.sleep(0)

    async def settled(self):
        await self.until(lambda: not self.tasks._tasks)


@pytest.fixture
async def house():
    house = House()
    yield house
    await house.tasks.stop()


async def test_privacy_holds_from_the_first_word_on(house):
    house.opened(is_private=False)
    house.database.private = {"bob"}
    house.database.may_answer.clear()

    house.reading.hear("bob", is_private=True)

    assert house.private == [True, True]


async def test_who_shows_what_they_read_again_is_believed_once_the_database_says_so(house):
    house.opened(is_private=True)
    house.database.private = {"bob"}

    house.reading.hear("bob", is_private=False)
    await house.settled()
    stale = house.private
    house.database.private = set()
    house.reading.hear("bob", is_private=False)
    await house.settled()

    assert (stale, house.private) == ([True, True], [False, False])


async def test_an_old_word_of_privacy_does_not_last(house):
    house.opened(is_private=False)

    house.reading.hear("bob", is_private=True)
    await house.settled()

    assert house.private == [False, False]


async def test_what_is_known_already_asks_nobody(house):
    house.opened(is_private=False)

    house.reading.hear("bob", is_private=False)
    house.reading.hear("stranger", is_private=True)
    await house.settled()

    assert house.database.questions == []


async def test_what_was_read_while_opening_does_not_overwrite_what_was_heard(house):
    house.database.private = {"bob"}
    house.database.may_answer.clear()
    house.reading.hear("bob", is_private=True)

    house.opened(is_private=False)
    before_the_answer = house.private
    house.database.may_answer.set()
    await house.settled()

    assert before_the_answer == house.private == [True, True]


async def test_an_answer_from_before_the_news_is_not_believed(house):
    house.opened(is_private=False)
    house.database.private = {"bob"}
    house.database.may_answer.clear()
    house.reading.doubt(["bob"])
    await house.until(lambda: house.database.questions)

    house.database.private = set()
    house.reading.hear("bob", is_private=False)  # which is what is known here, but not the answer
    house.database.may_answer.set()
    await house.settled()

    assert house.private == [False, False]
    assert len(house.database.questions) == 2


async def test_what_was_heard_while_the_database_was_asked_is_not_undone_by_its_answer(house):
    house.opened(is_private=False)
    house.database.may_answer.clear()
    house.reading.doubt(["bob"])
    await house.until(lambda: house.database.questions)

    house.database.private = {"bob"}
    house.reading.hear("bob", is_private=True)
    may_answer_first, house.database.may_answer = house.database.may_answer, asyncio.Event()
    may_answer_first.set()
    await house.until(lambda: len(house.database.questions) > 1)

    assert house.private == [True, True]


async def test_a_database_that_does_not_answer_is_asked_again(house):
    house.opened(is_private=False)
    house.database.private, house.database.down = {"bob"}, True
    house.reading.doubt(["bob"])
    await house.until(lambda: house.database.questions)

    house.database.down = False
    await house.settled()

    assert house.private == [True, True]
