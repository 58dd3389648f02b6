"""One edge between processes as a TCP proxy that can be slow, silent, cut or treacherous.

It knows no protocol. What it must recognise (``XADD``, the name of a function of the database) it
finds as bytes in what a client sends; the answer is what the server sends next on that connection.
All methods belong to the loop in which the proxy was started; ``edges.py`` calls them from others.
"""

import asyncio
import random
import socket
import struct
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum

from dev.ports import LOOPBACK

CHUNK_BYTES = 64 * 1024
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER: to close is to reset, without a word of what was still to be sent."""


class Way(Enum):
    """Which way bytes go."""

    UP = "up"
    """From the client to the server."""
    DOWN = "down"


class Point(Enum):
    """Where a trap holds a call."""

    REQUEST = "request"
    """The server has not seen it."""
    ANSWER = "answer"
    """The server has done it, and its client does not know."""


@dataclass
class Trap:
    """Holds the first call in which some bytes stand, on whichever connection it comes.

    Attributes:
        pattern: these bytes.
        point: where it is held.
        caught: the connection that it was on, once there is one.
    """

    pattern: bytes
    point: Point
    caught: "Link | None" = None
    _go_on: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def way(self) -> Way:
        """Which way the bytes go that it holds."""
        return Way.UP if self.point is Point.REQUEST else Way.DOWN

    def release(self) -> None:
        """Let the call go on."""
        self._go_on.set()

    async def hold(self, link: "Link") -> None:
        """Keep a connection waiting here until ``release``, or its end."""
        self.caught = link
        link.traps.append(self)
        await self._go_on.wait()


@dataclass
class Weather:
    """What happens to everything that passes, now.

    Attributes:
        delay_s: how long each chunk waits, at least; by way.
        jitter_s: how much longer at most.
        stalled: ways on which nothing passes; it is kept, and goes on later.
        bytes_left: by way, how much still passes before everything is reset.
        is_deaf: whoever comes is accepted and hears nothing.
        is_refusing: whoever comes is reset.
    """

    delay_s: dict[Way, float] = field(default_factory=dict)
    jitter_s: float = 0.0
    stalled: set[Way] = field(default_factory=set)
    bytes_left: dict[Way, int] = field(default_factory=dict)
    is_deaf: bool = False
    is_refusing: bool = False


class Link:
    """One connection through the proxy: a client's socket, and ours to the server."""

    def __init__(
        self, client: asyncio.StreamWriter, server: asyncio.StreamWriter | None = None
    ) -> None:
        self.is_lost = self.is_reset = False
        self.traps: list[Trap] = []
        self._client = client
        self.server = server

    @property
    def client_port(self) -> int:
        """The port of the client's own end: by it the process is found that holds it."""
        return int(self._client.get_extra_info("peername")[1])

    def forget(self) -> None:
        """Let the server learn that the connection is lost, as from its keepalives; not the client."""
        if self.server is not None:
            self.server.transport.abort()

    def close(self) -> None:
        """End it on both sides after what is still to be written."""
        for writer in (self._client, self.server):
            if writer is not None:
                writer.close()

    def reset(self) -> None:
        """End it on both sides as a broken network would; what is under way, or held, is gone."""
        self.is_reset = True
        for trap in self.traps:
            trap.release()
        for writer in (self._client, self.server):
            if writer is not None:
                sock: socket.socket | None = writer.get_extra_info("socket")
                with suppress(OSError):
                    if sock is not None:
                        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                writer.transport.abort()


