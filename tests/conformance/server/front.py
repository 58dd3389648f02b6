"""The address of a scripted server: WebSockets and ``GET`` go on to it, all else is answered 503.

A library for WebSockets reads no bodies, and clients send some: to them chat's HTTP is down.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator

LOOPBACK = "127.0.0.1"
READ_BYTES = 64 * 1024
DOWN = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\n"
    b"Retry-After: 1\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
)
PROBLEM = (
    b'{"type":"about:blank","title":"Unavailable","status":503,"detail":"down",'
    b'"code":"unavailable","retry_after":1}'
)


@contextlib.asynccontextmanager
async def front_of(port: int) -> AsyncIterator[str]:
    """Stand in front of a port of this machine; give the address."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            head = await reader.readuntil(b"\r\n\r\n")
            if head.startswith(b"GET "):
                await _carry(head, reader, writer, port)
            else:
                writer.write(DOWN % (len(PROBLEM), PROBLEM))
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, LOOPBACK, 0)
    async with server:
        yield f"http://{LOOPBACK}:{server.sockets[0].getsockname()[1]}"


async def _carry(
    head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int
) -> None:
    """Carry bytes in both directions until both sides have ended."""
    inner_reader, inner_writer = await asyncio.open_connection(LOOPBACK, port)
    inner_writer.write(head)
    await asyncio.gather(_pour(reader, inner_writer), _pour(inner_reader, writer))


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(READ_BYTES):
            writer.write(data)
            await writer.drain()
    writer.close()
