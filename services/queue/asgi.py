"""The ASGI application of a process: the API, and the admin's pages."""

from typing import Any

from django.core.asgi import get_asgi_application
from servestatic import ServeStaticASGI

from libs.common.database import keep_connections
from libs.common.http.admin import STATIC_ROOT
from libs.common.http.middleware import LimitedBody
from libs.common.http.parts import with_parts
from libs.common.secure_headers import SecureHeaders
from services.queue.api.parts import Parts
from services.queue.process import Process
from services.queue.settings import QueueSettings


def application_of(process: Process, settings: QueueSettings) -> Any:
    """Return what a server runs: everything that comes over the process's public port."""
    keep_connections()
    django: Any = get_asgi_application()
    parts = Parts(
        database=process.database,
        clock=process.clock,
        submissions=process.submissions,
        verifier=process.verifier,
        requests=process.requests,
    )
    application = ServeStaticASGI(
        with_parts(LimitedBody(django), parts),
        root=STATIC_ROOT,
        prefix="api/queue/static/admin/",
        allow_all_origins=False,
    )
    return SecureHeaders(application, https=not settings.development)
