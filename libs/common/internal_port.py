"""The internal port: ``/livez``, ``/readyz`` and ``/metrics``, which no ingress exposes.

``/livez`` answers as long as the event loop turns and tests no dependency: a process must not be
restarted because a database is away. ``/readyz`` runs the checks and says why it is not ready.
"""

import asyncio
import contextlib
import json
import logging
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from contextvars import ContextVar
from typing import Any, Literal

import structlog
import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry

from libs.common import metrics
from libs.common.clock import Clock
from libs.common.patient_server import PatientServer

CHECK_WITHIN_S = 0.5
"""How long a check may take before the process counts as not ready."""

CACHE_S = 1.0
"""For how long one round of checks answers everybody who asks."""

STOP_WITHIN_S = 1.0
"""How long requests in progress may take when the server stops."""

Check = Callable[[], Awaitable[str | None]]
"""Says what is wrong, or None when all is well. An error that it raises is a reason as well."""

Response = tuple[int, bytes, bytes]
"""Status, content type, body."""

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

JSON = b"application/json"

log = structlog.get_logger(__name__)


class Readiness:
    """Runs the checks side by side, at most once in ``CACHE_S``, each for a bounded time.

    A check that does not end is not cancelled and not started again until it has.
    """

    def __init__(self, checks: Mapping[str, Check], *, clock: Clock) -> None:
        self._checks = checks
        self._clock = clock
        self._running: dict[str, asyncio.Future[str | None]] = {}
        self._round = asyncio.Lock()
        self._reasons: dict[str, str] = {}
        self._checked_at_s: float | None = None

    async def reasons(self) -> Mapping[str, str]:
        """Return what is wrong, by check; empty when the process is ready."""
        async with self._round:
            now_s = self._clock.monotonic()
            if self._checked_at_s is None or now_s - self._checked_at_s >= CACHE_S:
                self._reasons = await self._ask_all()
                self._checked_at_s = self._clock.monotonic()
            return self._reasons

    async def _ask_all(self) -> dict[str, str]:
        for name, check in self._checks.items():
            if name not in self._running:
                self._running[name] = asyncio.ensure_future(check())
        if self._running:
            await asyncio.wait(self._running.values(), timeout=CHECK_WITHIN_S)
        answers = {name: _reason_of(self._running[name]) for name in self._checks}
        self._running = {name: task for name, task in self._running.items() if not task.done()}
        return {name: reason for name, reason in answers.items() if reason is not None}


def _reason_of(check: asyncio.Future[str | None]) -> str | None:
    if not check.done():
        return f"no answer within {CHECK_WITHIN_S} s"
    if check.cancelled():
        return "cancelled"
    error = check.exception()
    return check.result() if error is None else type(error).__name__


class InternalServer:
    """Serves the internal port from the event loop of the process.

    Args:
        host: the address to bind.
        port: the port to bind; 0 takes a free one, see ``port``.
        checks: what readiness depends on, by name.
        clock: measures the age of an answer.
        registry: the metrics to show.
    """

    def __init__(
        self,
        host: str,
        port: int,
        checks: Mapping[str, Check],
        *,
        clock: Clock,
        registry: CollectorRegistry = metrics.REGISTRY,
    ) -> None:
        self.port = port
        self._host = host
        self._registry = registry
        self._readiness = Readiness(checks, clock=clock)
        self._server: _QuietServer | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Bind the port and begin to answer.

        Raises:
            OSError: the port is taken, or not ours to bind.
        """
        listener = _listen(self._host, self.port)
        self.port = listener.getsockname()[1]
        config = uvicorn.Config(
            self._answer,
            lifespan="off",
            interface="asgi3",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=int(STOP_WITHIN_S),
        )
        self._server = _QuietServer(config)
        logging.getLogger("uvicorn.error").addFilter(_without_internal)
        self._task = asyncio.create_task(_serve(self._server, listener), name="internal-server")

    async def stop(self) -> None:
        """End the requests in progress and close the port. May be called twice."""
        if self._server is not None and self._task is not None:
            self._server.should_exit = True
            await self._task

    async def _answer(self, scope: Scope, _receive: Receive, send: Send) -> None:
        status, content_type, body = await self._respond(scope["method"], scope["path"])
        headers = [(b"content-type", content_type), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if _is_head(scope) else body})

    async def _respond(self, method: str, path: str) -> Response:
        if method not in {"GET", "HEAD"}:
            return 405, JSON, b'{"status":"method not allowed"}'
        if path == "/livez":
            return 200, JSON, b'{"status":"alive"}'
        if path == "/readyz":
            return await self._readyz()
        if path == "/metrics":
            return 200, CONTENT_TYPE_LATEST.encode(), metrics.render(self._registry)
        return 404, JSON, b'{"status":"not found"}'

    async def _readyz(self) -> Response:
        reasons = await self._readiness.reasons()
        status: Literal["ready", "not ready"] = "not ready" if reasons else "ready"
        body = json.dumps({"status": status, "reasons": dict(reasons)}).encode()
        return 503 if reasons else 200, JSON, body


_internal: ContextVar[bool] = ContextVar("internal", default=False)
"""Set in the task of the internal server, and so in all that it starts."""


def _without_internal(record: logging.LogRecord) -> bool:
    """Pass by how the internal server starts and stops: only the public one is news."""
    return record.levelno > logging.INFO or not _internal.get()


class _QuietServer(PatientServer):
    """A second server in a process: signals belong to the first."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signal handlers as they are."""
        yield


async def _serve(server: _QuietServer, listener: socket.socket) -> None:
    _internal.set(True)  # in the context of this task alone
    await server.serve([listener])


def _is_head(scope: Scope) -> bool:
    return bool(scope["method"] == "HEAD")


def _listen(host: str, port: int) -> socket.socket:
    # Bound here because uvicorn ends the process where binding fails.
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen()
    except OSError:
        listener.close()
        raise
    listener.settimeout(0)
    return listener
