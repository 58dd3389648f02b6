"""What a client can make the transport do, without a network."""

import asyncio
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState
from websockets.frames import Frame, Opcode

from services.chat.wire import BAD_REQUEST, MOST_PARTS, UvicornWire

HANDSHAKE = (
    b"GET /ws/chat/ HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
)
PING = Frame(Opcode.PING, b"are you there?").serialize(mask=True)


class FakeTransport(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = self.aborted = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.aborted = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return len(self.written)


async def accept_and_listen(_scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    while (await receive())["type"] != "websocket.disconnect":
        pass


def wire_on(transport: FakeTransport) -> UvicornWire:
    config = uvicorn.Config(accept_and_listen, lifespan="off", log_config=None)
    config.load()
    wire = UvicornWire(config, ServerState(), {})
    wire.connection_made(transport)
    return wire


@pytest.fixture
async def opened():
    """A wire whose handshake is done, and its transport, as if nothing had been written yet."""
    transport = FakeTransport()
    wire = wire_on(transport)
    wire.data_received(HANDSHAKE + b"\r\n")
    async with asyncio.timeout(5):
        while not wire.handshake_complete:
            await asyncio.sleep(0)
    transport.written = b""
    yield wire, transport
    wire.connection_lost(None)
    await asyncio.gather(*wire.tasks)


async def test_a_ping_is_answered(opened):
    wire, transport = opened

    wire.data_received(PING)

    assert b"are you there?" in transport.written


async def test_pongs_do_not_pile_up_before_a_client_that_does_not_read(opened):
    wire, transport = opened
    wire.pause_writing()

    wire.data_received(PING * 1000)
    unread = transport.written
    wire.resume_writing()
    wire.data_received(PING)

    assert unread == b""
    assert transport.written.count(b"are you there?") == 1


async def test_a_message_in_countless_empty_parts_is_kept_in_few(opened):
    wire, _ = opened
    wire.data_received(Frame(Opcode.TEXT, b"a", fin=False).serialize(mask=True))
    empty = Frame(Opcode.CONT, b"", fin=False).serialize(mask=True)

    wire.data_received(empty * MOST_PARTS * 3)

    assert len(wire.frames) <= MOST_PARTS
    assert b"".join(wire.frames) == b"a"


async def test_a_handshake_that_cannot_be_read_gets_an_answer():
    transport = FakeTransport()
    wire = wire_on(transport)

    wire.data_received(HANDSHAKE + b"Cookie: a=" + b"x" * 9000 + b"\r\n\r\n")

    assert transport.written == BAD_REQUEST
    assert transport.closed
    wire.connection_lost(None)


async def test_a_client_that_writes_is_alive_although_it_sends_no_pong(opened):
    wire, transport = opened
    wire.stop_keepalive()
    wire.ping_sent_at = wire.loop.time() - 30
    wire.data_received(Frame(Opcode.TEXT, b'{"type":"ping"}').serialize(mask=True))

    wire.keepalive_timeout()

    assert not transport.closed
    wire.stop_keepalive()


async def test_a_client_of_which_nothing_comes_is_dropped(opened):
    wire, transport = opened
    wire.stop_keepalive()
    wire.ping_interval = 0.0

    wire.keepalive_timeout()

    assert transport.closed
