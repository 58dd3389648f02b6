import asyncio

import pytest
from redis.exceptions import RedisError

from libs.common.streams.epoch import EPOCH_KEY, Epoch


async def test_everybody_who_asks_agrees_on_the_epoch(redis):
    epochs = await asyncio.gather(*(Epoch(redis).check() for _ in range(20)))

    assert len(set(epochs)) == 1
    assert await redis.ttl(EPOCH_KEY) == -1


async def test_a_wipe_is_a_new_epoch(redis):
    epoch = Epoch(redis)
    before = await epoch.check()

    await redis.flushall()

    assert await epoch.check() != before
    assert await epoch.check() == epoch.current


async def test_a_restart_that_kept_its_data_is_a_new_epoch(server, redis):
    epoch = Epoch(redis)
    before = await epoch.check()
    name = await redis.get(EPOCH_KEY)

    server.kill()
    server.start()
    await server.wait_up()

    assert await epoch.check() != before
    assert await redis.get(EPOCH_KEY) == name


async def test_without_redis_the_last_epoch_stands(server, redis):
    epoch = Epoch(redis)
    before = await epoch.check()
    server.kill()

    with pytest.raises(RedisError):
        await epoch.check()

    assert epoch.current == before


async def test_a_redis_that_takes_no_writes_still_tells_its_epoch(redis):
    before = await Epoch(redis).check()
    await redis.config_set("maxmemory", "1")

    try:
        with pytest.raises(RedisError):
            await redis.set("x", "y")
        assert await Epoch(redis).check() == before
    finally:
        await redis.config_set("maxmemory", "0")
