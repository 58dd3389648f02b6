"""The scenario ``presence``: everybody connects at once, and is told of all whom they know.

It goes through several sizes, one after the other, to show how the costs grow: they should grow with
the number of people, and a socket should get no more frames in a larger crowd than in a small one.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from benchmarks.crowd import Somebody
from benchmarks.report import PresenceReport, cpu_seconds

CONNECT_AT_ONCE = 50
SETTLE_S = 60.0
"""How long it may take until everybody knows of everybody."""


@dataclass(slots=True)
class Watcher:
    """One socket, and what it was told of people."""

    acquaintances: int
    online: set[str] = field(default_factory=set)
    frames: int = 0
    bytes: int = 0
    knows_all: asyncio.Event = field(default_factory=asyncio.Event)

    async def watch(self, socket: ClientConnection) -> None:
        """Count until the socket is closed."""
        try:
            async for text in socket:
                frame = msgspec.json.decode(text)
                if frame["type"] == "presence":
                    self._take(frame["users"], len(text))
        except ConnectionClosed:
            return

    def _take(self, users: Sequence[dict[str, str]], size: int) -> None:
        self.frames += 1
        self.bytes += size
        self.online.update(each["id"] for each in users if each["status"] == "online")
        if len(self.online) >= self.acquaintances:
            self.knows_all.set()


async def run(
    url: str, people: Sequence[Somebody], pids: Sequence[tuple[str, int]]
) -> PresenceReport:
    """Connect everybody as fast as it goes, wait until all know of all, and leave again."""
    gate = asyncio.Semaphore(CONNECT_AT_ONCE)
    watchers: list[Watcher] = []
    sockets: list[ClientConnection] = []
    ears: list[asyncio.Task[None]] = []

    async def join(somebody: Somebody) -> None:
        async with gate:
            socket = await connect(
                url.replace("http", "ws", 1) + "/ws/chat/",
                additional_headers={"Authorization": f"Bearer {somebody.token}"},
                compression=None,
                ping_interval=None,
            )
            await socket.recv()
        watcher = Watcher(somebody.acquaintances)
        watchers.append(watcher)
        sockets.append(socket)
        ears.append(asyncio.create_task(watcher.watch(socket)))

    before = {name: cpu_seconds(pid) for name, pid in pids}
    began_s = time.perf_counter()
    await asyncio.gather(*map(join, people))
    connected_s = time.perf_counter() - began_s
    async with asyncio.timeout(SETTLE_S):
        await asyncio.gather(*(watcher.knows_all.wait() for watcher in watchers))
    settled_s = time.perf_counter() - began_s
    used = {name: cpu_seconds(pid) - before[name] for name, pid in pids}
    await asyncio.gather(*(socket.close() for socket in sockets))
    await asyncio.gather(*ears)
    return PresenceReport(
        people=len(people),
        connected_s=connected_s,
        settled_s=settled_s,
        frames=[watcher.frames for watcher in watchers],
        bytes=sum(watcher.bytes for watcher in watchers),
        cpu_s=used,
    )
