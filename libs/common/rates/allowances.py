"""What one person may do in a second, whichever processes it goes through.

Nothing is asked of Redis for a single message. Up to ``TRICKLE`` of the limit a process lets pass
by itself; above it, it takes leases: some tokens of the person's bucket in Redis, as many as were
used lately, good for one second. While a lease is on its way a little is let through on credit, so
nobody waits for Redis; what was spent on credit is paid from the lease. While Redis is away each
process counts for itself.

Source of the bucket in Redis: ITU-T I.371, annex A, as in ``bucket``.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from libs.common import metrics
from libs.common.breakers import Breaker
from libs.common.clock import Clock
from libs.common.errors import ParleyError
from libs.common.logs import describe
from libs.common.rates.bucket import TokenBucket
from libs.common.redis_clients import answered

TRICKLE = 1 / 8
"""Part of a limit that a process lets pass without asking: most people never write faster."""
LEASE_S = 1.0
"""How long the tokens of a lease are good: what is not used by then is lost, and soon grown again."""
GATHER_S = 0.01
"""How long wishes of several people are gathered for one round trip."""
ASK_WITHIN_S = 0.25
LEASES_AT_ONCE = 500
PATIENCE_S = 0.1
"""Shortest time for which somebody is refused: as seldom does their excess cost a question."""
FORGET_AFTER_S = 10.0
"""Who did nothing for so long has a full bucket again, as far as this process is concerned."""
AWAY_S = 1.0
"""For how long a process counts for itself after Redis did not answer."""

LEASED = metrics.counter("parley_allowance_leases", "Leases of tokens by outcome.", ["outcome"])

_LEASE = """
local at = redis.call('time')
local now = at[1] * 1000 + at[2] / 1000
local interval, tolerance = tonumber(ARGV[1]), tonumber(ARGV[2])
local answer = {}
for place, key in ipairs(KEYS) do
  local due = math.max(tonumber(redis.call('get', key) or now), now)
  local free = math.floor((tolerance - (due - now)) / interval) + 1
  local granted = math.max(0, math.min(tonumber(ARGV[2 + place]), free))
  if granted > 0 then
    due = due + granted * interval
    redis.call('set', key, string.format('%.3f', due), 'px', math.ceil(due - now) + 1000)
  end
  answer[2 * place - 1] = granted
  answer[2 * place] = math.max(0, math.ceil(due - now - tolerance))
end
return answer
"""
"""Takes tokens from several buckets; answers for each how many, and after how many ms there is one.
A bucket is the time, in Unix milliseconds, at which it will be full again."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Account:
    """What one person has here. ``tokens`` below 0 were spent on credit."""

    trickle: TokenBucket
    alone: TokenBucket
    tokens: int = 0
    good_until_s: float = 0.0
    refused_until_s: float = 0.0
    used: int = 0
    is_asking: bool = False
    seen_s: float = 0.0


