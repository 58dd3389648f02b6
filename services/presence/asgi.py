"""The ASGI application of a process: the API, and the admin's pages."""

from typing import Any

from django.core.asgi import get_asgi_application

from libs.common.breakers import Guarded
from libs.common.database import look_after_connections
from libs.common.http.admin import with_admin_files
from libs.common.http.health import with_health
from libs.common.http.middleware import LimitedBody
from libs.common.http.parts import with_parts
from libs.common.secure_headers import SecureHeaders
from services.presence.api.parts import Parts
from services.presence.process import Process
from services.presence.settings import PresenceSettings


def application_of(process: Process, settings: PresenceSettings) -> Any:
    """Return what a server runs: everything that comes over the process's public port."""
    look_after_connections()
    django: Any = get_asgi_application()
    parts = Parts(
        database=process.database,
        redis=process.hot,
        store=process.reading,
        breaker=process.breaker,
        verifier=process.verifier,
        requests=process.requests,
        breakers=_breakers(process),
        dead_letters=[loop.dead_letters for loop in (process.sessions_loop, process.rooms_loop)],
    )
    pages = with_admin_files(with_parts(LimitedBody(django), parts), "presence")
    application = with_health(pages, {"/api/presence/healthz"})
    return SecureHeaders(application, https=not settings.development)


def _breakers(process: Process) -> list[Guarded]:
    """Return every breaker of the process, with what callers get while it is open."""
    return [
        Guarded(
            process.database.breaker,
            "Who is there is told on, and when they went is written later; what is asked of people"
            " over HTTP is answered 503, and rooms that changed are read later.",
        ),
        Guarded(
            process.breaker,
            "Over HTTP people are as they were written last, their presence is unknown, and the"
            " totals are answered 503.",
        ),
        Guarded(
            process.publisher.breaker,
            "Nobody is told of changes; they are told once Redis is back.",
        ),
    ]
