"""Somebody who is away while another writes, and what the queue says and brings of it."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from clients.python import parley
from clients.python.parley.pending import Draft
from dev.harness import RunningSuite
from dev.keys import load_secrets
from libs.common.clock import SystemClock
from libs.common.tokens import Issuer
from tests.faults.postgres import execute, query
from tests.faults.waiting import WITHIN_S, until

LOOK_S = 0.1
USER = """
    insert into chat_user (id, username, display_name, password, is_active, is_staff, is_superuser)
    values (%s, %s, 'Somebody', '!', true, %s, false);
    insert into sign_in (id, user_id, session_key, user_agent) values (%s, %s, '', '')
"""

Frame = dict[str, Any]


def content_of(client_id: str) -> str:
    """Return what a message says: the same each time that it is sent."""
    return f"message {client_id}"


def message(room: str, client_id: str, content: str | None = None) -> Frame:
    """Return the frame that sends a message."""
    content = content or content_of(client_id)
    return {"type": "message", "room": room, "client_id": client_id, "content": content}


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

    async def write(self, room: str, count: int) -> None:
        """Write as fast as the server takes it; return when all is acknowledged."""
        wanted = len(self.of("ack")) + count
        for number in range(count):
            await self.send(message(room, str(uuid.uuid4()), f"number {number}"))
        await self.until("ack", wanted)

    async def taken(self) -> None:
        """Return when the server has taken everything that was sent."""
        wanted = len(self.of("pong")) + 1
        await self.send({"type": "ping"})
        await self.until("pong", wanted)

    def of(self, *kinds: str) -> list[Frame]:
        """Return the frames of some types, in order."""
        return [frame for frame in self.frames if frame["type"] in kinds]

    async def replay(self) -> tuple[list[Frame], int]:
        """Wait for the first ``drained``; return the messages before it, and its count."""
        await self.until("drained")
        came = self.of("message", "drained")
        end = next(n for n, frame in enumerate(came) if frame["type"] == "drained")
        return came[:end], came[end]["count"]

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
            await self.chat.api.send(Draft(room=room, content=f"number {number}"))

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

    async def hand_over(self, room: str, client_id: str | None = None) -> str:
        """Hand a message to the queue, however long that takes; return its client_id."""
        client_id = client_id or str(uuid.uuid4())
        body = {"room": room, "client_id": client_id, "content": content_of(client_id)}
        async with asyncio.timeout(WITHIN_S):
            while True:
                with suppress(parley.Unavailable, parley.Timeout):
                    await self.chat.api.request("POST", "/api/queue/outgoing", body=body)
                    return client_id
                await asyncio.sleep(LOOK_S)


async def someone(suite: RunningSuite, *, is_staff: bool = False) -> Someone:
    """Make somebody who is signed in; without a password, which would take its time to hash."""
    user, sid = str(uuid.uuid4()), str(uuid.uuid4())
    name = f"q{user[:8]}{sid[:8]}"
    execute(suite.state.database_urls["chat"], USER, user, name, is_staff, sid, user)
    secrets = load_secrets(suite.run_dir)
    issuer = Issuer(
        secrets.token_signing_key, verify_keys=secrets.token_verify_keys, clock=SystemClock()
    )
    token = issuer.issue(sub=user, sid=sid, name=name, staff=is_staff)
    return Someone(suite, await parley.with_token(suite.state.gateway_url, token), user)


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


async def is_replayed(away: Someone, room: str, count: int) -> None:
    """Check that a session that asks for nothing gets exactly what was missed, and then take it."""
    async with away.visit() as visit:
        messages, drained = await visit.replay()
        came = [(frame["room"], frame["seq"]) for frame in messages]
        assert came == [(room, seq) for seq in range(1, count + 1)]
        assert drained == count
        await visit.send({"type": "delivered", "room": room, "seq": count})
        await away.until_status(incoming=0)
