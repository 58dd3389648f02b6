"""The HTTP API of chat, put together. Who is not signed in gets nowhere unless a route says so."""

from django.http import HttpRequest, HttpResponse

from libs.common.errors import ParleyError
from libs.common.http.api import ServiceAPI
from libs.common.http.problems import problem_of
from libs.common.tokens import ACCESS_COOKIE
from services.chat.api import (
    avatars,
    exchange,
    health,
    me,
    members,
    messages,
    people,
    rooms,
    sign_in,
    statuses,
    sync,
    traces,
)
from services.chat.api.credentials import StaleAccessCookie, signed_in

api = ServiceAPI(
    "chat",
    description="Sign-in, people, rooms and messages. Errors are `application/problem+json`.",
    auth=signed_in,
)
for prefix, router in (
    ("/auth", sign_in.router),
    ("/auth", exchange.router),
    ("", people.router),
    ("", me.router),
    ("", avatars.router),
    ("", rooms.router),
    ("", members.router),
    ("", messages.router),
    ("", traces.router),
    ("", sync.router),
    ("", statuses.router),
    ("", health.router),
):
    api.add_router(prefix, router)


@api.exception_handler(ParleyError)
def _refused(request: HttpRequest, error: ParleyError) -> HttpResponse:
    response = problem_of(request, error)
    if isinstance(error, StaleAccessCookie):
        # It would go on deciding; without it the session cookie can sign in again.
        response.delete_cookie(ACCESS_COOKIE, path="/", samesite="Lax")
    return response
