"""Connections without a network: what comes, and how it ends, is what the test says."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec

from clients.python.parley.errors import Closed
from clients.python.parley.websocket import LOST
from tests.unit.clients.python import fakes


class FakeSocket:
    """A socket that was opened.

    Args:
        hear: gets every frame that the client sends while it is open.
    """

    def __init__(self, hear: Callable[[dict[str, Any]], None] = lambda frame: None) -> None:
        self.hear = hear
        self.is_open = True
        self._coming: asyncio.Queue[bytes | Closed] = asyncio.Queue()

    def say(self, **frame: Any) -> None:
        if self.is_open:
            self._coming.put_nowait(msgspec.json.encode(frame))

    def welcome(self, *rooms: dict[str, Any]) -> None:
        me = {"id": "me", "username": "alice"}
        self.say(type="welcome", protocol=1, session="s", user=me, rooms=rooms)

    def message(self, room: str, seq: int, sender: str = "bob") -> None:
        self.say(**{"type": "message", **fakes.message(room, seq, sender)})

    def end(self, close_code: int = LOST) -> None:
        if self.is_open:
            self.is_open = False
            self._coming.put_nowait(Closed(close_code, ""))

    async def receive_bytes(self) -> bytes:
        item = await self._coming.get()
        if isinstance(item, Closed):
            raise item
        return item

    async def send_text(self, data: bytes) -> None:
        if not self.is_open:
            raise Closed(LOST, "")
        self.hear(msgspec.json.decode(data))

    async def close(self) -> None:
        self.end(1000)

    def abort(self) -> None:
        self.end()