class Allowances:
    """One kind of thing that people do; one per process and kind, in its event loop.

    Args:
        redis: a client made by ``connect_hot``.
        key: what a person's key in Redis begins with; their id follows. With a hash tag in it,
            because the buckets of several people are asked for at once.
        per_s: what one person may do in the long run.
        burst: and at once.
        clock: its monotonic side measures what is local.
        breaker: of Redis; see ``allowance_breaker``.
    """

    def __init__(
        self, redis: Redis, *, key: str, per_s: float, burst: int, clock: Clock, breaker: Breaker
    ) -> None:
        self._lease_script = redis.register_script(_LEASE)
        self._key = key
        self._per_s = per_s
        self._burst = burst
        self._clock = clock
        self._breaker = breaker
        self._accounts: dict[str, _Account] = {}
        self._asking: list[str] = []
        self._wake = asyncio.Event()
        self._away_until_s = float("-inf")

    def take(self, user: str) -> float:
        """Take one token, now.

        Returns:
            0 if it was there; otherwise the seconds after which it makes sense to try again.
        """
        now_s = self._clock.monotonic()
        account = self._accounts.get(user)
        if account is None:
            account = self._accounts[user] = self._new_account()
        account.seen_s = now_s
        if account.trickle.take(now_s) == 0:
            wait_s = 0.0
        elif now_s < self._away_until_s:
            wait_s = account.alone.take(now_s)
        else:
            wait_s = self._take_leased(user, account, now_s)
        account.used += wait_s == 0
        return wait_s

    def _take_leased(self, user: str, account: _Account, now_s: float) -> float:
        if now_s >= account.good_until_s:
            account.tokens = min(account.tokens, 0)
        if account.tokens <= 0:
            if now_s < account.refused_until_s:
                return account.refused_until_s - now_s
            self._ask(user, account)
            if account.tokens <= -self._per_s:
                return PATIENCE_S
        account.tokens -= 1
        return 0.0

    async def run(self) -> None:
        """Take leases for those who need one, until cancelled."""
        forgot_s = self._clock.monotonic()
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), FORGET_AFTER_S)
            self._wake.clear()
            if self._asking:
                await asyncio.sleep(GATHER_S)
            while self._asking:
                users = self._asking[:LEASES_AT_ONCE]
                del self._asking[:LEASES_AT_ONCE]
                await self._lease(users)
            if self._clock.monotonic() - forgot_s >= FORGET_AFTER_S:
                forgot_s = self._clock.monotonic()
                self._forget_the_idle(forgot_s)

    def _new_account(self) -> _Account:
        return _Account(
            trickle=TokenBucket(
                per_s=self._per_s * TRICKLE, burst=max(1, round(self._burst * TRICKLE))
            ),
            alone=TokenBucket(per_s=self._per_s, burst=self._burst),
        )

    def _ask(self, user: str, account: _Account) -> None:
        if not account.is_asking:
            account.is_asking = True
            self._asking.append(user)
            self._wake.set()

    async def _lease(self, users: Sequence[str]) -> None:
        accounts = [self._accounts[user] for user in users]
        wanted = [max(account.used, 1) - min(account.tokens, 0) for account in accounts]
        try:
            grants = await self._breaker.call(lambda: self._ask_redis(users, wanted))
        except (ParleyError, RedisError, OSError) as error:
            if self._clock.monotonic() >= self._away_until_s:
                log.warning("allowances_are_local", error=describe(error))
            self._away_until_s = self._clock.monotonic() + AWAY_S
            grants = [0, 0] * len(users)
        now_s = self._clock.monotonic()
        for account, granted, wait_ms in zip(accounts, grants[::2], grants[1::2], strict=True):
            account.is_asking = False
            account.used = 0
            account.tokens = min(account.tokens, 0) + granted
            account.good_until_s = now_s + LEASE_S
            if account.tokens <= 0:
                account.refused_until_s = now_s + max(wait_ms / 1000, PATIENCE_S)
            LEASED.labels("granted" if granted else "not granted").inc()

    async def _ask_redis(self, users: Sequence[str], wanted: Sequence[int]) -> list[int]:
        interval_ms = 1000 / self._per_s
        tolerance_ms = (self._burst - 1) * interval_ms
        answer = await self._lease_script(
            keys=[self._key + user for user in users],
            args=[interval_ms, tolerance_ms, *(min(each, self._burst) for each in wanted)],
        )
        return cast(list[int], answer)

    def _forget_the_idle(self, now_s: float) -> None:
        self._accounts = {
            user: account
            for user, account in self._accounts.items()
            if account.is_asking or now_s - account.seen_s < FORGET_AFTER_S
        }


def allowance_breaker(clock: Clock) -> Breaker:
    """Return a breaker whose times fit the leases."""
    return Breaker(
        "redis-allowances",
        clock=clock,
        timeout_s=ASK_WITHIN_S,
        max_concurrent=4,
        fail_max=2,
        proves_alive=answered,
    )
