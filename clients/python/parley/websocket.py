"""``Socket``: one raw WebSocket to a Parley server, with nothing done behind its back.

It neither answers nor interprets frames, which makes it the tool for tests that send what no
client should, and the ground on which ``Connection`` stands. ``Chat`` is what a bot wants.
"""

import asyncio
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import msgspec
import websockets.asyncio.client as ws
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Origin

from .errors import Closed, Refused, Timeout, Unavailable

FRAME_BYTES = 1024 * 1024
"""The largest frame that is accepted; the server's own limit is half of that."""

LOST = 1006
"""The close code of a connection that ended without one."""

CHAT_PATH = "/ws/chat/"


def websocket_url(base_url: str, path: str = CHAT_PATH) -> str:
    """Return the WebSocket address of a server whose HTTP address is ``base_url``."""
    return "ws" + base_url.rstrip("/").removeprefix("http") + path


class Socket:
    """An open WebSocket. Make one with ``Socket.open``; close it, or use ``async with``."""

    def __init__(self, connection: ws.ClientConnection) -> None:
        self._connection = connection

    @classmethod
    async def open(
        cls,
        base_url: str,
        *,
        path: str = CHAT_PATH,
        token: str | None = None,
        origin: str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = 10.0,
    ) -> Self:
        """Shake hands.

        Args:
            base_url: the HTTP address of the server, without a path.
            path: ``/ws/chat/`` or ``/ws/notifications/``, with a query (``?ticket=…``) or without.
            token: sent as ``Authorization: Bearer``.
            origin: sent as ``Origin``; browsers always do, other clients need not.
            headers: more of them, for instance ``Cookie``.
            timeout_s: for the whole handshake.

        Raises:
            Refused: the server answered with an HTTP status instead.
            Unavailable: it cannot be reached, or did not answer in time.
        """
        sent = dict(headers or {})
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        try:
            connection = await ws.connect(
                websocket_url(base_url, path),
                origin=Origin(origin) if origin is not None else None,
                additional_headers=sent,
                compression=None,
                open_timeout=timeout_s,
                ping_interval=None,
                close_timeout=2,
                max_size=FRAME_BYTES,
            )
        except InvalidStatus as error:
            raise Refused(error.response.status_code) from error
        except (OSError, TimeoutError, EOFError, InvalidHandshake) as error:
            raise Unavailable(f"cannot connect: {error!r}") from error
        return cls(connection)

    async def send(self, frame: Mapping[str, Any] | msgspec.Struct) -> None:
        """Send an object as a JSON text frame.

        Raises:
            Closed: the connection has ended.
        """
        await self.send_text(msgspec.json.encode(frame))

    async def send_text(self, data: str | bytes) -> None:
        """Send a text frame as it is; bytes need not even be UTF-8.

        Raises:
            Closed: the connection has ended.
        """
        try:
            await self._connection.send(data, text=True)
        except ConnectionClosed as error:
            raise self._closed() from error

    async def send_binary(self, data: bytes) -> None:
        """Send a binary frame, which the server answers with close code 1003.

        Raises:
            Closed: the connection has ended.
        """
        try:
            await self._connection.send(data)
        except ConnectionClosed as error:
            raise self._closed() from error

    async def receive_bytes(self) -> bytes:
        """Return the next frame as it came; waits for ever.

        Raises:
            Closed: the connection has ended and everything before was read.
        """
        try:
            return await self._connection.recv(decode=False)
        except ConnectionClosed as error:
            raise self._closed() from error

    async def receive(self, timeout_s: float = 5.0) -> dict[str, Any]:
        """Return the next frame as a dictionary.

        Raises:
            Timeout: none came in time.
            Closed: the connection has ended and everything before was read.
        """
        try:
            async with asyncio.timeout(timeout_s):
                data = await self.receive_bytes()
        except TimeoutError as error:
            raise Timeout(f"no frame within {timeout_s} s") from error
        return msgspec.json.decode(data, type=dict[str, Any])

    async def receive_type(self, kind: str, timeout_s: float = 5.0) -> dict[str, Any]:
        """Return the next frame of type ``kind``; frames of other types before it are dropped.

        Raises:
            Timeout: none came in time.
            Closed: the connection has ended before one came.
        """
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    frame = await self.receive(timeout_s)
                    if frame.get("type") == kind:
                        return frame
        except TimeoutError as error:
            raise Timeout(f"no {kind} within {timeout_s} s") from error

    async def wait_closed(self, timeout_s: float = 5.0) -> int:
        """Wait until the server has closed, dropping what still comes; return the close code.

        Raises:
            Timeout: it is still open.
        """
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    await self.receive_bytes()
        except TimeoutError as error:
            raise Timeout(f"still open after {timeout_s} s") from error
        except Closed as closed:
            return closed.close_code

    async def close(self, code: int = 1000) -> None:
        """Close, and wait up to 2 s for the server's answer. Idempotent."""
        await self._connection.close(code)

    def abort(self) -> None:
        """Break the TCP connection without a word, as a lost network would."""
        self._connection.transport.abort()

    @property
    def close_code(self) -> int | None:
        """The code with which it ended; ``None`` while it is open."""
        return self._connection.close_code

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def _closed(self) -> Closed:
        return Closed(self._connection.close_code or LOST, self._connection.close_reason or "")
