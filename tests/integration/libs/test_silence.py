"""A thread that waits for a PostgreSQL that went silent for good, while its kernel says all is well."""

import asyncio
from contextlib import closing
from urllib.parse import urlsplit

import psycopg2
import pytest
from psycopg2 import extensions

from libs.common.postgres import bear_silence
from tests.faults.rig.proxy import Proxy

SILENCE_S = 0.3


@pytest.fixture
async def proxy(servers):
    """A way to the server that can be lost."""
    proxy = Proxy(lambda: urlsplit(servers.database_admin_url).port)
    await proxy.start()
    yield proxy
    await proxy.stop()


@pytest.fixture
def bounded():
    """Silence is borne for a moment only, until the test ends."""
    bear_silence(SILENCE_S)
    yield
    extensions.set_wait_callback(None)


def through(servers, proxy):
    url = servers.database_admin_url
    return url.replace(f":{urlsplit(url).port}/", f":{proxy.port}/")


def answer(url, *, meanwhile=lambda: None):
    """Connect, and ask twice."""
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("select 1")
        meanwhile()
        cursor.execute("select 2")
        return cursor.fetchone()


@pytest.mark.usefixtures("bounded")
async def test_it_is_given_up_and_the_next_connection_serves(servers, proxy):
    url = through(servers, proxy)
    loop = asyncio.get_running_loop()

    def lose():
        asyncio.run_coroutine_threadsafe(lost(), loop).result()

    async def lost():
        assert proxy.lose() == 1

    with pytest.raises(psycopg2.OperationalError, match="no answer within"):
        await asyncio.to_thread(answer, url, meanwhile=lose)
    proxy.heal()

    assert await asyncio.to_thread(answer, url) == (2,)


@pytest.mark.usefixtures("bounded")
async def test_who_cannot_even_connect_gives_up_as_well(servers, proxy):
    url = through(servers, proxy)
    proxy.lose()

    with pytest.raises(psycopg2.OperationalError, match="no answer within"):
        await asyncio.to_thread(answer, url)
