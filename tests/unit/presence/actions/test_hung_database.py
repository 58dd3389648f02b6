import asyncio
from typing import Any, cast

from services.presence.actions.sessions import LOOK_UP_WITHIN_S, UserPresenceManager
from tests.properties.quick_time import QuickLoop


class Database:
    """Never answers; counts how often it was asked."""

    asked = 0

    async def run(self, *_):
        self.asked += 1
        await asyncio.sleep(1000)


class Store:
    """Keeps what it is asked to tell."""

    def __init__(self):
        self.known = []

    async def look(self, known, *, and_tell):
        assert and_tell
        self.known.append(known)


def test_a_database_that_hangs_holds_nobody_up_and_is_spared():
    database, store = Database(), Store()

    async def play():
        manager = UserPresenceManager(store=cast(Any, store), database=cast(Any, database))
        for _ in range(5):
            await manager.answer(["ann"])
        return asyncio.get_running_loop().time()

    with asyncio.Runner(loop_factory=QuickLoop) as runner:
        took_s = runner.run(play())

    assert took_s <= 2 * LOOK_UP_WITHIN_S
    assert database.asked == 1
    assert [known[0].is_online for known in store.known] == [None] * 5
