import asyncio

import pytest

from libs.common.errors import Unavailable
from services.receipts.actions.log_upkeep import (
    AGAIN_AFTER_S,
    EVERY_S,
    LogChanges,
    LogUpkeep,
    look_after_log,
)


class Database:
    """Fails as often as it is told to; keeps what it was asked."""

    def __init__(self, *errors):
        self.errors = list(errors)
        self.asked = []

    async def run(self, function, **kwargs):
        self.asked.append((function, kwargs))
        if self.errors:
            raise self.errors.pop(0)
        return LogChanges()


class Pauses:
    """Does not wait, but keeps what was to be waited; the last wait does not end."""

    def __init__(self, count):
        self.waited = []
        self._count = count

    async def sleep(self, seconds):
        self.waited.append(seconds)
        if len(self.waited) == self._count:
            raise asyncio.CancelledError


async def waits_of(database, *, count, chance=1.0):
    pauses = Pauses(count)
    upkeep = LogUpkeep(database, keep_days=9, sleep=pauses.sleep, chance=lambda: chance)
    with pytest.raises(asyncio.CancelledError):
        await upkeep.run()
    return pauses.waited


async def test_it_looks_at_once_and_then_about_every_hour():
    database = Database()

    waits = await waits_of(database, count=2, chance=0.5)

    assert waits == [EVERY_S * 0.75] * 2
    assert database.asked == [(look_after_log, {"keep_days": 9})] * 2


@pytest.mark.parametrize("error", [Unavailable(), ZeroDivisionError()])
async def test_what_could_not_be_done_is_tried_again_soon(error):
    waits = await waits_of(Database(error, error), count=3)

    assert waits == [AGAIN_AFTER_S, AGAIN_AFTER_S, EVERY_S]
