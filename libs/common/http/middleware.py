"""What surrounds every view: no answer leaves that is not the API's own.

``LimitedBody`` stands before Django, because Django reads a whole body before anybody may look at
it; ``problem_answers`` stands in Django's ``MIDDLEWARE``.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from http import HTTPStatus

from asgiref.typing import (
    ASGI3Application,
    ASGIReceiveCallable,
    ASGIReceiveEvent,
    ASGISendCallable,
    ASGISendEvent,
    Scope,
)
from django.core.exceptions import DisallowedHost, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.utils.decorators import async_only_middleware

from libs.common.errors import BadFrame, NotFound, ParleyError, TooLarge
from libs.common.http.bodies import BODY_BYTES
from libs.common.http.problems import UNREADABLE, problem

View = Callable[[HttpRequest], Awaitable[HttpResponseBase]]
BODILESS = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})
"""Of these answers no length is told: they have none, or it would be that of another one."""


@async_only_middleware
def problem_answers(get_response: View) -> View:
    """Turn Django's plain answer to a wrong method into a problem, and tell each answer's length.

    Without its length an answer would go out in chunks. Hosts that are not ours are refused here:
    Django itself looks at ``ALLOWED_HOSTS`` only where somebody asks for the host.
    """

    async def middleware(request: HttpRequest) -> HttpResponseBase:
        if not _is_ours(request):
            return problem(BadFrame("This host is not served here."))
        response = await get_response(request)
        if isinstance(response, HttpResponseNotAllowed):
            response = _method_problem(request, response)
        if isinstance(response, HttpResponse) and response.status_code not in BODILESS:
            response.setdefault("Content-Length", str(len(response.content)))
        return response

    return middleware


def _is_ours(request: HttpRequest) -> bool:
    try:
        request.get_host()
    except DisallowedHost:
        return False
    return True


def _method_problem(request: HttpRequest, refusal: HttpResponseNotAllowed) -> HttpResponse:
    error = NotFound(f"{request.method} is not possible here.")
    answer = problem(error, status=refusal.status_code)
    answer["Allow"] = refusal["Allow"]
    return answer


PASSED_OVER_BYTES = 1024 * 1024
"""A body that announces no more is read to its end before it is refused: where a connection is closed
upon bytes that nobody has read, its other end may never see the answer."""


class _TooMuch(Exception):
    """More of a body arrived than anybody may send."""


class _Watched:
    """One request and its answer, under way: counts what comes, notes whether something went."""

    def __init__(
        self, receive: ASGIReceiveCallable, send: ASGISendCallable, *, at_most_bytes: int
    ) -> None:
        self._receive = receive
        self._send = send
        self._left_bytes = at_most_bytes
        self.answering = False

    async def receive(self) -> ASGIReceiveEvent:
        event = await self._receive()
        if event["type"] == "http.request":
            self._left_bytes -= len(event["body"])
            if self._left_bytes < 0:
                raise _TooMuch
        return event

    async def send(self, event: ASGISendEvent) -> None:
        self.answering = True
        await self._send(event)


class LimitedBody:
    """An ASGI application that answers 413 for a body that is too long, and keeps nothing of it.

    Also 400 for a request that Django refuses before it can give an answer to it: one with very many
    parameters that names a charset.

    Args:
        app: what serves the others.
        longer: how many bytes a body may have, by method and path, where that is more.
    """

    def __init__(
        self, app: ASGI3Application, *, longer: Mapping[tuple[str, str], int] | None = None
    ) -> None:
        self._app = app
        self._longer = longer or {}

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        at_most_bytes = self._longer.get((scope["method"], scope["path"]), BODY_BYTES)
        announced_bytes = _announced_bytes(scope["headers"])
        if announced_bytes > at_most_bytes:
            if announced_bytes <= PASSED_OVER_BYTES:
                await _pass_over(receive)
            await _refuse(send, TooLarge())
            return
        watched = _Watched(receive, send, at_most_bytes=at_most_bytes)
        try:
            await self._app(scope, watched.receive, watched.send)
        except (_TooMuch, SuspiciousOperation) as refusal:
            if not watched.answering:
                too_much = isinstance(refusal, _TooMuch)
                await _refuse(send, TooLarge() if too_much else BadFrame(UNREADABLE))


def _announced_bytes(headers: Iterable[tuple[bytes, bytes]]) -> int:
    for name, value in headers:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


async def _pass_over(receive: ASGIReceiveCallable) -> None:
    """Read a body to its end, or that of its connection, and drop it."""
    while True:
        event = await receive()
        if event["type"] != "http.request" or not event["more_body"]:
            return


async def _refuse(send: ASGISendCallable, error: ParleyError) -> None:
    answer = problem(error)
    headers = [(name.lower().encode(), value.encode()) for name, value in answer.items()]
    await send(
        {
            "type": "http.response.start",
            "status": answer.status_code,
            "headers": headers,
            "trailers": False,
        }
    )
    await send({"type": "http.response.body", "body": answer.content, "more_body": False})
