"""Which life of Redis we are in: a key of ours plus the server's run id.

The key vanishes with FLUSHALL or an empty restart; the run id changes with a restart or failover.
When either changes, entries may be gone and ids may start again: cursors mean nothing any more.
A restart that kept its data is a new epoch too: that costs a repair, and a missed one would cost
messages.
"""

import asyncio
import uuid

from redis.asyncio import Redis

from libs.common import metrics

EPOCH_KEY = "parley:epoch"
"""String, no expiry: a random name for the life that the data of this Redis have."""

LOOK = """
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
return {redis.call('GET', KEYS[1]), run_id}
"""
"""A script, because redis-py would make numbers and words of thirty lines to give us one of them."""

EPOCH_CHANGES = metrics.counter(
    "parley_redis_epoch_changes", "Lives of Redis after the first seen."
)


class Epoch:
    """Reads the epoch, and makes one where there is none. Share one object per process."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._checking = asyncio.Lock()
        self.current: str | None = None

    async def check(self) -> str:
        """Return the epoch as it is now; two processes that ask agree on it.

        Raises:
            redis.RedisError: Redis did not say; ``current`` is what it last said.
        """
        async with self._checking:
            name, run_id = await self._redis.eval(LOOK, 1, EPOCH_KEY)
            epoch = f"{(name or await self._make()).decode()}/{run_id.decode()}"
            if self.current is not None and epoch != self.current:
                EPOCH_CHANGES.inc()
            self.current = epoch
            return epoch

    async def _make(self) -> bytes:
        """Name the new life, unless somebody else just has."""
        # Not part of every check: a Redis that takes no writes (full, or a replica) can be read.
        pipeline = self._redis.pipeline(transaction=True)
        pipeline.set(EPOCH_KEY, uuid.uuid4().hex, nx=True)
        pipeline.get(EPOCH_KEY)
        _, name = await pipeline.execute()
        return bytes(name)
