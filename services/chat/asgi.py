"""The ASGI application of a process: sockets, the API, and the web client's pages."""

from typing import Any

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application
from servestatic import ServeStaticASGI

from libs.common.database import keep_connections
from libs.common.http.middleware import LimitedBody
from libs.common.http.parts import with_parts
from libs.common.messages import CONTENT_CHARS
from libs.common.secure_headers import SecureHeaders
from services.chat.api.parts import Parts
from services.chat.consumers import ChatConsumer, NotificationsConsumer, SocketParts
from services.chat.frames.client import FRAME_BYTES
from services.chat.frames.server import Limits
from services.chat.process import Process
from services.chat.routing import websockets
from services.chat.settings import ChatSettings
from services.chat.wire import wire_for


def application_of(process: Process, settings: ChatSettings) -> Any:
    """Return what a server runs: everything that comes over the process's public port."""
    http = SecureHeaders(_pages(process, settings), https=not settings.development)
    return ProtocolTypeRouter({"http": http, "websocket": _sockets(process, settings)})


def _sockets(process: Process, settings: ChatSettings) -> Any:
    parts: SocketParts = {
        "hub": process.delivery.hub,
        "database": process.database,
        "verifier": process.verifier,
        "clock": process.clock,
        "activity": process.delivery.attendance.activity,
        "wire_for": wire_for,
        "limits": Limits(
            frame_bytes=FRAME_BYTES,
            content_chars=CONTENT_CHARS,
            messages_per_s=settings.messages_per_s,
            messages_burst=settings.messages_burst,
        ),
    }
    return websockets(
        ChatConsumer.as_asgi(
            writer=process.writer,
            statuses=process.delivery.statuses,
            typing=process.delivery.attendance.typing,
            **parts,
        ),
        NotificationsConsumer.as_asgi(notifier=process.delivery.notifier, **parts),
        allowed_origins=settings.allowed_origins,
    )


def _pages(process: Process, settings: ChatSettings) -> Any:
    """Return what serves the web client's files, and the API at every other path."""
    keep_connections()
    django: Any = get_asgi_application()
    return ServeStaticASGI(
        with_parts(LimitedBody(django), _parts(process)),
        root=settings.web_root if settings.web_root.is_dir() else None,
        index_file=True,
        max_age=0,
        immutable_file_test=r"^/assets/",
        allow_all_origins=False,
    )


def _parts(process: Process) -> Parts:
    return Parts(
        database=process.database,
        writer=process.writer,
        relay=process.relay,
        signals=process.signals,
        clock=process.clock,
        tokens=process.tokens,
        verifier=process.verifier,
        polls=process.delivery.polls,
        reporter=process.delivery.reporter,
        private_reading=process.delivery.hub.private_reading,
        external=process.external,
    )
