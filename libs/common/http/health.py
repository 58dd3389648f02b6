"""``/healthz``: ready means that requests are wanted here; no dependency is asked.

Load balancers ask it of every process. Would it ask the database, all were taken out at once while
that is away, and nobody were left to tell clients what is the matter.

They ask every second, and Django would start a thread for each answer: a process answers before it
(``with_health``). The views are what the API's document shows, and refuse other methods.
"""

from collections.abc import Awaitable, Callable, Container
from typing import Any, Literal

import msgspec
from django.http import HttpResponse

from libs.common.errors import Unavailable
from libs.common.http.bodies import answer
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
