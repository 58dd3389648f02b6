"""Waiting for what real processes do."""

import functools

from redis.exceptions import RedisError

from tests import waiting

WITHIN_S = 60.0
"""A repair, and who takes over from one that was killed, included."""

until = functools.partial(waiting.until, within_s=WITHIN_S)


async def until_answering(*clients):
    """Wait until Redis has answered each client: what is impatient has its connection then."""
    for client in clients:
        while True:
            try:
                await client.ping()
            except RedisError:
                continue
            break
