"""The scenario ``replay``: people come back to thousands of messages that they missed.

Somebody writes into rooms while all others are away. Then these connect: one at first, and all the
others at once. It shows how long a replay takes, what it costs, and by how much the processes grow
for it at most: that must not depend on how much is replayed.
"""

import asyncio
import contextlib
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from benchmarks.memory import PeakMemory
from benchmarks.report import ReplayReport, cpu_seconds
from benchmarks.talkers import register
from clients.python import parley

CONTENT = "What happened while you were away. " * 8
IN_FLIGHT = 200
"""Messages without an ``ack``, while rooms are filled."""
WAIT_S = 120.0
LOOK_S = 0.2

Processes = Sequence[tuple[str, int]]


@dataclass(slots=True)
class Away:
    """Somebody who comes back, and what they were sent.

    Attributes:
        seqs: highest seq by room; each message is the next of its room.
        first_s: from opening the socket to the first message.
        drained_s: likewise, to ``drained``.
    """

    chat: parley.Chat
    seqs: dict[str, int] = field(default_factory=dict)
    messages: int = 0
    first_s: float = 0.0
    drained_s: float = 0.0

    async def come_back(self, url: str) -> ClientConnection:
        """Connect, read until the queue is drained, and acknowledge."""
        began_s = time.perf_counter()
        socket = await _open(url, self.chat)
        while True:
            frame = msgspec.json.decode(await socket.recv())
            if frame["type"] == "message":
                self._take(frame, began_s)
            elif frame["type"] == "drained":
                break
        self.drained_s = time.perf_counter() - began_s
        for room, seq in self.seqs.items():
            await _send(socket, {"type": "delivered", "room": room, "seq": seq})
        return socket

    def _take(self, frame: Mapping[str, object], began_s: float) -> None:
        room, seq = str(frame["room"]), int(str(frame["seq"]))
        if seq != self.seqs.get(room, 0) + 1:
            return  # offered again, because all of it took longer than 2 s
        self.first_s = self.first_s or time.perf_counter() - began_s
        self.seqs[room] = seq
        self.messages += 1


@dataclass(slots=True)
class Load:
    """A number of messages in some rooms, which some people missed."""

    url: str
    people: int
    rooms: int
    messages: int

    async def run(self, processes: Processes) -> list[ReplayReport]:
        """Write, and let people come back; return what one needed, and what all needed at once."""
        author, *away = await asyncio.gather(*(register(self.url) for _ in range(self.people + 1)))
        everybody = [Away(chat) for _, chat in away]
        names = [name for name, _ in away]
        rooms = [await self._make_room(author[1], names, n) for n in range(self.rooms)]
        await self._write(author[1], rooms)
        for each in everybody:
            await self._until_waiting(each, self.messages)
        return [
            await self._come_back(everybody[:1], processes),
            await self._come_back(everybody[1:], processes),
        ]

    async def _make_room(self, author: parley.Chat, names: Sequence[str], number: int) -> str:
        return (await author.api.create_room("group", names, name=f"Room {number}")).id

    async def _write(self, author: parley.Chat, rooms: Sequence[str]) -> None:
        """Write in turns into all rooms; return when everything is acknowledged."""
        written = acked = 0
        async with await _open(self.url, author) as socket:
            while acked < self.messages:
                while written < self.messages and written - acked < IN_FLIGHT:
                    frame = {
                        "type": "message",
                        "room": rooms[written % len(rooms)],
                        "client_id": str(uuid.uuid4()),
                        "content": CONTENT,
                    }
                    await _send(socket, frame)
                    written += 1
                acked += msgspec.json.decode(await socket.recv())["type"] == "ack"

    async def _come_back(self, people: Sequence[Away], processes: Processes) -> ReplayReport:
        before = {name: cpu_seconds(pid) for name, pid in processes}
        with PeakMemory(processes) as memory:
            sockets = await asyncio.gather(*(each.come_back(self.url) for each in people))
        used = {name: cpu_seconds(pid) - before[name] for name, pid in processes}
        ears = [asyncio.create_task(_pass_over(socket)) for socket in sockets]
        for each in people:
            await self._until_waiting(each, 0)
        await asyncio.gather(*(socket.close() for socket in sockets))
        await asyncio.gather(*ears)
        return ReplayReport(
            rooms=self.rooms,
            people=len(people),
            messages=[each.messages for each in people],
            missed=self.messages,
            first_s=[each.first_s for each in people],
            drained_s=[each.drained_s for each in people],
            cpu_s=used,
            grown_kib=memory.grown_kib,
        )

    async def _until_waiting(self, away: Away, messages: int) -> None:
        async with asyncio.timeout(WAIT_S):
            while await _waiting(away.chat) != messages:  # noqa: ASYNC110 - another process tells
                await asyncio.sleep(LOOK_S)


async def _waiting(chat: parley.Chat) -> int:
    answer = await chat.api.request("GET", "/api/queue/status")
    return int(answer.json()["incoming"])


async def _open(url: str, chat: parley.Chat) -> ClientConnection:
    return await connect(
        url.replace("http", "ws", 1) + "/ws/chat/",
        additional_headers={"Authorization": f"Bearer {chat.credentials.token}"},
        compression=None,
        max_queue=4,
    )


async def _pass_over(socket: ClientConnection) -> None:
    with contextlib.suppress(ConnectionClosed):
        async for _ in socket:
            pass


async def _send(socket: ClientConnection, frame: Mapping[str, object]) -> None:
    await socket.send(msgspec.json.encode(frame).decode())
