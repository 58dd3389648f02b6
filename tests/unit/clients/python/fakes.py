"""A manual clock with timers, and a tiny server that speaks the frames a client needs."""

import asyncio
import contextlib
import dataclasses
import itertools
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import msgspec
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from clients.python import parley
from tests.waiting import WITHIN_S

DAY = "2026-01-01T00:00:00.000Z"


class ManualClock:
    """Time that passes only when told to; planned calls run in order as it passes."""

    def __init__(self) -> None:
        self.now = 100.0
        self._numbers = itertools.count()
        self._planned: dict[int, tuple[float, Callable[[], object]]] = {}

    def monotonic(self) -> float:
        return self.now

    def call_later(self, delay_s: float, callback: Callable[[], object]) -> "Planned":
        number = next(self._numbers)
        self._planned[number] = (self.now + delay_s, callback)
        return Planned(self._planned, number)

    def advance(self, seconds: float) -> None:
        end = self.now + seconds
        while due := sorted((at, n) for n, (at, _) in self._planned.items() if at <= end):
            at, number = due[0]
            self.now = max(self.now, at)
            self._planned.pop(number)[1]()
        self.now = end


@dataclasses.dataclass
class Planned:
    """A planned call of a ``ManualClock``."""

    planned: dict[int, tuple[float, Callable[[], object]]]
    number: int

    def cancel(self) -> None:
        self.planned.pop(self.number, None)


class Peer:
    """One connection as the server sees it."""

    def __init__(self, connection: ServerConnection) -> None:
        self.connection = connection
        self.received: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def say(self, **frame: Any) -> None:
        await self.connection.send(msgspec.json.encode(frame), text=True)

    async def hear(self, kind: str) -> dict[str, Any]:
        """Return the next frame of that type; drop the others before it."""
        async with asyncio.timeout(WITHIN_S):
            while (frame := await self.received.get())["type"] != kind:
                pass
        return frame

    async def welcome(self, *rooms: dict[str, Any], **members: Any) -> None:
        me = {"id": "me", "username": "alice"}
        await self.say(type="welcome", protocol=1, session="s", user=me, rooms=rooms, **members)

    async def message(self, room: str, seq: int, sender: str = "bob", **members: Any) -> None:
        await self.say(**{"type": "message", **message(room, seq, sender), **members})

    async def acknowledge(self, frame: dict[str, Any], seq: int, **members: Any) -> None:
        room, client_id = frame["room"], frame["client_id"]
        await self.say(
            **{
                "type": "ack",
                "client_id": client_id,
                "room": room,
                "id": f"{room}.{seq}",
                "seq": seq,
                "created_at": DAY,
                "status": "sent",
                "duplicate": False,
                "ref": frame.get("ref"),
                **members,
            }
        )


class Server:
    """A WebSocket server whose connections the test plays by hand."""

    def __init__(self) -> None:
        self.peers: asyncio.Queue[Peer] = asyncio.Queue()
        self.tokens: list[str | None] = []
        self.url = ""

    async def serve_one(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        self.tokens.append(connection.request.headers.get("Authorization"))
        peer = Peer(connection)
        self.peers.put_nowait(peer)
        with contextlib.suppress(ConnectionClosed):
            async for data in connection:
                peer.received.put_nowait(msgspec.json.decode(data))

    async def accept(self, *rooms: dict[str, Any], **members: Any) -> Peer:
        """Take the next connection and say welcome."""
        async with asyncio.timeout(WITHIN_S):
            peer = await self.peers.get()
        await peer.welcome(*rooms, **members)
        return peer


def message(room: str, seq: int, sender: str = "bob") -> dict[str, Any]:
    return {
        "id": f"{room}.{seq}",
        "room": room,
        "seq": seq,
        "sender": sender,
        "client_id": f"c{seq}",
        "content": f"text {seq}",
        "created_at": DAY,
    }


def room(name: str = "r", *, last_seq: int = 0, delivered_seq: int = 0, **members: Any) -> Any:
    return {
        "id": name,
        "kind": "direct",
        "name": "Bob",
        "version": 1,
        "last_seq": last_seq,
        "delivered_seq": delivered_seq,
        "read_seq": 0,
        **members,
    }


AWAY = ("POST /api/queue/outgoing", "GET /api/queue/healthz", "GET /api/chat/healthz")
"""What nobody answers until a test says otherwise."""


class Web:
    """The HTTP side: answers by method and path, and what was asked."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []
        self.answers: dict[str, Callable[[httpx.Request], httpx.Response]] = {}
        self.tokens = itertools.count(1)
        self.answer("POST /api/chat/auth/token", self.new_token)
        self.answer("GET /api/chat/auth/session", self.new_session)
        for what in AWAY:
            self.answer(what, lambda request: problem(503, "unavailable"))

    def answer(self, what: str, how: Callable[[httpx.Request], httpx.Response]) -> None:
        self.answers[what] = how

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self.answers[f"{request.method} {request.url.path}"](request)

    def count(self, what: str) -> int:
        return sum(f"{one.method} {one.url.path}" == what for one in self.asked)

    def new_token(self, request: httpx.Request) -> httpx.Response:
        token = f"t{next(self.tokens)}"
        return httpx.Response(200, json={"access_token": token, "expires_in": 600})

    def new_session(self, request: httpx.Request) -> httpx.Response:
        token = f"t{next(self.tokens)}"
        return httpx.Response(
            200, json={"user": {"id": "me"}, "access_token": token, "expires_in": 600}
        )


def problem(status: int, code: str, **members: Any) -> httpx.Response:
    return httpx.Response(status, json={"code": code, "status": status, **members})


def not_packed(status: int) -> httpx.Response:
    """An answer that says it is packed and is not; that shows only where it is read."""
    packed = {"Content-Encoding": "gzip"}
    return httpx.Response(status, headers=packed, stream=httpx.ByteStream(b"not packed"))


def options(web: Web, **changes: Any) -> parley.Options:
    """Options of a chat that comes back at once and asks ``web`` over HTTP."""
    usual: dict[str, Any] = {
        "reconnect_bases_s": (0.01,),
        "open_timeout_s": 5,
        "transport": httpx.MockTransport(web.handle),
    }
    return parley.Options(**(usual | changes))


ROOM = room("r", last_seq=3, delivered_seq=3)


@contextlib.asynccontextmanager
async def chat_with(
    server: Server, web: Web, *rooms: Any, **changes: Any
) -> AsyncIterator[tuple[parley.Chat, Peer]]:
    """A connected chat and its peer."""
    chat = await parley.sign_in(server.url, "alice", "secret", options(web, **changes))
    async with asyncio.TaskGroup() as group:
        accepting = group.create_task(server.accept(*(rooms or (ROOM,))))
        await chat.__aenter__()
    try:
        yield chat, accepting.result()
    finally:
        await chat.close()
