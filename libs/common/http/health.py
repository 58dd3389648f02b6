"""``/healthz``: ready means that requests are wanted here; no dependency is asked.

Load balancers ask it of every process. Would it ask the database, all were taken out at once while
that is away, and nobody were left to tell clients what is the matter.

They ask every second, and Django would start a thread for each answer: a process answers before it
(``with_health``). The view is what the API's document shows, and refuses other methods.
"""

from collections.abc import Awaitable, Callable, Container
from typing import Any, Literal

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Router

from libs.common.errors import Unavailable
from libs.common.http.bodies import answer, documented
from libs.common.http.problems import problem

RETRY_AFTER_S = 1.0
"""By then a load balancer has noticed, and asks another process."""

Application = Callable[[Any, Any, Any], Awaitable[None]]


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The service is ready."""

    status: Literal["ok"] = "ok"


def health_answer(*, is_ready: bool = True) -> HttpResponse:
    """Answer 200, or the problem that this process is about to stop."""
    if not is_ready:
        return problem(Unavailable(retry_after_s=RETRY_AFTER_S))
    return answer(Health())


def health_router() -> Router:
    """Return the view of a service that is ready for as long as it answers."""
    router = Router(tags=["health"])

    @router.get("/healthz", auth=None, **documented(answers={200: Health}))
    async def healthz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - ninja passes it
        """Tell whether the service is ready."""
        return health_answer()

    return router


def with_health(
    application: Application, paths: Container[str], *, is_ready: Callable[[], bool] = lambda: True
) -> Application:
    """Return the application, with these paths answered before it."""

    async def application_with_health(scope: Any, receive: Any, send: Any) -> None:
        if scope.get("method") in {"GET", "HEAD"} and scope["path"] in paths:
            await _send(health_answer(is_ready=is_ready()), send, head=scope["method"] == "HEAD")
        else:
            await application(scope, receive, send)

    return application_with_health


async def _send(response: HttpResponse, send: Any, *, head: bool) -> None:
    response["Content-Length"] = str(len(response.content))
    headers = [(name.lower().encode(), value.encode()) for name, value in response.items()]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else response.content})
