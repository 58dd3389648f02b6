"""A real server for the tests of the streams."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from redis.asyncio import Redis

from libs.common.redis_clients import connect_blocking, connect_hot
from tests.integration.waiting import WITHIN_S, until_answering
from tests.valkey_server import Server


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("valkey"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def server(shared_server: Server) -> Server:
    """The session's server, running and empty."""
    if not shared_server.is_running():
        shared_server.start()
    shared_server.resume()
    await shared_server.wait_up()
    client = shared_server.connect()
    await client.flushall()
    await client.aclose()
    return shared_server


@pytest.fixture
async def redis(server: Server) -> AsyncIterator[Redis]:
    client = server.connect()
    yield client
    await client.aclose()


@pytest.fixture
async def hot(server: Server) -> AsyncIterator[Redis]:
    client = connect_hot(server.url)
    await until_answering(client)
    yield client
    await client.aclose()


@pytest.fixture
async def blocking(server: Server) -> AsyncIterator[Redis]:
    client = connect_blocking(server.url)
    await until_answering(client)
    yield client
    await client.aclose()


@pytest.fixture
def eventually() -> Callable[..., object]:
    """Wait for a condition, with a deadline."""

    async def wait_for(condition: Callable[[], object], within_s: float = WITHIN_S) -> None:
        async with asyncio.timeout(within_s):
            while not condition():
                await asyncio.sleep(0.01)

    return wait_for
