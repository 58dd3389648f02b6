"""A Redis of its own for tests of what presence keeps there."""

import pytest

from libs.common.redis_clients import connect_blocking
from services.presence.store.sessions import SessionStore
from tests.integration.waiting import until_answering
from tests.valkey_server import Server

NOON_MS = 1_800_000_000_000


@pytest.fixture(scope="session")
def valkey(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("presence"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def redis(valkey):
    await valkey.wait_up()
    redis = connect_blocking(valkey.url)
    await until_answering(redis)
    await redis.flushall()
    yield redis
    await redis.aclose()


@pytest.fixture
def store(redis):
    """The store, at noon of a day on which the test plays the clock."""
    return SessionStore(redis, now_ms=NOON_MS)
