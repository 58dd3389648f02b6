"""The HTTP API of receipts, put together: for reading only. Whoever writes receipts asks chat."""

from libs.common.http.api import ServiceAPI
from libs.common.http.credentials import TokenHoldersOnly
from libs.common.http.health import health_router
from services.receipts.api import rooms
from services.receipts.api.parts import parts_of

api = ServiceAPI(
    "receipts",
    description="Who has received and read what. Errors are `application/problem+json`.",
    auth=TokenHoldersOnly(
        lambda request: parts_of(request).verifier, lambda request: parts_of(request).requests
    ),
)
for router in (rooms.router, health_router()):
    api.add_router("", router)
