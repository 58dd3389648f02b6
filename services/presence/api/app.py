"""The HTTP API of presence, put together: for reading only."""

from libs.common.http.api import ServiceAPI
from libs.common.http.credentials import TokenHoldersOnly
from libs.common.http.health import health_router
from services.presence.api import people
from services.presence.api.parts import parts_of

api = ServiceAPI(
    "presence",
    description="Who is there, and since when not. Errors are `application/problem+json`.",
    auth=TokenHoldersOnly(
        lambda request: parts_of(request).verifier, lambda request: parts_of(request).requests
    ),
)
for router in (people.router, health_router()):
    api.add_router("", router)
