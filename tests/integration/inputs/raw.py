"""Bytes over TCP, and the frames of RFC 6455 made by hand: what no library would send."""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple, Self
from urllib.parse import urlsplit

from tests.integration.chat.world import WITHIN_S

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
FIN = 0x80
RSV1, RSV2, RSV3 = 0x40, 0x20, 0x10
MASKED = 0x80
KEY = b"\x37\xfa\x21\x3d"
NO_KEY = bytes(4)
HANDSHAKE = {
    "Host": "127.0.0.1",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


class Received(NamedTuple):
    """One frame of the server. Source: RFC 6455, 5.2."""

    first: int
    payload: bytes

    @property
    def opcode(self) -> int:
        """What kind of frame it is."""
        return self.first & 0x0F


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    rsv: int = 0,
    key: bytes | None = KEY,
    length: bytes | None = None,
) -> bytes:
    """Return a frame of a client. Source: RFC 6455, 5.2.

    Args:
        opcode: what kind of frame.
        payload: what it carries.
        fin: whether it is the last part.
        rsv: reserved bits.
        key: masks the payload; None leaves it as it is, which no client may.
        length: the length as it is written, where not in the shortest way.
    """
    head = bytes((FIN * fin | rsv | opcode,))
    said = _length(len(payload)) if length is None else length
    if key is None:
        return head + said + payload
    masked = bytes(byte ^ key[place % 4] for place, byte in enumerate(payload))
    return head + bytes((said[0] | MASKED,)) + said[1:] + key + masked


def _length(size: int) -> bytes:
    if size < 126:
        return bytes((size,))
    return struct.pack("!BH", 126, size) if size < 1 << 16 else struct.pack("!BQ", 127, size)


def close(code: int | None = 1000, reason: bytes = b"") -> bytes:
    """Return a close frame; without a code it is empty."""
    return frame(CLOSE, b"" if code is None else struct.pack("!H", code) + reason)


class Wire:
    """One TCP connection to a server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._may_write = True

    @classmethod
    @contextlib.asynccontextmanager
    async def to(cls, url: str) -> AsyncIterator[Self]:
        """Connect to the server of a URL; the connection is broken at the end of the block."""
        address = urlsplit(url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        try:
            yield cls(reader, writer)
        finally:
            writer.transport.abort()

    async def send(self, *parts: bytes) -> None:
        """Send bytes; each part leaves by itself."""
        for part in parts:
            self._writer.write(part)
            with contextlib.suppress(ConnectionError):  # it may have hung up on what came before
                await self._writer.drain()

    def say_no_more(self) -> None:
        """Close our half of the connection."""
        self._may_write = False
        self._writer.write_eof()

    async def head(self) -> tuple[int, dict[str, str]]:
        """Return the status and the headers of an answer."""
        async with asyncio.timeout(WITHIN_S):
            text = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = text.splitlines()
        named = (line.partition(":") for line in lines if line)
        return int(first.split()[1]), {name.lower(): value.strip() for name, _, value in named}

    async def rest(self) -> bytes:
        """Return everything until the server hangs up."""
        async with asyncio.timeout(WITHIN_S):
            with contextlib.suppress(ConnectionError):
                return await self._reader.read()
        return b""

    async def receive(self) -> Received:
        """Return the next frame.

        Raises:
            EOFError: the server has hung up.
        """
        async with asyncio.timeout(WITHIN_S):
            try:
                first, length = await self._reader.readexactly(2)
                if length == 126:
                    (length,) = struct.unpack("!H", await self._reader.readexactly(2))
                elif length == 127:
                    (length,) = struct.unpack("!Q", await self._reader.readexactly(8))
                return Received(first, await self._reader.readexactly(length))
            except ConnectionError as error:
                raise EOFError from error

    async def until_hung_up(self) -> list[Received]:
        """Return all frames that come until the server hangs up; its close is answered."""
        found = []
        with contextlib.suppress(EOFError):
            while True:
                found.append(await self.receive())
                if found[-1].opcode == CLOSE and self._may_write:
                    await self.send(frame(CLOSE, found[-1].payload))
        return found


def handshake(
    token: str,
    path: str = "/ws/chat/",
    *,
    method: str = "GET",
    version: str = "HTTP/1.1",
    without: Sequence[str] = (),
    **changed: str,
) -> bytes:
    """Return an opening handshake; ``changed`` headers have underscores for dashes."""
    headers = HANDSHAKE | {name.replace("_", "-"): value for name, value in changed.items()}
    lines = [f"{name}: {value}" for name, value in headers.items() if name not in without]
    first = f"{method} {path} {version}"
    return "\r\n".join([first, *lines, f"Authorization: Bearer {token}", "", ""]).encode("latin-1")
