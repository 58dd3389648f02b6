"""A server as chat's, with its settings and its wire, that only sends back what it is sent."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from dev.ports import free_port
from libs.common.config import LogLevel, ServerName
from libs.common.program import Assembled, Sockets, uvicorn
from services.chat.__main__ import FRAME_BYTES_REFUSED
from services.chat.wire import UvicornWire, wire_for


@dataclass
class EchoSettings:
    """What there is to be known to serve on a port of this machine."""

    port: int
    host: str = "127.0.0.1"
    server: ServerName = "uvicorn"
    development: bool = True
    log_level: LogLevel = "INFO"
    otel_exporter_otlp_endpoint: str | None = None
    otel_traces_sampler_arg: float = 0.0
    trace_callers: bool = False
    trusted_proxies: tuple[str, ...] = ()


class NoProcess:
    """Nothing stands behind it."""

    async def start(self, *, on_failure: Any) -> None:
        """Do nothing."""

    async def begin_to_stop(self) -> None:
        """Do nothing."""

    async def stop(self) -> bool:
        """Do nothing."""
        return True


async def by_events(scope: Any, receive: Any, send: Any) -> None:
    """Echo texts and bytes by the events of ASGI: the way that chat's sockets begin with."""
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] != "websocket.disconnect":
        await send(event | {"type": "websocket.send"})


async def by_wire(scope: Any, receive: Any, send: Any) -> None:
    """Echo texts from and to the transport itself: the way that chat's sockets go on with."""
    await receive()
    await send({"type": "websocket.accept"})
    wire = wire_for(scope, send)
    wire.hear(lambda text: wire.write(text or ""))
    while (await receive())["type"] != "websocket.disconnect":
        pass


@contextlib.asynccontextmanager
async def echoing(application: Any) -> AsyncIterator[str]:
    """Serve inside the block; return the address."""
    port = free_port()
    assembled = Assembled(
        process=NoProcess(),
        application=application,
        sockets=Sockets(uvicorn_protocol=UvicornWire, frame_bytes=FRAME_BYTES_REFUSED),
    )
    server: Any = uvicorn(assembled, EchoSettings(port))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield f"ws://127.0.0.1:{port}"
    finally:
        server.stop()
        await serving
