"""The way to a socket over uvicorn's transport itself.

A frame is written to the transport at once, without a task or an await; the protocol class below
lends itself to the consumer through an extension of the scope.
"""

import asyncio
import contextlib
import struct
from typing import Any

from uvicorn._types import ASGIReceiveEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState
from websockets.frames import CloseCode, Frame
from websockets.http11 import Request
from websockets.protocol import State

from libs.common.frugal import FrugalEvent, FrugalQueue
from services.chat.wire.taking import CLOSE_WITHIN_S, OnText

EXTENSION = "parley.wire"
BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
"""The answer to a handshake that cannot be read; uvicorn would leave it without any."""

VERSION = "13"
UPGRADE_REQUIRED = (
    b"HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Connection: Upgrade, close\r\nContent-Length: 0\r\n\r\n"
)
"""The answer to a handshake of another version, which has to hear of ours. Source: RFC 6455, 4.4."""

SILENT_PINGS = 2
"""Heartbeats without a sign of life after which a client is dropped."""

MOST_PARTS = 1024
"""Parts of one message that are kept apart."""

QUIET_AFTER_S = 0.25
"""How long nothing must have come from a client whose frame was refused, before we hang up."""

FINAL_TEXT = 0x81
LENGTH_16, LENGTH_64 = 126, 127
"""The first byte of a frame, and what announces a longer length. Source: RFC 6455, 5.2."""


class UvicornWire(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket protocol, which the hub may write to directly. It is a ``Wire``."""

    _hang_up_at = 0.0
    _heard_at = 0.0
    _on_text: OnText | None = None

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.queue = FrugalQueue()  # type: ignore[assignment]  # all of it that uvicorn uses
        self.writable = FrugalEvent()
        self.writable.set()

    def hear(self, on_text: OnText) -> None:
        """Hand every frame to a function from now on, as soon as it is read.

        uvicorn puts each into a queue, stops reading, and wakes a task that takes it out and lets
        reading go on: several times the cost of most frames.
        """
        queued = [self.queue.get_nowait() for _ in range(self.queue.qsize())]
        self._on_text = on_text
        for event in queued:
            if event["type"] == "websocket.receive":
                on_text(event.get("text"))
            else:
                self.queue.put_nowait(event)
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self._forget_handshake()

    def _forget_handshake(self) -> None:
        """Let go of what only the handshake needs: some kilobytes of each connection."""
        headers: Any = self.scope["headers"]
        headers.clear()  # all who wrapped the scope have this list
        self.request.headers.clear()  # the library's parser goes on in a frame that has it
        del self.request, self.response

    def send_receive_event_to_app(self) -> None:
        """Hand over a frame that is whole, or refuse one that is no UTF-8.

        uvicorn would write a traceback into the log for each, and another one where the client has
        closed at the same time.
        """
        try:
            is_text = self.curr_msg_data_type == "text"
            text = b"".join(self.frames).decode() if is_text else None
        except UnicodeDecodeError as error:
            self.frames = []
            if not self.close_sent:
                self.conn.fail(CloseCode.INVALID_DATA)
                self.conn.parser_exc = error
                self.handle_parser_exception()
            return
        if self._on_text is None or self.close_sent:
            super().send_receive_event_to_app()
            return
        self.frames = []
        self._on_text(text)

    def handle_connect(self, event: Request) -> None:
        """Offer this wire to the application, as an extension of the scope."""
        if event.headers.get_all("Sec-WebSocket-Version") not in ([], [VERSION]):
            self.transport.write(UPGRADE_REQUIRED)
            self.transport.close()
            return
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

    def send_keepalive_ping(self) -> None:
        """Ping, and look again in time to drop a client that has been silent for long enough."""
        if self.ping_interval is not None:
            self.ping_timeout = min(self.ping_interval, max(0.0, self._silence_left_s))
        super().send_keepalive_ping()

    def keepalive_timeout(self) -> None:
        """Ping again, or drop a client that was silent for two heartbeats.

        Whatever it sent is as good a sign of life as a pong. It may not even read the close frame.
        """
        if self._silence_left_s > 0:
            self.pong_timer = self.pending_ping_payload = None
            self.send_keepalive_ping()
            return
        super().keepalive_timeout()
        self.loop.call_later(CLOSE_WITHIN_S, self.transport.abort)

    @property
    def _silence_left_s(self) -> float:
        """How long the client may still be silent."""
        return self._heard_at + SILENT_PINGS * (self.ping_interval or 0.0) - self.loop.time()

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
        """Write a text frame to the transport.

        Made by hand: it is done for every frame of every socket, and the state machine of the
        library costs several times what is written here. It sends control frames only.
        """
        if self.disconnected or self.close_sent or self.transport.is_closing():
            return
        if self.conn.state is State.OPEN:
            payload = text.encode()
            self.transport.write(text_header(len(payload)) + payload)

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


def text_header(size: int) -> bytes:
    """Return what stands before the payload of an unmasked text frame of one part.

    Source: RFC 6455, 5.2.
    """
    if size < LENGTH_16:
        return bytes((FINAL_TEXT, size))
    if size < 1 << 16:
        return struct.pack("!BBH", FINAL_TEXT, LENGTH_16, size)
    return struct.pack("!BBQ", FINAL_TEXT, LENGTH_64, size)
