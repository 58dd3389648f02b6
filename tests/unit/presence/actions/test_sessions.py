"""What presence takes in, and what it answers, with the database and without it."""

from typing import Any, cast

import pytest
from redis.exceptions import ConnectionError as NoRedis

from libs.common.errors import Timeout, Unavailable
from libs.common.events import SessionNews
from services.presence.actions.sessions import ASKED, CHANGED, PEOPLE, TAKEN, UserPresenceManager
from services.presence.store.sessions import Known

AT_MS = 1_800_000_000_000
SEEN_MS = AT_MS - 60_000
OPENED = SessionNews("tab", "ann", "chat", "opened", 1)


class Store:
    """Keeps what it is given; changes as many people as it is told to, or fails."""

    def __init__(self):
        self.taken: list[Any] = []
        self.looked: list[tuple[list[Known], bool]] = []
        self.changes = 0
        self.fails: Exception | None = None

    async def take(self, told):
        if self.fails is not None:
            raise self.fails
        self.taken += told
        return self.changes

    async def look(self, people, *, and_tell):
        if self.fails is not None:
            raise self.fails
        self.looked.append((list(people), and_tell))
        return []


class Database:
    """Knows when people were there, or fails."""

    def __init__(self):
        self.fails: Exception | None = None
        self.asked: list[list[str]] = []

    async def run(self, function, users):
        assert function.__name__ == "written"
        self.asked.append(list(users))
        if self.fails is not None:
            raise self.fails
        return [Known(user=user, last_seen_ms=SEEN_MS, is_online=False) for user in users]


class House:
    """A manager, and what it stands on."""

    def __init__(self):
        self.store, self.database = Store(), Database()
        self.manager = UserPresenceManager(
            store=cast(Any, self.store), database=cast(Any, self.database)
        )


@pytest.fixture
def house():
    return House()


def count(metric):
    return metric._value.get()


async def test_what_processes_tell_is_taken_in_at_once_and_counted(house):
    told = [("beat", "p", AT_MS), ("news", "p", AT_MS, [OPENED]), ("beat", "q", AT_MS)]
    beats, changed = count(TAKEN.labels("beat")), count(CHANGED)
    house.store.changes = 3

    await house.manager.take(told)

    assert house.store.taken == told
    assert count(TAKEN.labels("beat")) - beats == 2
    assert count(CHANGED) - changed == 3


async def test_whoever_is_asked_for_is_told_to_all_by_what_is_written_of_them(house):
    asked_before = count(ASKED)

    await house.manager.answer(["ann", "bob"])

    assert house.store.looked == [
        (
            [Known(user=user, last_seen_ms=SEEN_MS, is_online=False) for user in ("ann", "bob")],
            True,
        )
    ]
    assert count(ASKED) - asked_before == 2


@pytest.mark.parametrize("fails", [Unavailable(), Timeout()])
async def test_without_the_database_it_is_not_claimed_that_nothing_is_written(house, fails):
    house.database.fails = fails

    await house.manager.answer(["ann"])

    assert house.store.looked == [([Known(user="ann", last_seen_ms=None, is_online=None)], True)]


async def test_very_many_are_answered_for_in_parts(house):
    users = [str(number) for number in range(2 * PEOPLE + 1)]

    await house.manager.answer(users)

    assert [len(people) for people, _ in house.store.looked] == [PEOPLE, PEOPLE, 1]
    assert [each.user for people, _ in house.store.looked for each in people] == users
    assert [len(some) for some in house.database.asked] == [PEOPLE, PEOPLE, 1]


async def test_nobody_is_no_question(house):
    await house.manager.answer([])

    assert (house.store.looked, house.database.asked) == ([], [])


async def test_without_redis_the_news_stay_where_they_are(house):
    changed = count(CHANGED)
    house.store.fails = NoRedis()

    with pytest.raises(NoRedis):
        await house.manager.take([("beat", "p", AT_MS)])
    with pytest.raises(NoRedis):
        await house.manager.answer(["ann"])
    assert count(CHANGED) == changed


async def test_a_bug_in_asking_the_database_is_not_taken_for_its_absence(house):
    house.database.fails = ZeroDivisionError()

    with pytest.raises(ZeroDivisionError):
        await house.manager.answer(["ann"])
    assert house.store.looked == []
