"""Any bytes at a WebSocket: chat's wire on uvicorn, without a network."""

import asyncio
from typing import Any

from services.chat.wire import UvicornWire, wire_for
from tests.unit.chat.wire.fake_transport import HANDSHAKE, FakeTransport, wire_on

TEXT, CLOSE, PONG = 0x81, 0x88, 0x8A
UNSUPPORTED = 1003

_loop = asyncio.new_event_loop()


def socket(data: bytes) -> None:
    """Bytes behind a handshake raise nothing, and get frames that are none but right ones."""
    _loop.run_until_complete(_play(data))


async def _play(data: bytes) -> None:
    transport = FakeTransport()
    wire = wire_on(transport, _echo)
    wire.data_received(HANDSHAKE + b"\r\n")
    while not wire.handshake_complete or wire._on_text is None:
        await asyncio.sleep(0)
    transport.written = b""
    # In two reads, as TCP may cut it.
    for part in (data[: len(data) // 2], data[len(data) // 2 :]):
        if part and not transport.closed:
            wire.data_received(part)
    wire.connection_lost(None)
    await asyncio.gather(*wire.tasks)
    _check(transport.written)


async def _echo(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    wire = wire_for(scope, send)
    assert isinstance(wire, UvicornWire)
    wire.hear(lambda text: wire.close(UNSUPPORTED) if text is None else wire.write(text))
    while (await receive())["type"] != "websocket.disconnect":
        pass


def _check(written: bytes) -> None:
    """Check that the server's frames are whole, and that behind a close there are pongs at most.

    Source: RFC 6455, 5.5.1 and 5.5.2.
    """
    at, expected = 0, {TEXT, PONG, CLOSE}
    while at < len(written):
        first, size = written[at : at + 2]
        assert first in expected
        at += 2
        if size >= 126:
            digits = 2 if size == 126 else 8
            size = int.from_bytes(written[at : at + digits], "big")
            at += digits
        payload, at = written[at : at + size], at + size
        assert len(payload) == size
        if first == CLOSE:
            expected = {PONG}
            code = int.from_bytes(payload[:2], "big") if payload else 1000
            assert 1000 <= code <= 1014 or 3000 <= code < 5000
