"""The fakes as fixtures."""

from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.server import serve

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
