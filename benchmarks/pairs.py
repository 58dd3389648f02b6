"""The scenario ``pairs``: every user writes to one other, evenly spread over time."""

import asyncio
import contextlib
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.report import Report, cpu_seconds
from clients.python import parley

PASSWORD = "a password for the load alone"  # noqa: S105 - of throw-away users
SETTLE_S = 5.0
"""How long the last messages may still arrive."""
SIGN_UP_AT_ONCE = 4


@dataclass(slots=True)
class Talker:
    """One connection: writes to its partner's room, and notes what it hears."""

    socket: ClientConnection
    room: str


@dataclass(slots=True)
class Load:
    """A load of evenly spaced messages on pairs of users."""

    url: str
    pairs: int
    rate_per_s: float
    seconds: float
    _due: dict[str, float] = field(default_factory=dict)
    _acked: dict[str, float] = field(default_factory=dict)
    _received: dict[str, float] = field(default_factory=dict)
    _all_received: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, processes: Sequence[tuple[str, int]]) -> Report:
        """Connect everybody, write at the rate, wait for the last, and report."""
        talkers = await self._connect()
        readers = [asyncio.create_task(self._listen(talker)) for talker in talkers]
        before = {name: cpu_seconds(pid) for name, pid in processes}
        await self._write(talkers)
        await self._settle()
        used = {name: cpu_seconds(pid) - before[name] for name, pid in processes}
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*(talker.socket.close() for talker in talkers))
        return Report(due=self._due, acked=self._acked, received=self._received, cpu_s=used)

    async def _connect(self) -> list[Talker]:
        names = [uuid.uuid4().hex[:16] for _ in range(self.pairs * 2)]
        gate = asyncio.Semaphore(SIGN_UP_AT_ONCE)

        async def sign_up(name: str) -> parley.Chat:
            async with gate:
                return await parley.register(self.url, name, PASSWORD)

        people = await asyncio.gather(*(sign_up(name) for name in names))
        rooms = []
        for one, other in zip(people[::2], names[1::2], strict=True):
            room = await one.api.create_room("direct", [other])
            rooms += [room.id, room.id]
        talkers = []
        for person, room_id in zip(people, rooms, strict=True):
            socket = await connect(
                self.url.replace("http", "ws", 1) + "/ws/chat/",
                additional_headers={"Authorization": f"Bearer {person.credentials.token}"},
                compression=None,
            )
            await socket.recv()
            talkers.append(Talker(socket, room_id))
        return talkers

    async def _write(self, talkers: Sequence[Talker]) -> None:
        began = time.perf_counter()
        for number in range(round(self.rate_per_s * self.seconds)):
            due = began + number / self.rate_per_s
            wait = due - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            talker = talkers[number % len(talkers)]
            client_id = str(uuid.uuid4())
            self._due[client_id] = due
            frame = {
                "type": "message",
                "room": talker.room,
                "client_id": client_id,
                "content": "How are you today?",
            }
            await talker.socket.send(msgspec.json.encode(frame).decode())

    async def _listen(self, talker: Talker) -> None:
        async for text in talker.socket:
            frame = msgspec.json.decode(text)
            now = time.perf_counter()
            if frame["type"] == "ack":
                self._acked.setdefault(frame["client_id"], now)
            elif frame["type"] == "message":
                self._received.setdefault(frame["client_id"], now)
                if len(self._received) == round(self.rate_per_s * self.seconds):
                    self._all_received.set()

    async def _settle(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._all_received.wait(), SETTLE_S)
