"""The ASGI application of a process: the API, and nothing else."""

from typing import Any

from django.core.asgi import get_asgi_application

from libs.common.database import keep_connections
from libs.common.http.middleware import LimitedBody
from libs.common.http.parts import with_parts
from libs.common.secure_headers import SecureHeaders
from services.presence.api.parts import Parts
from services.presence.process import Process
from services.presence.settings import PresenceSettings


def application_of(process: Process, settings: PresenceSettings) -> Any:
    """Return what a server runs: everything that comes over the process's public port."""
    keep_connections()
    django: Any = get_asgi_application()
    parts = Parts(
        database=process.database,
        redis=process.hot,
        store=process.reading,
        breaker=process.breaker,
        verifier=process.verifier,
        requests=process.requests,
    )
    application = with_parts(LimitedBody(django), parts)
    return SecureHeaders(application, https=not settings.development)
