import asyncio

import pytest

from libs.common.errors import Unavailable
from services.chat.actions.upkeep import AGAIN_AFTER_S, EVERY_S, ROWS, TABLES, Upkeep


class Database:
    """Has so many ended rows in each table, and fails as often as it is told to."""

    def __init__(self, **ended: int) -> None:
        self.ended = dict.fromkeys(TABLES, 0) | ended
        self.errors: list[Exception] = []
        self.statements = 0

    async def run(self, function, table):
        if self.errors:
            raise self.errors.pop(0)
        self.statements += 1
        removed = min(self.ended[table], ROWS)
        self.ended[table] -= removed
        return removed


class Pauses:
    """Does not wait, but keeps what was to be waited; the last wait does not end."""

    def __init__(self, count: int) -> None:
        self.waited: list[float] = []
        self._count = count

    async def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        if len(self.waited) == self._count:
            raise asyncio.CancelledError


async def run_until_pause(count, database, *, chance=0.5):
    pauses = Pauses(count)
    upkeep = Upkeep(database, sleep=pauses.sleep, chance=lambda: chance)
    with pytest.raises(asyncio.CancelledError):
        await upkeep.run()
    return pauses.waited


async def test_everything_that_has_ended_is_removed_in_bounded_steps():
    database = Database(sign_in=2 * ROWS + 1, used_ticket=ROWS)

    removed = await Upkeep(database).remove_all_ended()  # type: ignore[arg-type]  # a fake

    assert removed == {
        "django_session": 0,
        "used_ticket": ROWS,
        "sign_in": 2 * ROWS + 1,
        "audit_entry": 0,
    }
    assert (set(database.ended.values()), database.statements) == ({0}, 1 + 1 + 2 + 3)


@pytest.mark.parametrize("chance", [0.0, 0.25, 1.0])
async def test_the_first_look_comes_at_a_random_time_and_then_one_every_hour(chance):
    waited = await run_until_pause(3, Database(), chance=chance)

    assert waited == [chance * EVERY_S, EVERY_S, EVERY_S]


@pytest.mark.parametrize("error", [Unavailable(), ZeroDivisionError()])
async def test_what_could_not_be_done_is_tried_again_soon(error):
    database = Database(sign_in=1)
    database.errors = [error, error]

    waited = await run_until_pause(4, database)

    assert waited[1:] == [AGAIN_AFTER_S, AGAIN_AFTER_S, EVERY_S]
    assert database.ended["sign_in"] == 0
