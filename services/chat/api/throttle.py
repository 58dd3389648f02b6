"""How often somebody may guess a password, or try tokens of another system.

Counted in this process only: with n processes a guesser has n times the tries.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from libs.common.errors import RateLimited, Unauthenticated, Unavailable
from libs.common.rates.keyed import key_of_address

ADDRESS_FACTOR = 5
"""How many times more failures an address has than a username: an office shares one."""
HASHES_AT_ONCE = 2
"""Passwords that are judged at the same time: each takes 100 MiB and a good part of a core."""
REGISTRATIONS_AT_ONCE = 1
"""Likewise for new people, apart: a crowd that registers must not keep others from signing in."""
WAITING_AT_MOST = 100
"""Requests that may wait for a place to hash."""
WAIT_S = 3.0
"""How long each of them may wait."""
RETRY_AFTER_S = 5.0


class SignInThrottle:
    """Lets ``failures_per_minute`` wrong passwords pass by username, five times more by address.

    Tries that are still being judged count as failures, so that many at once gain nothing.
    """

    def __init__(self, failures_per_minute: int) -> None:
        self._by_name = RateLimitItemPerMinute(failures_per_minute)
        self._by_address = RateLimitItemPerMinute(failures_per_minute * ADDRESS_FACTOR)
        self._failures = MovingWindowRateLimiter(MemoryStorage())
        self._being_judged: Counter[str] = Counter()
        self._judging = asyncio.Semaphore(HASHES_AT_ONCE)
        self._registering = asyncio.Semaphore(REGISTRATIONS_AT_ONCE)
        self._waiting = 0

    @asynccontextmanager
    async def attempt(self, *, username: str, address: str) -> AsyncIterator[None]:
        """Surround the judging of one password; ``Unauthenticated`` from inside is a failure.

        Raises:
            RateLimited: too many failures; nothing was judged.
            Unavailable: too many wait already; likewise.
        """
        limits = {
            f"name:{username.lower()}": self._by_name,
            f"address:{key_of_address(address)}": self._by_address,
        }
        for key, limit in limits.items():
            self._check(key, limit)
        self._being_judged.update(limits.keys())
        try:
            async with self._place(self._judging):
                yield
        except Unauthenticated:
            for key, limit in limits.items():
                self._failures.hit(limit, key)
            raise
        finally:
            self._being_judged.subtract(limits.keys())
            self._being_judged += Counter()  # forgets those that fell to zero

    @asynccontextmanager
    async def exchange(self, *, address: str) -> AsyncIterator[None]:
        """Surround the judging of another system's token: no hash, and no username to count by.

        Good ones come many at a time from one address, where a server exchanges for its users:
        only failures count, and not those with passwords.

        Raises:
            RateLimited: too many failures; nothing was judged.
        """
        key = f"exchange-address:{key_of_address(address)}"
        self._check(key, self._by_address)
        try:
            yield
        except Unauthenticated:
            self._failures.hit(self._by_address, key)
            raise

    @asynccontextmanager
    async def registration(self) -> AsyncIterator[None]:
        """Surround the hashing of a new password: waits for a place, counts no failure.

        Raises:
            Unavailable: too many wait already, or no place was free in time.
        """
        async with self._place(self._registering):
            yield

    @asynccontextmanager
    async def _place(self, places: asyncio.Semaphore) -> AsyncIterator[None]:
        if self._waiting >= WAITING_AT_MOST:
            raise Unavailable(retry_after_s=RETRY_AFTER_S)
        self._waiting += 1
        try:
            async with asyncio.timeout(WAIT_S):
                await places.acquire()
        except TimeoutError:
            raise Unavailable(retry_after_s=RETRY_AFTER_S) from None
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            places.release()

    def _check(self, key: str, limit: RateLimitItem) -> None:
        stats = self._failures.get_window_stats(limit, key)
        if stats.remaining > self._being_judged[key]:
            return
        # `limits` keeps the machine's time, so the difference has to be taken from it too.
        wait_s = stats.reset_time - time.time()  # noqa: TID251
        raise RateLimited("Too many failed sign-ins.", retry_after_s=max(1.0, wait_s))
