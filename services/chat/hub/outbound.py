"""The way out of one socket: bounded, and never in the way of another.

While the transport takes what it is given, frames are written at once. Once it does not, they wait
in a queue with a task of its own; a reader that lets the queue overflow, or takes nothing for
``STALLED_AFTER_S``, is closed with 4008.
"""

import asyncio
import contextlib
import contextvars
from collections import deque
from collections.abc import Callable
from typing import Protocol

from libs.common import metrics
from services.chat.domain.closing import RESTARTING, SLOW_READER
from services.chat.domain.ordering import LiveFrame
from services.chat.frames.server import Custom, Reconnect, RoomUpdate, encode
from services.chat.hub.live_status import LiveStatus

QUEUE_BYTES = 1024 * 1024
"""Text that may wait for a socket. With the transport's own buffer, what a slow reader costs."""
STALLED_AFTER_S = 10.0
"""How long a reader may take nothing at all."""

SLOW_READERS = metrics.counter(
    "parley_sockets_closed_slow", "Sockets closed because their reader was too slow."
)


class Wire(Protocol):
    """What is needed of a server's WebSocket. None of its methods raises once it is closed."""

    def hear(self, on_text: Callable[[str | None], None]) -> None:
        """Hand over what comes, without a detour where there is one; None for a binary frame."""
        ...

    @property
    def ready(self) -> bool:
        """Whether a write would be taken without filling a buffer."""
        ...

    def write(self, text: str) -> None:
        """Send a text frame, now."""
        ...

    async def drained(self, within_s: float) -> bool:
        """Wait until it is ready; False where the reader took nothing for ``within_s``."""
        ...

    def close(self, code: int) -> None:
        """Send a close frame behind what was written; drop the connection if it is not read."""
        ...


class Outbound:
    """What the server has to say to one socket: the ``Listener`` of a chat session.

    Frames leave in the order of ``send``.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        # Made when they are needed, which they hardly ever are: a kilobyte and a half of each socket.
        self._queue: deque[tuple[str, int]] | None = None
        self._half_empty: asyncio.Event | None = None
        self._queued_bytes = 0
        self._writer: asyncio.Task[None] | None = None
        self.closed = False

    def send(self, text: str) -> None:
        """Send a frame; without effect once the socket is closed."""
        if self.closed:
            return
        if not self._queue and self._wire.ready:
            self._wire.write(text)
            return
        size = len(text.encode())
        if self._queue is None:
            self._queue = deque()
        self._queue.append((text, size))
        self._queued_bytes += size
        if self._queued_bytes > QUEUE_BYTES:
            self._give_up()
            return
        if self._queued_bytes > QUEUE_BYTES // 2 and self._half_empty is None:
            self._half_empty = asyncio.Event()
        if self._writer is None:
            # In no context: it goes on with what comes later.
            self._writer = asyncio.create_task(
                self._write_queue(), name="outbound", context=contextvars.Context()
            )

    def message(self, frame: LiveFrame) -> None:
        """Send a live message."""
        self.send(frame.text)

    def status(self, status: LiveStatus) -> None:
        """Send how far the members of a room are."""
        self.send(status.text)

    def room(self, update: RoomUpdate) -> None:
        """Send what became of a room."""
        self.send(encode(update))

    def custom(self, frame: Custom) -> None:
        """Send what other code has for the user."""
        self.send(encode(frame))

    def offer(self, frame: str) -> bool:
        """Send a frame of something that passes, unless anything waits already."""
        if self._queue or not self._wire.ready:
            return False
        self.send(frame)
        return True

    async def has_room(self) -> None:
        """Wait until the queue is below half: for pages that are pulled at the socket's pace."""
        if self._half_empty is not None:
            await self._half_empty.wait()

    def close(self, code: int) -> None:
        """Close the socket behind what was written; what is still queued is dropped."""
        if self.closed:
            return
        self._forget()
        self._wire.close(code)

    def send_away(self, after_ms: int) -> None:
        """Say when to come back, and close; what is still queued is dropped."""
        if self.closed:
            return
        self._forget()
        self._wire.write(encode(Reconnect(after_ms=after_ms)))
        self._wire.close(RESTARTING)

    def abandon(self) -> None:
        """The socket is gone: let go of everything."""
        if not self.closed:
            self._forget()

    def _forget(self) -> None:
        self.closed = True
        self._queue = None
        self._queued_bytes = 0
        self._let_go_on()
        if self._writer is not None and self._writer is not asyncio.current_task():
            self._writer.cancel()

    def _let_go_on(self) -> None:
        if self._half_empty is not None:
            self._half_empty.set()
            self._half_empty = None

    def _give_up(self) -> None:
        SLOW_READERS.inc()
        self.close(SLOW_READER)

    async def _write_queue(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            while self._queue:
                if not self._wire.ready and not await self._wire.drained(STALLED_AFTER_S):
                    self._give_up()
                    return
                if not self._queue:
                    break
                text, size = self._queue.popleft()
                self._queued_bytes -= size
                self._wire.write(text)
                if self._queued_bytes <= QUEUE_BYTES // 2:
                    self._let_go_on()
            self._queue = None
        self._writer = None
