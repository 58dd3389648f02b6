import asyncio
import contextlib

import pytest

from libs.common.errors import RateLimited, Unauthenticated, Unavailable
from services.chat.api.throttle import (
    ADDRESS_FACTOR,
    HASHES_AT_ONCE,
    REGISTRATIONS_AT_ONCE,
    WAITING_AT_MOST,
    SignInThrottle,
)


async def fail(throttle: SignInThrottle, *, username: str, address: str = "10.0.0.1") -> None:
    with pytest.raises(Unauthenticated):
        async with throttle.attempt(username=username, address=address):
            raise Unauthenticated


async def succeed(throttle: SignInThrottle, *, username: str, address: str = "10.0.0.1") -> None:
    async with throttle.attempt(username=username, address=address):
        pass


async def test_too_many_failures_close_a_username_whatever_its_case():
    throttle = SignInThrottle(2)
    await fail(throttle, username="alice", address="10.0.0.1")
    await fail(throttle, username="ALICE", address="10.0.0.2")

    with pytest.raises(RateLimited) as refused:
        await succeed(throttle, username="Alice", address="10.0.0.3")

    assert refused.value.retry_after_s is not None
    assert 1 <= refused.value.retry_after_s <= 60
    await succeed(throttle, username="bob", address="10.0.0.1")


async def test_too_many_failures_close_an_address_for_all_usernames():
    throttle = SignInThrottle(1)
    for number in range(ADDRESS_FACTOR):
        await fail(throttle, username=f"user{number}")

    with pytest.raises(RateLimited):
        await succeed(throttle, username="alice")

    await succeed(throttle, username="alice", address="10.0.0.2")


async def test_tokens_of_another_system_that_fail_close_the_address_for_tokens_only():
    throttle = SignInThrottle(1)
    for _ in range(ADDRESS_FACTOR):
        with pytest.raises(Unauthenticated):
            async with throttle.exchange(address="10.0.0.1"):
                raise Unauthenticated

    with pytest.raises(RateLimited):
        async with throttle.exchange(address="10.0.0.1"):
            pass

    await succeed(throttle, username="alice")
    async with throttle.exchange(address="10.0.0.2"):
        pass


async def test_good_tokens_at_once_from_one_address_are_no_failures():
    throttle = SignInThrottle(1)

    async with contextlib.AsyncExitStack() as stack:
        for _ in range(ADDRESS_FACTOR * 10):
            await stack.enter_async_context(throttle.exchange(address="10.0.0.1"))


async def test_waiting_for_another_system_takes_no_place_from_passwords():
    throttle = SignInThrottle(HASHES_AT_ONCE * 10)

    async with contextlib.AsyncExitStack() as stack:
        for _ in range(HASHES_AT_ONCE + 1):
            await stack.enter_async_context(throttle.exchange(address="10.0.0.1"))

        await succeed(throttle, username="alice")


async def test_right_passwords_count_nothing():
    throttle = SignInThrottle(1)

    for _ in range(ADDRESS_FACTOR * 3):
        await succeed(throttle, username="alice")

    await fail(throttle, username="alice")


async def test_an_outage_while_judging_is_no_failure():
    throttle = SignInThrottle(1)

    with pytest.raises(ConnectionError):
        async with throttle.attempt(username="alice", address="10.0.0.1"):
            raise ConnectionError

    await succeed(throttle, username="alice")


async def test_tries_at_the_same_time_gain_no_more_tries():
    throttle = SignInThrottle(3)
    judged = 0

    async def guess() -> None:
        nonlocal judged
        async with throttle.attempt(username="alice", address="10.0.0.1"):
            judged += 1
            await asyncio.sleep(0)
            raise Unauthenticated

    outcomes = await asyncio.gather(*(guess() for _ in range(20)), return_exceptions=True)

    assert judged == 3
    assert sum(isinstance(outcome, RateLimited) for outcome in outcomes) == 17


async def test_only_a_few_passwords_are_hashed_at_once():
    throttle = SignInThrottle(100)
    now, most = 0, 0

    async def work(name: str) -> None:
        nonlocal now, most
        async with throttle.attempt(username=name, address=name):
            now += 1
            most = max(most, now)
            await asyncio.sleep(0)
            now -= 1

    await asyncio.gather(*(work(str(number)) for number in range(10)))

    assert most == HASHES_AT_ONCE


async def test_a_crowd_that_waits_for_hashing_is_bounded():
    throttle = SignInThrottle(100)
    go_on = asyncio.Event()

    async def work() -> None:
        async with throttle.registration():
            await go_on.wait()

    crowd = [asyncio.create_task(work()) for _ in range(REGISTRATIONS_AT_ONCE + WAITING_AT_MOST)]
    await asyncio.sleep(0)

    with pytest.raises(Unavailable) as refused:
        await work()
    go_on.set()
    await asyncio.gather(*crowd)
    await work()

    assert refused.value.retry_after_s is not None
