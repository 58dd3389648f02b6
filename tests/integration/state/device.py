"""A device whose network is in the hands of the test: cut, deaf to one kind of frame, or lossy."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, Self

import httpx
import msgspec

from clients.python import parley
from clients.python.parley import frames
from clients.python.parley.commands import Ping
from clients.python.parley.core import Core
from tests.background import in_background
from tests.integration.chat.world import Person
from tests.integration.waiting import WITHIN_S, until

TO_CHAT, TO_QUEUE = "/messages", "/outgoing"
"""Ends of the paths over which messages are left."""


class Device:
    """One person's chat, all that it has given out, and what its network does to it.

    Attributes:
        socket_url: where it connects to.
        deaf_to: the kind of frame that does not arrive.
        withheld: how many frames did not arrive because of that.
        to_lose: so many of the next messages get lost on the way.
        has_network: whether anything gets through.
        has_sockets: whether more than HTTP does.
        unreachable: ends of the paths over which no message can be left.
        given: the messages, in their order.
        begun: where each room began here, for as long as one is in it.
    """

    chat: parley.Chat

    def __init__(self, url: str, person: Person, *, socket_url: str = "") -> None:
        self.person = person
        self.url = url
        self.socket_url = socket_url or url
        self.deaf_to = ""
        self.withheld = 0
        self.to_lose = 0
        self.has_network = self.has_sockets = True
        self.unreachable: tuple[str, ...] = ()
        self.given: list[parley.Message] = []
        self.begun: dict[str, int] = {}

    @contextlib.asynccontextmanager
    async def connected(self) -> AsyncIterator[Self]:
        """Be signed in for as long as the block lasts."""
        options = parley.Options(open_socket=self._open_socket, transport=_Transport(self))
        chat = await parley.with_token(self.url, self.person.token, options)
        async with chat as self.chat, in_background(self._read()):
            yield self

    @property
    def core(self) -> Core:
        """The store."""
        return self.chat._engine.core

    async def lose_network(self, *, but_for_http: bool = False) -> None:
        """Be cut off, and know it."""
        self.has_network, self.has_sockets = but_for_http, False
        self.chat.abort()
        await until(lambda: not self.chat.connected, what="the connection to be lost")

    async def move_to(self, socket_url: str) -> None:
        """Connect to another process."""
        await self.lose_network()
        self.socket_url = socket_url
        await self.find_network()

    async def connected_anew(self, session: str) -> None:
        """Wait until another connection has been welcomed than that of a session."""
        chat = self.chat
        await until(
            lambda: chat.connected and chat.welcome.session != session, what="another session"
        )

    async def find_network(self) -> None:
        """Come back."""
        self.has_network = self.has_sockets = True
        self.chat.attempt_reconnect()
        if self.deaf_to != "welcome":
            await until(lambda: self.chat.connected, what="the connection to be back")

    def lets_pass(self, data: bytes) -> bool:
        """Take note of a frame, and say whether it arrives."""
        frame = frames.decode(data)
        kind = msgspec.json.decode(data)["type"]
        if kind == self.deaf_to:
            self.withheld += 1
            return False
        if isinstance(frame, parley.Message) and self.to_lose:
            self.to_lose -= 1
            return False
        self._note_beginnings(frame)
        return True

    def _note_beginnings(self, frame: frames.ServerFrame) -> None:
        if isinstance(frame, parley.Welcome):
            present = {room.id: room.delivered_seq for room in frame.rooms}
            self.begun = {room: self.begun.get(room, seq) for room, seq in present.items()}
        elif isinstance(frame, parley.Room) and frame.removed:
            self.begun.pop(frame.id, None)
        elif isinstance(frame, parley.Room):
            self.begun.setdefault(frame.id, frame.delivered_seq)

    async def _open_socket(self, _: str, **how: Any) -> parley.Socket:
        if not self.has_sockets:
            raise parley.Unavailable("no network")
        socket = await _Socket.open(self.socket_url, **how)
        socket.device = self
        return socket

    async def _read(self) -> None:
        async for message in self.chat.messages(own=True):
            self.given.append(message)


def aside() -> parley.Options:
    """Return the options of somebody who reports only what a test has them report.

    There is no TLS here, and to prepare for it takes longer than to connect.
    """
    transport = httpx.AsyncHTTPTransport(verify=False)
    return parley.Options(automatic_receipts=False, transport=transport)


class _Socket(parley.Socket):
    """Gives what its device's network lets pass."""

    device: Device

    async def receive_bytes(self) -> bytes:
        while True:
            data = await super().receive_bytes()
            if self.device.lets_pass(data):
                return data


class _Transport(httpx.AsyncHTTPTransport):
    """Answers itself where its device reaches nobody."""

    def __init__(self, device: Device) -> None:
        super().__init__(verify=False)
        self._device = device

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if not self._device.has_network:
            raise httpx.ConnectError("no network")
        if request.method == "POST" and request.url.path.endswith(self._device.unreachable):
            return httpx.Response(503, json={"code": "unavailable"})
        return await super().handle_async_request(request)


async def heard_everything(chat: parley.Chat) -> None:
    """Return when all that the server had said to a session before now has arrived."""
    heard = chat.frames()
    chat.post_frame(Ping())
    async with asyncio.timeout(WITHIN_S):
        while not isinstance(await heard.next(), frames.Pong):
            pass
