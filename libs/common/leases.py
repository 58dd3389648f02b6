"""A lease in Redis: one process at a time does something, and another goes on when that one dies.

A holder that hung for longer than its lease believes to hold it still. What it does before its
next ``keep`` must therefore do no harm when it is done twice; what must not be written by two is
written with ``keep``, which Redis does for the present holder only.
"""

import uuid
from collections.abc import Awaitable, Mapping
from typing import cast

from redis.asyncio import Redis

LASTS_S = 10.0
"""How long a dead holder keeps the others waiting."""

_KEEP = """
if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('pexpire', KEYS[1], ARGV[2])
if #ARGV > 2 then redis.call('hset', KEYS[2], unpack(ARGV, 3)) end
return 1
"""
_GIVE_UP = """
if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end
return 0
"""


class Lease:
    """One process's part in a lease; every method raises ``redis.RedisError`` without Redis.

    Args:
        redis: any client.
        key: of the lease: a string that expires, and names who holds it.
        note_key: a hash that only the holder writes; in a cluster, of the same hash tag.
        holder: who this process is, for people who look; it need not be unique.
        lasts_s: see ``LASTS_S``.
    """

    def __init__(
        self,
        redis: Redis,
        key: str,
        *,
        note_key: str,
        holder: str,
        lasts_s: float = LASTS_S,
    ) -> None:
        self._redis = redis
        self._key = key
        self._note_key = note_key
        self._holder = holder
        self._lasts_ms = round(lasts_s * 1000)
        self._token = ""

    async def take(self) -> bool:
        """Take the lease, unless somebody has it; tell whether it is ours now."""
        token = f"{self._holder}/{uuid.uuid4().hex}"  # anew each time: an old self is a stranger
        taken = await self._redis.set(self._key, token, nx=True, px=self._lasts_ms)
        self._token = token if taken else ""
        return bool(taken)

    async def keep(self, note: Mapping[str, str] | None = None) -> bool:
        """Renew the lease, and write the fields of ``note`` in the same step.

        Returns:
            Whether it is still ours; otherwise nothing was written.
        """
        fields = [word for item in (note or {}).items() for word in item]
        return bool(await self._run(_KEEP, str(self._lasts_ms), *fields))

    async def give_up(self) -> None:
        """Let others have it at once, where it is still ours."""
        await self._run(_GIVE_UP)
        self._token = ""

    async def _run(self, script: str, *arguments: str) -> object:
        keys = (self._key, self._note_key)
        return await cast(
            "Awaitable[object]", self._redis.eval(script, 2, *keys, self._token, *arguments)
        )
