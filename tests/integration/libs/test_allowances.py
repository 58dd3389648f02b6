"""What one person may do over several processes, with a real server between them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from redis.asyncio import Redis

from libs.common.clock import ManualClock
from libs.common.rates.allowances import (
    AWAY_S,
    FORGET_AFTER_S,
    LEASE_S,
    PATIENCE_S,
    TRICKLE,
    Allowances,
    allowance_breaker,
)

KEY = "test.allowances:{0}:"
BURST = 80
SLOW = 0.001
"""Tokens a second: as good as none, so that the time which a test takes does not matter."""

Make = Callable[..., Allowances]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def make(hot: Redis, clock: ManualClock) -> AsyncIterator[Make]:
    """Make the allowances of one more process, running."""
    tasks = []

    def one_more(*, per_s: float = SLOW, redis: Redis = hot) -> Allowances:
        breaker = allowance_breaker(clock)
        made = Allowances(redis, key=KEY, per_s=per_s, burst=BURST, clock=clock, breaker=breaker)
        tasks.append(asyncio.create_task(made.run()))
        return made

    yield one_more
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def asked(one: Allowances) -> bool:
    """Whether a lease is on its way."""
    return any(account.is_asking for account in one._accounts.values())


async def take_all(
    processes: list[Allowances], user: str, eventually: Callable[..., Awaitable[None]]
) -> int:
    """Take whatever is to be had, in turns, until everybody is refused with no lease on its way."""
    taken = 0
    while True:
        got = sum(one.take(user) == 0 for one in processes)
        taken += got
        await eventually(lambda: not any(asked(one) for one in processes))
        if not got:
            return taken


async def test_a_trickle_asks_nobody(make, redis):
    one = make()

    taken = [one.take("ann") for _ in range(round(BURST * TRICKLE))]

    assert taken == [0.0] * len(taken)
    assert not asked(one)
    assert await redis.keys(f"{KEY}*") == []


async def test_several_processes_share_one_bucket(make, eventually):
    processes = [make() for _ in range(3)]

    taken = await take_all(processes, "ann", eventually)

    trickles = len(processes) * round(BURST * TRICKLE)
    assert BURST <= taken <= BURST + trickles + len(processes)  # one each on credit


async def test_people_do_not_share(make, eventually):
    one = make()
    await take_all([one], "ann", eventually)

    assert one.take("ann") > 0
    assert await take_all([one], "bob", eventually) >= BURST


async def test_who_is_refused_learns_when_to_come_back(make, clock, eventually):
    one = make(per_s=0.5)
    await take_all([one], "ann", eventually)

    wait_s = one.take("ann")

    assert PATIENCE_S <= wait_s <= 1 / 0.5


async def test_a_lease_that_was_not_used_is_not_good_for_ever(make, clock, eventually):
    one = make()
    for _ in range(round(BURST * TRICKLE) + 1):
        one.take("ann")
    await eventually(lambda: not asked(one))
    left = one._accounts["ann"].tokens
    assert left > 0

    clock.advance(LEASE_S)
    one.take("ann")

    assert one._accounts["ann"].tokens < 0
    await eventually(lambda: not asked(one))


async def test_without_redis_each_process_counts_for_itself(make, clock, eventually, server):
    one, other = make(), make()
    server.stop()
    trickle = round(BURST * TRICKLE)
    for each in (one, other):
        for _ in range(trickle + 1):
            assert each.take("ann") == 0
        await eventually(lambda each=each: not asked(each))

    taken = [sum(each.take("ann") == 0 for _ in range(3 * BURST)) for each in (one, other)]

    assert taken == [BURST, BURST]


async def test_when_redis_is_back_they_share_again(make, clock, eventually, server):
    one = make()
    server.stop()
    for _ in range(round(BURST * TRICKLE) + 1):
        one.take("ann")
    await eventually(lambda: not asked(one))
    server.start()
    await server.wait_up()

    clock.advance(AWAY_S + LEASE_S)
    one.take("ann")
    await eventually(lambda: not asked(one))

    assert one._accounts["ann"].tokens > 0


async def test_who_is_idle_is_forgotten(make, clock, eventually):
    one = make()
    for _ in range(round(BURST * TRICKLE) + 1):
        one.take("ann")
    await eventually(lambda: not asked(one))

    clock.advance(FORGET_AFTER_S)
    one.take("bob")
    for _ in range(round(BURST * TRICKLE) + 1):
        one.take("bob")  # asks, which wakes who forgets

    await eventually(lambda: "ann" not in one._accounts)
    assert "bob" in one._accounts
