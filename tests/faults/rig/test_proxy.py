"""The proxy does to a connection what it says, and nothing else."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from tests.faults.rig.proxy import Point, Proxy, Way, Weather
from tests.waiting import until

CALL, ANSWER = b"XADD stream entry", b"1-0"
GONE = (ConnectionError, asyncio.IncompleteReadError)


class Server:
    """Answers each call, and knows which came, and how many connections have ended."""

    def __init__(self) -> None:
        self.calls: list[bytes] = []
        self.port = self.ended = 0

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        async with await asyncio.start_server(self._serve, "127.0.0.1", 0) as server:
            self.port = server.sockets[0].getsockname()[1]
            yield

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(*GONE):
            while True:
                self.calls.append(await reader.readexactly(len(CALL)))
                writer.write(ANSWER)
        self.ended += 1
        writer.close()


class Client:
    """Calls through the proxy."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def call(self) -> None:
        self._writer.write(CALL)

    async def answer(self) -> bytes:
        return await self._reader.readexactly(len(ANSWER))

    async def ask(self) -> bytes:
        self.call()
        return await self.answer()

    @property
    def has_ended(self) -> bool:
        return self._reader.at_eof()

    def close(self) -> None:
        self._writer.close()


@pytest.fixture
async def server():
    server = Server()
    async with server.listening():
        yield server


@pytest.fixture
async def proxy(server):
    proxy = Proxy(lambda: server.port)
    await proxy.start()
    yield proxy
    await proxy.stop()


@pytest.fixture
async def client(proxy):
    client = Client(*await asyncio.open_connection("127.0.0.1", proxy.port))
    assert await client.ask() == ANSWER
    yield client
    client.close()


async def test_a_held_call_of_a_connection_that_was_reset_never_reaches_the_server(
    server, proxy, client
):
    trap = proxy.set_trap(b"XADD", Point.REQUEST)
    client.call()
    await until(lambda: trap.caught)

    trap.caught.reset()
    proxy.heal()

    with pytest.raises(GONE):
        await client.answer()
    await until(lambda: not proxy.links)
    assert server.calls == [CALL]


async def test_a_held_call_that_is_let_go_is_answered(server, proxy, client):
    trap = proxy.set_trap(b"XADD", Point.REQUEST)
    client.call()
    await until(lambda: trap.caught)
    before = list(server.calls)

    proxy.heal()

    assert await client.answer() == ANSWER
    assert (before, server.calls) == ([CALL], [CALL, CALL])


async def test_a_call_whose_answer_is_lost_was_done(server, proxy, client):
    trap = proxy.set_trap(b"XADD", Point.ANSWER)
    client.call()
    await until(lambda: trap.caught)

    trap.caught.reset()

    with pytest.raises(GONE):
        await client.answer()
    assert server.calls == [CALL, CALL]


async def test_a_pattern_is_found_though_it_comes_in_two_pieces(server, proxy, client):
    trap = proxy.set_trap(b"stream", Point.REQUEST)
    client._writer.write(CALL[:8])
    await until(lambda: proxy.passed_bytes[Way.UP] == len(CALL) + 8)
    client._writer.write(CALL[8:])

    await until(lambda: trap.caught)
    assert server.calls == [CALL]


async def test_what_is_stalled_arrives_later(server, proxy, client):
    proxy.change(Weather(stalled={Way.UP}))
    client.call()
    await until(lambda: proxy.held_chunks == 1)
    before = list(server.calls)

    proxy.heal()

    assert await client.answer() == ANSWER
    assert before == [CALL]


async def test_a_cut_lets_so_many_bytes_pass_and_no_more(server, proxy, client):
    proxy.change(Weather(bytes_left={Way.UP: 4}))
    client.call()

    with pytest.raises(GONE):
        await client.answer()
    assert proxy.cut_links == 1
    assert proxy.passed_bytes[Way.UP] == len(CALL) + 4
    assert server.calls == [CALL]


async def test_a_lost_connection_stays_silent_and_another_one_is_heard(server, proxy, client):
    proxy.lose()
    client.call()
    await until(lambda: proxy.held_chunks == 1)
    proxy.heal()

    other = Client(*await asyncio.open_connection("127.0.0.1", proxy.port))

    assert await other.ask() == ANSWER
    assert server.calls == [CALL, CALL]
    other.close()


async def test_a_server_learns_of_a_lost_connection_and_its_client_does_not(server):
    proxy = Proxy(lambda: server.port, keeps_alive=True)
    await proxy.start()
    client = Client(*await asyncio.open_connection("127.0.0.1", proxy.port))
    await client.ask()
    proxy.lose()

    proxy.heal()
    await until(lambda: server.ended == 1)

    client.call()
    await until(lambda: proxy.held_chunks == 1)
    assert not client.has_ended
    client.close()
    await proxy.stop()


async def test_who_is_refused_is_reset(proxy):
    proxy.change(Weather(is_refusing=True))
    other = Client(*await asyncio.open_connection("127.0.0.1", proxy.port))

    with pytest.raises(GONE):
        await other.ask()
