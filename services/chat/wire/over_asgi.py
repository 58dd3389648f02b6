"""The way to a socket over any ASGI server's ``send``, which may let one wait."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from services.chat.wire.taking import CLOSE_WITHIN_S, OnText

HIGH_WATER_CHARS = 64 * 1024
"""Text that may wait for an ASGI server before whoever writes has to wait as well."""

Send = Callable[[dict[str, Any]], Awaitable[None]]


class AsgiWire:
    """A ``Wire`` over the ``send`` of any ASGI server, with a task that awaits it.

    It notices a slow reader only as far as the server lets ``send`` wait for one.
    """

    def __init__(self, send: Send, *, close_within_s: float = CLOSE_WITHIN_S) -> None:
        self._send = send
        self._close_within_s = close_within_s
        self._texts: deque[str] = deque()
        self._waiting_chars = 0
        self._taken = asyncio.Event()
        self._close_code: int | None = None
        self._closed = False
        self._task: asyncio.Task[None] | None = None

    def hear(self, on_text: OnText) -> None:
        """Change nothing: with any other server frames come by ``receive``."""

    @property
    def ready(self) -> bool:
        """Whether less than 64 KiB wait for the server."""
        return self._waiting_chars < HIGH_WATER_CHARS

    def write(self, text: str) -> None:
        """Hand a text frame to the server, behind those before it."""
        if self._closed:
            return
        self._texts.append(text)
        self._waiting_chars += len(text)
        self._work()

    async def drained(self, within_s: float) -> bool:
        """Wait until little waits; False where the server took nothing ``within_s``."""
        while not self.ready:
            self._taken.clear()
            try:
                await asyncio.wait_for(self._taken.wait(), within_s)
            except TimeoutError:
                return False
        return True

    def close(self, code: int) -> None:
        """Close behind what was written, or without the rest if that is not taken in time."""
        if self._closed:
            return
        self._closed = True
        self._close_code = code
        self._work()
        asyncio.get_running_loop().call_later(self._close_within_s, self._give_up_the_rest)

    def _work(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._hand_over(), name="asgi-wire")

    async def _hand_over(self) -> None:
        try:
            while self._texts:
                text = self._texts.popleft()
                await self._send({"type": "websocket.send", "text": text})
                self._waiting_chars -= len(text)
                self._taken.set()
            if self._close_code is not None:
                code, self._close_code = self._close_code, None
                await self._send({"type": "websocket.close", "code": code})
        except (OSError, RuntimeError):
            self._close_code = None  # the client has gone; the consumer hears of it by itself
            self._forget()

    def _give_up_the_rest(self) -> None:
        if self._close_code is not None and self._task is not None:
            self._task.cancel()
            self._task = None
            self._forget()
            self._work()

    def _forget(self) -> None:
        self._closed = True
        self._texts.clear()
        self._waiting_chars = 0
        self._taken.set()
