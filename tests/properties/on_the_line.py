"""A client of the real suite whose network a test breaks: its WebSocket, its HTTP, or both."""

import contextlib
import random
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx

from clients.python import parley
from clients.python.parley.frames import Ack
from tests.background import in_background
from tests.integration.chat.world import Person, World
from tests.properties.at_once import until
from tests.properties.line import Line
from tests.properties.roads import Roads


class OnTheLine:
    """Somebody's device.

    Attributes:
        chat: the client.
        line: what its WebSocket goes over.
        roads: what its HTTP goes over.
        openings: how often it tried to open a WebSocket.
        acked: client_ids of what was acknowledged over the WebSocket.
        given: (seq, content) of what it was given of its rooms, in order.
    """

    def __init__(self, line: Line, roads: Roads) -> None:
        self.chat: parley.Chat
        self.line = line
        self.roads = roads
        self.openings = 0
        self.acked: set[str] = set()
        self.given: list[tuple[int, str]] = []

    async def open_socket(self, _: str, **how: Any) -> parley.Socket:
        """Open a WebSocket over the line, wherever it was to go."""
        self.openings += 1
        return await parley.Socket.open(self.line.url, **how)

    async def lose(self) -> None:
        """Cut the line, and wait until that was noticed."""
        self.line.cut()
        await until(lambda: not self.chat.connected, what="the loss to be noticed")

    async def until_given(self, count: int) -> None:
        """Wait until it was given so many messages."""
        await until(lambda: len(self.given) >= count, what=f"{count} messages")

    async def read(self) -> None:
        """Take what comes."""
        async for message in self.chat.messages(own=True):
            self.given.append((message.seq, message.content))

    async def watch(self) -> None:
        """Note what is acknowledged."""
        async for frame in self.chat.frames():
            if isinstance(frame, Ack):
                self.acked.add(frame.client_id)


@contextlib.asynccontextmanager
async def on_the_line(
    world: World,
    person: Person,
    network: httpx.AsyncBaseTransport,
    *,
    draw: Callable[[], float] = random.random,
) -> AsyncIterator[OnTheLine]:
    """Let somebody be connected for as long as the block lasts.

    Args:
        world: the suite.
        person: who.
        network: what HTTP goes over in the end; see ``roads.py``.
        draw: the jitter of the client's pauses.
    """
    async with Line.to(world.url) as line:
        device = OnTheLine(line, Roads(network))
        options = parley.Options(
            open_socket=device.open_socket, transport=device.roads, random=draw
        )
        async with (
            await parley.with_token(world.url, person.token, options) as device.chat,
            in_background(device.read()),
            in_background(device.watch()),
        ):
            yield device
