"""Token buckets by key: one for each address, or for each person in this process."""

import functools
import ipaddress

from libs.common.clock import Clock
from libs.common.errors import check_rate
from libs.common.rates.bucket import TokenBucket

REMEMBERED = 4096
"""Addresses whose key is remembered: who comes, comes again."""
SWEEP_EVERY = 1_000
"""Takes between two looks for buckets that are full again, and so need not be kept."""
MOST_KEYS = 100_000
"""Buckets that are kept; above it the oldest go, full or not."""


class KeyedBuckets:
    """A bucket for each key, made when it is first asked for.

    Args:
        per_s, burst: of each; see ``TokenBucket``.
    """

    def __init__(self, *, per_s: float, burst: int, most_keys: int = MOST_KEYS) -> None:
        self._per_s = per_s
        self._burst = burst
        self._most_keys = most_keys
        self._buckets: dict[str, TokenBucket] = {}
        self._takes = 0

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: str, now_s: float) -> float:
        """Take one token of a key at ``now_s``; see ``TokenBucket.take``."""
        self._takes += 1
        if self._takes % SWEEP_EVERY == 0 or len(self._buckets) >= self._most_keys:
            self._sweep(now_s)
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = TokenBucket(per_s=self._per_s, burst=self._burst)
        return bucket.take(now_s)

    def _sweep(self, now_s: float) -> None:
        self._buckets = {
            key: bucket for key, bucket in self._buckets.items() if not bucket.is_full(now_s)
        }
        excess = len(self._buckets) - self._most_keys * 9 // 10
        for key in list(self._buckets)[: max(0, excess)]:
            del self._buckets[key]


class KeyedLimit:
    """The same with a clock, for doors: what is too much is an error.

    Args:
        clock: its monotonic side measures.
        per_s, burst: of each key.
    """

    def __init__(self, clock: Clock, *, per_s: float, burst: int) -> None:
        self._clock = clock
        self._buckets = KeyedBuckets(per_s=per_s, burst=burst)

    def check(self, key: str) -> None:
        """Take one token of a key.

        Raises:
            RateLimited: there is none; ``retry_after_s`` says when there is one.
        """
        check_rate(self._buckets.take(key, self._clock.monotonic()))


@functools.lru_cache(REMEMBERED)
def key_of_address(address: str) -> str:
    """Return what stands for a client's address: of IPv6 the network, which one client has whole.

    Source: RFC 6177: a site is given a /64 at least.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))
