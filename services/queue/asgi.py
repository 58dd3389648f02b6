"""The ASGI application of a process: the API, and the admin's pages."""

from functools import partial
from typing import Any

from django.core.asgi import get_asgi_application

from libs.common.breakers import Guarded
from libs.common.database import look_after_connections
from libs.common.http.admin import with_admin_files
from libs.common.http.health import with_health
from libs.common.http.middleware import LimitedBody
from libs.common.http.parts import with_parts
from libs.common.secure_headers import SecureHeaders
from services.queue.api.parts import Parts
from services.queue.process import Process
from services.queue.settings import QueueSettings


def application_of(process: Process, settings: QueueSettings) -> Any:
    """Return what a server runs: everything that comes over the process's public port."""
    look_after_connections()
    django: Any = get_asgi_application()
    parts = Parts(
        database=process.database,
        clock=process.clock,
        submissions=process.submissions,
        verifier=process.verifier,
        requests=process.requests,
        guarded=partial(_breakers, process),
        push_key=None if process.vapid is None else process.vapid.public_key,
        endpoints=settings.endpoint_rules,
        dead_letters=[loop.dead_letters for loop in process.loops.values()],
    )
    pages = with_admin_files(with_parts(LimitedBody(django), parts), "queue")
    application = with_health(pages, {"/api/queue/healthz"})
    return SecureHeaders(application, https=not settings.development)


def _breakers(process: Process) -> list[Guarded]:
    """Return every breaker of the process, with what callers get while it is open."""
    return [
        Guarded(
            process.database.breaker,
            "Nothing is taken in: requests are answered 503, and streams are read later.",
        ),
        Guarded(
            process.publisher.breaker,
            "Messages are taken in; what waits is submitted and offered once Redis is back.",
        ),
        *(process.web_push.guarded() if process.web_push else ()),
    ]
