"""Somebody who is away while another writes, and what the queue says and brings of it."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from clients.python import parley
from clients.python.parley.outbox import Draft
from dev.harness import RunningSuite
from tests.faults.postgres import query
from tests.faults.waiting import WITHIN_S, until

PASSWORD = "correct horse battery"
LOOK_S = 0.1

Frame = dict[str, Any]


class Visit:
    """One session of somebody, and everything that it was sent."""

    def __init__(self, socket: parley.Socket) -> None:
        self.frames: list[Frame] = []
        self._socket = socket

    async def read(self) -> None:
        """Note what comes, until the connection ends."""
        with suppress(parley.Closed):
            while True:
                self.frames.append(await self._socket.receive(WITHIN_S * 10))

    async def send(self, frame: Frame) -> None:
        """Send a frame."""
        await self._socket.send(frame)

    def of(self, kind: str) -> list[Frame]:
        """Return the frames of a type, in order."""
        return [frame for frame in self.frames if frame["type"] == kind]

    async def until(self, kind: str, count: int = 1) -> list[Frame]:
        """Wait for so many frames of a type."""
        await until(
            lambda: len(self.of(kind)) >= count,
            what=lambda: f"{count} of {kind}; got {[f['type'] for f in self.frames][-20:]}",
        )
        return self.of(kind)

    def seqs(self, room: str) -> list[int]:
        """Return the seqs of a room in the order in which they came first."""
        came = (frame["seq"] for frame in self.of("message") if frame["room"] == room)
        return list(dict.fromkeys(came))


class Someone:
    """A user without a connection, who may visit, write and ask over HTTP."""

    def __init__(self, suite: RunningSuite, chat: parley.Chat, user_id: str) -> None:
        self.chat = chat
        self.id = user_id
        self._url = suite.state.gateway_url

    @asynccontextmanager
    async def visit(self) -> AsyncIterator[Visit]:
        """Be connected inside the block, by a client that does nothing by itself."""
        socket = await parley.Socket.open(self._url, token=await self.chat.credentials.bearer())
        visit = Visit(socket)
        reading = asyncio.create_task(visit.read())
        try:
            await visit.until("welcome")
            yield visit
        finally:
            await socket.close()
            await reading

    async def write(self, room: str, count: int) -> None:
        """Write over HTTP."""
        for number in range(count):
            content = f"number {number}"
            await self.chat.api.send(Draft(room=room, content=content))

    async def status(self) -> Frame:
        """Return what the queue says of this person."""
        answer = await self.chat.api.request("GET", "/api/queue/status")
        return dict(answer.json())

    async def until_status(self, **wanted: int) -> None:
        """Wait until the queue says so; its being away for a moment is borne."""
        status: Frame = {}
        try:
            async with asyncio.timeout(WITHIN_S):
                while not wanted.items() <= status.items():
                    await asyncio.sleep(LOOK_S)
                    with suppress(parley.ParleyError):
                        status = await self.status()
        except TimeoutError:
            raise AssertionError(f"the queue says {status}, not {wanted}") from None

    async def hand_over(self, room: str, content: str, client_id: str | None = None) -> str:
        """Hand a message to the queue, however long that takes; return its client_id."""
        client_id = client_id or str(uuid.uuid4())
        body = {"room": room, "client_id": client_id, "content": content}
        async with asyncio.timeout(WITHIN_S):
            while True:
                with suppress(parley.Unavailable, parley.Timeout):
                    await self.chat.api.request("POST", "/api/queue/outgoing", body=body)
                    return client_id
                await asyncio.sleep(LOOK_S)


async def someone(suite: RunningSuite) -> Someone:
    """Register somebody."""
    name = f"q{uuid.uuid4().hex[:12]}"
    chat = await parley.register(suite.state.gateway_url, name, PASSWORD)
    return Someone(suite, chat, (await chat.api.me()).user.id)


async def room_of(suite: RunningSuite, *people: Someone) -> str:
    """Open a group that the queue and receipts know."""
    first, *others = people
    room = (await first.chat.api.create_room("group", [each.id for each in others], name="Us")).id
    for service, sql in (
        ("queue", "select count(*) from member where room_id = %s"),
        ("receipts", "select count(*) from watermark where room_id = %s"),
    ):
        url = suite.state.database_urls[service]
        await until(lambda: query(url, sql, room) == [(len(people),)], what=f"{service} to know it")  # noqa: B023 - awaited here
    return room


def stored(suite: RunningSuite, room: str) -> Sequence[tuple[int, str, str]]:
    """Return (seq, sender, client_id) of a room's messages, by seq."""
    sql = (
        "select seq, sender_id::text, client_id::text from message where room_id = %s order by seq"
    )
    return [
        (seq, sender, client_id)
        for seq, sender, client_id in query(suite.state.database_urls["chat"], sql, room)
    ]
