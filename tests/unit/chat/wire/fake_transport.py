"""A transport that keeps what is written to it, and wires on one."""

import asyncio
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from services.chat.wire import UvicornWire

HANDSHAKE = (
    b"GET /ws/chat/ HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
)


class FakeTransport(asyncio.Transport):
    """Where a client would be."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = self.aborted = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keep it."""
        self.written += data

    def close(self) -> None:
        """Take note of it."""
        self.closed = True

    def abort(self) -> None:
        """Take note of it."""
        self.aborted = True

    def is_closing(self) -> bool:
        """Whether it was closed."""
        return self.closed

    def pause_reading(self) -> None:
        """Do nothing."""

    def resume_reading(self) -> None:
        """Do nothing."""

    def get_write_buffer_size(self) -> int:
        """Everything that was written: nobody reads it."""
        return len(self.written)


async def accept_and_listen(_scope: Any, receive: Any, send: Any) -> None:
    """Accept the socket and do nothing with what comes."""
    await receive()
    await send({"type": "websocket.accept"})
    while (await receive())["type"] != "websocket.disconnect":
        pass


def wire_on(
    transport: FakeTransport,
    application: Any = accept_and_listen,
    *,
    config: uvicorn.Config | None = None,
) -> UvicornWire:
    """Return a wire before its handshake.

    Args:
        transport: what it writes to.
        application: what it serves, where no config says it.
        config: as uvicorn has loaded it; by default one that says nothing else.
    """
    if config is None:
        config = uvicorn.Config(application, lifespan="off", log_config=None)
        config.load()
    wire = UvicornWire(config, ServerState(), {})
    wire.connection_made(transport)
    return wire
