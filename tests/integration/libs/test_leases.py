import asyncio

import pytest

from libs.common.leases import Lease
from tests.integration.waiting import WITHIN_S

KEY, NOTE = "job:{0}:lease", "job:{0}:note"
SHORT_S = 0.1


@pytest.fixture
def lease(redis):
    def make(holder="somebody", lasts_s=100.0):
        return Lease(redis, KEY, note_key=NOTE, holder=holder, lasts_s=lasts_s)

    return make


async def test_of_many_who_want_it_one_gets_it(lease):
    taken = await asyncio.gather(*(lease(f"p{number}").take() for number in range(20)))

    assert taken.count(True) == 1


async def test_it_names_its_holder_and_ends_by_itself(lease, redis):
    await lease("host/1").take()

    assert (await redis.get(KEY)).startswith(b"host/1/")
    assert 50_000 < await redis.pttl(KEY) <= 100_000


async def test_keeping_it_renews_it(lease, redis):
    mine = lease()
    await mine.take()
    await redis.pexpire(KEY, 1_000)

    assert await mine.keep()

    assert await redis.pttl(KEY) > 50_000


async def test_the_holder_writes_its_note(lease, redis):
    mine = lease()
    await mine.take()

    assert await mine.keep({"after": "7", "done": ""})

    assert await redis.hgetall(NOTE) == {b"after": b"7", b"done": b""}


async def test_who_was_away_too_long_neither_keeps_it_nor_writes(lease, redis, eventually):
    late, other = lease("late", lasts_s=SHORT_S), lease("other")
    await late.take()
    async with asyncio.timeout(WITHIN_S):
        while not await other.take():
            await asyncio.sleep(0.01)

    assert not await late.keep({"after": "7"})

    assert not await redis.exists(NOTE)
    assert (await redis.get(KEY)).startswith(b"other/")


async def test_who_lost_it_does_not_give_up_that_of_another(lease, redis):
    first, second = lease(), lease()
    await first.take()
    await redis.flushall()
    await second.take()

    await first.give_up()

    assert await second.keep()


async def test_who_never_had_it_keeps_nothing(lease):
    mine, other = lease(), lease()
    await mine.take()
    await other.take()

    assert not await other.keep({"after": "7"})
    assert not await lease().keep()


async def test_what_is_given_up_is_free_at_once(lease):
    first, second = lease(), lease()
    await first.take()

    await first.give_up()

    assert await second.take()
