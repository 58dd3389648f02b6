"""All edges of one suite: from clients to it, and from each service to PostgreSQL and Redis.

The proxies run in a thread with a loop of its own: they pass on whatever a test is doing, and may be
told from any thread. A service is led to them by ``detour.py``, which leaves behind where it would
have gone.
"""

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import psutil

from dev.ports import LOOPBACK
from dev.services import SERVICES
from tests.faults.rig.detour import EDGES, FOLDER, SERVERS, upstreams_of
from tests.faults.rig.proxy import Link, Point, Proxy, Trap, Weather

T = TypeVar("T")

CLIENTS = "clients"
"""The edge from all clients to the gateway."""
TOLD_WITHIN_S = 10.0
LOOK_S = 0.005


class Edge:
    """One proxy, told from any thread."""

    def __init__(self, name: str, proxy: Proxy, loop: asyncio.AbstractEventLoop) -> None:
        self.name = name
        self._proxy = proxy
        self._loop = loop

    @property
    def port(self) -> int:
        """Where clients of this edge connect."""
        return self._proxy.port

    @property
    def passed_bytes(self) -> int:
        """How much has passed so far, both ways."""
        return sum(self._proxy.passed_bytes.values())

    @property
    def held_chunks(self) -> int:
        """How often so far something was kept because nothing passed."""
        return self._proxy.held_chunks

    @property
    def cut_links(self) -> int:
        """How many connections so far ended in the middle of what was sent."""
        return self._proxy.cut_links

    def change(self, weather: Weather) -> None:
        """Let this happen from now on to everything that passes."""
        self._tell(lambda: self._proxy.change(weather))

    def heal(self) -> None:
        """Pass everything on again, and forget the traps."""
        self._tell(self._proxy.heal)

    def reset(self) -> int:
        """Reset all connections; return how many there were."""
        return self._tell(self._proxy.reset)

    def lose(self) -> int:
        """Let all connections go silent for good, and new ones until ``heal``; say how many."""
        return self._tell(self._proxy.lose)

    @contextmanager
    def weather(self, weather: Weather) -> Iterator[None]:
        """Let something happen inside the block."""
        self.change(weather)
        try:
            yield
        finally:
            self.heal()

    @contextmanager
    def trap(self, pattern: bytes, point: Point) -> Iterator["Caught"]:
        """Hold the next call with these bytes, at the latest until the end of the block."""
        trap = self._tell(lambda: self._proxy.set_trap(pattern, point))
        try:
            yield Caught(trap, self)
        finally:
            self.heal()

    def reset_link(self, link: Link) -> None:
        """Reset one connection."""
        self._tell(link.reset)

    def _tell(self, order: Callable[[], T]) -> T:
        done: Future[T] = Future()

        def carry_out() -> None:
            try:
                done.set_result(order())
            except BaseException as error:  # noqa: BLE001 - raised in the thread that asked
                done.set_exception(error)

        self._loop.call_soon_threadsafe(carry_out)
        return done.result(TOLD_WITHIN_S)


class Caught:
    """A trap that is set, and what has walked into it."""

    def __init__(self, trap: Trap, edge: Edge) -> None:
        self._trap = trap
        self._edge = edge

    @property
    def link(self) -> Link:
        """The connection that is held; only where one came."""
        assert self._trap.caught is not None
        return self._trap.caught

    async def comes(self, within_s: float) -> bool:
        """Wait until a call is held; return whether one came."""
        until_s = time.monotonic() + within_s
        while self._trap.caught is None and time.monotonic() < until_s:
            await asyncio.sleep(LOOK_S)
        return self._trap.caught is not None

    def holder_among(self, pids: Iterable[int]) -> int | None:
        """Return which of some processes makes the call; None where it has given up meanwhile."""
        port = self.link.client_port
        for pid in pids:
            with contextlib.suppress(psutil.NoSuchProcess):
                connections = psutil.Process(pid).net_connections(kind="tcp4")
                if any(each.laddr.port == port for each in connections):
                    return pid
        return None

    def reset(self) -> None:
        """Lose the call, or its answer, and the connection."""
        self._edge.reset_link(self.link)


class Edges:
    """All of them. Made before the suite, which is then started with ``environment``.

    Args:
        folder: the suite's; services leave there where their servers really are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="edges", daemon=True)
        self._thread.start()
        self._gateway_port = 0
        self._moved: dict[str, int] = {}
        proxies = {CLIENTS: Proxy(lambda: self._gateway_port)}
        for service in SERVICES:
            for server in SERVERS:
                name = f"{service.name}.{server}"
                upstream = self._upstream_of(service.name, server)
                proxies[name] = Proxy(upstream, keeps_alive=True)
        self._proxies = proxies
        for proxy in proxies.values():
            self._run(proxy.start())
        self._edges = {name: Edge(name, proxy, self._loop) for name, proxy in proxies.items()}

    def __getitem__(self, name: str) -> Edge:
        return self._edges[name]

    def __iter__(self) -> Iterator[Edge]:
        return iter(self._edges.values())

    def of(self, server: str) -> list[Edge]:
        """Return the edges of all services to a server, ``postgres`` or ``redis``."""
        return [self[f"{service.name}.{server}"] for service in SERVICES]

    @property
    def environment(self) -> dict[str, str]:
        """What the suite must be started with for its services to come this way."""
        ports = {name: edge.port for name, edge in self._edges.items() if name != CLIENTS}
        return {EDGES: json.dumps(ports), FOLDER: str(self._folder)}

    def lead_to(self, gateway_port: int) -> str:
        """Say where clients shall end up; return where they are to go."""
        self._gateway_port = gateway_port
        return f"http://{LOOPBACK}:{self[CLIENTS].port}"

    def move(self, server: str, port: int | None) -> int:
        """Let a server be elsewhere (``None``: where it was), and reset what is connected.

        Returns:
            How many connections that were.
        """
        if port is None:
            self._moved.pop(server, None)
        else:
            self._moved[server] = port
        return sum(edge.reset() for edge in self.of(server))

    def stop(self) -> None:
        """End all proxies, and the thread."""
        for proxy in self._proxies.values():
            self._run(proxy.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(TOLD_WITHIN_S)
        self._loop.close()

    def _upstream_of(self, service: str, server: str) -> Callable[[], int]:
        def upstream() -> int:
            return self._moved.get(server) or upstreams_of(self._folder, service)[server]

        return upstream

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(TOLD_WITHIN_S)
