"""daphne as one task among others of a process that stops in its own order.

Import it inside the event loop that is to serve: Twisted has one reactor in a process, the first
one, and this module makes it of that loop, before daphne would make a loop of its own. The reactor
is never run or stopped, because it would run and stop the loop.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import structlog
from twisted.internet import asyncioreactor, error
from twisted.logger import (
    FilteringLogObserver,
    LogLevel,
    LogLevelFilterPredicate,
    STDLibLogObserver,
    globalLogBeginner,
)

from libs.common.daphne_connections import Factory, Inbox, Socket, SocketFactory
from libs.common.serving import Stopping

with contextlib.suppress(RuntimeError):  # no loop runs where it is imported to be looked at
    asyncioreactor.install(asyncio.get_running_loop())

import daphne.server

daphne.server.twisted_loop.close()  # what daphne made for a reactor of its own

FOR_EVER = -1

log = structlog.get_logger(__name__)


class DaphneServer(daphne.server.Server):
    """daphne that stops on SIGTERM and SIGINT, and then lets the process go on to its end.

    Args:
        application: an ASGI application; no lifespan is ever told to it.
        backlog: connections that may wait to be accepted.
        frame_bytes: a WebSocket message above this closes the connection with 1009.
        ping_every_s: a WebSocket that is silent so long is asked whether it lives, and dropped
            when it stays silent as long again.
        grace_s: how long connections may take to close at the end.
        drain, before_stop: see ``Stopping``.
    """

    def __init__(  # noqa: PLR0913 - what one has to say of a server, all by name
        self,
        application: Any,
        *,
        host: str,
        port: int,
        backlog: int,
        frame_bytes: int,
        ping_every_s: float,
        grace_s: float,
        drain: Callable[[], Awaitable[None]] | None = None,
        before_stop: Callable[[], Awaitable[None]],
    ) -> None:
        super().__init__(
            application,
            endpoints=[f"{host}:{port}"],
            ping_interval=ping_every_s,
            ping_timeout=ping_every_s,
            websocket_timeout=FOR_EVER,
            application_close_timeout=grace_s,
            server_name="",
        )
        self._host, self._port, self._backlog = host, port, backlog
        self._grace_s = grace_s
        self._wanted = asyncio.Event()
        self._waiting: asyncio.Timeout | None = None
        self._way_out = Stopping(
            drain=drain, before_stop=before_stop, close=self._wanted.set, hurry=self._hurry
        )
        self.connections: dict[Any, dict[str, Any]] = {}
        self.ws_factory = SocketFactory(self, frame_bytes=frame_bytes, pong_within_s=ping_every_s)
        self.http_factory = Factory(self)

    async def serve(self) -> None:
        """Serve until it is stopped; all connections are closed then.

        Raises:
            SystemExit: the port cannot be had.
        """
        _start_reactor()
        with self._way_out.signals():
            try:
                port = daphne.server.reactor.listenTCP(
                    self._port, self.http_factory, backlog=self._backlog, interface=self._host
                )
            except error.CannotListenError as refusal:
                log.critical("cannot_listen", port=self._port, reason=str(refusal.socketError))
                raise SystemExit(1) from None
            log.info("serving", server="daphne", port=self._port)
            self.application_checker()
            self.timeout_checker()
            await self._wanted.wait()
            await port.stopListening().asFuture(asyncio.get_running_loop())
            await self._close_connections()

    def stop(self) -> None:
        """Begin to stop; the second time, hurry."""
        self._way_out.stop()

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> asyncio.Queue[Any]:
        """Start the application for a request or a WebSocket; return what it will receive."""
        is_socket = isinstance(protocol, Socket)
        inbox = Inbox(protocol.transport) if is_socket else asyncio.Queue[Any]()
        scope["asgi"] = {"version": "3.0"}
        work = self.application(
            scope=scope, receive=inbox.get, send=partial(self.handle_reply, protocol)
        )
        self.connections[protocol]["application_instance"] = asyncio.create_task(work)
        return inbox

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        """Write what the application sends; return when the transport takes more."""
        await super().handle_reply(protocol, message)
        if "disconnected" not in self.connections.get(protocol, {"disconnected": 0}):
            await protocol.connection.writable.wait()

    async def _close_connections(self) -> None:
        """Ask everybody to leave and wait for them; cut off who has not left in time."""
        connections = list(self.http_factory.open)
        for connection in connections:
            connection.leave()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._grace_s) as self._waiting:
                await asyncio.gather(*(connection.lost for connection in connections))
                await asyncio.gather(*self._applications(), return_exceptions=True)
        for connection in connections:
            if connection in self.http_factory.open:
                connection.transport.abortConnection()
        for application in self._applications():
            application.cancel()
        await asyncio.gather(*self._applications(), return_exceptions=True)

    def _applications(self) -> list[asyncio.Task[None]]:
        """The applications that are at work."""
        tasks = (each.get("application_instance") for each in self.connections.values())
        return [task for task in tasks if task is not None and not task.done()]

    def _hurry(self) -> None:
        self._grace_s = 0
        self._wanted.set()
        if self._waiting is not None and not self._waiting.expired():
            self._waiting.reschedule(asyncio.get_running_loop().time())


def _start_reactor() -> None:
    """Let Twisted use the running loop. Of its log, errors are kept."""
    errors = LogLevelFilterPredicate(defaultLogLevel=LogLevel.error)
    observer = FilteringLogObserver(STDLibLogObserver(), [errors])
    globalLogBeginner.beginLoggingTo([observer], redirectStandardIO=False)
    if daphne.server.reactor._asyncioEventloop is not asyncio.get_running_loop():
        raise RuntimeError(f"{__name__} was imported outside the loop that is to serve")
    daphne.server.reactor.startRunning(installSignalHandlers=False)
