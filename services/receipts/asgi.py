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
from services.receipts.api.parts import Parts
from services.receipts.process import Process
from services.receipts.settings import ReceiptsSettings


def application_of(process: Process, settings: ReceiptsSettings) -> Any:
    """Return what a server runs: everything that comes over the process's public port."""
    look_after_connections()
    django: Any = get_asgi_application()
    parts = Parts(
        database=process.database,
        verifier=process.verifier,
        requests=process.requests,
        breakers=_breakers(process),
        dead_letters=[loop.dead_letters for loop in process.loops],
    )
    pages = with_admin_files(with_parts(LimitedBody(django), parts), "receipts")
    application = with_health(pages, {"/api/receipts/healthz"})
    return SecureHeaders(application, https=not settings.development)


def _breakers(process: Process) -> list[Guarded]:
    """Return every breaker of the process, with what callers get while it is open."""
    return [
        Guarded(
            process.database.breaker,
            "Requests are answered 503; who lags is judged later.",
        ),
        Guarded(
            process.folder.breaker,
            "Claims of having received and read stay on their stream, and are folded later: ticks"
            " come late, none is lost.",
        ),
        Guarded(
            process.publisher.breaker,
            "Watermarks rise; chat and queue are told of it once Redis is back.",
        ),
    ]
