"""A service as a program: it serves, or with arguments it runs one Django command instead.

Much is imported late. A command needs no server; settings stop the process where they are wrong,
so logging comes after them; and daphne has to be imported inside the loop that is to serve.
"""

import faulthandler
import gc
import os
import platform
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from types import FrameType

    from libs.common.config import LogLevel, ServerName
    from libs.common.serving import Server

BACKLOG = 2048
"""Connections that may wait to be accepted: everybody comes back at once after a restart."""
GRACE_S = 5
"""How long connections may take to close at the end."""
PING_EVERY_S = 30
"""How long a WebSocket may be silent before it is asked whether it lives, and to answer that."""
KEEP_ALIVE_S = 75
"""How long an idle HTTP connection is kept: longer than clients and proxies keep theirs, so that it
is they who give it up, and never a request that meets the end of its connection."""
COLLECT_AFTER = (20_000, 20, 20)
"""New objects after which the youngest are collected, and how often that is until older ones are.
Source: gc.set_threshold."""
NO_FRAME_BYTES = 1024
"""Longest frame where there are no WebSockets: the server wants one all the same."""


class Process(Protocol):
    """What a service makes of its parts."""

    async def start(self, *, on_failure: Callable[[], None]) -> None:
        """Begin to work, before the first request; ``on_failure`` ends the process."""
        ...

    async def begin_to_stop(self) -> None:
        """Called while connections are still served."""
        ...

    async def stop(self) -> bool:
        """Called after the last request; False where a thread can be waited for no longer."""
        ...


class ProgramSettings(Protocol):
    """What is to be known to serve, of all that a service's settings say."""

    host: str
    port: int
    server: "ServerName"
    development: bool
    log_level: "LogLevel"
    otel_exporter_otlp_endpoint: str | None
    otel_traces_sampler_arg: float
    trace_callers: bool
    trusted_proxies: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Sockets:
    """How WebSockets are served.

    Attributes:
        uvicorn_protocol: the class by which uvicorn serves them; daphne has its own.
        frame_bytes: a frame above this closes the connection (1009).
    """

    uvicorn_protocol: type
    frame_bytes: int


@dataclass(frozen=True, kw_only=True)
class Assembled:
    """A service that is ready to be started.

    Attributes:
        application: an ASGI application; no lifespan is ever told to it.
        sockets: None where it serves HTTP only.
        drain: leads clients elsewhere, at SIGTERM before anything stops; None where all requests
            are short.
    """

    process: Process
    application: Any
    sockets: Sockets | None = None
    drain: Callable[[], Awaitable[None]] | None = None


SettingsT = TypeVar("SettingsT", bound=ProgramSettings)


def run(
    package: str,
    *,
    load_settings: Callable[[], SettingsT],
    assemble: Callable[[SettingsT], Assembled],
) -> None:
    """Serve until SIGTERM or SIGINT, or run the command that the arguments name.

    Args:
        package: of the service, ``services.<name>``; its settings are ``<package>.settings``.
        load_settings: imports and returns them.
        assemble: makes the service, when Django is set up and the event loop runs.

    Raises:
        SystemExit: the settings are wrong, the port cannot be had, or a command says so.
    """
    signal.signal(signal.SIGTERM, end)
    faulthandler.register(signal.SIGUSR1)  # the stack of each thread, even where the loop hangs
    # Not as a default: one that is inherited, from a test run for instance, is another program's.
    os.environ["DJANGO_SETTINGS_MODULE"] = f"{package}.settings"
    if len(sys.argv) > 1:
        from django.core.management import execute_from_command_line

        execute_from_command_line([f"python -m {package}", *sys.argv[1:]])
        return
    import django
    import uvloop

    from libs.common import logs, open_files

    settings = load_settings()
    open_files.raise_limit()
    logs.configure(
        service=package.rpartition(".")[2],
        level=settings.log_level,
        readable=settings.development,
    )
    django.setup()
    collect_seldom()
    with recorded_traces(package.rpartition(".")[2], settings):
        uvloop.run(serve(settings, assemble))


