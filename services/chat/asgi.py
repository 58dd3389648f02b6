"""The ASGI application of a process: sockets, the API, the pages of the web client and the admin."""

from typing import Any

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application
from servestatic import ServeStaticASGI

from libs.common.breakers import Guarded
from libs.common.database import look_after_connections
from libs.common.http.admin import with_admin_files
from libs.common.http.health import with_health
from libs.common.http.middleware import LimitedBody
from libs.common.http.parts import with_parts
from libs.common.messages import CONTENT_CHARS
from libs.common.secure_headers import SecureHeaders
from services.chat.api.parts import Parts
from services.chat.consumers import ChatConsumer, NotificationsConsumer, SocketParts
from services.chat.consumers.credentials import arrivals_in
from services.chat.domain.pace import Rate, Rates
from services.chat.domain.pictures import SENT_BYTES
from services.chat.frames.client import FRAME_BYTES
from services.chat.frames.server import Limits
from services.chat.process import Process
from services.chat.routing import websockets
from services.chat.settings import ChatSettings
from services.chat.wire import wire_for


def application_of(process: Process, settings: ChatSettings) -> Any:
    """Return what a server runs: everything that comes over the process's public port."""
    pages = with_health(
        _pages(process, settings),
        {"/healthz", "/api/chat/healthz"},
        is_ready=lambda: process.protection.admission.is_open,
    )
    http = SecureHeaders(pages, https=not settings.development)
    return ProtocolTypeRouter({"http": http, "websocket": _sockets(process, settings)})


def _sockets(process: Process, settings: ChatSettings) -> Any:
    parts: SocketParts = {
        "hub": process.delivery.hub,
        "database": process.database,
        "arrivals": arrivals_in(process.database),
        "verifier": process.verifier,
        "clock": process.clock,
        "activity": process.delivery.attendance.activity,
        "admission": process.protection.admission,
        "wire_for": wire_for,
        "limits": _limits(settings),
        "rates": _rates(settings),
    }
    return websockets(
        ChatConsumer.as_asgi(
            writer=process.writer,
            statuses=process.delivery.statuses,
            typing=process.delivery.attendance.typing,
            allowances=process.protection.message_allowances,
            **parts,
        ),
        NotificationsConsumer.as_asgi(notifier=process.delivery.notifier, **parts),
        allowed_origins=settings.allowed_origins,
    )


def _limits(settings: ChatSettings) -> Limits:
    """Return what clients are told of the limits, in ``welcome``."""
    told = {
        name: getattr(settings, name)
        for name in Limits.__struct_fields__
        if name not in {"frame_bytes", "content_chars"}
    }
    return Limits(frame_bytes=FRAME_BYTES, content_chars=CONTENT_CHARS, **told)


def _rates(settings: ChatSettings) -> Rates:
    return Rates(
        frames=Rate(settings.frames_per_s, settings.frames_burst),
        frame_bytes=Rate(settings.frame_bytes_per_s, settings.frame_bytes_burst),
        messages=Rate(settings.messages_per_s, settings.messages_burst),
        typing=Rate(settings.typing_per_s, settings.typing_burst),
        receipts=Rate(settings.receipts_per_s, settings.receipts_burst),
    )


def _pages(process: Process, settings: ChatSettings) -> Any:
    """Return what serves the web client's files, and the API at every other path."""
    look_after_connections()
    django: Any = get_asgi_application()
    limited = LimitedBody(django, longer={("PUT", "/api/chat/me/avatar"): SENT_BYTES})
    return ServeStaticASGI(
        with_admin_files(with_parts(limited, _parts(process, settings)), "chat"),
        root=settings.web_root if settings.web_root.is_dir() else None,
        index_file=True,
        max_age=0,
        immutable_file_test=r"^/assets/",
        mimetypes={".webmanifest": "application/manifest+json"},
        allow_all_origins=False,
    )


def _parts(process: Process, settings: ChatSettings) -> Parts:
    return Parts(
        database=process.database,
        writer=process.writer,
        relay=process.relay,
        signals=process.signals,
        clock=process.clock,
        tokens=process.tokens,
        verifier=process.verifier,
        requests=process.protection.requests,
        admission=process.protection.admission,
        message_allowances=process.protection.message_allowances,
        polls=process.delivery.polls,
        reporter=process.delivery.reporter,
        private_reading=process.delivery.hub.private_reading,
        failures_noted=process.protection.failures_noted,
        pictures=process.protection.pictures,
        studio=process.studio,
        inquiry=process.inquiry,
        staff_reads_messages=settings.staff_reads_messages,
        external=process.external,
        breakers=_breakers(process),
        dead_letters=[group.dead_letters for group in process.groups],
    )


def _breakers(process: Process) -> list[Guarded]:
    """Return every breaker of the process, with what callers get while it is open."""
    issuers = [
        Guarded(
            keys.breaker,
            "Tokens of the other system are answered 503 where their key is not known, or was"
            " fetched more than an hour ago; the others are taken.",
        )
        for keys in [process.external_keys]
        if keys is not None
    ]
    return [
        Guarded(
            process.writer.breaker,
            "Messages are refused as unavailable, with the time to wait; none is acknowledged.",
        ),
        Guarded(
            process.database.breaker,
            "Nobody signs in, and requests are answered 503 at once; open sockets stay.",
        ),
        Guarded(
            process.publisher.breaker,
            "Messages are acknowledged, and delivered out of the database within two seconds;"
            " nobody is seen to type, receipts and presence come later.",
        ),
        Guarded(
            process.protection.allowances_breaker,
            "This process counts for itself how much each person sends.",
        ),
        Guarded(
            process.signals.breaker,
            "Sockets of sign-ins that ended are closed by the stream or the sweep, not at once.",
        ),
        *(
            Guarded(breaker, f"Traces of messages say that {name} did not answer.")
            for name, breaker in process.inquiry.neighbours.breakers.items()
        ),
        Guarded(process.inquiry.redis_breaker, "Traces of messages say that Redis did not answer."),
        *issuers,
    ]
