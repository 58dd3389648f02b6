"""The two Redis clients of a process: one for calls that somebody waits for, one for tails.

Neither repeats a command by itself: redis-py would try ten times, send an XADD twice and block for
a minute. Never cancel a command in flight, or its reply goes to whoever uses the connection next;
bound your waiting with ``asyncio.wait`` (or a ``Breaker``) and let the command end on its own.
"""

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ResponseError

HOT_TIMEOUT_S = 0.3
"""Longest silence of Redis, and longest connecting, that a hot call bears."""

HOT_CONNECTIONS = 8
"""Hot calls go in batches: more connections would only reorder them."""

BLOCK_MS = 500
"""How long a tail waits inside Redis for news: that it completes reads proves that Redis lives."""

GROUP_BLOCK_MS = 1_000
"""How long a group waits there. It proves nothing, each read of nothing wakes the process up, and
who stops waits for its end."""

BLOCKING_TIMEOUT_S = 1.5
"""Longest silence of Redis during a blocking read: a hung server is noticed within this time.
Longer than any of them waits, above."""

BLOCKING_CONNECTIONS = 32
"""One for each tail and consumer group of the process, and some for their housekeeping."""


def connect_hot(url: str, *, max_connections: int = HOT_CONNECTIONS) -> Redis:
    """Return a client for short commands; nothing is connected yet.

    A command raises ``redis.RedisError`` within a few ``HOT_TIMEOUT_S`` (pool, connection and
    reply each have that long) and was then perhaps executed.
    """
    return _client(url, max_connections=max_connections, timeout_s=HOT_TIMEOUT_S)


def connect_blocking(url: str, *, max_connections: int = BLOCKING_CONNECTIONS) -> Redis:
    """Return a client for reads that block, as long as above; nothing is connected yet."""
    return _client(url, max_connections=max_connections, timeout_s=BLOCKING_TIMEOUT_S)


def answered(error: Exception) -> bool:
    """Tell whether this error is Redis' own reply, which proves that Redis lives."""
    return isinstance(error, ResponseError)


def _client(url: str, *, max_connections: int, timeout_s: float) -> Redis:
    # RESP2 and no driver info: connecting costs one round trip (AUTH) instead of four.
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=max_connections,
        timeout=HOT_TIMEOUT_S,
        socket_timeout=timeout_s,
        socket_connect_timeout=HOT_TIMEOUT_S,
        socket_keepalive=True,
        retry=Retry(NoBackoff(), 0),
        protocol=2,
        driver_info=None,
    )
    return Redis.from_pool(pool)
