"""The fakes as fixtures."""

from collections.abc import AsyncIterator

import httpx
import pytest
from websockets.asyncio.server import serve

from clients.python.parley.api import Api
from clients.python.parley.credentials import Credentials
from clients.python.parley.http import Http
from clients.python.parley.outbox import Outbox
from clients.python.parley.pace import Pace
from tests.unit.clients.python.fakes import ManualClock, Server, Web


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    async with serve(server.serve_one, "127.0.0.1", 0) as listener:
        port = next(iter(listener.sockets)).getsockname()[1]
        server.url = f"http://127.0.0.1:{port}"
        yield server


@pytest.fixture
def web() -> Web:
    return Web()


@pytest.fixture
def http(web: Web) -> Http:
    return Http("http://parley.test", transport=httpx.MockTransport(web.handle))


@pytest.fixture
async def credentials(http: Http, clock: ManualClock) -> Credentials:
    """Those of somebody who has signed in just now, for ten minutes."""
    made = Credentials(http, clock=clock, username="alice", password="secret")
    await made.sign_in()
    return made


@pytest.fixture
def api(http: Http, credentials: Credentials) -> Api:
    return Api(http, credentials)


@pytest.fixture
def outbox() -> Outbox:
    return Outbox(random=lambda: 0.0, pace=Pace())
