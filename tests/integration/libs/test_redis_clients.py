import asyncio
import socket

import pytest
from redis.exceptions import RedisError, ResponseError

from libs.common.redis_clients import GROUP_BLOCK_MS, answered, connect_hot
from tests.integration.waiting import WITHIN_S


async def test_a_hung_server_is_given_up_soon_and_the_command_is_not_repeated(server, hot, redis):
    await hot.ping()
    server.hang()

    with pytest.raises(RedisError) as caught:
        async with asyncio.timeout(WITHIN_S):
            await hot.incr("count")
    server.resume()

    assert not answered(caught.value)
    assert int(await redis.get("count") or 0) <= 1


async def test_a_blocking_read_may_block_for_its_whole_time(blocking):
    assert await blocking.xread({"nothing": "0"}, block=GROUP_BLOCK_MS) == []


async def test_an_error_that_redis_replies_proves_that_it_lives(hot):
    await hot.set("text", "x")

    with pytest.raises(ResponseError) as caught:
        await hot.xadd("text", {"e": b"[]"})

    assert answered(caught.value)


async def test_more_callers_than_connections_take_turns(server, redis):
    client = connect_hot(server.url, max_connections=2)

    values = await asyncio.gather(*(client.incr("turns") for _ in range(50)))

    assert sorted(values) == list(range(1, 51))
    assert len(await redis.client_list()) <= 3
    await client.aclose()


async def test_connections_send_small_commands_at_once_and_notice_a_dead_peer(hot):
    connection = await hot.connection_pool.get_connection()

    plug = connection._writer.get_extra_info("socket")

    assert plug.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    assert plug.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    await hot.connection_pool.release(connection)
