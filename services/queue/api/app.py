"""The HTTP API of queue, put together."""

from libs.common.http.api import ServiceAPI
from libs.common.http.credentials import TokenHoldersOnly
from libs.common.http.health import health_router
from services.queue.api import dead_letters, outgoing, status, web_push
from services.queue.api.parts import parts_of

api = ServiceAPI(
    "queue",
    description="What waits: messages for people who were away, and messages that chat could not "
    "take yet, and Web Push. Errors are `application/problem+json`.",
    auth=TokenHoldersOnly(
        lambda request: parts_of(request).verifier, lambda request: parts_of(request).requests
    ),
)
for router in (
    status.router,
    outgoing.router,
    web_push.router,
    dead_letters.router,
    health_router(),
):
    api.add_router("", router)
