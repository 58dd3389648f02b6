"""Breaks one thing after the other, in an order that a seed decides."""

import asyncio
import random

from tests.faults.postgres import terminate_backends
from tests.faults.stage import Stage
from tests.faults.streams import wipe

KILLS = 3
"""Each start after a kill waits twice as long as the one before."""
OTHERS = 13
QUIET_S = (0.1, 0.6)
HANG_S = (0.1, 1.5)


class Gremlin:
    """All that it breaks is whole again when ``run`` ends."""

    def __init__(self, stage: Stage, seed: int) -> None:
        self._stage = stage
        self._random = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
        self._victims = list(stage.urls)
        mischief = (self.wipe, self.terminate, self.hang_redis, self.hang_chat, self.hang_postgres)
        self._plan = [self.kill] * KILLS + self._random.choices(mischief, k=OTHERS)
        self._random.shuffle(self._plan)

    def __str__(self) -> str:
        return " ".join(mischief.__name__ for mischief in self._plan)

    async def run(self) -> None:
        """Do all the mischief, each followed by some quiet."""
        for mischief in self._plan:
            await mischief()
            await asyncio.sleep(self._random.uniform(*QUIET_S))

    async def kill(self) -> None:
        """Kill the processes of chat in turns: so every connection is cut at least once."""
        self._victims.reverse()
        await self._stage.kill(self._victims[0])

    async def wipe(self) -> None:
        """Wipe Redis."""
        await asyncio.to_thread(wipe, self._stage.suite.state.redis_url)

    async def terminate(self) -> None:
        """Cut all connections to PostgreSQL."""
        await asyncio.to_thread(terminate_backends, self._stage.database_url)

    async def hang_redis(self) -> None:
        """Hang Redis for a while."""
        async with self._stage.hung("redis"):
            await self._while()

    async def hang_postgres(self) -> None:
        """Hang PostgreSQL for a while."""
        async with self._stage.hung("postgres"):
            await self._while()

    async def hang_chat(self) -> None:
        """Hang one process of chat for a while."""
        async with self._stage.hung_process(self._victims[0]):
            await self._while()

    async def _while(self) -> None:
        await asyncio.sleep(self._random.uniform(*HANG_S))