@contextmanager
def recorded_traces(service: str, settings: ProgramSettings) -> Iterator[None]:
    """Send spans to the collector that the settings name, if they do, and at the end what is left.

    Not by ``atexit``: no thread can be started there any more.

    Raises:
        SystemExit: OpenTelemetry is not installed; with the status of a wrong configuration.
    """
    from libs.common import tracing
    from libs.common.config import EX_CONFIG

    tracing.believe_callers(believe=settings.trace_callers)
    if settings.otel_exporter_otlp_endpoint is None:
        yield
        return
    try:
        from libs.common.tracing_otel import OpenTelemetry
    except ImportError as error:
        sys.stderr.write(
            f"OTEL_EXPORTER_OTLP_ENDPOINT is set, and {error.name} is not installed; see"
            " docs/tracing.md\n"
        )
        raise SystemExit(EX_CONFIG) from error
    recorder = OpenTelemetry(
        service=service,
        instance=f"{platform.node()}:{settings.port}",
        endpoint=settings.otel_exporter_otlp_endpoint,
    )
    if not recorder.is_disabled:
        tracing.record_with(recorder, ratio=settings.otel_traces_sampler_arg)
    try:
        yield
    finally:
        recorder.close()


def end(number: int, _frame: "FrameType | None") -> None:
    """End the process, as a signal would that nobody heeds: until it serves, or runs a command.

    The first process of a container is spared by the kernel otherwise, and killed when the platform
    has waited for the whole time of a drain.

    Raises:
        SystemExit: always.
    """
    raise SystemExit(128 + number)


def collect_seldom() -> None:
    """Let the garbage collector look at what is new less often, and never at what is imported.

    Nearly everything here is freed by its reference count: by default a twentieth of all time goes
    into looking for cycles that are not there.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


async def serve(settings: SettingsT, assemble: Callable[[SettingsT], Assembled]) -> None:
    """Run a service and its server in one event loop, and end in order."""
    assembled = behind_proxies(assemble(settings), settings.trusted_proxies)
    process = assembled.process
    server = (daphne if settings.server == "daphne" else uvicorn)(assembled, settings)
    await process.start(on_failure=server.stop)
    try:
        await server.serve()
    finally:
        idle = await process.stop()
    if not idle:
        os._exit(0)  # a thread waits for a silent database, and Python would wait for the thread


def behind_proxies(assembled: Assembled, trusted: Sequence[str]) -> Assembled:
    """Let the application see where a request came from, and not the proxy that passed it on.

    The address is the last one of ``X-Forwarded-For`` that no trusted proxy has; what anybody else
    says there counts for nothing.
    """
    if not trusted:
        return assembled
    from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

    application = ProxyHeadersMiddleware(assembled.application, trusted_hosts=list(trusted))
    return replace(assembled, application=application)


def uvicorn(assembled: Assembled, settings: ProgramSettings) -> "Server":
    """Return the server that costs least."""
    from uvicorn import Config

    from libs.common.serving import UvicornServer

    sockets = assembled.sockets
    return UvicornServer(
        Config(
            assembled.application,
            host=settings.host,
            port=settings.port,
            http="httptools",
            ws=sockets.uvicorn_protocol if sockets else "none",
            ws_max_size=sockets.frame_bytes if sockets else NO_FRAME_BYTES,
            ws_ping_interval=PING_EVERY_S,
            ws_ping_timeout=PING_EVERY_S,
            ws_per_message_deflate=False,
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            backlog=BACKLOG,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=GRACE_S,
        ),
        drain=assembled.drain,
        before_stop=assembled.process.begin_to_stop,
    )


def daphne(assembled: Assembled, settings: ProgramSettings) -> "Server":
    """Return the server of the Channels project."""
    from libs.common.serving_daphne import DaphneServer

    sockets = assembled.sockets
    return DaphneServer(
        assembled.application,
        host=settings.host,
        port=settings.port,
        backlog=BACKLOG,
        frame_bytes=sockets.frame_bytes if sockets else NO_FRAME_BYTES,
        ping_every_s=PING_EVERY_S,
        grace_s=GRACE_S,
        drain=assembled.drain,
        before_stop=assembled.process.begin_to_stop,
    )
