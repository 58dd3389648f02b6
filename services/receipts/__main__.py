"""``python -m services.receipts`` serves; with arguments it runs that Django command instead."""

import os
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from libs.common.serving import Server

# Not as a default: one that is inherited, from a test run for instance, is another program's.
os.environ["DJANGO_SETTINGS_MODULE"] = "services.receipts.settings"

BACKLOG = 2048
GRACE_S = 5
FRAME_BYTES_REFUSED = 1024
PING_EVERY_S = 30
"""For WebSockets, of which receipts has none."""


def main() -> None:
    """Serve until SIGTERM or SIGINT, or run one command."""
    if len(sys.argv) > 1:
        from django.core.management import execute_from_command_line

        execute_from_command_line(["python -m services.receipts", *sys.argv[1:]])
        return
    import django
    import uvloop

    from libs.common import logs
    from services.receipts.settings import RECEIPTS

    logs.configure(service="receipts", level=RECEIPTS.log_level, readable=RECEIPTS.development)
    django.setup()
    uvloop.run(serve())


async def serve() -> None:
    """Run the process and its server in one event loop."""
    from services.receipts.asgi import application_of
    from services.receipts.process import Process
    from services.receipts.settings import RECEIPTS

    process = Process(RECEIPTS)
    application = application_of(process, RECEIPTS)
    server_of = daphne if RECEIPTS.server == "daphne" else uvicorn
    server = server_of(application, before_stop=process.begin_to_stop)
    await process.start(on_failure=server.stop)
    try:
        await server.serve()
    finally:
        idle = await process.stop()
    if not idle:
        os._exit(0)  # a thread waits for a silent database, and Python would wait for the thread


def uvicorn(application: Any, *, before_stop: Callable[[], Awaitable[None]]) -> "Server":
    """Return the server that costs least."""
    from uvicorn import Config

    from libs.common.serving import UvicornServer
    from services.receipts.settings import RECEIPTS

    return UvicornServer(
        Config(
            application,
            host=RECEIPTS.host,
            port=RECEIPTS.port,
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            backlog=BACKLOG,
            timeout_graceful_shutdown=GRACE_S,
        ),
        before_stop=before_stop,
    )


def daphne(application: Any, *, before_stop: Callable[[], Awaitable[None]]) -> "Server":
    """Return the server of the Channels project."""
    from libs.common.serving_daphne import DaphneServer
    from services.receipts.settings import RECEIPTS

    return DaphneServer(
        application,
        host=RECEIPTS.host,
        port=RECEIPTS.port,
        backlog=BACKLOG,
        frame_bytes=FRAME_BYTES_REFUSED,
        ping_every_s=PING_EVERY_S,
        grace_s=GRACE_S,
        before_stop=before_stop,
    )


if __name__ == "__main__":
    main()
