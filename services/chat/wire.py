"""The two ways to a socket: uvicorn's transport itself, or any ASGI server's ``send``.

With uvicorn a frame is written to the transport at once, without a task or an await; the protocol
class below lends itself to the consumer through an extension of the scope.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from uvicorn._types import ASGIReceiveEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState
from websockets.frames import Frame
from websockets.http11 import Request

EXTENSION = "parley.wire"
CLOSE_WITHIN_S = 5.0
"""How long a client may take to read what was written before its close frame."""

BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
"""The answer to a handshake that cannot be read; uvicorn would leave it without any."""

MOST_PARTS = 1024
"""Parts of one message that are kept apart."""

QUIET_AFTER_S = 0.25
"""How long nothing must have come from a client whose frame was refused, before we hang up."""

Send = Callable[[dict[str, Any]], Awaitable[None]]


class UvicornWire(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket protocol, which the hub may write to directly. It is a ``Wire``."""

    _hang_up_at = 0.0
    _heard_at = 0.0

    def handle_connect(self, event: Request) -> None:
        """Offer this wire to the application, as an extension of the scope."""
        super().handle_connect(event)
        extensions: Any = getattr(self, "scope", {}).get("extensions")
        if extensions is not None:
            extensions[EXTENSION] = self

    def data_received(self, data: bytes) -> None:
        """Read what came; after a refused frame only wait for the end of it."""
        self._heard_at = self.loop.time()
        if self.conn.parser_exc is not None:
            self._hang_up_when_quiet()
            return
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self.transport.write(BAD_REQUEST)
            self.transport.close()

    def handle_ping(self) -> None:
        """Answer a ping, unless nobody reads the answers: they must not pile up.

        Source: RFC 6455, 5.5.3: only the most recent ping needs an answer.
        """
        pongs = b"".join(self.conn.data_to_send())
        if self.ready:
            self.transport.write(pongs)

    def handle_cont(self, event: Frame) -> None:
        """Collect a part of a message; many tiny ones must not cost more than one large."""
        if len(self.frames) >= MOST_PARTS:
            self.frames = [b"".join(self.frames)]
        super().handle_cont(event)

    def keepalive_timeout(self) -> None:
        """Drop a client of which nothing came; it may not even read the close frame.

        Whatever it sent since the ping is as good a sign of life as a pong.
        """
        if self._heard_at > self.ping_sent_at:
            self.pong_timer = self.pending_ping_payload = None
            self.schedule_ping()
            return
        super().keepalive_timeout()
        self.loop.call_later(CLOSE_WITHIN_S, self.transport.abort)

    def handle_parser_exception(self) -> None:
        """Say what was wrong with a frame (1007, 1009, ...) and hang up when its rest has come.

        A connection that is closed with bytes unread is reset, and the client would never see the
        close frame.
        """
        if self.conn.close_sent is not None:
            left: ASGIReceiveEvent = {
                "type": "websocket.disconnect",
                "code": self.conn.close_sent.code,
                "reason": self.conn.close_sent.reason,
            }
            self.queue.put_nowait(left)
        self.stop_keepalive()
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self._hang_up_at = self.loop.time() + CLOSE_WITHIN_S
        self._hang_up_when_quiet()

    def _hang_up_when_quiet(self) -> None:
        if self.close_timer is not None:
            self.close_timer.cancel()
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        at = min(self.loop.time() + QUIET_AFTER_S, self._hang_up_at)
        self.close_timer = self.loop.call_at(at, self.transport.close)

    @property
    def ready(self) -> bool:
        """Whether the transport's buffer is below its high-water mark (64 KiB)."""
        return self.writable.is_set()

    def write(self, text: str) -> None:
        """Write a text frame to the transport."""
        if self.disconnected or self.close_sent or self.transport.is_closing():
            return
        with contextlib.suppress(InvalidState):
            self.conn.send_text(text.encode())
            self.transport.write(b"".join(self.conn.data_to_send()))

    async def drained(self, within_s: float) -> bool:
        """Wait until the transport takes more; False where nothing left for ``within_s``."""
        while not self.writable.is_set():
            buffered = self.transport.get_write_buffer_size()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.writable.wait(), within_s)
            stuck = self.transport.get_write_buffer_size() >= buffered
            if not self.writable.is_set() and stuck:
                return False
        return True

    def close(self, code: int) -> None:
        """Send a close frame behind what was written, and do not wait for ever for the answer."""
        if self.disconnected:
            return
        if self.close_sent or self.transport.is_closing():
            self.loop.call_later(CLOSE_WITHIN_S, self.transport.abort)
            return
        left: ASGIReceiveEvent = {"type": "websocket.disconnect", "code": code, "reason": ""}
        self.queue.put_nowait(left)
        self.stop_keepalive()
        with contextlib.suppress(InvalidState):
            self.conn.send_close(code)
            self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(CLOSE_WITHIN_S, self.transport.abort)


class AsgiWire:
    """A ``Wire`` over the ``send`` of any ASGI server, with a task that awaits it."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._events: deque[dict[str, Any]] = deque()
        self._idle = asyncio.Event()
        self._idle.set()
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def ready(self) -> bool:
        """Whether the server has taken everything."""
        return self._idle.is_set()

    def write(self, text: str) -> None:
        """Hand a text frame to the server, behind those before it."""
        if not self._closed:
            self._enqueue({"type": "websocket.send", "text": text})

    async def drained(self, within_s: float) -> bool:
        """Wait until the server has taken everything; False where it did not ``within_s``."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), within_s)
        return self._idle.is_set()

    def close(self, code: int) -> None:
        """Close behind what was written."""
        if not self._closed:
            self._closed = True
            self._enqueue({"type": "websocket.close", "code": code})

    def _enqueue(self, event: dict[str, Any]) -> None:
        self._events.append(event)
        self._idle.clear()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._pump(), name="asgi-wire")

    async def _pump(self) -> None:
        try:
            while self._events:
                await self._send(self._events.popleft())
        except (OSError, RuntimeError):
            self._closed = True  # the client has gone; the consumer hears of it by itself
        finally:
            self._events.clear()
            self._idle.set()


def wire_for(scope: Any, send: Send) -> UvicornWire | AsgiWire:
    """Return the shortest way to the socket that this scope belongs to."""
    lent: UvicornWire | None = scope.get("extensions", {}).get(EXTENSION)
    return AsgiWire(send) if lent is None else lent