class Proxy:
    """Listens on a port of its own, and passes on to one server.

    Args:
        upstream: the server's port, asked for at each connection.
        port: to listen on; 0 takes a free one.
        keeps_alive: the server finds out by itself about connections that are lost.

    Attributes:
        passed_bytes: how much has passed, by way.
        held_chunks: how often something was kept because nothing passes, or for good.
        cut_links: how many connections ended in the middle of what was sent.
    """

    def __init__(
        self, upstream: Callable[[], int], *, port: int = 0, keeps_alive: bool = False
    ) -> None:
        self.port = port
        self._keeps_alive = keeps_alive
        self.weather = Weather()
        self.passed_bytes = {Way.UP: 0, Way.DOWN: 0}
        self.held_chunks = self.cut_links = 0
        self.links: set[Link] = set()
        self._upstream = upstream
        self._server: asyncio.Server | None = None
        self._changed = asyncio.Event()
        self._traps: deque[Trap] = deque()
        self._random = random.Random(0)  # noqa: S311 - of a network, not of a secret
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen; ``port`` is known then."""
        self._server = await asyncio.start_server(self._serve, LOOPBACK, self.port, backlog=1000)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Reset everything, and listen no more."""
        if self._server is not None:
            self._server.close()
        self.reset()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # -- faults ---------------------------------------------------------------------------------

    def change(self, weather: Weather) -> None:
        """Let this happen from now on to everything that passes."""
        self.weather = weather
        self._changed.set()
        self._changed = asyncio.Event()

    def heal(self) -> None:
        """Pass everything on again, and forget the traps. What went silent for good stays so."""
        for trap in (*self._traps, *(trap for link in self.links for trap in link.traps)):
            trap.release()
        self._traps.clear()
        for link in self.links:
            if link.is_lost and self._keeps_alive:
                link.forget()
        self.change(Weather())

    def reset(self) -> int:
        """Reset all connections; return how many there were."""
        links = list(self.links)
        for link in links:
            link.reset()
        return len(links)

    def lose(self) -> int:
        """Let all connections go silent for good, as when a router forgets them; say how many."""
        links = [link for link in self.links if not link.is_lost]
        for link in links:
            link.is_lost = True
        self.change(Weather(is_deaf=True))
        return len(links)

    def set_trap(self, pattern: bytes, point: Point) -> Trap:
        """Hold the next call in which these bytes stand."""
        trap = Trap(pattern, point)
        self._traps.append(trap)
        return trap

    # -- passing on -----------------------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        link = Link(writer)
        self.links.add(link)
        try:
            await self._connect(link, reader, writer)
            link.close()
        except OSError:
            link.reset()  # on one side it was reset: so it is on the other
        except asyncio.CancelledError:
            link.reset()  # the proxy stops; whoever else is asked to log it has nothing to say
        finally:
            self.links.discard(link)
            self._tasks.discard(task)

    async def _connect(
        self, link: Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while self.weather.is_deaf:
            await self._changed.wait()
        if self.weather.is_refusing:
            raise ConnectionRefusedError
        answers, link.server = await asyncio.open_connection(LOOPBACK, self._upstream())
        held: deque[Trap] = deque()
        ways = (
            self._pass_on(link, reader, link.server, Way.UP, held),
            self._pass_on(link, answers, writer, Way.DOWN, held),
        )
        both = [asyncio.ensure_future(way) for way in ways]
        try:
            await asyncio.gather(*both)
        finally:
            for one in both:
                one.cancel()

    async def _pass_on(
        self,
        link: Link,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        way: Way,
        held: deque[Trap],
    ) -> None:
        last = b""
        while chunk := await reader.read(CHUNK_BYTES):
            await self._wait_for_weather(link, way)
            if way is Way.UP and (trap := self._trap_for(last, chunk)) is not None:
                held.append(trap)
            last = chunk
            if held and way is held[0].way:
                await held.popleft().hold(link)
            if link.is_reset:
                return
            writer.write(self._what_still_passes(link, chunk, way))
            await writer.drain()
        while link.is_lost:
            await self._changed.wait()
        if writer.can_write_eof():
            writer.write_eof()

    async def _wait_for_weather(self, link: Link, way: Way) -> None:
        if delay_s := self.weather.delay_s.get(way, 0.0):
            await asyncio.sleep(delay_s + self._random.uniform(0, self.weather.jitter_s))
        if link.is_lost or way in self.weather.stalled:
            self.held_chunks += 1
        while link.is_lost or way in self.weather.stalled:
            await self._changed.wait()

    def _what_still_passes(self, link: Link, chunk: bytes, way: Way) -> bytes:
        left = self.weather.bytes_left.get(way)
        if left is not None:
            self.weather.bytes_left[way] = max(0, left - len(chunk))
            if left <= len(chunk):
                self.cut_links += 1
                asyncio.get_running_loop().call_soon(link.reset)
                chunk = chunk[:left]
        self.passed_bytes[way] += len(chunk)
        return chunk

    def _trap_for(self, last: bytes, chunk: bytes) -> Trap | None:
        for trap in self._traps:
            beginning = last[-len(trap.pattern) + 1 :]  # it may have come with the chunk before
            if trap.pattern in beginning + chunk:
                self._traps.remove(trap)
                return trap
        return None
