"""Repairs on a real server: what is told, by whom, from when on, and how often."""

import asyncio
import datetime as dt

import pytest

from libs.common.errors import Unavailable
from libs.common.streams.epoch import Epoch
from libs.common.streams.repair import BEGINNING, Repair, RepairKeys

KEYS = RepairKeys(lease="a:{0}:lease", note="a:{0}:progress", wishes="a:{0}:wishes")
SAFE = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
EARLIER = SAFE - dt.timedelta(days=1)
PAGES = ["1", "2", None]


class Teller:
    """Has three pages; remembers what it told, and may fail or be interrupted before one."""

    def __init__(self):
        self.point = SAFE
        self.told = []
        self.before = {}

    async def safe_point(self):
        return self.point

    async def tell(self, *, since, after):
        number = int(after or 0)
        interruption = self.before.pop(number, None)
        if interruption is not None:
            await interruption()
        self.told.append((since, after))
        return PAGES[number]


def whole(since):
    """Return what is told by one repair."""
    return [(since, after) for after in (BEGINNING, "1", "2")]


@pytest.fixture
def teller():
    return Teller()


@pytest.fixture
def healthy():
    """Collects how often a process found nothing to repair."""
    return []


@pytest.fixture
def another(blocking, teller, healthy):
    """Make a process that takes part."""

    def make():
        async def while_healthy():
            healthy.append(True)

        return Repair(
            redis=blocking,
            keys=KEYS,
            teller=teller,
            epoch=Epoch(blocking),
            while_healthy=while_healthy,
        )

    return make


@pytest.fixture
async def repair(another, teller):
    """A process whose epoch is repaired, and has told nothing since."""
    repair = another()
    await repair.look_after_epoch()
    teller.told.clear()
    return repair


async def test_a_new_epoch_is_told_once_from_the_safe_point(another, teller, healthy):
    one, other = another(), another()

    await asyncio.gather(one.look_after_epoch(), other.look_after_epoch())
    await other.look_after_epoch()

    assert teller.told == whole(SAFE)
    assert healthy == [True]


async def test_an_epoch_of_which_nothing_is_known_is_told_all(another, teller):
    teller.point = None

    await another().look_after_epoch()

    assert teller.told == whole(None)


async def test_wishes_that_wait_are_fulfilled_once_and_from_the_oldest(repair, another, teller):
    await repair.ask("one")
    teller.point = EARLIER
    await repair.ask("two")
    await repair.ask("two")

    await asyncio.gather(repair.look_after_epoch(), another().look_after_epoch())
    await another().look_after_epoch()

    assert teller.told == whole(EARLIER)


async def test_who_wants_everything_gets_everything(repair, teller):
    await repair.ask("one")
    await repair.ask("two", everything=True)

    await repair.look_after_epoch()

    assert teller.told == whole(None)


async def test_a_wish_keeps_the_safe_point_of_its_time(repair, teller):
    teller.point = EARLIER
    await repair.ask("one")
    teller.point = SAFE

    await repair.look_after_epoch()

    assert teller.told == whole(EARLIER)


async def test_a_wish_that_comes_meanwhile_is_fulfilled_afterwards(repair, another, teller):
    await repair.ask("one")
    teller.before[1] = lambda: another().ask("two", everything=True)

    await repair.look_after_epoch()
    await repair.look_after_epoch()
    await repair.look_after_epoch()

    assert teller.told == whole(SAFE) + whole(None)


async def test_what_one_process_begins_and_cannot_end_another_ends(repair, another, teller):
    async def fail():
        raise Unavailable

    teller.point = EARLIER
    await repair.ask("one")
    teller.before[1] = fail

    with pytest.raises(Unavailable):
        await repair.look_after_epoch()
    teller.point = SAFE
    await another().look_after_epoch()

    assert teller.told == whole(EARLIER)
    assert await repair.healthy_life() is not None


async def test_a_wish_outlives_the_epoch_if_the_data_do(repair, redis, teller):
    teller.point = EARLIER
    await repair.ask("one")
    teller.point = SAFE
    await redis.delete("parley:epoch")

    await repair.look_after_epoch()

    assert teller.told == whole(EARLIER)
    assert await repair.healthy_life() is not None


async def test_no_life_is_healthy_while_somebody_asks_and_each_repair_begins_another(repair):
    before = await repair.healthy_life()
    await repair.ask("one")
    meanwhile = await repair.healthy_life()
    await repair.look_after_epoch()
    afterwards = await repair.healthy_life()

    assert before is not None
    assert meanwhile is None
    assert afterwards not in (None, before)


async def test_a_new_epoch_meanwhile_is_repaired_from_the_beginning(another, redis, teller):
    teller.before[1] = redis.flushall
    repair = another()

    await repair.look_after_epoch()
    await repair.look_after_epoch()

    assert teller.told == [(SAFE, BEGINNING), (SAFE, "1"), *whole(SAFE)]
